"""The pages on which a campaign is made, found and changed. What is done to it is in `campaign_deeds`.

Saving names the revision that the form was made of: of two people who change a campaign at once, the second is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, stream_with_context, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import discretion
from app.campaigns.audience_form import Faults, Given, TypedSegment, chosen, first, typed_segments
from app.campaigns.audience_values import offered
from app.campaigns.campaign_deeds import pages as deeds
from app.campaigns.campaign_deeds import to_preview
from app.campaigns.campaign_form import (
    AFTER_EVENT,
    FOLDED,
    RHYTHMS,
    Ground,
    beside_fields,
    read_campaign,
    typed_campaign,
)
from app.campaigns.campaign_history import Line, last_changes
from app.campaigns.campaign_list import COLUMNS, PER_PAGE, SORTS, Wanted, all_campaigns, campaign_page
from app.campaigns.campaign_offering import (
    EMPTY_SEGMENTS,
    copied_settings,
    first_settings,
    offering,
    segment_fields,
    tables_by_key,
)
from app.campaigns.campaign_page import campaign_page as one_campaign
from app.campaigns.contact_rules import Rules
from app.campaigns.contact_views import FIELDS as RULE_FIELDS
from app.campaigns.creating_campaigns import (
    Faulty,
    Overtaken,
    all_faults,
    change_campaign,
    create_campaign,
    settings_of,
)
from app.campaigns.house_rules import house_rules
from app.campaigns.making_waves import make_wave_now
from app.campaigns.matching import Matching, matching
from app.campaigns.models import Campaign, CampaignState
from app.campaigns.rates import currencies
from app.campaigns.reconciling import reconciled
from app.campaigns.settings import CampaignSettings, Kind
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs
from app.core.db import reading
from app.core.errors import NotFound, QuorumError, Refused
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces
from app.core.saved_view_pages import bar

pages = Blueprint("campaigns", __name__, template_folder="templates")
pages.register_blueprint(deeds)

Reply = AnyResponse | tuple[str, int] | str


class Opened(NamedTuple):
    """A campaign that is changed: who it is, its state and the revision its form was made of."""

    id: int
    name: str
    state: CampaignState
    revision: str
    settings: CampaignSettings


@pages.get("/campaigns")
def index() -> str:
    """List the campaigns with what comes next and how far each is."""
    wanted, now = _wanted(), datetime.now(UTC)
    with reading() as session:
        found = campaign_page(session, wanted, now)
    shown = {"q": wanted.search, "state": wanted.state, "kind": wanted.kind, "trouble": "1" if wanted.trouble else ""}
    kept: dict[str, Any] = {name: value for name, value in shown.items() if value}
    return render_template(
        "campaigns/campaigns.html",
        found=found,
        wanted=wanted,
        per_page=PER_PAGE,
        states=CampaignState,
        views=bar("campaigns.index"),
        csv_href=url_for("campaigns.as_csv", sort=wanted.sort, **kept),
    )


@pages.get("/campaigns.csv")
def as_csv() -> Response:
    """Return the campaigns that the list shows, all of them."""
    headers = {"Content-Disposition": 'attachment; filename="campaigns.csv"'}
    return Response(stream_with_context(_csv(_wanted())), mimetype="text/csv", headers=headers)


@pages.get("/campaigns/new")
@needs(Right.EDIT)
def new() -> str:
    """Offer the form of a new campaign, filled with what makes sense, or with what another one has."""
    copied = text_asked("copy")
    with reading() as session:
        settings = copied_settings(session, _number(copied), _today()) if copied else first_settings(session, _today())
    return _form(typed_campaign(settings, sees_values=discretion.exact()), {}, None)


@pages.post("/campaigns/new")
def create() -> Reply:
    """Make a campaign, or show what is wrong with it."""
    return _take(None)


@pages.get("/campaigns/<int:campaign_id>")
def show(campaign_id: int) -> str:
    """Show a campaign: what happens next, how far its waves are, how it is set, what was done to it."""
    with reading() as session:
        return one_campaign(session, campaign_id, datetime.now(UTC))


@pages.get("/campaigns/<int:campaign_id>/edit")
@needs(Right.EDIT)
def edit(campaign_id: int) -> str:
    """Offer the form of a campaign."""
    opened = _opened(campaign_id)
    return _form(typed_campaign(opened.settings, sees_values=discretion.exact()), {}, opened)


@pages.post("/campaigns/<int:campaign_id>/edit")
def change(campaign_id: int) -> Reply:
    """Change a campaign, or show what is wrong."""
    return _take(_opened(campaign_id))


def _take(opened: Opened | None) -> Reply:
    """Do what the button of the form says: count, more rows of segments, or save."""
    given, deed = _given(), request.form.get("do", "save")
    with reading() as session:
        ground = _ground(session, opened)
        settings, unread = read_campaign(given, ground)
        if deed == "try":
            return render_template("campaigns/campaign_count.html", count=_count(session, settings), typed=settings)
    if deed in ("count", "rows"):
        return _form(given, {}, opened, count=deed == "count", more=deed == "rows", folded=deed != "rows")
    with reading() as session:
        kept = session.get(Campaign, opened.id) if opened else None
        begins = opened is None or opened.state is CampaignState.DRAFT
        found = all_faults(session, settings, kept, today=_today() if begins else None, partly=bool(unread))
    faults = beside_fields({**found, **unread})
    if faults:
        return _form(given, faults, opened), 422
    try:
        return _made(settings, deed) if opened is None else _changed(opened, settings)
    except Overtaken:
        return _overtaken(settings, _opened(opened.id)) if opened is not None else abort(409)
    except Faulty as error:
        return _form(given, beside_fields(error.faults), opened), 422
    except Refused as error:
        return _form(given, {"name": str(error)}, opened), 422


def _overtaken(mine: CampaignSettings, opened: Opened) -> Reply:
    """Show what others changed meanwhile, with their changes in the form wherever this person changed nothing."""
    saves = int(opened.revision) - _number(request.form.get("revision", ""))
    with reading() as session:
        lines, changes = last_changes(session, opened.id, saves)
    both = reconciled(mine, opened.settings, changes)
    given = typed_campaign(both, sees_values=discretion.exact())
    return _form(given, {"revision": "Somebody else changed it."}, opened, theirs=lines), 409


def _made(settings: CampaignSettings, deed: str) -> AnyResponse:
    """Make the campaign; of one that asks in waves the first wave as well, so that people see whom it would ask."""
    campaign_id = create_campaign(settings, actor=actor(), today=_today())
    if settings.kind is Kind.TRANSACTIONAL:
        flash(f"«{settings.name}» is made, as a draft. Say now which event it follows.", "done")
        return redirect(url_for("events.trigger", campaign_id=campaign_id))
    if deed == "draft":
        flash(f"«{settings.name}» is kept as a draft. Nothing leaves.", "done")
        return redirect(url_for("campaigns.show", campaign_id=campaign_id))
    try:
        wave_id = make_wave_now(campaign_id, now=datetime.now(UTC), actor=actor())
    except QuorumError as error:
        flash(f"«{settings.name}» is kept as a draft, and has no wave yet: {error}", "warning")
        return redirect(url_for("campaigns.show", campaign_id=campaign_id))
    flash(f"«{settings.name}» is made. Nothing leaves before you have confirmed whom it asks.", "done")
    return to_preview(wave_id)


def _changed(opened: Opened, settings: CampaignSettings) -> AnyResponse:
    revision = _number(request.form.get("revision", ""))
    change_campaign(opened.id, settings, revision=revision, actor=actor(), today=_today())
    flash(f"«{settings.name}» is changed.", "done")
    return redirect(url_for("campaigns.show", campaign_id=opened.id))


def _form(
    given: Given,
    faults: Faults,
    opened: Opened | None,
    *,
    count: bool = True,
    more: bool = False,
    folded: bool = True,
    theirs: Sequence[Line] = (),
) -> str:
    with reading() as session:
        ground = _ground(session, opened)
        settings, _ = read_campaign(given, ground)
        fields = offered(session, chosen(given))
        rows = [*typed_segments(given), *[TypedSegment()] * (EMPTY_SEGMENTS + 2 * more)]
        choices = offering(session, opened.settings if opened else settings)
        counted = _count(session, settings) if count else None
        held = currencies(session)
    return render_template(
        "campaigns/campaign_form.html",
        opened=opened,
        revision=_revision(opened, told=bool(theirs)),
        theirs=theirs,
        given={name: first(given, name) for name in given},
        faults=faults,
        fields=fields,
        rows=rows,
        segment_fields=segment_fields(fields, rows),
        choices=choices,
        rhythms=_rhythms(opened),
        count=counted,
        typed=settings,
        held=held,
        rule_fields=RULE_FIELDS,
        house=ground.house.as_json(),
        sees_values=ground.sees_values,
        unfolded=not folded or any(name in FOLDED or name.startswith(("rate-", "segment-")) for name in faults),
        hour_choices=[(str(hour), f"{hour}:00") for hour in range(25)],
    )


def _revision(opened: Opened | None, *, told: bool) -> str:
    """Return the revision that the form is made of: once one was told what others did, theirs."""
    if opened is None:
        return ""
    return opened.revision if told else request.form.get("revision", opened.revision)


def _count(session: Session, settings: CampaignSettings) -> Matching | None:
    """Return what the settings make; nothing for a campaign after events, whose people nobody knows before."""
    if settings.kind is Kind.TRANSACTIONAL:
        return None
    return matching(session, settings, today=_today(), buckets=discretion.hidden_in())


def _rhythms(opened: Opened | None) -> list[tuple[str, str]]:
    """Return when a campaign may ask; one that is there stays of its kind."""
    options = list(RHYTHMS.items())
    if opened is None:
        return options
    after_event = opened.settings.kind is Kind.TRANSACTIONAL
    return [option for option in options if (option[0] == AFTER_EVENT) == after_event]


def _ground(session: Session, opened: Opened | None) -> Ground:
    house: Rules = house_rules(session)
    return Ground(tables_by_key(session), house, opened.settings if opened else None, discretion.exact())


def _opened(campaign_id: int) -> Opened:
    with reading() as session:
        campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound("There is no such campaign.")
    return Opened(campaign_id, campaign.name, campaign.state, str(campaign.revision), settings_of(campaign))


def _given() -> dict[str, list[str]]:
    return {name: [value.replace("\0", "") for value in values] for name, values in request.form.lists()}


def _wanted() -> Wanted:
    state, kind, sort = text_asked("state"), text_asked("kind"), text_asked("sort")
    return Wanted(
        search=text_asked(),
        state=state if state in set(CampaignState) else "",
        kind=kind if kind in set(Kind) else "",
        trouble=text_asked("trouble") == "1",
        sort=sort if sort.removeprefix("-") in SORTS else "name",
        page=page_asked(),
    )


def _csv(wanted: Wanted) -> Iterator[str]:
    with reading() as session:
        yield from csv_pieces(COLUMNS, all_campaigns(session, wanted, datetime.now(UTC)))


def _number(given: str) -> int:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0


def _today() -> date:
    return datetime.now(UTC).date()
