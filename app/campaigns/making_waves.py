"""Deed that makes the next wave of a campaign at once, however far its day is, so that people see whom it would ask."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.cadence import Cadence, wave_key, wave_name
from app.campaigns.calendar import next_working_day
from app.campaigns.closures import closures
from app.campaigns.creating import draft_wave, is_plausible
from app.campaigns.creating_campaigns import locked
from app.campaigns.models import Campaign, CampaignState, Wave, WaveState
from app.campaigns.next_steps import following_wave
from app.campaigns.settings import LONGEST_NAME, Kind
from app.campaigns.upcoming import GRACE, campaign_day
from app.core.db import transaction
from app.core.errors import Refused

_WAITING = (WaveState.DRAFT, WaveState.PLANNED)
_FAR = timedelta(days=730)


def make_wave_now(campaign_id: int, *, now: datetime, actor: str, name: str = "", day: date | None = None) -> int:
    """Make the draft of a campaign's next wave and return its id.

    A campaign without a rhythm takes `name` and `day` (else today); of the others both follow from the rhythm. Raises
    Refused when a wave waits already, the campaign is over, or asks after events.
    """
    with transaction() as session:
        campaign = locked(session, campaign_id)
        _check(session, campaign)
        today = campaign_day(campaign, now)
        closed = closures(session).of_country(campaign.country)
        if campaign.cadence is Cadence.BY_HAND:
            first, key, name = _by_hand(campaign, today, name, day)
        else:
            first, key, name = _by_rhythm(session, campaign, today)
        first = next_working_day(max(first, today), campaign.country, closed)
        return draft_wave(session, campaign, key=key, name=name, planned_for=first, actor=actor).id


def _check(session: Session, campaign: Campaign) -> None:
    if campaign.kind is Kind.TRANSACTIONAL:
        raise Refused(f"«{campaign.name}» asks after events, not in waves.")
    if campaign.state is CampaignState.FINISHED:
        raise Refused(f"«{campaign.name}» is finished; it asks nobody any more.")
    waiting = select(Wave.name).where(Wave.campaign_id == campaign.id, Wave.state.in_(_WAITING)).limit(1)
    found = session.scalar(waiting)
    if found is not None:
        raise Refused(f"«{found}» is there already and has not set out. Confirm it or stop it first.")


def _by_hand(campaign: Campaign, today: date, name: str, day: date | None) -> tuple[date, str, str]:
    first = day or max(campaign.starts_on or today, today)
    if first < today:
        raise Refused(f"{first:%d %B %Y} is past; give today or a later day.")
    if not is_plausible(first) or first > today + _FAR:
        raise Refused("Give a day within the next two years.")
    if campaign.ends_on is not None and first > campaign.ends_on:
        raise Refused(f"«{campaign.name}» ends on {campaign.ends_on:%d %B %Y}; give an earlier day.")
    name = name.strip() or wave_name(Cadence.BY_HAND, first)
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused(f"Give the wave a name of up to {LONGEST_NAME} characters, such as «Spring».")
    return first, "-".join(name.casefold().split()), name


def _by_rhythm(session: Session, campaign: Campaign, today: date) -> tuple[date, str, str]:
    made = set(session.scalars(select(Wave.key).where(Wave.campaign_id == campaign.id)))
    found = following_wave(campaign.cadence, campaign.starts_on, campaign.ends_on, made, today - GRACE)
    if found is None:
        raise Refused(f"«{campaign.name}» has no further wave before it ends.")
    name, first = found
    return first, wave_key(campaign.cadence, first), name
