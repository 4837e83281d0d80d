"""Deeds of the scheduler over campaigns: make the wave whose day comes near, find those whose day has come.

A campaign that was paused over the day of a wave leaves that wave out: it asks again in the next period, and never
twice in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from app.campaigns.cadence import next_occurrence, wave_key, wave_name
from app.campaigns.calendar import next_working_day
from app.campaigns.closures import closures
from app.campaigns.creating import draft_wave
from app.campaigns.creating_campaigns import locked
from app.campaigns.models import Campaign, CampaignState, Wave, WaveState
from app.campaigns.windows import Whereabouts, local_day
from app.core import audit
from app.core.db import transaction

LEAD = timedelta(days=14)
"""So long before its day a wave is there, so that people can look at it, exclude somebody and approve it."""

GRACE = timedelta(days=6)
"""So long after its day a wave is still made, where nobody could make it before."""

SCHEDULER = "scheduler"
"""Who does what the engine does by itself."""

_GOING = (CampaignState.SCHEDULED, CampaignState.RUNNING)
_OPEN = (WaveState.RUNNING, WaveState.PAUSED)
_AHEAD = (WaveState.DRAFT, WaveState.PLANNED)


def going(session: Session) -> Sequence[int]:
    """Return the campaigns that the scheduler looks after: it makes waves of a rhythm, and sends what is approved."""
    return session.scalars(select(Campaign.id).where(Campaign.state.in_(_GOING)).order_by(Campaign.id)).all()


def make_next_wave(campaign_id: int, now: datetime) -> int | None:
    """Make the draft of a campaign's next wave when its day is near and it is not there yet; return its id."""
    with transaction() as session:
        campaign = locked(session, campaign_id)
        if campaign.state not in _GOING or campaign.starts_on is None:
            return None
        today = campaign_day(campaign, now)
        occurrence = next_occurrence(campaign.cadence, campaign.starts_on, today - GRACE)
        if occurrence is None or occurrence > today + LEAD:
            return None
        key = wave_key(campaign.cadence, occurrence)
        if session.scalar(select(Wave.id).where(Wave.campaign_id == campaign_id, Wave.key == key)) is not None:
            return None
        closed = closures(session).of_country(campaign.country)
        day = next_working_day(max(occurrence, today), campaign.country, closed)
        if _is_over(campaign, day):
            return None
        name = wave_name(campaign.cadence, occurrence)
        return draft_wave(session, campaign, key=key, name=name, planned_for=day, actor=SCHEDULER).id


def finish_when_over(campaign_id: int, now: datetime) -> bool:
    """Finish a campaign whose last day is past and whose waves are over; return whether it is finished now.

    A wave that still goes by itself on its day, approved for one, is not over; all others ahead end with the campaign.
    """
    with transaction() as session:
        campaign = locked(session, campaign_id)
        today = campaign_day(campaign, now)
        if not _is_over(campaign, today):
            return False
        waiting = or_(Wave.state.in_(_OPEN), _still_goes(campaign, today))
        if session.scalar(select(Wave.id).where(Wave.campaign_id == campaign_id, waiting).limit(1)) is not None:
            return False
        ended = _finish_those_ahead(session, campaign_id)
        campaign.state = CampaignState.FINISHED
        subject = f"campaign {campaign_id}"
        audit.record(session, actor=SCHEDULER, deed="campaign.finished", subject=subject, waves=ended)
        return True


def _still_goes(campaign: Campaign, today: date) -> ColumnElement[bool]:
    """Say of a wave that it sets out by itself; one with a plan cannot any more once its last day is past."""
    in_time = or_(Wave.state == WaveState.DRAFT, Wave.ends_on >= today)
    return and_(Wave.state.in_(_AHEAD), _may_go(campaign), in_time)


def _may_go(campaign: Campaign) -> ColumnElement[bool]:
    return or_(Wave.approved_at.is_not(None), literal(campaign.goes_by_itself))


def _finish_those_ahead(session: Session, campaign_id: int) -> list[int]:
    """Finish the waves that never set out, each with a line in the audit trail; return them."""
    ahead = select(Wave).where(Wave.campaign_id == campaign_id, Wave.state.in_(_AHEAD))
    waves = session.scalars(ahead.order_by(Wave.id).with_for_update()).all()
    for wave in waves:
        wave.state, wave.finished_at = WaveState.FINISHED, func.now()
        why = "its campaign is over"
        audit.record(session, actor=SCHEDULER, deed="wave.stopped", subject=f"wave {wave.id}", reason=why)
    return [wave.id for wave in waves]


def waves_whose_day_has_come(campaign_id: int, now: datetime) -> list[int]:
    """Return the waves that may go out now: approved, or of a campaign that goes by itself; days past are today's."""
    with transaction() as session:
        campaign = locked(session, campaign_id)
        today = campaign_day(campaign, now)
        due = (Wave.planned_for <= today) & Wave.state.in_(_AHEAD) & _may_go(campaign)
        waves = session.scalars(select(Wave).where(Wave.campaign_id == campaign_id, due).with_for_update()).all()
        for wave in waves:
            if wave.state is WaveState.DRAFT and wave.planned_for < today:
                # Approved late: the rules are reckoned from the day on which it really goes.
                wave.ends_on += today - wave.planned_for
                wave.planned_for = today
        return [wave.id for wave in waves]


def note_trouble(campaign_id: int, trouble: str | None) -> None:
    """Keep for the admin what keeps the scheduler from making or sending a campaign's wave; None when all is well."""
    with transaction() as session:
        campaign = locked(session, campaign_id)
        if campaign.trouble != trouble:
            campaign.trouble = trouble
            if trouble:
                subject = f"campaign {campaign_id}"
                audit.record(session, actor=SCHEDULER, deed="campaign.hindered", subject=subject, trouble=trouble)


def campaign_day(campaign: Campaign, now: datetime) -> date:
    """Return the day that the campaign's calendar shows at a moment."""
    return local_day(now, Whereabouts(campaign.time_zone, campaign.country or ""))


def _is_over(campaign: Campaign, day: date) -> bool:
    return campaign.ends_on is not None and day > campaign.ends_on
