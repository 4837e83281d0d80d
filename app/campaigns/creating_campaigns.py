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
from app.campaigns.following import follow
from app.campaigns.matching import nobody_fits
from app.campaigns.models import Campaign, CampaignState
from app.campaigns.settings import CampaignSettings, Faults, faults
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.surveys.models import StoredBrand
from app.surveys.publishing import askable, no_such_version


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


class Overtaken(Refused):
    """Somebody else saved the campaign since it was opened."""


def change_campaign(
    campaign_id: int, settings: CampaignSettings, *, revision: int, actor: str, today: date | None = None
) -> None:
    """Change a campaign: window, caps, reminders, sender and rules hold at once, all else from the next wave on.

    A wave that is made and has no plan yet follows; with `today` its day does too. Raises Faulty, Refused when the
    campaign is over or would become one of another kind, and Overtaken when somebody saved it since `revision`.
    """
    with transaction() as session:
        campaign = locked(session, campaign_id)
        if campaign.state is CampaignState.FINISHED:
            raise Refused(f"«{campaign.name}» is finished; nothing about it changes any more.")
        if campaign.revision != revision:
            raise Overtaken("Somebody else has changed this campaign meanwhile. Look at it again, then change it.")
        if campaign.kind is not settings.kind:
            raise Refused("A campaign that asks in waves cannot become one that asks after events, nor the other way.")
        _check(session, settings, campaign, None)
        before, was = _shown(campaign), settings_of(campaign)
        for name, value in columns(settings).items():
            setattr(campaign, name, value)
        campaign.revision += 1
        follow(session, campaign, was, today)
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


def all_faults(
    session: Session,
    settings: CampaignSettings,
    campaign: Campaign | None,
    *,
    today: date | None = None,
    partly: bool = False,
) -> Faults:
    """Return all that is wrong, what only the database knows among it; `campaign` is the one to be changed.

    Settings that are known only `partly` are not held against one another.
    """
    closed = closures(session).of_country(settings.country)
    found = faults(settings, today=today, closed=closed, partly=partly)
    if not is_currency(settings.currency):
        found.setdefault("currency", f"«{settings.currency}» is no currency; write its ISO code, such as USD.")
    namesake = session.scalar(select(Campaign.id).where(Campaign.name == settings.name.strip()))
    if namesake is not None and (campaign is None or namesake != campaign.id):
        found.setdefault("name", f"There is a campaign «{settings.name.strip()}» already. Give this one another name.")
    if settings.brand_id is not None and session.get(StoredBrand, settings.brand_id) is None:
        found.setdefault("brand_id", "There is no such brand. Choose one of the list.")
    chosen = settings.survey_key if campaign is None or campaign.survey_key != settings.survey_key else None
    if chosen is not None and chosen not in {each.key for each in askable(session)}:
        found.setdefault("survey_key", f"There is no survey «{chosen}» that can be asked. Choose one of the list.")
    if "survey_key" not in found and settings.survey_version is not None:
        sentence = no_such_version(session, settings.survey_key, settings.survey_version)
        found |= {"survey_version": sentence} if sentence else {}
    if campaign is None or campaign.audience != settings.audience.as_json():
        sentence = None if found.keys() & {"currency", "rates"} else nobody_fits(session, settings)
        found |= {"audience": sentence} if sentence else {}
    return found


def _check(session: Session, settings: CampaignSettings, campaign: Campaign | None, today: date | None) -> None:
    found = all_faults(session, settings, campaign, today=today)
    if found:
        raise Faulty(found)


def as_told(settings: CampaignSettings) -> dict[str, Any]:
    """Return settings as the audit trail tells them."""
    return {name: _plain(value) for name, value in columns(settings).items()}


def _shown(campaign: Campaign) -> dict[str, Any]:
    return {each.name: _plain(getattr(campaign, each.name)) for each in fields(CampaignSettings)}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
