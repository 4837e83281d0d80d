"""Where events come from: one file a source, which turns what a system sends into `Event`s and knows its words.

Nothing else in the house knows the words of a vendor. A source keeps no state: whether an event was told before, and
what follows it, is decided by `app.campaigns.triggering`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Person:
    """Whom an event names: by the CRM's id, by address, or both; the rest is for people nobody knows yet."""

    email: str | None = None
    id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    language: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True)
class Company:
    """The account an event names, by the CRM's id or by name."""

    id: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Event:
    """Something that happened at a customer; `source` and `id` name it, and the same twice is one.

    `delay` is the sender's wish, else the campaign has one. `properties` are kept for reports and for the number of the
    ticket.
    """

    source: str
    id: str
    name: str
    occurred_at: datetime
    person: Person
    company: Company = field(default_factory=Company)
    properties: Mapping[str, Any] = field(default_factory=dict)
    delay: timedelta | None = None
