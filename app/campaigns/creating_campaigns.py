"""Deeds that set up a campaign and change it; every change stands in the audit trail with what was before."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.audience import Audience
from app.campaigns.closures import closures
from app.campaigns.creating import is_currency
from app.campaigns.models import Campaign, CampaignState
from app.campaigns.settings import CampaignSettings, Faults, faults
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, QuorumError, Refused
from app.surveys.models import StoredBrand
from app.surveys.publishing import published_version


class Faulty(Refused):
    """Settings that cannot be meant; `faults` says which field and what would be right."""

    def __init__(self, found: Faults) -> None:
        super().__init__(" ".join(found.values()))
        self.faults = found


def create_campaign(settings: CampaignSettings, *, actor: str, today: date | None = None) -> int:
    """Make a draft campaign and return its id; raises Faulty. With `today` its first day must not be past."""
    with transaction() as session:
        _check(session, settings, None, today)
        campaign = Campaign(**columns(settings), state=CampaignState.DRAFT)
        session.add(campaign)
        session.flush()
        audit.record(
            session, actor=actor, deed="campaign.created", subject=f"campaign {campaign.id}", **_shown(campaign)
        )
        return campaign.id


def change_campaign(campaign_id: int, settings: CampaignSettings, *, revision: int, actor: str) -> None:
    """Change a campaign: window, caps and reminders hold at once, all else from the next wave on.

    Raises Faulty, and Refused when it is over or when somebody else saved it since `revision`.
    """
    with transaction() as session:
        campaign = locked(session, campaign_id)
        if campaign.state is CampaignState.FINISHED:
            raise Refused(f"«{campaign.name}» is finished; nothing about it changes any more.")
        if campaign.revision != revision:
            raise Refused("Somebody else has changed this campaign meanwhile. Look at it again, then change it.")
        _check(session, settings, campaign, None)
        before = _shown(campaign)
        for name, value in columns(settings).items():
            setattr(campaign, name, value)
        campaign.revision += 1
        after = _shown(campaign)
        changed = {name: {"from": before[name], "to": after[name]} for name in after if before[name] != after[name]}
        audit.record(session, actor=actor, deed="campaign.changed", subject=f"campaign {campaign_id}", **changed)


def locked(session: Session, campaign_id: int) -> Campaign:
    """Return a campaign that nobody else changes meanwhile; raises NotFound."""
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    if campaign is None:
        raise NotFound(f"There is no campaign {campaign_id}.")
    return campaign


def settings_of(campaign: Campaign) -> CampaignSettings:
    """Return a campaign's settings as values."""
    kept = {each.name: getattr(campaign, each.name) for each in fields(CampaignSettings)}
    kept["audience"] = Audience.read(campaign.audience)
    kept["rates"] = {code: Decimal(rate) for code, rate in campaign.rates.items()}
    kept["reminders"] = tuple(campaign.reminders)
    return CampaignSettings(**kept)


def columns(settings: CampaignSettings) -> dict[str, Any]:
    """Return the settings as the columns of a campaign."""
    kept = {each.name: getattr(settings, each.name) for each in fields(CampaignSettings)}
    return kept | {
        "name": settings.name.strip(),
        "quota": dict(settings.quota),
        "audience": settings.audience.as_json(),
        "rates": {code: str(rate) for code, rate in settings.rates.items()},
        "reminders": list(settings.reminders),
        "rules": dict(settings.rules),
        "sender_name": settings.sender_name.strip() if settings.sender_name else None,
    }


def _check(session: Session, settings: CampaignSettings, campaign: Campaign | None, today: date | None) -> None:
    """Raise Faulty with all that is wrong, what only the database knows among it."""
    found = faults(settings, today=today, closed=closures(session).of_country(settings.country))
    if not is_currency(settings.currency):
        found.setdefault("currency", f"«{settings.currency}» is no currency; write its ISO code, such as USD.")
    namesake = session.scalar(select(Campaign.id).where(Campaign.name == settings.name.strip()))
    if namesake is not None and (campaign is None or namesake != campaign.id):
        found.setdefault("name", f"There is a campaign «{settings.name.strip()}» already. Give this one another name.")
    if settings.brand_id is not None and session.get(StoredBrand, settings.brand_id) is None:
        found.setdefault("brand_id", "There is no such brand. Choose one of the list.")
    if "survey_key" not in found and (campaign is None or campaign.survey_key != settings.survey_key):
        try:
            published_version(session, settings.survey_key)
        except QuorumError as error:
            found["survey_key"] = str(error)
    if found:
        raise Faulty(found)


def _shown(campaign: Campaign) -> dict[str, Any]:
    """Return the settings as the audit trail keeps them."""
    kept = {each.name: getattr(campaign, each.name) for each in fields(CampaignSettings)}
    return {name: value.isoformat() if isinstance(value, date | datetime) else value for name, value in kept.items()}
