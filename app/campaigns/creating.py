"""Deeds that set up a relationship campaign and its waves, before anybody is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import places
from app.accounts.cells import Unreadable
from app.campaigns.calendar import add_working_days
from app.campaigns.closures import closures
from app.campaigns.models import Campaign, CampaignState, Wave
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.sampling.quota import QuotaTable
from app.surveys.publishing import published_version

LINK_LIFE_DAYS = 30
"""A link lives until the wave's end, and at least this long (domain section 5)."""


@dataclass(frozen=True)
class WaveOrder:
    """What an admin decides about a wave before it is planned.

    `key` names the wave within its campaign and seeds the order among equals; `rates` say how much of `currency` one
    unit of another currency is worth. A wave of a campaign that is there (`campaign_id`) takes all but its key, its
    name and its day from that campaign; else `campaign` names the one it belongs to, which is made with the first wave.
    """

    key: str
    name: str
    planned_for: date
    campaign_id: int | None = None
    campaign: str = "Relationship programme"
    survey_key: str = "relationship_nps"
    quota: QuotaTable = field(default_factory=lambda: QuotaTable.preset("logarithmic"))
    currency: str = "USD"
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    days: int = LINK_LIFE_DAYS


def is_currency(code: str) -> bool:
    """Tell whether a currency of this ISO code exists."""
    try:
        return places.currency(code) == code
    except Unreadable:
        return False


def is_plausible(day: date) -> bool:
    """Tell whether somebody can mean this day; a mistyped century is no wave."""
    return 2000 <= day.year <= 2100


def create_wave(order: WaveOrder, *, actor: str) -> int:
    """Make a draft wave, and its campaign when it is the first; return the wave's id.

    Raises Refused when the campaign has a wave of that key already, is finished, or its survey cannot be asked now,
    NotFound when there is no such survey or campaign.
    """
    if not is_currency(order.currency):
        raise Refused(f"«{order.currency}» is no currency; write its ISO code, such as USD.")
    with transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("create_wave"))))
        if order.campaign_id is not None:
            campaign = _known(session, order.campaign_id)
            wave = draft_wave(
                session, campaign, key=order.key, name=order.name, planned_for=order.planned_for, actor=actor
            )
        else:
            wave = _wave_by_hand(session, order, actor)
        return wave.id


def draft_wave(
    session: Session, campaign: Campaign, *, key: str, name: str, planned_for: date, actor: str, **own: Any
) -> Wave:
    """Add a draft wave to a campaign inside the caller's transaction; `own` is what it does not take from there.

    Raises Refused when the campaign has a wave of that key already or its survey cannot be asked now.
    """
    taken = select(Wave.id).where(Wave.campaign_id == campaign.id, Wave.key == key)
    if session.scalar(taken) is not None:
        raise Refused(f"«{campaign.name}» has a wave «{key}» already. Give the new one another key.")
    settings = {
        "brand_id": campaign.brand_id,
        "audience": campaign.audience,
        "quota": campaign.quota,
        "segment_quotas": campaign.segment_quotas,
        "currency": campaign.currency,
        "rates": campaign.rates,
        "ends_on": planned_for + timedelta(days=campaign.wave_days),
        "send_by": _send_by(session, campaign, planned_for),
    } | own
    if "survey_version_id" not in own:
        settings["survey_version_id"] = published_version(session, campaign.survey_key, campaign.survey_version).id
    wave = Wave(campaign_id=campaign.id, key=key, name=name, planned_for=planned_for, **settings)
    session.add(wave)
    session.flush()
    audit.record(session, actor=actor, deed="wave.created", subject=f"wave {wave.id}", key=key)
    return wave


def _send_by(session: Session, campaign: Campaign, first: date) -> date | None:
    """Return the last day of an even spread that begins on `first`."""
    if campaign.spread_days is None:
        return None
    closed = closures(session).of_country(campaign.country)
    return add_working_days(first, campaign.spread_days - 1, campaign.country, closed)


def _known(session: Session, campaign_id: int) -> Campaign:
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    if campaign is None:
        raise NotFound(f"There is no campaign {campaign_id}.")
    if campaign.state is CampaignState.FINISHED:
        raise Refused(f"«{campaign.name}» is finished; it asks nobody any more.")
    return campaign


def _wave_by_hand(session: Session, order: WaveOrder, actor: str) -> Wave:
    campaign = session.scalar(select(Campaign).where(Campaign.name == order.campaign))
    if campaign is None:
        campaign = Campaign(name=order.campaign, survey_key=order.survey_key, quota=quota_as_json(order.quota))
        session.add(campaign)
        session.flush()
        session.refresh(campaign)
    own = {
        "survey_version_id": published_version(session, order.survey_key).id,
        "quota": quota_as_json(order.quota),
        "segment_quotas": [],
        "currency": order.currency,
        "rates": {code: str(rate) for code, rate in order.rates.items()},
        "ends_on": order.planned_for + timedelta(days=max(order.days, 1)),
    }
    return draft_wave(
        session, campaign, key=order.key, name=order.name, planned_for=order.planned_for, actor=actor, **own
    )


def quota_as_json(table: QuotaTable) -> dict[str, Any]:
    """Return a quota table as the database keeps it: amounts as text, so that no cent is lost."""
    return {"rows": [[str(value), contacts] for value, contacts in table.rows], "cap": table.cap}


def quota_from_json(kept: Mapping[str, Any]) -> QuotaTable:
    """Return the quota table that `quota_as_json` kept."""
    return QuotaTable(tuple((Decimal(value), contacts) for value, contacts in kept["rows"]), kept["cap"])
