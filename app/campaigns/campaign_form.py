"""A campaign as a person types it, made into settings; each fault stands beside its field. Pure rules.

Few fields have to be filled: what is left as it is offered makes sense by itself (`offered`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.accounts.text import shortened, visible
from app.campaigns.audience import EVERYBODY, Audience
from app.campaigns.audience_form import (
    SEGMENT_FIELD,
    SEGMENT_TABLE,
    SEGMENT_VALUES,
    Faults,
    Given,
    as_rows,
    first,
    read_audience,
    read_segments,
    typed_audience,
    typed_segments,
)
from app.campaigns.cadence import Cadence
from app.campaigns.contact_rules import NAMES, Rules, read_rules
from app.campaigns.rates import FIELD, read_rates
from app.campaigns.settings import CampaignSettings, Kind

AFTER_EVENT = "after_event"

RHYTHMS: Mapping[str, str] = {
    Cadence.QUARTERLY: "every three months",
    Cadence.MONTHLY: "every month",
    Cadence.HALF_YEARLY: "every half-year",
    Cadence.YEARLY: "every year",
    Cadence.BEFORE_REVIEW: "before each account's business review",
    Cadence.BEFORE_RENEWAL: "before each account's renewal",
    Cadence.BY_HAND: "when somebody makes a wave",
    AFTER_EVENT: "after an event, such as a solved ticket",
}
"""When a campaign asks, in words; the last one is another kind of campaign."""

FIELD_OF: Mapping[str, str] = {
    "cadence": "when",
    "quota": "table",
    "reminders": "reminder_1",
    "rates": "currency",
    "segment_quotas": "segment-1",
}
"""Setting → the field of the form that says it, where the two have different names."""

FOLDED = (
    *("table", "currency", "brand_id", "sender_name", "daily_cap", "account_cap", "window_from", "window_to"),
    *("time_zone", "country", "spread_days", "wave_days", "ends_on", "reminder_1", "reminder_2", "goes_by_itself"),
    "survey_version",
    *NAMES,
)
"""Fields that stand under «More»; it is open when one of them is at fault."""

FIELDS = ("name", "survey_key", "when", "starts_on", "audience")
"""Fields that are always seen, in their order."""

REMINDERS = ("reminder_1", "reminder_2")
TABLE_NAME = "table"


@dataclass(frozen=True)
class Ground:
    """What a form is read against: the quota tables by key, the rules of the house, and what the campaign was.

    `base` is the campaign as it is kept; a person who may not see values leaves those of its audience as they are.
    """

    tables: Mapping[str, Mapping[str, Any]]
    house: Rules
    base: CampaignSettings | None = None
    sees_values: bool = True


def read_campaign(given: Given, ground: Ground) -> tuple[CampaignSettings, Faults]:
    """Return the settings that are meant and what cannot be read of them; such a field counts as its default."""
    reader = _Reader(given)
    audience, wrong = read_audience(given)
    reader.faults |= wrong
    segments, wrong = read_segments(typed_segments(given), ground.tables)
    reader.faults |= wrong
    flat = {name: first(given, name) for name in given}
    rates, wrong = read_rates(flat)
    reader.faults |= wrong
    rules, wrong = read_rules(flat, ground.house)
    reader.faults |= wrong
    when = reader.one_of("when", RHYTHMS, Cadence.QUARTERLY)
    settings = CampaignSettings(
        name=reader.text("name"),
        survey_key=reader.text("survey_key"),
        quota=reader.table(ground),
        kind=Kind.TRANSACTIONAL if when == AFTER_EVENT else Kind.RELATIONSHIP,
        cadence=Cadence.BY_HAND if when == AFTER_EVENT else Cadence(when),
        audience=_seen(audience or EVERYBODY, ground),
        segment_quotas=segments,
        currency=reader.text("currency").upper(),
        rates=rates,
        rules=rules,
        **reader.plain(),
    )
    return settings, reader.faults


def beside_fields(faults: Mapping[str, str]) -> Faults:
    """Return faults of settings under the names of the fields in the form, in their order there."""
    found = {FIELD_OF.get(name, name): sentence for name, sentence in faults.items()}
    return {name: found[name] for name in sorted(found, key=_place)}


def _place(name: str) -> int:
    if name in FIELDS:
        return FIELDS.index(name)
    return len(FIELDS) + 1 + FOLDED.index(name) if name in FOLDED else len(FIELDS)


def typed_campaign(settings: CampaignSettings, *, sees_values: bool = True) -> dict[str, list[str]]:
    """Return settings as the form shows them."""
    shown: dict[str, object] = {
        name: getattr(settings, name)
        for name in (
            *("name", "survey_key", "survey_version", "currency", "brand_id", "starts_on", "ends_on"),
            *("wave_days", "spread_days", "daily_cap", "account_cap", "window_from", "window_to", "time_zone"),
            *("country", "sender_name"),
        )
    }
    shown["when"] = AFTER_EVENT if settings.kind is Kind.TRANSACTIONAL else settings.cadence
    shown["goes_by_itself"] = "yes" if settings.goes_by_itself else "no"
    shown["table"] = settings.quota.get(TABLE_NAME, "")
    shown |= dict(zip(REMINDERS, settings.reminders, strict=False))
    shown |= {f"{FIELD}{code}": f"{rate:f}" for code, rate in settings.rates.items()}
    shown |= settings.rules
    typed = {name: ["" if value is None else str(value)] for name, value in shown.items()}
    audience = typed_audience(settings.audience)
    if not sees_values:
        audience = {name: values for name, values in audience.items() if name not in ("value_from", "value_to")}
    rows = list(as_rows(settings.segment_quotas, TABLE_NAME))
    segments = {
        SEGMENT_FIELD: [row.field for row in rows],
        SEGMENT_VALUES: [row.typed for row in rows],
        SEGMENT_TABLE: [row.table for row in rows],
    }
    return typed | audience | segments


def _seen(audience: Audience, ground: Ground) -> Audience:
    """Return the audience with the values it had, where the person may not see them."""
    if ground.sees_values or ground.base is None:
        return audience
    kept = ground.base.audience
    return Audience(audience.account, audience.contact, kept.value_from, kept.value_to)


class _Reader:
    """Reads fields one by one and keeps what is wrong with them."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self.faults: Faults = {}

    def text(self, name: str) -> str:
        return visible(first(self._given, name))

    def one_of(self, name: str, options: Mapping[str, Any], default: str) -> str:
        value = self.text(name)
        if value in options:
            return value
        self.faults[name] = "Choose one of the list."
        return default

    def table(self, ground: Ground) -> Mapping[str, Any]:
        """Return the quota table chosen; a campaign whose rows are of no table may keep them."""
        key = self.text("table")
        if not key and ground.base is not None and TABLE_NAME not in ground.base.quota:
            return ground.base.quota
        return ground.tables[self.one_of("table", ground.tables, next(iter(ground.tables)))]

    def plain(self) -> dict[str, Any]:
        """Return the settings that are one number, day or text each."""
        reminders = [self.whole(name, None) for name in REMINDERS]
        return {
            "survey_version": self.whole("survey_version", None),
            "brand_id": self.whole("brand_id", None),
            "starts_on": self.day("starts_on"),
            "ends_on": self.day("ends_on"),
            "wave_days": self.whole("wave_days", 30, needed=True),
            "spread_days": self.whole("spread_days", None),
            "daily_cap": self.whole("daily_cap", 100, needed=True),
            "account_cap": self.whole("account_cap", 3, needed=True),
            "window_from": self.whole("window_from", 9, needed=True),
            "window_to": self.whole("window_to", 17, needed=True),
            "time_zone": self.text("time_zone"),
            "country": self.text("country").upper() or None,
            "reminders": tuple(days for days in reminders if days is not None),
            "goes_by_itself": self.text("goes_by_itself") == "yes",
            "sender_name": self.text("sender_name") or None,
        }

    def whole(self, name: str, default: int | None, *, needed: bool = False) -> Any:
        """Return a whole number; an empty field is None, unless a number is needed."""
        value = self.text(name)
        if re.fullmatch("[0-9]{1,9}", value):
            return int(value)
        if value or needed:
            said = f"«{shortened(value)}» is no whole number; write" if value else "Give"
            self.faults[name] = f"{said} a number such as {default or 10}."
        return default

    def day(self, name: str) -> date | None:
        value = self.text(name)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.faults[name] = f"«{shortened(value)}» is no day; write it as 2027-01-11."
            return None
