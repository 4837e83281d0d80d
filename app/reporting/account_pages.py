"""The page of one account and its printable sheet: what the database tells, made ready for the templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.accounts import discretion
from app.campaigns.deciding import WORDS
from app.core.listing import page_asked
from app.reporting.account import PER_PAGE, AccountSheet, account_sheet, people_not_asked, taken_in_by
from app.reporting.account_people import counts_of, full_name, level_score, said, tiers, voices
from app.reporting.alerts import ALERTS
from app.reporting.anonymity import Anonymity, anonymity
from app.reporting.board import Board, board_before, wave_board
from app.reporting.filtering import Wanted
from app.reporting.hiding import hidden, named_most
from app.reporting.scenarios import of_counts_only, scenarios
from app.reporting.standing import counted
from app.reporting.viewing import account_row, show_in_view, wave_in_view
from app.surveys.metrics import METRICS, display


def sheet(account_id: int) -> str | Response:
    """Show one account in a wave: its people, why each is asked or not, and what they said."""
    with counted() as session:
        if into := taken_in_by(session, account_id):
            return redirect(url_for("accounts.sheet", account_id=into, wave=request.args.get("wave")))
        board, found = _found(session, account_id)
        others, total, page = (
            people_not_asked(session, account_id, board.wave.id, page_asked()) if board else ([], 0, 1)
        )
        return render_template(
            "reporting/account.html",
            **_figures(found, board),
            others=[{**row, "name": full_name(row)} for row in others],
            others_total=total,
            others_page=page,
            per_page=PER_PAGE,
            reasons=WORDS,
        )


def review(account_id: int) -> str:
    """Show an account on one sheet of paper; with `names=hidden` without anything that tells who said what."""
    with counted() as session:
        board, found = _found(session, account_id)
        hiding = request.args.get("names") == "hidden"
        figures = _figures(found, board)
        return render_template(
            "reporting/review.html",
            **(hidden(figures, figures["metric"]) if hiding else _open(figures)),
            hiding=hiding,
            printed_on=datetime.now(UTC).date(),
        )


def _found(session: Session, account_id: int) -> tuple[Board | None, AccountSheet]:
    wave_id = wave_in_view(session)
    if wave_id is None:
        return None, account_sheet(session, account_id, None, bounds=discretion.bounds())
    board = wave_board(session, wave_id)
    before = board_before(session, board)
    before_id = before.wave.id if before and before.metric == board.metric else None
    show_in_view(session, board)
    return board, account_sheet(
        session, account_id, Wanted(wave_id, before_id, datetime.now(UTC).date()), bounds=discretion.bounds()
    )


def _figures(found: AccountSheet, board: Board | None) -> dict[str, Any]:
    """Return what both pages show of an account; without a wave, or outside of it, `line` is None."""
    shown = _anonymity(board)
    metric = board.metric if board else "nps"
    line = found.line
    score = level_score(counts_of(line), metric) if line and shown.named else None
    return {
        "sheet": found,
        "account": found.account,
        "board": board,
        "metric": metric,
        "line": account_row(line, board.wave.id) if line and board else None,
        "shown": shown,
        "tiers": tiers(line, found.before, found.people, metric, shown) if board else [],
        "score": score,
        "before": level_score(counts_of(found.before), metric) if shown.named else None,
        "trend": _trend(line, shown),
        "scenarios": _scenarios(line, metric, score, shown),
        "alerts": [ALERTS[key].phrase for key in _alerts(line, shown)],
        "below_score": _below_score(found, metric, shown),
        "waves": [_wave(row) for row in found.waves],
        "events": [said(row, row["metric"]) for row in found.events],
        "children": [_child(row, metric, shown) for row in found.children],
    }


def _open(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures with what was named most often, over the newest answers, which the page shows."""
    people = [person for tier in figures["tiers"] for person in tier.people]
    return {**figures, "named_most": named_most(people)}


def _anonymity(board: Board | None) -> Anonymity:
    return anonymity(board.metric, finished=board.wave.state == "finished") if board else Anonymity()


def _scenarios(line: Mapping[str, Any] | None, metric: str, score: Any, shown: Anonymity) -> list[Any]:
    if line is None:
        return []
    found = scenarios(voices(line, metric), score=score["value"] if score and "value" in score else None)
    return found if shown.named else of_counts_only(found)


def _alerts(line: Mapping[str, Any] | None, shown: Anonymity) -> list[str]:
    """Return the alerts that no scenario tells at more length."""
    if line is None:
        return []
    told = {"silent", "decision_makers_silent", "decision_makers_low", "bounced"}
    return (
        [key for key in line["alerts"] if key not in told and (shown.named or not ALERTS[key].of_answers)]
        if line
        else []
    )


def _trend(line: Mapping[str, Any] | None, shown: Anonymity) -> dict[str, str] | None:
    if line is None or line["trend"] is None or not shown.named:
        return None
    points = line["trend"]
    arrow = "up" if points > 0 else "down" if points < 0 else "same"
    return {"arrow": arrow, "points": f"{'+' if points > 0 else ''}{display(points)}"}


def _wave(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an account's line in one wave of its history; an anonymous survey tells no score."""
    named = not METRICS[row["metric"]].anonymous
    href = url_for("accounts.sheet", account_id=row["account_id"], wave=row["wave_id"])
    words = level_score(counts_of(row), row["metric"]) if named else None
    return {**row, "href": href, "named": named, "words": words}


def _child(row: Mapping[str, Any], metric: str, shown: Anonymity) -> dict[str, Any]:
    href = url_for("accounts.sheet", account_id=row["id"], wave=row["wave_id"])
    if row["wave_id"] is None:
        return {"name": row["name"], "href": href, "asked": False}
    words = level_score(counts_of(row), metric) if shown.named else None
    return {**account_row(dict(row), row["wave_id"]), "asked": True, "href": href, "words": words}


def _below_score(found: AccountSheet, metric: str, shown: Anonymity) -> str | None:
    """Return the score of the account and all below it; of one answer there is none."""
    below = found.below
    if below is None or below.score is None or not shown.named:
        return None
    return display(below.score, 1 if metric == "ces" else 0)
