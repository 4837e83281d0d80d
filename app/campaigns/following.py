"""Lets waves that have no plan yet follow a change of their campaign; what was given a wave alone stays."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.cadence import next_occurrence, wave_key, wave_name
from app.campaigns.calendar import add_working_days, next_working_day
from app.campaigns.closures import closures
from app.campaigns.models import Campaign, Wave, WaveState
from app.campaigns.settings import CampaignSettings, Kind
from app.surveys.publishing import published_version

FOLLOWED = ("audience", "quota", "segment_quotas", "currency", "rates", "brand_id")
"""What a wave has of its campaign, until somebody gives it one of its own."""


def follow(session: Session, campaign: Campaign, was: CampaignSettings, today: date | None) -> None:
    """Carry the change of a campaign from `was` to its waves without a plan; with `today` their day as well."""
    if campaign.kind is not Kind.RELATIONSHIP:
        return
    before = {**{name: getattr(was, name) for name in FOLLOWED}, "audience": was.audience.as_json()}
    before["rates"] = {code: str(rate) for code, rate in was.rates.items()}
    drafts = select(Wave).where(Wave.campaign_id == campaign.id, Wave.state == WaveState.DRAFT).with_for_update()
    for wave in session.scalars(drafts.order_by(Wave.id)).all():
        for name in FOLLOWED:
            if getattr(wave, name) == before[name]:
                setattr(wave, name, getattr(campaign, name))
        if (campaign.survey_key, campaign.survey_version) != (was.survey_key, was.survey_version):
            wave.survey_version_id = published_version(session, campaign.survey_key, campaign.survey_version).id
        if today is not None and (campaign.starts_on, campaign.cadence) != (was.starts_on, was.cadence):
            _move(session, campaign, wave, today)
        _reckon(session, campaign, wave)


def _move(session: Session, campaign: Campaign, wave: Wave, today: date) -> None:
    """Give a wave the day, key and name that the campaign's rhythm has now, unless another wave has them."""
    if campaign.starts_on is None:
        return
    occurrence = next_occurrence(campaign.cadence, campaign.starts_on, today)
    if occurrence is None:
        return
    key = wave_key(campaign.cadence, occurrence)
    taken = select(Wave.id).where(Wave.campaign_id == campaign.id, Wave.key == key, Wave.id != wave.id)
    if session.scalar(taken) is None:
        closed = closures(session).of_country(campaign.country)
        wave.key, wave.name = key, wave_name(campaign.cadence, occurrence)
        wave.planned_for = next_working_day(max(occurrence, today), campaign.country, closed)


def _reckon(session: Session, campaign: Campaign, wave: Wave) -> None:
    """Work out anew until when a wave takes answers and by when its invitations leave."""
    wave.ends_on = wave.planned_for + timedelta(days=campaign.wave_days)
    if campaign.spread_days is None:
        wave.send_by = None
        return
    closed = closures(session).of_country(campaign.country)
    wave.send_by = add_working_days(wave.planned_for, campaign.spread_days - 1, campaign.country, closed)
