"""Pages of surveys after events: why was no survey sent, and what a campaign makes of an event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from app.campaigns.asking_models import EventDecision
from app.campaigns.changing_triggers import change_trigger
from app.campaigns.event_list import COLUMNS, PER_PAGE, Wanted, event_page, reasons_given, stream_events
from app.campaigns.models import Campaign
from app.campaigns.settings import Kind
from app.campaigns.triggers import WORDS, TriggerSettings, WhyNot, read_settings
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs
from app.core.db import reading
from app.core.errors import NotFound
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces

pages = Blueprint("events", __name__, template_folder="templates")

DECISIONS = {EventDecision.SCHEDULED: "a survey follows", EventDecision.REFUSED: "no survey follows"}


@pages.get("/events")
def index() -> str:
    """List the events that came in, the newest first, with what became of each."""
    wanted = _wanted()
    with reading() as session:
        rows, total = event_page(session, wanted)
        reasons = reasons_given(session)
        campaign = session.get(Campaign, wanted.campaign_id) if wanted.campaign_id else None
    return render_template(
        "campaigns/events.html",
        rows=[_row(row) for row in rows],
        total=total,
        wanted=wanted,
        per_page=PER_PAGE,
        reasons=reasons,
        campaign=campaign,
        words=WORDS,
        decisions=DECISIONS,
    )


@pages.get("/events.csv")
def as_csv() -> Response:
    """Return the events that the list shows, all of them, streamed."""
    headers = {"Content-Disposition": 'attachment; filename="events.csv"'}
    return Response(stream_with_context(_csv(_wanted())), mimetype="text/csv", headers=headers)


@pages.get("/campaigns/<int:campaign_id>/trigger")
@needs(Right.EDIT)
def trigger(campaign_id: int) -> str:
    """Ask which event calls for the survey of a campaign, and how."""
    kept = TriggerSettings.read(_campaign(campaign_id).trigger).as_json()
    return _form(campaign_id, {name: str(value) for name, value in kept.items()}, {})


@pages.post("/campaigns/<int:campaign_id>/trigger")
def set_trigger(campaign_id: int) -> AnyResponse | tuple[str, int]:
    """Set it, or say what is wrong."""
    given = {name: value.replace("\0", "").strip() for name, value in request.form.items()}
    settings, faults = read_settings(given)
    if settings is None:
        return _form(campaign_id, given, faults), 422
    change_trigger(campaign_id, settings, actor=actor())
    flash(f"The campaign asks after «{settings.event}» from now on.", "done")
    return redirect(url_for("events.trigger", campaign_id=campaign_id))


def _wanted() -> Wanted:
    decision, reason = text_asked("decision"), text_asked("reason")
    return Wanted(
        search=text_asked(),
        decision=decision if decision in set(EventDecision) else "",
        reason=reason if reason in set(WhyNot) else "",
        campaign_id=_number("campaign"),
        contact_id=_number("contact"),
        page=page_asked(),
    )


def _number(name: str) -> int:
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 18 else 0


def _csv(wanted: Wanted) -> Iterator[str]:
    with reading() as session:
        yield from csv_pieces(COLUMNS, stream_events(session, wanted))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    name = " ".join(filter(None, (row["first_name"], row["last_name"]))) or row["email"] or "somebody unknown"
    contact_id, account_id = row["contact_id"], row["account_id"]
    return {
        **row,
        "name": name,
        "why": WORDS[WhyNot(row["reason"])] if row["reason"] else None,
        "href": url_for("contacts.show", contact_id=contact_id) if contact_id else None,
        "account_href": url_for("accounts.sheet", account_id=account_id) if account_id else None,
    }


def _campaign(campaign_id: int) -> Campaign:
    with reading() as session:
        query = select(Campaign).where(Campaign.id == campaign_id, Campaign.kind == Kind.TRANSACTIONAL)
        campaign = session.scalar(query)
    if campaign is None:
        raise NotFound("There is no such campaign that asks after events.")
    return campaign


def _form(campaign_id: int, given: dict[str, str], faults: dict[str, str]) -> str:
    campaign = _campaign(campaign_id)
    return render_template("campaigns/trigger.html", campaign=campaign, given=given, faults=faults)
