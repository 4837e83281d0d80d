"""The pages of when we ask: the list of waves, a new wave, its plan with every decision, and the plan as CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.campaigns import wave_list
from app.campaigns.browsing import Wanted
from app.campaigns.creating import WaveOrder, create_wave, is_currency, is_plausible
from app.campaigns.deciding import REASON_COLUMNS, stream_reasons
from app.campaigns.models import Campaign, Wave, WaveState
from app.campaigns.plan_models import WavePlan
from app.campaigns.plan_page import plan_context, wanted_asked
from app.campaigns.plan_queue import begin_preview
from app.core import navigation
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, current_user, needs
from app.core.db import reading
from app.core.errors import NotFound, Refused
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces
from app.sampling import presets
from app.sampling.quota import QuotaTable
from app.surveys.publishing import askable

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


@pages.get("/waves/new")
@needs(Right.EDIT)
def new() -> str:
    """Ask what a wave needs."""
    today = datetime.now(UTC).date().isoformat()
    return _form(
        {"survey": "relationship_nps", "planned_for": today, "quota": "logarithmic", "days": "30", "currency": "USD"},
        {},
    )


@pages.post("/waves/new")
def create() -> AnyResponse | tuple[str, int]:
    """Make a wave, or show what is wrong with it."""
    given = {name: value.replace("\0", "").strip() for name, value in request.form.items()}
    order, faults = _order(given)
    if order is None:
        return _form(given, faults), 422
    try:
        wave_id = create_wave(order, actor=actor())
    except Refused as refusal:
        return _form(given, {"key": str(refusal)}), 422
    flash(f"«{order.name}» is made. Plan it to see who will be asked, and why; nothing is sent yet.", "done")
    return redirect(url_for("waves.plan", wave_id=wave_id))


def _form(given: dict[str, str], faults: dict[str, str]) -> str:
    return render_template(
        "campaigns/new.html", given=given, faults=faults, surveys=_surveys(), presets=presets.names()
    )


def _surveys() -> list[tuple[str, str]]:
    with reading() as session:
        return [(each.key, each.title) for each in askable(session)]


def _order(given: dict[str, str]) -> tuple[WaveOrder | None, dict[str, str]]:
    faults = {}
    name = given.get("name", "")
    if not 1 <= len(name) <= 80:
        faults["name"] = "Give the wave a name of up to 80 characters, such as «Q4 2026»."
    if given.get("survey") not in dict(_surveys()):
        faults["survey"] = "Choose one of the surveys."
    if given.get("quota") not in presets.names():
        faults["quota"] = "Choose one of the quota tables."
    if not is_currency(given.get("currency", "").upper()):
        faults["currency"] = "Give the currency as three letters, such as USD."
    days = given.get("days", "")
    if not (re.fullmatch(r"[0-9]{1,3}", days) and 1 <= int(days) <= 365):
        faults["days"] = "Give a number of days from 1 to 365."
    planned_for = _day(given.get("planned_for", ""))
    if planned_for is None:
        faults["planned_for"] = "Give a day, such as 2026-11-02."
    if faults or planned_for is None:
        return None, faults
    order = WaveOrder(
        key="-".join(name.casefold().split()),
        name=name,
        planned_for=planned_for,
        survey_key=given["survey"],
        quota=QuotaTable.preset(given["quota"]),
        currency=given["currency"].upper(),
        days=int(days),
    )
    return order, {}


def _day(value: str) -> date | None:
    try:
        given = date.fromisoformat(value)
    except ValueError:
        return None
    return given if is_plausible(given) else None


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
