"""`quorum plan`: the sampling tried on two files of a CRM export, with no server at all."""

from __future__ import annotations

import gc
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from app.accounts import places
from app.accounts.cells import Unreadable
from app.accounts.roster import Roster, load_roster
from app.campaigns.quota_files import read_quota
from app.campaigns.trial import TrialPlan, prevailing_currency, try_plan
from app.campaigns.trial_formats import write_csv, write_json
from app.commands.options import mapping_option, read_day, read_mapping, read_rates
from app.commands.plan_table import show, show_faults
from app.core.errors import QuorumError
from app.core.terminal import console, error_console, output, plain_console, progress
from app.sampling import presets
from app.sampling.quota import QuotaTable
from app.sampling.sample import Terms

HIGHEST_CAP = 1000

_FILE = click.Path(path_type=Path)


@dataclass(frozen=True)
class _Files:
    accounts: Path
    contacts: Path
    quota: Path | None
    output: Path | None


@click.command("plan")
@click.option("--accounts", type=_FILE, required=True, metavar="CSV", help="Accounts, as the CRM exports them.")
@click.option("--contacts", type=_FILE, required=True, metavar="CSV", help="Contacts, as the CRM exports them.")
@click.option("--quota", type=_FILE, metavar="CSV", help="Your own quota table: annual value at least, contacts.")
@click.option("--preset", type=click.Choice(presets.names()), help="A quota table that ships.  [default: logarithmic]")
@click.option("--cap", type=click.IntRange(1, HIGHEST_CAP), metavar="N", help="Most people to ask of an account.")
@click.option("--today", metavar="YYYY-MM-DD", help="The day the rules reckon from.  [default: the present day]")
@click.option("--wave", default="trial", show_default=True, metavar="KEY", help="Decides among equals.")
@click.option("--currency", metavar="CODE", help="Currency of the quota table.  [default: what most accounts have]")
@click.option("--rate", multiple=True, metavar="EUR=1.08", help="What one unit of another currency is worth. Repeat.")
@mapping_option
@click.option("--format", "form", type=click.Choice(("table", "csv", "json")), default="table", show_default=True)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--output", "-o", type=_FILE, metavar="FILE", help="Write the plan there instead of to stdout.")
def plan(accounts: Path, contacts: Path, quota: Path | None, output: Path | None, form: str, **given: Any) -> None:
    """Try a plan on a CRM export: who would be asked, who would not, and why. Nothing is kept and nothing is sent.

    Every contact gets a decision with its reason. Bad rows never stop good ones: they are listed with the plan, and
    the last line on stderr counts them.

    Exit code 0: the plan was made, whatever rows were rejected. 2: an option is wrong or a file cannot be used, and
    there is no plan.
    """
    files = _Files(accounts, contacts, quota, output)
    _keep_inputs(files)
    made = _made(files, given)
    _write(made, form, files)
    taken = made.totals.accounts + made.totals.contacts
    error_console.print(f"{taken:,} rows taken, {len(made.rejected):,} rejected.")


def _made(files: _Files, given: Mapping[str, Any]) -> TrialPlan:
    terms = Terms(_day(given["today"]), _key(given["wave"]), _quota(files.quota, given["preset"], given["cap"]))
    wanted, rates, mapping = _currency(given["currency"]), read_rates(given["rate"]), read_mapping(given["mapping"])
    with _nothing_collected():
        with progress("Reading", unit="bytes") as report:
            roster = load_roster(files.accounts, files.contacts, mapping=mapping, progress=report)
        currency = _settled(wanted, rates, roster)
        with progress("Deciding", unit="accounts") as report:
            return try_plan(roster, terms, currency, rates, report)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Spare the collector: a plan makes no garbage, and looking for some in a million rows takes half of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _write(made: TrialPlan, form: str, files: _Files) -> None:
    if form == "table" and files.output is None and console.is_terminal:
        show(made, console)
    else:
        with output(files.output) as out:
            if form == "table":
                show(made, plain_console(out))
            else:
                (write_json if form == "json" else write_csv)(made, out)
    if form == "csv":
        show_faults(made, error_console)
    if form == "table":
        _hint(files)


def _hint(files: _Files) -> None:
    accounts, contacts = shlex.quote(str(files.accounts)), shlex.quote(str(files.contacts))
    lines = (
        "\nEvery decision:   the same command with --format csv --output decisions.csv",
        f"To make it real:  quorum import --accounts {accounts} --contacts {contacts}",
    )
    for line in lines:
        error_console.print(line, style="dim", markup=False, soft_wrap=True)


def _keep_inputs(files: _Files) -> None:
    if files.output is None or not files.output.exists():
        return
    for path in filter(None, (files.accounts, files.contacts, files.quota)):
        if path.exists() and files.output.samefile(path):
            raise QuorumError(f"--output is {path.name}, which the plan is read from; name another file.")


def _day(today: str | None) -> date:
    return read_day(today) if today is not None else datetime.now(UTC).astimezone().date()


def _key(wave: str) -> str:
    if not wave.strip() or not wave.isprintable():
        raise click.BadParameter("write a key of letters and digits, such as q4.", param_hint="--wave")
    return wave


def _quota(table: Path | None, preset: str | None, cap: int | None) -> QuotaTable:
    if table is not None and preset is not None:
        raise click.UsageError("Give either --quota or --preset: one table decides.")
    if table is not None:
        return read_quota(table, cap)
    name = preset or presets.DEFAULT
    return QuotaTable.preset(name) if cap is None else QuotaTable.preset(name, cap)


def _currency(code: str | None) -> str | None:
    try:
        known = None if code is None else places.currency(code)
    except Unreadable as error:
        raise click.BadParameter(f"«{code}» {error}.", param_hint="--currency") from None
    if known is None and code is not None:
        raise click.BadParameter("write an ISO code, such as USD or EUR.", param_hint="--currency")
    return known


def _settled(wanted: str | None, rates: Mapping[str, Decimal], roster: Roster) -> str:
    """Return the currency of the plan, which has no rate of its own."""
    currency = wanted or prevailing_currency(roster.accounts)
    if currency in rates:
        raise click.BadParameter(
            f"{currency} is the currency of this plan; give rates of the others, or another --currency.",
            param_hint="--rate",
        )
    return currency
