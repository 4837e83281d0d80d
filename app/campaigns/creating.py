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
from app.campaigns.models import Campaign, Wave
from app.core import audit
from app.core.db import transaction
from app.core.errors import Refused
from app.sampling.quota import QuotaTable
from app.surveys.publishing import published_version

LINK_LIFE_DAYS = 30
"""A link lives until the wave's end, and at least this long (domain section 5)."""


@dataclass(frozen=True)
class WaveOrder:
    """What an admin decides about a wave before it is planned.

    `key` names the wave within its campaign and seeds the order among equals; `rates` say how much of `currency` one
    unit of another currency is worth.
    """

    key: str
    name: str
    planned_for: date
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

    Raises Refused when the campaign has a wave of that key already, or the survey does not exist or cannot be asked.
    """
    if not is_currency(order.currency):
        raise Refused(f"«{order.currency}» is no currency; write its ISO code, such as USD.")
    with transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("create_wave"))))
        campaign = _campaign(session, order)
        taken = select(Wave).where(Wave.campaign_id == campaign.id, Wave.key == order.key)
        if session.scalar(taken) is not None:
            raise Refused(f"«{campaign.name}» has a wave «{order.key}» already. Give the new one another key.")
        wave = Wave(
            campaign_id=campaign.id,
            key=order.key,
            name=order.name,
            survey_version_id=published_version(session, order.survey_key).id,
            quota=quota_as_json(order.quota),
            currency=order.currency,
            rates={code: str(rate) for code, rate in order.rates.items()},
            planned_for=order.planned_for,
            ends_on=order.planned_for + timedelta(days=max(order.days, 1)),
        )
        session.add(wave)
        session.flush()
        audit.record(session, actor=actor, deed="wave.created", subject=f"wave {wave.id}", key=order.key)
        return wave.id


def _campaign(session: Session, order: WaveOrder) -> Campaign:
    campaign = session.scalar(select(Campaign).where(Campaign.name == order.campaign))
    if campaign is None:
        campaign = Campaign(name=order.campaign, survey_key=order.survey_key, quota=quota_as_json(order.quota))
        session.add(campaign)
        session.flush()
    return campaign


def quota_as_json(table: QuotaTable) -> dict[str, Any]:
    """Return a quota table as the database keeps it: amounts as text, so that no cent is lost."""
    return {"rows": [[str(value), contacts] for value, contacts in table.rows], "cap": table.cap}


def quota_from_json(kept: Mapping[str, Any]) -> QuotaTable:
    """Return the quota table that `quota_as_json` kept."""
    return QuotaTable(tuple((Decimal(value), contacts) for value, contacts in kept["rows"]), kept["cap"])
