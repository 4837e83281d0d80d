"""`quorum report`: response and coverage of a wave, per level and account, on the terminal or for programs."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import click
from rich.table import Table

from app.commands.context import installation, wave_by_key
from app.core.formats import level_name, money, percent
from app.core.terminal import console
from app.reporting.board import Board, LevelLine, wave_board
from app.reporting.board_figures import scores
from app.reporting.filtering import Wanted
from app.reporting.overview import SHORTAGE_ALERT, account_overview
from app.reporting.rates import bounce_rate, completion_rate, participation_rate, response_rate
from app.reporting.standing import counted, tell_all_anew
from app.surveys.metrics import Score, display

SHOWN_ACCOUNTS = 20


@click.command("report")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def report(key: str, as_json: bool) -> None:
    """Show what a wave came to: who answered on which level, and how much of the revenue is heard."""
    with installation(), counted() as session:
        wave = wave_by_key(key)
        board = wave_board(session, wave.id)
        accounts = account_overview(session, Wanted(wave.id, per_page=SHOWN_ACCOUNTS))
    if as_json:
        click.echo(json.dumps(board_as_json(board), ensure_ascii=False, indent=2))
        return
    _show_board(board)
    _show_accounts(accounts.rows, accounts.total, board.wave.currency)


@click.command("recount")
def recount() -> None:
    """Count all figures of all waves anew; for after a repair by hand in the database."""
    with installation():
        waves = tell_all_anew()
    console.print(f"The figures of {waves:,} {'wave' if waves == 1 else 'waves'} are counted anew.", highlight=False)


def _show_board(board: Board) -> None:
    facts = board.accounts
    console.print(f"{board.wave.name}: {percent(board.of_revenue('heard'))} of revenue heard", style="bold")
    console.print(
        f"{facts['accounts_heard']:,} of {facts['accounts']:,} accounts heard, {facts['accounts_covered']:,} covered, "
        f"{facts['decision_makers_heard']:,} by a decision maker · weighted coverage "
        f"{percent(board.of_revenue('weighted'))} of revenue",
        highlight=False,
    )
    score = _score(board)
    if score is not None:
        low, value, high = (display(part) for part in (score.low, score.value, score.high))
        console.print(
            f"{board.metric.upper()} {value}  [{low}, {high}]  n = {score.n}\n", highlight=False, markup=False
        )
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for column in ("roster", "surveyed", "heard", "response", "target", "coverage"):
        table.add_column(column, justify="right")
    for line in board.lines:
        table.add_row(level_name(line.level, many=True), *_cells(line))
    whole = board.counts
    table.add_row(
        *("All", f"{whole.roster:,}", f"{whole.sent:,}", f"{whole.answered:,}", percent(response_rate(whole))),
        *(f"{board.target:,}", percent(board.coverage)),
        style="bold",
    )
    console.print(table)


def _cells(line: LevelLine) -> tuple[str, ...]:
    counts = line.counts
    asked = (f"{counts.roster:,}", f"{counts.sent:,}", f"{counts.answered:,}", percent(response_rate(counts)))
    return (*asked, f"{line.target:,}" if line.target else "—", percent(line.coverage))


def _show_accounts(rows: list[dict[str, Any]], total: int, currency: str) -> None:
    console.print(f"\nAccounts by value, {len(rows)} of {total:,}", style="bold")
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("account", max_width=32, no_wrap=True)
    for column in ("annual value", "lifetime value", "required", "respondents", "contacts", "coverage"):
        table.add_column(column, justify="right")
    table.add_column("alert", style="yellow", no_wrap=True)
    for row in rows:
        required = "unknown" if row["required"] is None else str(row["required"])
        table.add_row(
            *(row["name"], money(row["annual_value"], currency), money(row["lifetime_value"], row["currency"])),
            *(required, str(row["answers"]), str(row["contacts"]), percent(row["coverage"])),
            f"! {row['shortage']} short" if row["shortage"] else "",
        )
    console.print(table)
    if any(row["shortage"] for row in rows):
        console.print(f"! {SHORTAGE_ALERT}", style="yellow", highlight=False)


def board_as_json(board: Board) -> dict[str, Any]:
    """Return a board for programs: rates as numbers from 0 to 1, money as text, None where there is no figure."""
    counts, score = board.counts, _score(board)
    return {
        "wave": board.wave.key,
        "name": board.wave.name,
        "state": board.wave.state,
        "levels": {line.level: _level_as_json(line) for line in board.lines},
        "response_rate": _number(response_rate(counts)),
        "bounce_rate": _number(bounce_rate(counts)),
        "completion_rate": _number(completion_rate(counts)),
        "participation_rate": _number(participation_rate(counts)),
        "sent": counts.sent,
        "answered": counts.answered,
        "coverage": _number(board.coverage),
        "accounts": {
            name: str(value) if name.startswith("revenue") else value for name, value in board.accounts.items()
        },
        "revenue_heard": _number(board.of_revenue("heard")),
        "revenue_weighted": _number(board.of_revenue("weighted")),
        "metric": board.metric,
        "score": _number(score.value) if score else None,
        "score_interval": [_number(score.low), _number(score.high)] if score else None,
    }


def _score(board: Board) -> Score | None:
    """Return the score of a wave that may be shown; one answer is none."""
    found = scores(board).get(None)
    return found if found is not None and found.n > 1 else None


def _level_as_json(line: LevelLine) -> dict[str, Any]:
    counts = line.counts
    return {
        "roster": counts.roster,
        "sent": counts.sent,
        "complete": counts.complete,
        "partial": counts.partial,
        "answered": counts.answered,
        "response_rate": _number(response_rate(counts)),
        "target": line.target,
        "heard": line.heard,
        "coverage": _number(line.coverage),
    }


def _number(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), 6)
