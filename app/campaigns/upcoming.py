"""Deeds of the scheduler over campaigns: make the wave whose day comes near, find those whose day has come.

A campaign that was paused over the day of a wave leaves that wave out: it asks again in the next period, and never
twice in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import literal, or_, select
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
        if occurrence is None or occurrence > today + LEAD or _is_over(campaign, max(occurrence, today)):
            return None
        key = wave_key(campaign.cadence, occurrence)
        if session.scalar(select(Wave.id).where(Wave.campaign_id == campaign_id, Wave.key == key)) is not None:
            return None
        closed = closures(session).of_country(campaign.country)
        day = next_working_day(max(occurrence, today), campaign.country, closed)
        name = wave_name(campaign.cadence, occurrence)
        return draft_wave(session, campaign, key=key, name=name, planned_for=day, actor=SCHEDULER).id


def finish_when_over(campaign_id: int, now: datetime) -> bool:
    """Finish a campaign whose last day is past and whose waves are over; return whether it is finished now."""
    with transaction() as session:
        campaign = locked(session, campaign_id)
        if not _is_over(campaign, campaign_day(campaign, now)):
            return False
        waiting = select(Wave.id).where(Wave.campaign_id == campaign_id, Wave.state.in_(_OPEN)).limit(1)
        if session.scalar(waiting) is not None:
            return False
        campaign.state = CampaignState.FINISHED
        audit.record(session, actor=SCHEDULER, deed="campaign.finished", subject=f"campaign {campaign_id}")
        return True


def waves_whose_day_has_come(campaign_id: int, now: datetime) -> list[int]:
    """Return the waves that may go out now: approved, or of a campaign that goes by itself; days past are today's."""
    with transaction() as session:
        campaign = locked(session, campaign_id)
        today = campaign_day(campaign, now)
        may_go = or_(Wave.approved_at.is_not(None), literal(campaign.goes_by_itself))
        due = (Wave.planned_for <= today) & Wave.state.in_((WaveState.DRAFT, WaveState.PLANNED)) & may_go
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
