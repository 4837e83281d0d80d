"""Where somebody is and whether a mail may leave for them at a moment: place, window, working day. Pure rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.campaigns.calendar import NO_DAYS, NeverOpen, add_working_days, is_zone, next_send_time


@dataclass(frozen=True)
class Closures:
    """Days on which we send nothing, by country; those under None hold everywhere."""

    days: dict[str | None, frozenset[date]] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str | None, date]]) -> Closures:
        """Return the closures that pairs of country and day make."""
        days: defaultdict[str | None, set[date]] = defaultdict(set)
        for country, day in pairs:
            days[country].add(day)
        everywhere = days[None]
        return cls({country: frozenset(own | everywhere) for country, own in days.items()})

    def of_country(self, country: str | None) -> frozenset[date]:
        """Return the days closed in a country, those closed everywhere among them."""
        return self.days.get(country) or self.days.get(None, NO_DAYS)


class Whereabouts(NamedTuple):
    """A time zone and a country (ISO 3166, empty when nobody knows): what a mail's moment hangs on."""

    zone: str
    country: str

    @property
    def known_country(self) -> str | None:
        """The country, or None."""
        return self.country or None

    @property
    def clock(self) -> ZoneInfo:
        """The zone's clock; a zone that there is not (any more) keeps UTC, rather than to stop every other mail."""
        return ZoneInfo(self.zone if is_zone(self.zone) else "UTC")


def is_open(now: datetime, place: Whereabouts, window: tuple[int, int], closures: Closures) -> bool:
    """Return whether `now` lies in the window of a working day of the place."""
    closed = closures.of_country(place.known_country)
    try:
        return next_send_time(now, place.clock.key, place.known_country, window, closed) == now
    except NeverOpen:
        return False


def local_day(moment: datetime, place: Whereabouts) -> date:
    """Return the day that a place's calendar shows at a moment."""
    return moment.astimezone(place.clock).date()


def midnight(moment: datetime, place: Whereabouts) -> datetime:
    """Return when the place's day of a moment began, in UTC."""
    began = datetime.combine(local_day(moment, place), time(), tzinfo=place.clock)
    return began.astimezone(UTC)


def working_days_after(day: date, n: int, place: Whereabouts, closures: Closures) -> date:
    """Return the day `n` working days of the place after `day`; a calendar that never opens counts every day."""
    try:
        return add_working_days(day, n, place.known_country, closures.of_country(place.known_country))
    except NeverOpen:
        return day + timedelta(days=n)
