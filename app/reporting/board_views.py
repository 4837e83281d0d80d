"""The wave board, which is also the first page of the admin."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.accounts import discretion
from app.accounts.models import Level
from app.campaigns.models import WaveState
from app.core import navigation
from app.core.auth.rights import Right
from app.core.auth.sessions import allowed, needs
from app.core.formats import number
from app.reporting import board_figures as figures
from app.reporting.board import Board, board_before, latest_wave_id, wave_board
from app.reporting.board_lines import account_lines, decision_makers, people_lines
from app.reporting.largest import largest
from app.reporting.rates import bounce_rate, completion_rate, participation_rate, response_rate_of_delivered
from app.reporting.standing import counted
from app.reporting.viewing import show_in_view
from app.reporting.wave_charts import charts_there

pages = Blueprint("reporting", __name__, template_folder="templates")

RATES = {
    "delivered": response_rate_of_delivered,
    "bounce": bounce_rate,
    "completion": completion_rate,
    "participation": participation_rate,
}
LIVE = (WaveState.RUNNING, WaveState.PLANNED)


@pages.get("/")
@needs(Right.ENTER)
def home() -> str | Response:
    """Show the board of the wave a visitor wants to see first; lead others to the first page that is open to them."""
    if not allowed(Right.LOOK):
        theirs = (entry.endpoint for entry in navigation.entries() if entry.endpoint != request.endpoint)
        return redirect(url_for(next(theirs, "auth.password")))
    with counted() as session:
        wave_id = latest_wave_id(session)
        return _board(session, wave_id) if wave_id is not None else render_template("reporting/nothing_yet.html")


@pages.get("/waves/<int:wave_id>")
def board(wave_id: int) -> str:
    """Show the board of a wave."""
    with counted() as session:
        return _board(session, wave_id)


def _board(session: Session, wave_id: int) -> str:
    found = wave_board(session, wave_id)
    before = board_before(session, found)
    top = largest(session, wave_id, bounds=discretion.bounds())
    show_in_view(session, found)
    return render_template(
        "reporting/board.html",
        board=found,
        before=before,
        title=figures.headline(found),
        figures_shown=_figures(found, before),
        largest=top,
        people=people_lines(found, before),
        accounts=account_lines(found, before),
        charts=charts_there(found),
        rates={name: rate(found.counts) for name, rate in RATES.items()},
        live=found.wave.state in LIVE,
    )


def _figures(found: Board, before: Board | None) -> list[dict[str, Any]]:
    """Return the three to five figures that matter, each with the address of its rows."""
    wave, facts = found.wave.id, found.accounts
    answers, answered = url_for("answers.index", wave=wave), number(found.counts.answered)
    response = _figure(
        "Response rate", figures.response(found, before), answers, f"{answered} of {number(found.counts.sent)} asked"
    )
    said = _figure(found.metric.upper(), figures.score(found, before), answers)
    if not facts["accounts"]:
        return [response, said]

    def listed(**asked: Any) -> str:
        return url_for("accounts.index", wave=wave, **asked)

    surveyed, weighted = (figures.revenue(found, None, part).value for part in ("surveyed", "weighted"))
    wanted = f"{number(found.heard)} of {number(found.target)} wanted answers"
    return [
        _figure(
            "Revenue heard",
            figures.revenue(found, before, "heard"),
            listed(heard="any"),
            f"surveyed {surveyed}, weighted by coverage {weighted}",
        ),
        _figure("Coverage", figures.coverage(found, before), listed(sort="coverage"), wanted),
        response,
        _figure(
            "Decision makers heard",
            decision_makers(found, before),
            listed(heard=Level.DECISION_MAKER),
            f"of {number(facts['accounts'])} accounts",
        ),
        said,
    ]


def _figure(label: str, shown: figures.Shown, href: str, note: str | None = None) -> dict[str, Any]:
    return {
        "label": label,
        "value": shown.value,
        "change": shown.change,
        "trend": shown.trend,
        "tone": shown.tone,
        "note": shown.reason or shown.note or note,
        "href": href,
    }
