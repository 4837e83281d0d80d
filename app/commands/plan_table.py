"""How a trial plan reads on a terminal: figures first, then accounts by value, then who is not asked, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.accounts.rows import RowFault
from app.campaigns.trial import TrialAccount, TrialPlan, TrialTotals
from app.core.formats import day, number
from app.core.terminal import printable
from app.sampling.eligibility import Reason

ASKED = "○"
NOBODY = "╌"
"""The coverage glyph before anybody has answered: a seat with somebody asked, and one with nobody to ask."""

SHOWN_ACCOUNTS = 100
SHOWN_FAULTS = 20
WIDE = 100
NARROWEST_NAME = 10
WIDEST_NAME = 40

_ALERT = "yellow"
_QUIET = "dim"
_LEVEL_WORDS: Mapping[str, tuple[str, str]] = {
    "decision_maker": ("decision maker", "decision makers"),
    "influencer": ("influencer", "influencers"),
    "user": ("user", "users"),
    "unknown": ("unknown", "unknown"),
}
_REASON_WORDS: Mapping[Reason, str] = {
    Reason.ACCOUNT_INACTIVE: "their account is not active",
    Reason.CONTACT_LEFT: "left their company",
    Reason.OPTED_OUT: "want no surveys",
    Reason.SUPPRESSED: "mail bounced or was complained about",
    Reason.INVALID_EMAIL: "no address that mail can go to",
    Reason.DUPLICATE_EMAIL: "same address as another contact, who is kept",
    Reason.EXCLUDED_BY_MANAGER: "excluded by their account manager",
    Reason.EMBARGOED: "under an embargo",
    Reason.OPEN_CASE: "have an open case",
    Reason.OPEN_INVITATION: "have an invitation that is still open",
    Reason.CONTACTED_RECENTLY: "invited less than {days} days ago",
    Reason.NOT_NEEDED: "could be asked, but the seats are taken",
}


def show(plan: TrialPlan, console: Console) -> None:
    """Print the whole plan."""
    _show_summary(plan, console)
    _show_accounts(plan, console)
    _show_excluded(plan, console)
    show_faults(plan, console)


def show_faults(plan: TrialPlan, console: Console) -> None:
    """Print the rows that were rejected, and those that were taken with a note."""
    _show_rows("Rejected rows", plan.rejected, console)
    _show_rows("Taken with a note", plan.noted, console)


def _show_summary(plan: TrialPlan, console: Console) -> None:
    terms, totals = plan.terms, plan.totals
    reached = sum(any(decision.seat for decision in trial.sample.decisions) for trial in plan.accounts)
    title = f"Wave {printable(terms.wave_key)}, {day(terms.today)}: {_people(totals.chosen)} to ask"
    console.print(Text(f"{title} in {number(reached)} of {_accounts(totals.accounts)}", style="bold"))
    console.print()
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(style=_QUIET)
    table.add_row("Accounts", number(totals.accounts), _of_accounts(plan))
    not_asked = f"{number(totals.excluded)} not asked, for the reasons below" if totals.excluded else "all asked"
    table.add_row("Contacts", number(totals.contacts), not_asked)
    table.add_row("Seats", number(totals.chosen + totals.shortage), f"by annual value in {totals.currency}")
    table.add_row("To ask", Text(number(totals.chosen), style="bold"), _by_level(totals))
    table.add_row("Seats short", Text(number(totals.shortage), style=_ALERT if totals.shortage else ""), _short(totals))
    console.print(table)
    for note in _notes(totals):
        console.print(Text(note, style=_ALERT))


def _of_accounts(plan: TrialPlan) -> str:
    inactive = sum(trial.sample.required == 0 for trial in plan.accounts)
    unknown = plan.totals.unknown_values
    parts = [
        f"{number(inactive)} not active" if inactive else "",
        f"{number(unknown)} of unknown value, one person each" if unknown else "",
    ]
    return ", ".join(filter(None, parts)) or "all active, all with a known value"


def _by_level(totals: TrialTotals) -> str:
    counts = totals.chosen_by_level.items()
    return ", ".join(f"{number(count)} {_LEVEL_WORDS[level][count != 1]}" for level, count in counts if count)


def _short(totals: TrialTotals) -> str:
    if not totals.shortage:
        return "every account has enough people"
    return f"in {_accounts(totals.accounts_with_shortage)}: not enough contacts for this revenue value"


def _notes(totals: TrialTotals) -> Iterable[str]:
    for currency, count in totals.missing_rates.items():
        yield (
            f"{currency}: no rate, so the value of {_accounts(count)} is unknown. "
            f"Give one, such as --rate {currency}=1.08 for {totals.currency} 1.08."
        )
    if totals.without_currency:
        count = totals.without_currency
        yield f"No currency: the value of {_accounts(count)} is taken to be in {totals.currency}."


def _show_accounts(plan: TrialPlan, console: Console) -> None:
    ordered = sorted(plan.accounts, key=_by_value)
    shown = ordered[:SHOWN_ACCOUNTS]
    if not shown:
        return
    title = "Accounts by value" + (f", the first {len(shown)} of {len(ordered):,}" if len(ordered) > len(shown) else "")
    console.print(Text(f"\n{title}", style="bold"))
    others = any(trial.sample.split.unknown for trial in shown)
    rows = [_account_cells(trial, others) for trial in shown]
    headings = _headings(plan.currency, console.width >= WIDE, others)
    table = _account_table(headings, rows, console.width)
    for trial, row in zip(shown, rows, strict=True):
        table.add_row(*map(Text, row), style=_QUIET if trial.sample.required == 0 else "")
    console.print(table)
    console.print(
        Text(f"{ASKED} asked   {NOBODY} nobody to ask   + seats that another level could not fill", style=_QUIET)
    )


def _headings(currency: str, wide: bool, others: bool) -> list[str]:
    levels = ("decision makers", "influencers", "users") if wide else ("DM", "infl.", "users")
    unknown = ("level unknown" if wide else "other",) if others else ()
    return ["account", f"value, {currency}", "asked", *levels, *unknown, "short"]


def _account_table(headings: list[str], rows: list[list[str]], width: int) -> Table:
    """Return the table with its columns; when it is too narrow, names give way and figures do not."""
    gap = 2 if width >= WIDE else 1
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    left = max(width - sum(widths[1:]) - gap * len(headings), NARROWEST_NAME)
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style=_QUIET)
    table.add_column(headings[0], no_wrap=True, overflow="ellipsis", width=min(left, widths[0], WIDEST_NAME))
    for heading, column_width in zip(headings[1:], widths[1:], strict=True):
        figure = heading in {headings[1], "asked", "short"}
        style = _ALERT if heading == "short" else ""
        table.add_column(heading, no_wrap=True, justify="right" if figure else "left", style=style, width=column_width)
    return table


def _by_value(trial: TrialAccount) -> tuple[bool, bool, object, str]:
    value = trial.sample.annual_value
    return trial.sample.required == 0, value is None, -(value or 0), trial.account.external_id


def _account_cells(trial: TrialAccount, others: bool) -> list[str]:
    sample = trial.sample
    parted = sample.split
    asked = sum(parted.seats) + parted.unknown
    if sample.required == 0:
        standing = str(trial.account.status)
    else:
        standing = f"{asked} of {'?' if sample.required is None else sample.required}"
    cells = [printable(trial.account.name), number(sample.annual_value), standing]
    cells += [_seats(target, taken) for target, taken in zip(sample.targets, parted.seats, strict=True)]
    cells += [f"+{parted.unknown}" if parted.unknown else ""] if others else []
    cells.append(str(parted.shortage) if parted.shortage else "")
    return cells


def _seats(target: int, taken: int) -> str:
    """Draw one level of one account: asked seats, seats nobody can take, and how many more it takes for others."""
    own = min(target, taken)
    return ASKED * own + NOBODY * (target - own) + (f"+{taken - own}" if taken > own else "")


def _show_excluded(plan: TrialPlan, console: Console) -> None:
    totals = plan.totals
    if not totals.excluded:
        return
    console.print(Text(f"\nNot asked: {_people(totals.excluded)}", style="bold"))
    counts = sorted(totals.excluded_by_reason.items(), key=lambda item: -item[1])
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", min_width=8)
    table.add_column()
    for reason, count in counts:
        if count:
            table.add_row(number(count), _REASON_WORDS[Reason(reason)].format(days=plan.terms.rules.relationship_days))
    console.print(table)


def _show_rows(title: str, faults: list[RowFault], console: Console) -> None:
    if not faults:
        return
    more = f", the first {SHOWN_FAULTS}; --format json has all" if len(faults) > SHOWN_FAULTS else ""
    console.print(Text(f"\n{title}: {len(faults):,}{more}", style="bold"))
    lines = [(f"  {printable(file)}:{line}", printable(reason)) for file, line, reason in faults[:SHOWN_FAULTS]]
    if not console.is_terminal:  # a line each, for programs that look for something in it
        console.print(Text("\n".join(map("  ".join, lines))), soft_wrap=True)
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    for place, reason in lines:
        table.add_row(Text(place, no_wrap=True), Text(reason))
    console.print(table)


def _people(count: int) -> str:
    return f"{number(count)} {'person' if count == 1 else 'people'}"


def _accounts(count: int) -> str:
    return f"{number(count)} {'account' if count == 1 else 'accounts'}"
