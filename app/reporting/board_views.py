"""The wave board, which is also the first page of the admin."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.accounts.models import Level
from app.campaigns.models import WaveState
from app.core import navigation
from app.core.auth.rights import Right
from app.core.auth.sessions import allowed, needs
from app.core.formats import number
from app.reporting import board_figures as figures
from app.reporting.board import Board, board_before, latest_wave_id, wave_board
from app.reporting.board_lines import account_lines, people_lines
from app.reporting.largest import largest
from app.reporting.rates import bounce_rate, completion_rate, participation_rate, response_rate_of_delivered
from app.reporting.standing import counted
from app.reporting.viewing import show_in_view
from app.reporting.wave_charts import charts_there

pages = Blueprint("reporting", __name__, template_folder="templates")

_DM = Level.DECISION_MAKER
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
    top = largest(session, wave_id)
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
    wave, facts = found.wave.id, found.accounts
    said = _figure(found.metric.upper(), figures.score(found, before), url_for("answers.index", wave=wave))
    rate = figures.response(found, before)
    answered = f"{number(found.counts.answered)} of {number(found.counts.sent)} asked"
    response = _figure("Response rate", rate, url_for("answers.index", wave=wave), answered)
    if not facts["accounts"]:
        return [response, said]
    wanted = f"{number(found.heard)} of {number(found.target)} wanted answers"
    makers = figures.share(found.of_accounts("heard", _DM), before and before.of_accounts("heard", _DM), None)
    counted_makers = figures.Shown(
        number(facts["decision_makers_heard"]) if not figures.why_nothing(found) else "—",
        reason=figures.why_nothing(found),
        note=f"of {number(facts['accounts'])} accounts",
        change=makers.change,
        trend=makers.trend,
    )
    heard = figures.revenue(found, before, "heard")
    surveyed, weighted = (figures.revenue(found, None, part).value for part in ("surveyed", "weighted"))
    return [
        _figure(
            "Revenue heard",
            heard,
            url_for("accounts.index", wave=wave, heard="any"),
            f"surveyed {surveyed}, weighted by coverage {weighted}",
        ),
        _figure("Coverage", figures.coverage(found, before), url_for("accounts.index", wave=wave, sort="coverage"), wanted),
        response,
        _figure(
            "Decision makers heard",
            counted_makers,
            url_for("accounts.index", wave=wave, silent="decision_maker", sort="-annual_value"),
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
