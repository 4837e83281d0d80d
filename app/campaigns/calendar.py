"""When a mail may leave: working days, send windows and the days that are reckoned from others. Pure rules.

Rules: domain section 5. Public holidays come from the `holidays` library; a country it does not know has weekends only.
Days a company closes by itself are given as `closed`. Times are wall-clock times in the reader's zone until the end, so
that a change to summer time never moves a mail.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import holidays

NINE_TO_FIVE = (9, 17)
NO_DAYS: frozenset[date] = frozenset()

QBR_LEAD = 15
"""Working days before a business review."""

RENEWAL_LEAD = timedelta(days=120)
"""Calendar days before a renewal."""

LEAST_LEFT = 10
"""Working days that must be left before the review or the renewal, or asking comes too late."""

_SATURDAY = 5
_LONGEST_CLOSURE = 366


class Occasion(enum.StrEnum):
    """What a relative send is reckoned from."""

    QBR = "qbr"
    RENEWAL = "renewal"


class NeverOpen(ValueError):
    """A calendar without a working day within a year, or a window without an hour."""


class Due(NamedTuple):
    """The day of a relative send; None when it came too late, and `late` when it could not be kept."""

    on: date | None
    late: bool


def is_working_day(day: date, country: str | None, closed: Collection[date] = NO_DAYS) -> bool:
    """Return whether people work on `day`: Monday to Friday, less the public holidays of `country` and `closed`."""
    return day.weekday() < _SATURDAY and day not in closed and day not in _holidays(country, day.year)


def next_working_day(day: date, country: str | None, closed: Collection[date] = NO_DAYS) -> date:
    """Return `day` if people work on it, else the next day on which they do; raises NeverOpen."""
    for ahead in range(_LONGEST_CLOSURE):
        candidate = day + timedelta(days=ahead)
        if is_working_day(candidate, country, closed):
            return candidate
    raise NeverOpen(f"there is no working day within a year of {day}")


def add_working_days(day: date, n: int, country: str | None, closed: Collection[date] = NO_DAYS) -> date:
    """Return the day `n` working days after `day`, or before it when `n` is negative; `day` itself is not counted."""
    step = timedelta(days=1 if n > 0 else -1)
    idle = 0
    while n:
        day += step
        if is_working_day(day, country, closed):
            n, idle = n - (1 if n > 0 else -1), 0
        elif (idle := idle + 1) > _LONGEST_CLOSURE:
            raise NeverOpen(f"there is no working day within a year of {day}")
    return day


def working_days_between(start: date, end: date, country: str | None, closed: Collection[date] = NO_DAYS) -> int:
    """Return the working days from `start` to `end`, both counted; 0 when `end` lies before `start`."""
    days = (end - start).days + 1
    return sum(is_working_day(start + timedelta(days=ahead), country, closed) for ahead in range(max(days, 0)))


def next_send_time(
    after: datetime,
    zone: str,
    country: str | None,
    window: tuple[int, int] = NINE_TO_FIVE,
    closed: Collection[date] = NO_DAYS,
) -> datetime:
    """Return the first moment not before `after` that lies in the `window` of a working day, as a time in `zone`.

    `after` is aware; `window` are full hours of the wall clock, from the first up to and without the second. Raises
    NeverOpen for a window without an hour.
    """
    first, last = window
    if not 0 <= first < last <= 24:
        raise NeverOpen(f"a window from {first}:00 to {last}:00 has no hour")
    local = after.astimezone(ZoneInfo(zone))
    day = next_working_day(local.date(), country, closed)
    if day == local.date():
        if first <= local.hour < last:
            return local
        if local.hour >= last:
            day = next_working_day(day + timedelta(days=1), country, closed)
    return at_wall_clock(day, first, zone)


def at_wall_clock(day: date, hour: int, zone: str) -> datetime:
    """Return `hour` o'clock of `day` in `zone`; an hour that the clocks leap over is the first one after it."""
    there = ZoneInfo(zone)
    wall = datetime.combine(day, time(hour), tzinfo=there)
    return wall.astimezone(UTC).astimezone(there)


def relative_day(
    occasion: Occasion, on: date, *, today: date, country: str | None, closed: Collection[date] = NO_DAYS
) -> Due:
    """Return when to ask before a business review or a renewal on `on`.

    15 working days before a review; 120 calendar days before a renewal, rolled forward to a working day. What is past
    is due now, unless fewer than 10 working days are left: then it is skipped, and flagged as late.
    """
    if occasion is Occasion.QBR:
        wanted = add_working_days(on, -QBR_LEAD, country, closed)
    else:
        wanted = next_working_day(on - RENEWAL_LEAD, country, closed)
    if wanted >= today:
        return Due(wanted, late=False)
    if working_days_between(today, on, country, closed) < LEAST_LEFT:
        return Due(None, late=True)
    return Due(next_working_day(today, country, closed), late=True)


def daily_allowance(cap: int, left: int, days_left: int | None) -> int:
    """Return how many invitations may leave today: `cap`, or fewer when they spread evenly until the end date.

    `left` invitations are still to go on `days_left` working days, today among them; None is no end date.
    """
    if days_left is None or days_left < 1:
        return cap
    return min(cap, -(-left // days_left))


def is_zone(name: str) -> bool:
    """Return whether `name` is a time zone of the IANA database, such as Europe/Paris."""
    return name in zones()


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """Return the time zones of the IANA database."""
    return frozenset(available_timezones())  # which looks through the folders of the system each time


def is_country(code: str) -> bool:
    """Return whether the public holidays of the ISO 3166 `code` are known."""
    return code in countries()


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Return the countries whose public holidays are known, by their ISO 3166 codes."""
    return frozenset(holidays.list_supported_countries(include_aliases=False))


def public_holidays(country: str, year: int) -> dict[date, str]:
    """Return the public holidays of a country in a year by day, in English where the library speaks it."""
    if country not in countries():
        return {}
    return dict(sorted(holidays.country_holidays(country, years=year, language="en_US").items()))


@lru_cache(maxsize=1024)
def _holidays(country: str | None, year: int) -> frozenset[date]:
    return frozenset(public_holidays(country, year)) if country else NO_DAYS
