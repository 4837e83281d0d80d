"""A trial plan as programs read it; the whole JSON of a small pair of files is held by the command's own test."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal

import pytest

from app.accounts.models import Level
from app.accounts.rows import RowFault
from app.campaigns.deciding import DECISION_COLUMNS
from app.campaigns.trial import TrialPlan, try_plan
from app.campaigns.trial_formats import number, write_csv, write_json
from app.sampling.quota import QuotaTable
from app.sampling.sample import Terms
from tests.unit.campaigns.rows import account, contact, roster

FAULT = RowFault("Kontakte «neu».csv", 3, 'Email "x" is bad')
PEOPLE = [
    contact("C2", Level.DECISION_MAKER, first_name="=cmd()", last_name="+1", department="@ops", email="-a@x.example"),
    contact("C1", Level.USER, email_key=None, email=None, first_name="Zoë"),
]


def plan(wave: str = "q4", value: Decimal | None = Decimal("5000.10")) -> TrialPlan:
    tried = roster((account("A1", value, name="Ünlü, «Söhne»"), PEOPLE), rejected=[FAULT], noted=[FAULT])
    return try_plan(tried, Terms(date(2026, 11, 2), wave, QuotaTable.preset("logarithmic")), "USD", {})


def as_json(given: TrialPlan) -> str:
    out = io.StringIO()
    write_json(given, out)
    return out.getvalue()


def as_csv(given: TrialPlan) -> list[list[str]]:
    out = io.StringIO(newline="")
    write_csv(given, out)
    return list(csv.reader(io.StringIO(out.getvalue(), newline="")))


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (None, "null"),
        (0, "0"),
        (Decimal("0.00"), "0"),
        (Decimal("-0.00"), "0"),
        (Decimal("440016.00"), "440016"),
        (Decimal("1000"), "1000"),
        (Decimal("1E+5"), "100000"),
        (Decimal("0.10"), "0.1"),
        (Decimal("-12.50"), "-12.5"),
        (Decimal("123456789012345.01") * Decimal("1.000001"), "123456912469134.02234501"),
    ],
)
def test_amounts_are_exact(amount: Decimal | int | None, written: str) -> None:
    assert number(amount) == written


def test_amounts_are_numbers_in_the_json() -> None:
    assert '"annual_value": 5000.1,' in as_json(plan())
    assert '"annual_value": null,' in as_json(plan(value=None))


def test_every_text_survives_the_json() -> None:
    made = json.loads(as_json(plan('q4 "late" \\ 2026')))
    assert made["wave"] == 'q4 "late" \\ 2026'
    assert made["rejected_rows"] == made["noted_rows"] == [FAULT._asdict()]


def test_a_plan_of_nothing_is_json_too() -> None:
    terms = Terms(date(2026, 11, 2), "q4", QuotaTable.preset("logarithmic"))
    made = json.loads(as_json(try_plan(roster(), terms, "USD", {})))
    assert (made["accounts"], made["rejected_rows"], made["totals"]["contacts"]) == ([], [], 0)


def test_csv_has_a_row_for_each_contact_in_order_and_no_formula() -> None:
    head, *rows = as_csv(plan())
    assert tuple(head) == DECISION_COLUMNS
    assert rows == [
        ["A1", "Ünlü, «Söhne»", "C1", "Zoë", "", "", "", "user", "excluded", "invalid_email", ""],
        [
            "A1",
            "Ünlü, «Söhne»",
            "C2",
            "'=cmd()",
            "'+1",
            "'-a@x.example",
            "'@ops",
            "decision_maker",
            "chosen",
            "level",
            "1",
        ],
    ]
