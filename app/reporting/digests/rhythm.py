"""When digests leave. Pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.campaigns.calendar import is_zone

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LATE = timedelta(hours=24)
"""A digest that could not leave for so long is left out: the next one says it all."""

_LAST_HOUR = 23


@dataclass(frozen=True)
class Rhythm:
    """A weekday (Monday is 0) and an hour of a zone; off until somebody switches it on."""

    on: bool = False
    weekday: int = 0
    hour: int = 8
    zone: str = "UTC"


@dataclass(frozen=True)
class Week:
    """The digest of one day: it tells what came from `since` until `until`."""

    day: date
    since: datetime
    until: datetime


def week_before(rhythm: Rhythm, now: datetime) -> Week:
    """Return the latest week that a digest tells of; `now` is aware."""
    local = now.astimezone(ZoneInfo(rhythm.zone))
    day = local.date() - timedelta(days=(local.weekday() - rhythm.weekday) % 7)
    if _moment(rhythm, day) > now:
        day -= timedelta(days=7)
    return Week(day, _moment(rhythm, day - timedelta(days=7)), _moment(rhythm, day))


def due(rhythm: Rhythm, now: datetime) -> Week | None:
    """Return the week whose digests are to leave now, None outside of their day."""
    week = week_before(rhythm, now)
    return week if rhythm.on and now - week.until < LATE else None


def faults(given: Mapping[str, str]) -> dict[str, str]:
    """Return what cannot be meant of a rhythm as it was typed, by field."""
    found = {}
    if given["weekday"] not in {str(day) for day in range(7)}:
        found["weekday"] = "Choose a day of the week."
    if not (given["hour"].isascii() and given["hour"].isdecimal() and int(given["hour"][:3]) <= _LAST_HOUR):
        found["hour"] = "Write a full hour from 0 to 23."
    if not is_zone(given["zone"]):
        found["zone"] = "There is no such time zone. Write it as Europe/Berlin."
    return found


def _moment(rhythm: Rhythm, day: date) -> datetime:
    return datetime.combine(day, time(rhythm.hour), ZoneInfo(rhythm.zone))
