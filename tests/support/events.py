"""Campaigns that ask after events, and events as programs tell them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

from app.campaigns.changing_triggers import change_trigger
from app.campaigns.creating import quota_as_json
from app.campaigns.creating_campaigns import create_campaign
from app.campaigns.running import start_campaign
from app.campaigns.settings import CampaignSettings, Kind
from app.campaigns.sources import Company, Event, Person
from app.campaigns.triggering import Answer, take_event
from app.campaigns.triggers import TriggerSettings
from app.sampling.quota import QuotaTable

_TODAY = datetime.now(UTC).date()
NOW = datetime.combine(_TODAY + timedelta(days=(2 - _TODAY.weekday()) % 7), time(10), tzinfo=UTC)
"""Ten o'clock on the next Wednesday: a working day, whenever the tests run."""

_numbers = count(1)


def event_campaign(
    name: str = "Support", *, trigger: TriggerSettings | None = None, running: bool = True, **more: Any
) -> int:
    """Make a campaign that asks after an event at any hour and at once, and return its id."""
    settings = {"survey_key": "relationship_nps", "window_from": 0, "window_to": 24, "reminders": ()} | more
    quota = quota_as_json(QuotaTable.preset("logarithmic"))
    campaign_id = create_campaign(
        CampaignSettings(name=name, quota=quota, kind=Kind.TRANSACTIONAL, **settings), actor="test"
    )
    change_trigger(campaign_id, trigger or TriggerSettings(delay_minutes=0), actor="test")
    if running:
        start_campaign(campaign_id, now=NOW, actor="test")
    return campaign_id


def event(email: str | None = "p1@company.example", **more: Any) -> Event:
    """Return an event about the person with this address, with an id and a ticket of its own."""
    number = next(_numbers)
    person = more.pop("person", None) or Person(email=email)
    company = more.pop("company", Company())
    values = {"source": "api", "id": f"E{number}", "name": "ticket.solved", "occurred_at": NOW - timedelta(minutes=5)}
    return Event(**(values | {"properties": {"ticket_id": f"T{number}"}} | more), person=person, company=company)


def told(email: str | None = "p1@company.example", *, now: datetime = NOW, **more: Any) -> Answer:
    """Tell an event and return what became of it."""
    return take_event(event(email, **more), now=now, actor="test")
