"""A trial plan for programs: JSON as documented, and CSV with one row a contact. Both are written as they go."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any, TextIO

from app.accounts.rows import RowFault
from app.campaigns.deciding import DECISION_COLUMNS
from app.campaigns.trial import TrialAccount, TrialPlan
from app.core.safe_csv import safe_cell
from app.sampling.sample import Decision


def write_json(plan: TrialPlan, out: TextIO) -> None:
    """Write the plan as one JSON object, an account a line; accounts and contacts stand in the order of their ids."""
    out.write(f'{{"wave": {_json(plan.terms.wave_key)}, "today": "{plan.terms.today}", "accounts": [')
    _write_lines(out, map(_account, plan.accounts))
    out.write(f'], "totals": {_json(asdict(plan.totals))}, "rejected_rows": [')
    _write_lines(out, map(_fault, plan.rejected))
    out.write('], "noted_rows": [')
    _write_lines(out, map(_fault, plan.noted))
    out.write("]}\n")


def write_csv(plan: TrialPlan, out: TextIO) -> None:
    """Write a row for each contact, in the order of account and contact ids, in the columns of a wave's decisions."""
    writer = csv.writer(out)
    writer.writerow(DECISION_COLUMNS)
    for account in plan.accounts:
        writer.writerows(_rows(account))


def number(amount: Decimal | int | None) -> str:
    """Return an amount as JSON writes it: exact, without an exponent or zeros nobody needs; null when unknown."""
    if amount is None:
        return "null"
    digits = f"{amount:f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits == "-0" else digits


def _write_lines(out: TextIO, items: Iterable[str]) -> None:
    between = "\n"
    for item in items:
        out.write(between + item)
        between = ",\n"


def _account(trial: TrialAccount) -> str:
    sample = trial.sample
    rest = {
        "required": sample.required,
        "seats": {**sample.split.seats._asdict(), "unknown": sample.split.unknown},
        "shortage": sample.split.shortage,
        "contacts": [_contact(decision) for decision in sample.decisions],
    }
    # The json module knows no exact decimal numbers; the amount is written by hand.
    head = f'{{"account_id": {_json(trial.account.external_id)}, "annual_value": {number(sample.annual_value)}, '
    return head + _json(rest).removeprefix("{")


def _contact(decision: Decision) -> dict[str, Any]:
    return {
        "contact_id": decision.contact_id,
        "decision": _verdict(decision),
        "reason": decision.seat or decision.reason,
        "level": decision.level,
        "rank": decision.rank,
    }


def _verdict(decision: Decision) -> str:
    return "excluded" if decision.seat is None else "chosen"


def _fault(fault: RowFault) -> str:
    return _json(fault._asdict())


def _rows(trial: TrialAccount) -> Iterator[list[object]]:
    account = trial.account
    for contact, decision in zip(trial.contacts, trial.sample.decisions, strict=True):
        cells = (
            *(account.external_id, account.name, contact.external_id, contact.first_name, contact.last_name),
            *(contact.email, contact.department, str(decision.level), _verdict(decision)),
            *(str(decision.seat or decision.reason), decision.rank),
        )
        yield [safe_cell(cell) for cell in cells]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
