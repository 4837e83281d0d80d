"""What an admin sets about a campaign, and what cannot be meant, each fault beside its field. Pure rules.

Whether a survey, a brand or the people of an audience exist is asked by the deeds, which have a database.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.campaigns.audience import EVERYBODY, Audience
from app.campaigns.cadence import MONTHS, OCCASIONS, Cadence, next_occurrence
from app.campaigns.calendar import (
    NO_DAYS,
    NeverOpen,
    add_working_days,
    is_country,
    is_zone,
    next_working_day,
)

LONGEST_NAME = 80
LONGEST_WAVE = 365
LONGEST_REMINDER = 60
MOST_REMINDERS = 2
MOST_A_DAY = 1_000_000
YEARS = range(2000, 2101)

_CODE = re.compile("[A-Z]{3}")

Faults = dict[str, str]
_Fault = tuple[str, str]


class Kind(enum.StrEnum):
    """A relationship campaign asks in waves, a transactional one after an event."""

    RELATIONSHIP = "relationship"
    TRANSACTIONAL = "transactional"


@dataclass(frozen=True)
class CampaignSettings:
    """A campaign as an admin sets it; the names are those of the columns.

    `reminders` and `spread_days` are working days, `wave_days` calendar days in which a wave takes answers. Without
    `spread_days` invitations leave as fast as `daily_cap` allows; without `survey_version` a wave asks the newest one.
    `time_zone` and `country` hold for people of whom neither the contact nor the account says where they are. `quota`,
    `segment_quotas` and `rules` are kept as JSON.
    """

    name: str
    survey_key: str
    quota: Mapping[str, Any]
    kind: Kind = Kind.RELATIONSHIP
    survey_version: int | None = None
    brand_id: int | None = None
    audience: Audience = EVERYBODY
    segment_quotas: list[dict[str, Any]] = field(default_factory=list)
    currency: str = "USD"
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    cadence: Cadence = Cadence.BY_HAND
    starts_on: date | None = None
    ends_on: date | None = None
    wave_days: int = 30
    spread_days: int | None = None
    daily_cap: int = 100
    account_cap: int = 3
    window_from: int = 9
    window_to: int = 17
    time_zone: str = "UTC"
    country: str | None = None
    reminders: tuple[int, ...] = (5, 10)
    goes_by_itself: bool = False
    sender_name: str | None = None
    rules: Mapping[str, Any] = field(default_factory=dict)


def faults(
    settings: CampaignSettings,
    *,
    today: date | None = None,
    closed: Collection[date] = NO_DAYS,
    partly: bool = False,
) -> Faults:
    """Return what cannot be meant: field → what is wrong and what would be right; empty when all is well.

    With `today` the campaign is a new one, whose first day must not be past. Of several faults of a field the first.
    Settings that are known only `partly` are not held against one another.
    """
    found: Faults = {}
    for name, sentence in (*_plain(settings), *_numbers(settings), *_where(settings), *_days(settings, today)):
        found.setdefault(name, sentence)
    if not found and not partly:
        for name, sentence in _together(settings, closed):
            found.setdefault(name, sentence)
    return found


def _plain(settings: CampaignSettings) -> Iterator[_Fault]:
    if not 1 <= len(settings.name.strip()) <= LONGEST_NAME:
        yield "name", f"Give the campaign a name of up to {LONGEST_NAME} characters, such as «Relationship programme»."
    if not settings.survey_key:
        yield "survey_key", "Choose the survey it asks."
    if not _CODE.fullmatch(settings.currency):
        yield "currency", "Give the currency as three letters, such as USD."
    for code, rate in settings.rates.items():
        if not _CODE.fullmatch(code):
            yield "rates", f"«{code}» is no currency; write its ISO code, such as EUR."
        elif not (rate.is_finite() and rate > 0):
            yield "rates", f"The rate of {code} is {rate}; it must be above 0."
    sender = settings.sender_name
    if sender is not None and not (1 <= len(sender.strip()) <= LONGEST_NAME and sender.isprintable()):
        yield (
            "sender_name",
            f"Give the sender's name on one line of up to {LONGEST_NAME} characters, or leave it empty.",
        )
    if settings.kind is Kind.TRANSACTIONAL and settings.cadence is not Cadence.BY_HAND:
        yield "cadence", "A transactional campaign asks after an event; it has no cadence."


def _numbers(settings: CampaignSettings) -> Iterator[_Fault]:
    within = {
        "daily_cap": (settings.daily_cap, MOST_A_DAY),
        "account_cap": (settings.account_cap, MOST_A_DAY),
        "wave_days": (settings.wave_days, LONGEST_WAVE),
        "spread_days": (settings.spread_days if settings.spread_days is not None else 1, LONGEST_WAVE),
    }
    for name, (number, most) in within.items():
        if not 1 <= number <= most:
            yield name, f"Give a number from 1 to {most:,}."
    reminders = settings.reminders
    if len(reminders) > MOST_REMINDERS:
        yield "reminders", f"Remind people at most {MOST_REMINDERS} times."
    if any(not 1 <= days <= LONGEST_REMINDER for days in reminders):
        yield "reminders", f"Give each reminder as working days after the invitation, from 1 to {LONGEST_REMINDER}."
    if list(reminders) != sorted(set(reminders)):
        yield "reminders", "Each reminder must come later than the one before."


def _where(settings: CampaignSettings) -> Iterator[_Fault]:
    first, last = settings.window_from, settings.window_to
    if not 0 <= first <= 23:
        yield "window_from", "Give a full hour from 0 to 23."
    if not 1 <= last <= 24:
        yield "window_to", "Give a full hour from 1 to 24."
    if first >= last:
        yield "window_to", f"A window from {first}:00 to {last}:00 has no hour in which a mail could leave."
    if not is_zone(settings.time_zone):
        yield "time_zone", f"«{settings.time_zone}» is no time zone; write its IANA name, such as Europe/Berlin."
    if settings.country is not None and not is_country(settings.country):
        yield "country", f"«{settings.country}» is no country whose public holidays are known, such as DE or US."


def _days(settings: CampaignSettings, today: date | None) -> Iterator[_Fault]:
    starts_on, ends_on = settings.starts_on, settings.ends_on
    for name, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if day is not None and day.year not in YEARS:
            yield name, "Give a day of this century, such as 2027-01-11."
    if starts_on is None and (settings.cadence in MONTHS or settings.cadence in OCCASIONS):
        yield "starts_on", "Say from which day on the campaign asks."
    if starts_on is not None and today is not None and starts_on < today:
        yield "starts_on", f"{starts_on} is past; begin today or later."
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        yield "ends_on", f"It would end before its first day, {starts_on}."


def _together(settings: CampaignSettings, closed: Collection[date]) -> Iterator[_Fault]:
    """Yield what only two or more sound fields make impossible."""
    if settings.starts_on is None:
        yield from _too_late_reminders(settings)
        return
    try:
        first = next_working_day(settings.starts_on, settings.country, closed)
        spread = add_working_days(first, (settings.spread_days or 1) - 1, settings.country, closed)
        last = add_working_days(spread, max(settings.reminders, default=0), settings.country, closed)
    except NeverOpen:
        yield "country", "With these holidays and closing days there is no working day within a year."
        return
    if settings.ends_on is not None and settings.ends_on < first:
        yield "ends_on", f"It would end before its first mail, which leaves on {first}."
    over = first + timedelta(days=settings.wave_days)
    if last > over:
        kind = "reminders" if settings.reminders else "spread_days"
        yield kind, f"The last mail would leave on {last}, but the wave ends on {over}; let it take answers longer."
    if settings.cadence in MONTHS:
        following = next_occurrence(settings.cadence, settings.starts_on, settings.starts_on + timedelta(days=1))
        if following is not None and following <= last:
            yield "cadence", f"The next wave begins on {following}, before the last mail of this one on {last}."


def _too_late_reminders(settings: CampaignSettings) -> Iterator[_Fault]:
    """Yield reminders that no wave of these days can hold; five working days take at least a week."""
    working = (settings.spread_days or 1) - 1 + max(settings.reminders, default=0)
    if working // 5 * 7 + working % 5 > settings.wave_days:
        kind = "reminders" if settings.reminders else "spread_days"
        yield kind, f"The last mail would leave after the {settings.wave_days} days in which the wave takes answers."
