"""The pages of when we ask: the list of waves, the plan of each with every decision, and the plan as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    stream_with_context,
    url_for,
)
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.campaigns import wave_list
from app.campaigns.browsing import Wanted
from app.campaigns.deciding import REASON_COLUMNS, stream_reasons
from app.campaigns.models import Campaign, Wave, WaveState
from app.campaigns.plan_models import WavePlan
from app.campaigns.plan_page import plan_context, wanted_asked
from app.campaigns.plan_queue import begin_preview
from app.core import navigation
from app.core.auth.sessions import current_user
from app.core.db import reading
from app.core.errors import NotFound, Refused
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces

pages = Blueprint("waves", __name__, template_folder="templates")


@pages.get("/waves")
def index() -> str:
    """List the waves, the newest first."""
    wanted = _listed()
    with reading() as session:
        rows, total = wave_list.wave_page(session, wanted)
    for row in rows:
        row["href"] = url_for("waves.plan", wave_id=row["id"])
        row["campaign_href"] = url_for("campaigns.show", campaign_id=row["campaign_id"])
    shown = {"q": wanted.search, "state": wanted.state, "campaign": str(wanted.campaign_id or "")}
    kept: dict[str, Any] = {name: value for name, value in shown.items() if value}
    return render_template(
        "campaigns/waves.html",
        rows=rows,
        total=total,
        wanted=wanted,
        per_page=wave_list.PER_PAGE,
        csv_href=url_for("waves.as_csv", sort=wanted.sort, **kept),
    )


@pages.get("/waves.csv")
def as_csv() -> Response:
    """Return the waves that the list shows, all of them, streamed."""
    headers = {"Content-Disposition": 'attachment; filename="waves.csv"'}
    return Response(stream_with_context(_list_csv(_listed())), mimetype="text/csv", headers=headers)


@pages.get("/waves/<int:wave_id>/plan")
def plan(wave_id: int) -> Response:
    """Show the plan: who is asked, who is not, and why; or how far it is; or the button that works it out."""
    with reading() as session:
        wave, campaign = wave_in_view(session, wave_id)
        context = plan_context(session, wave, campaign)
        response = make_response(render_template("campaigns/plan.html", **context))
    if context["waiting"]:
        response.headers["Refresh"] = "2"  # until the plan is there, with or without script
    return response


@pages.post("/waves/<int:wave_id>/plan")
def start_planning(wave_id: int) -> AnyResponse:
    """Let a worker work out the preview, again too; a second click waits behind the first."""
    with reading() as session:
        wave, _ = wave_in_view(session, wave_id)
        if wave.state is not WaveState.DRAFT:
            raise Refused(f"«{wave.name}» is {wave.state}; its plan is never changed again.")
        plan = session.get(WavePlan, wave_id)
    begin_preview(wave_id, user_id())
    flash("It is being worked out. It goes on when you close this page.", "note")
    return redirect(url_for("waves.plan", wave_id=wave_id, begun=plan.revision + 1 if plan else 1))


@pages.get("/waves/<int:wave_id>/plan.csv")
def plan_csv(wave_id: int) -> Response:
    """Return the decisions that the page's filters leave as CSV, streamed."""
    with reading() as session:
        wave, _ = wave_in_view(session, wave_id)
        wanted = wanted_asked(session, wave_id)
    headers = {"Content-Disposition": f'attachment; filename="plan-wave-{wave.id}.csv"'}
    return Response(stream_with_context(_csv(wanted)), mimetype="text/csv", headers=headers)


def _csv(wanted: Wanted) -> Iterator[str]:
    with reading() as session:
        yield from csv_pieces(REASON_COLUMNS, stream_reasons(session, wanted))


def user_id() -> int:
    """Return the number of the person logged in."""
    user = current_user()
    return user.id if user else abort(401)


def wave_in_view(session: Session, wave_id: int) -> tuple[Wave, Campaign]:
    """Return a wave and its campaign, and let the top of the page name them; raises NotFound."""
    query = select(Wave, Campaign).join(Campaign, Campaign.id == Wave.campaign_id).where(Wave.id == wave_id)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("There is no such wave.")
    wave, campaign = found
    navigation.show(navigation.InView(campaign.name, wave.name, url_for("reporting.board", wave_id=wave_id)))
    return wave, campaign


def _listed() -> wave_list.Wanted:
    campaign, sort = text_asked("campaign"), text_asked("sort")
    return wave_list.Wanted(
        search=text_asked(),
        state=text_asked("state"),
        campaign_id=int(campaign) if campaign.isascii() and campaign.isdecimal() and len(campaign) < 18 else 0,
        sort=sort if sort.removeprefix("-") in wave_list.SORTS else "-planned_for",
        page=page_asked(),
    )


def _list_csv(wanted: wave_list.Wanted) -> Iterator[str]:
    with reading() as session:
        yield from csv_pieces(wave_list.COLUMNS, wave_list.all_waves(session, wanted))
