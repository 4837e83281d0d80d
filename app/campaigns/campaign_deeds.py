"""What people do to a campaign and its waves: start, pause, go on, finish; confirm, extend and stop a wave.

What can be undone is one button; what cannot asks for its reason on a page of its own, which names how many it touches.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.campaigns.campaign_form import beside_fields
from app.campaigns.campaign_progress import WaveLine, wave_lines
from app.campaigns.creating_campaigns import Faulty
from app.campaigns.making_waves import make_wave_now
from app.campaigns.models import Campaign, Wave, WaveState
from app.campaigns.plan_queue import begin_preview
from app.campaigns.running import (
    approve_wave,
    extend_wave,
    finish_campaign,
    pause_campaign,
    resume_campaign,
    start_campaign,
    stop_wave,
)
from app.core import navigation
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, current_user, needs
from app.core.db import reading
from app.core.errors import NotFound, Refused
from app.core.formats import day

pages = Blueprint("deeds", __name__)

LONGEST_REASON = 500
Reply = Response | tuple[str, int]


@pages.post("/campaigns/<int:campaign_id>/start")
def start(campaign_id: int) -> Response:
    """Set a draft going, or lead to the form with what is wrong by now."""
    try:
        start_campaign(campaign_id, now=datetime.now(UTC), actor=actor())
    except Faulty as error:
        wrong = " ".join(beside_fields(error.faults).values())
        flash(f"It cannot start as it is set now. {wrong}", "warning")
        return redirect(url_for("campaigns.edit", campaign_id=campaign_id))
    flash("The campaign is started.", "done")
    return _to(campaign_id)


@pages.post("/campaigns/<int:campaign_id>/pause")
def pause(campaign_id: int) -> Response:
    """Hold what has not left."""
    pause_campaign(campaign_id, actor=actor())
    flash("The campaign is paused: what has not left stays here, reminders too.", "done")
    return _to(campaign_id)


@pages.post("/campaigns/<int:campaign_id>/resume")
def resume(campaign_id: int) -> Response:
    """Go on where it stood."""
    resume_campaign(campaign_id, actor=actor())
    flash("The campaign goes on where it stood; nobody is mailed twice.", "done")
    return _to(campaign_id)


@pages.post("/campaigns/<int:campaign_id>/waves")
def make_wave(campaign_id: int) -> Response:
    """Make the next wave now, so that people see whom it would ask."""
    name, given = request.form.get("name", "").replace("\0", ""), request.form.get("day", "")
    chosen = _day(given)
    if given and chosen is None:
        raise Refused("Give the day as 2027-01-11.")
    wave_id = make_wave_now(campaign_id, now=datetime.now(UTC), actor=actor(), name=name, day=chosen)
    return to_preview(wave_id)


def to_preview(wave_id: int) -> Response:
    """Lead to the preview of a wave that was just made, which a worker works out meanwhile."""
    user = current_user()
    try:
        begin_preview(wave_id, user.id if user else abort(401))
    except Refused as refusal:
        flash(str(refusal), "warning")
        return redirect(url_for("waves.plan", wave_id=wave_id))
    return redirect(url_for("waves.plan", wave_id=wave_id, begun=1))


@pages.get("/campaigns/<int:campaign_id>/finish")
@needs(Right.EDIT)
def ask_to_finish(campaign_id: int) -> str:
    """Say what finishing does, and ask why."""
    return _finish_page(campaign_id, "", {})


@pages.post("/campaigns/<int:campaign_id>/finish")
def finish(campaign_id: int) -> Reply:
    """End a campaign for good, with the reason a person wrote."""
    reason, fault = _reason()
    if fault:
        return _finish_page(campaign_id, reason, {"reason": fault}), 422
    finish_campaign(campaign_id, actor=actor(), reason=reason)
    flash("The campaign is finished: nothing more of it leaves. Open links take answers until their last day.", "done")
    return _to(campaign_id)


@pages.post("/waves/<int:wave_id>/approve")
def approve(wave_id: int) -> Response:
    """Let a wave go out on its day."""
    approve_wave(wave_id, actor=actor())
    with reading() as session:
        wave, campaign = _wave(session, wave_id)
    flash(f"«{wave.name}» is confirmed. It leaves from {day(wave.planned_for)} on.", "done")
    return _to(campaign.id)


@pages.get("/waves/<int:wave_id>/extend")
@needs(Right.EDIT)
def ask_to_extend(wave_id: int) -> str:
    """Ask until when a wave is to take answers."""
    return _wave_page("campaigns/wave_extend.html", wave_id, {}, {})


@pages.post("/waves/<int:wave_id>/extend")
def extend(wave_id: int) -> Reply:
    """Let a wave take answers longer."""
    given = request.form.get("until", "").strip()
    until = _day(given)
    if until is None:
        faults = {"until": "Give the last day as 2027-01-11."}
        return _wave_page("campaigns/wave_extend.html", wave_id, {"until": given}, faults), 422
    try:
        extend_wave(wave_id, until, actor=actor())
    except Refused as refusal:
        faults = {"until": str(refusal)}
        return _wave_page("campaigns/wave_extend.html", wave_id, {"until": given}, faults), 422
    flash(f"The wave takes answers until {day(until)}, and sends what still waits.", "done")
    return _to_campaign_of(wave_id)


@pages.get("/waves/<int:wave_id>/stop")
@needs(Right.EDIT)
def ask_to_stop(wave_id: int) -> str:
    """Say what stopping does and to how many, and ask why."""
    return _wave_page("campaigns/wave_stop.html", wave_id, {}, {})


@pages.post("/waves/<int:wave_id>/stop")
def stop(wave_id: int) -> Reply:
    """End a wave early, with the reason a person wrote."""
    reason, fault = _reason()
    if fault:
        return _wave_page("campaigns/wave_stop.html", wave_id, {"reason": reason}, {"reason": fault}), 422
    stop_wave(wave_id, actor=actor(), reason=reason)
    flash("The wave is stopped: nothing more of it leaves. Open links take answers until their last day.", "done")
    return _to_campaign_of(wave_id)


def _finish_page(campaign_id: int, reason: str, faults: dict[str, str]) -> str:
    with reading() as session:
        campaign = session.get(Campaign, campaign_id)
        if campaign is None:
            raise NotFound("There is no such campaign.")
        unfinished = [wave for wave in wave_lines(session, campaign_id) if wave.state != WaveState.FINISHED]
    navigation.show(navigation.InView(campaign.name, href=url_for("campaigns.show", campaign_id=campaign_id)))
    return render_template(
        "campaigns/campaign_finish.html",
        campaign=campaign,
        waves=unfinished,
        waiting=sum(map(_not_sent, unfinished)),
        reason=reason,
        faults=faults,
    )


def _wave_page(template: str, wave_id: int, given: dict[str, str], faults: dict[str, str]) -> str:
    with reading() as session:
        wave, campaign = _wave(session, wave_id)
        lines = wave_lines(session, campaign.id, only=wave_id)
    if wave.state is WaveState.FINISHED and not faults:
        raise Refused(f"«{wave.name}» is over already.")
    navigation.show(navigation.InView(campaign.name, wave.name, url_for("reporting.board", wave_id=wave_id)))
    return render_template(
        template,
        wave=lines[0],
        campaign=campaign,
        waiting=_not_sent(lines[0]),
        given=given,
        faults=faults,
        longest=LONGEST_REASON,
    )


def _not_sent(wave: WaveLine) -> int:
    return wave.planned - wave.sent


def _reason() -> tuple[str, str | None]:
    reason = request.form.get("reason", "").replace("\0", "").strip()
    if 1 <= len(reason) <= LONGEST_REASON:
        return reason, None
    return reason, f"Write why, in up to {LONGEST_REASON} characters: it stays in the history of the campaign."


def _wave(session: Session, wave_id: int) -> tuple[Wave, Campaign]:
    wave = session.get(Wave, wave_id)
    if wave is None:
        raise NotFound("There is no such wave.")
    return wave, session.get_one(Campaign, wave.campaign_id)


def _to_campaign_of(wave_id: int) -> Response:
    with reading() as session:
        return _to(_wave(session, wave_id)[1].id)


def _to(campaign_id: int) -> Response:
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given.strip())
    except ValueError:
        return None
