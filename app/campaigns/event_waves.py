"""The waves of a transactional campaign: one a calendar month, made by the first event that needs it."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaigns.cadence import Cadence, wave_key, wave_name
from app.campaigns.creating import draft_wave
from app.campaigns.models import Campaign, Wave, WaveState


def wave_of_month(session: Session, campaign: Campaign, day: date, *, actor: str) -> Wave | None:
    """Return the wave that asks on `day`, made now if it is the first; None when somebody ended it.

    A survey that is published anew is asked from the next month on: a wave asks one version.
    """
    wave = _known(session, campaign, day)
    if wave is None:
        # Of two first events of a month one makes the wave. Not by the campaign's row, which each event refers to.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"wave of {campaign.id}", 0))))
        wave = _known(session, campaign, day) or _made(session, campaign, day, actor)
    return None if wave.state is WaveState.FINISHED else wave


def _known(session: Session, campaign: Campaign, day: date) -> Wave | None:
    key = wave_key(Cadence.MONTHLY, day)
    return session.scalar(select(Wave).where(Wave.campaign_id == campaign.id, Wave.key == key))


def _made(session: Session, campaign: Campaign, day: date, actor: str) -> Wave:
    last = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    wave = draft_wave(
        session,
        campaign,
        key=wave_key(Cadence.MONTHLY, day),
        name=wave_name(Cadence.MONTHLY, day),
        planned_for=day.replace(day=1),
        actor=actor,
        ends_on=last + timedelta(days=campaign.wave_days),
        send_by=None,
    )
    wave.state = WaveState.RUNNING
    wave.planned_at = wave.launched_at = func.now()
    session.flush()
    return wave
