"""The wave board, which is also the first page of the admin."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core import navigation
from app.core.auth.rights import Right
from app.core.auth.sessions import allowed, needs
from app.core.db import reading
from app.reporting.board import Board, latest_wave_id, wave_board
from app.reporting.overview import Wanted, account_overview
from app.reporting.rates import bounce_rate, completion_rate, participation_rate, response_rate
from app.reporting.viewing import account_row, show_in_view
from app.surveys.metrics import display

pages = Blueprint("reporting", __name__, template_folder="templates")

LARGEST_ACCOUNTS = 20
RATES = {
    "response": response_rate,
    "bounce": bounce_rate,
    "completion": completion_rate,
    "participation": participation_rate,
}


@pages.get("/")
@needs(Right.ENTER)
def home() -> str | Response:
    """Show the board of the wave a visitor wants to see first; lead others to the first page that is open to them."""
    if not allowed(Right.LOOK):
        theirs = (entry.endpoint for entry in navigation.entries() if entry.endpoint != request.endpoint)
        return redirect(url_for(next(theirs, "auth.password")))
    with reading() as session:
        wave_id = latest_wave_id(session)
        return _board(session, wave_id) if wave_id is not None else render_template("reporting/nothing_yet.html")


@pages.get("/waves/<int:wave_id>")
def board(wave_id: int) -> str:
    """Show the board of a wave."""
    with reading() as session:
        return _board(session, wave_id)


def _board(session: Session, wave_id: int) -> str:
    found = wave_board(session, wave_id)
    largest = account_overview(session, Wanted(wave_id, per_page=LARGEST_ACCOUNTS))
    show_in_view(session, found)
    return render_template(
        "reporting/board.html",
        board=found,
        rates={name: rate(found.counts) for name, rate in RATES.items()},
        lines=[_line(line) for line in found.lines if line.counts.roster or line.target],
        largest=[account_row(row, wave_id) for row in largest.rows],
        score=_score(found),
    )


def _line(line: Any) -> dict[str, Any]:
    return {
        "level": line.level,
        "roster": line.counts.roster,
        "sent": line.counts.sent,
        "answered": line.counts.answered,
        "response": response_rate(line.counts),
        "target": line.target or None,
        "heard": line.heard if line.target else None,
        "coverage": line.coverage,
    }


def _score(found: Board) -> dict[str, str] | None:
    score = found.score
    if score is None:
        return None
    digits = 1 if found.metric == "ces" else 0
    parts = {"value": score.value, "low": score.low, "high": score.high}
    return {"n": str(score.n), **{name: display(part, digits) for name, part in parts.items()}}
