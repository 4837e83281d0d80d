"""Deeds that set a campaign going, hold it, and end it or its waves; each is in the audit trail.

What of this keeps mails from leaving is looked at when they leave, so nothing here touches a mail: to go on after a
pause sends what waits within the caps of each day, and nobody twice.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.campaigns.creating_campaigns import Faulty, locked, settings_of
from app.campaigns.models import Campaign, CampaignState, Wave, WaveState
from app.campaigns.settings import LONGEST_WAVE, Kind, faults
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.surveys.publishing import published_version

_UNFINISHED = (WaveState.DRAFT, WaveState.PLANNED, WaveState.RUNNING, WaveState.PAUSED)
_EXTEND_LINKS = text("UPDATE invitation SET closes_on = greatest(closes_on, :until) WHERE wave_id = :wave_id")


def start_campaign(campaign_id: int, *, now: datetime, actor: str) -> None:
    """Set a draft going: a relationship campaign waits for its first wave, a transactional one for its first event.

    Raises Faulty for settings that could not be meant by now, Refused for what is going already.
    """
    with transaction() as session:
        campaign = locked(session, campaign_id)
        _must_be(campaign, CampaignState.DRAFT)
        _start(session, campaign, actor, now.date())


def pause_campaign(campaign_id: int, *, actor: str, reason: str = "") -> None:
    """Hold all mails of a campaign that have not left, and its next wave."""
    with transaction() as session:
        campaign = locked(session, campaign_id)
        _must_be(campaign, CampaignState.SCHEDULED, CampaignState.RUNNING)
        campaign.state = CampaignState.PAUSED
        _record(session, campaign, actor, "paused", reason=reason)


def resume_campaign(campaign_id: int, *, actor: str) -> None:
    """Let a paused campaign go on where it stood, within its caps."""
    with transaction() as session:
        campaign = locked(session, campaign_id)
        _must_be(campaign, CampaignState.PAUSED)
        launched = select(Wave.id).where(Wave.campaign_id == campaign_id, Wave.launched_at.is_not(None)).limit(1)
        going = campaign.kind is Kind.TRANSACTIONAL or session.scalar(launched) is not None
        campaign.state = CampaignState.RUNNING if going else CampaignState.SCHEDULED
        _record(session, campaign, actor, "resumed")


def finish_campaign(campaign_id: int, *, actor: str, reason: str = "") -> int:
    """End a campaign for good, with the waves that are not over; return how many. Answers are taken on."""
    with transaction() as session:
        campaign = locked(session, campaign_id)
        if campaign.state is CampaignState.FINISHED:
            raise Refused(f"«{campaign.name}» is finished already.")
        campaign.state = CampaignState.FINISHED
        open_waves = select(Wave).where(Wave.campaign_id == campaign_id, Wave.state.in_(_UNFINISHED)).with_for_update()
        waves = session.scalars(open_waves).all()
        for wave in waves:
            wave.state, wave.finished_at = WaveState.FINISHED, func.now()
        _record(session, campaign, actor, "finished", reason=reason, waves=[wave.id for wave in waves])
        return len(waves)


def approve_wave(wave_id: int, *, actor: str) -> None:
    """Let a wave that waits for approval go out by itself on its day; a campaign that is a draft is set going with it.

    Raises Refused for a wave that set out or whose campaign is finished, Faulty for a draft whose settings could not be
    meant by now.
    """
    with transaction() as session:
        wave = session.get(Wave, wave_id)
        if wave is None:
            raise NotFound(f"There is no wave {wave_id}.")
        campaign = locked(session, wave.campaign_id)  # before its waves, as everywhere
        approve(session, _wave(session, wave_id), campaign, actor=actor)


def approve(session: Session, wave: Wave, campaign: Campaign, *, actor: str) -> None:
    """Approve a wave in the caller's transaction, which holds both."""
    if wave.state not in (WaveState.DRAFT, WaveState.PLANNED):
        raise Refused(f"«{wave.name}» is {wave.state}; there is nothing to approve.")
    must_not_be_over(campaign)
    if campaign.state is CampaignState.DRAFT:
        _start(session, campaign, actor, None)
    wave.approved_at, wave.approved_by = func.now(), actor
    audit.record(session, actor=actor, deed="wave.approved", subject=f"wave {wave.id}")


def must_not_be_over(campaign: Campaign) -> None:
    """Raise Refused when a campaign is finished: none of its waves would ever set out."""
    if campaign.state is CampaignState.FINISHED:
        raise Refused(f"«{campaign.name}» is finished; none of its waves sets out. Make a new campaign instead.")


def extend_wave(wave_id: int, until: date, *, actor: str) -> None:
    """Let a wave take answers, and send what still waits, up to a later day; links that are open live as long."""
    with transaction() as session:
        wave = _wave(session, wave_id)
        if wave.state is WaveState.FINISHED:
            raise Refused(f"«{wave.name}» is over; make a new wave instead.")
        if until <= wave.ends_on:
            raise Refused(f"«{wave.name}» goes on until {wave.ends_on:%d %B %Y} already; give a later day.")
        if (until - wave.planned_for).days > 2 * LONGEST_WAVE:
            raise Refused(f"{until:%d %B %Y} is more than two years after its first day; make a new wave instead.")
        audit.record(
            session,
            actor=actor,
            deed="wave.extended",
            subject=f"wave {wave_id}",
            ends_on={"from": wave.ends_on.isoformat(), "to": until.isoformat()},
        )
        wave.ends_on = until
        session.execute(_EXTEND_LINKS, {"wave_id": wave_id, "until": until})


def stop_wave(wave_id: int, *, actor: str, reason: str) -> None:
    """End a wave early: nothing more of it leaves. Links that were sent take answers as long as they live."""
    with transaction() as session:
        wave = _wave(session, wave_id)
        if wave.state is WaveState.FINISHED:
            raise Refused(f"«{wave.name}» is over already.")
        if not reason.strip():
            raise Refused("Say why, so that others understand it later.")
        wave.state, wave.finished_at = WaveState.FINISHED, func.now()
        audit.record(session, actor=actor, deed="wave.stopped", subject=f"wave {wave_id}", reason=reason.strip())


def _start(session: Session, campaign: Campaign, actor: str, today: date | None) -> None:
    """Set a draft going; without `today` its first day may be past, because a wave of it goes on its own day."""
    found = faults(settings_of(campaign), today=today)
    if found:
        raise Faulty(found)
    published_version(session, campaign.survey_key, campaign.survey_version)
    transactional = campaign.kind is Kind.TRANSACTIONAL
    campaign.state = CampaignState.RUNNING if transactional else CampaignState.SCHEDULED
    _record(session, campaign, actor, "started")


def _wave(session: Session, wave_id: int) -> Wave:
    wave = session.get(Wave, wave_id, with_for_update=True, populate_existing=True)
    if wave is None:
        raise NotFound(f"There is no wave {wave_id}.")
    return wave


def _must_be(campaign: Campaign, *states: CampaignState) -> None:
    if campaign.state not in states:
        raise Refused(f"«{campaign.name}» is {campaign.state}, not {' or '.join(states)}.")


def _record(session: Session, campaign: Campaign, actor: str, what: str, **detail: object) -> None:
    audit.record(session, actor=actor, deed=f"campaign.{what}", subject=f"campaign {campaign.id}", **detail)
