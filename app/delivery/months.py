"""A month of the calendar of coming sends: what stands on each of its days. Pure rules."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from app.campaigns.calendar import public_holidays
from app.delivery.foreseeing import Coming, Send


@dataclass
class Day:
    """A day of the calendar; `holidays` are public ones to come, by name with their countries, `closed` own ones."""

    day: date
    is_past: bool
    is_today: bool
    coming: list[Coming] = field(default_factory=list)
    holidays: dict[str, list[str]] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)

    @property
    def column(self) -> int:
        """Its column in a grid of weeks, Monday is 1."""
        return self.day.isoweekday()

    @property
    def mails(self) -> int:
        """The mails that leave on it."""
        return mails_of(self.coming)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing at all is to be said of it."""
        return not (self.coming or self.holidays or self.closed)


def month_asked(asked: str, today: date, *, ahead: int) -> date:
    """Return the first day of the month «2026-11», as far as it is one from this month to `ahead` later ones."""
    this = today.replace(day=1)
    try:
        month = date.fromisoformat(f"{asked}-01")
    except ValueError:
        return this
    return month if this <= month <= later(this, ahead) else this


def later(month: date, months: int) -> date:
    """Return the first day of the month that many months after (or before) `month`."""
    years, index = divmod(month.month - 1 + months, 12)
    return date(month.year + years, index + 1, 1)


def last_day(month: date) -> date:
    """Return the last day of a month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def days_of(
    first: date,
    last: date,
    today: date,
    coming: Iterable[Coming],
    countries: Collection[str],
    closed: Mapping[date, list[str]],
) -> list[Day]:
    """Return the days from `first` to `last` with all that stands on them."""
    days = {}
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        days[day] = Day(day, day < today, day == today, closed=list(closed.get(day, [])))
    for one in coming:
        if one.day in days:
            days[one.day].coming.append(one)
    for country in sorted(countries):
        for year in range(first.year, last.year + 1):
            for day, name in public_holidays(country, year).items():
                if day in days and day >= today:
                    days[day].holidays.setdefault(name, []).append(country)
    return list(days.values())


def mails_of(coming: Iterable[Coming]) -> int:
    """Return how many mails these are; the beginning of a wave is none."""
    return sum(one.mails or 0 for one in coming if one.kind is not Send.WAVE)


def busiest(days: Iterable[Day]) -> tuple[date, int] | None:
    """Return the day with the most mails, the first of them, and how many; None when there is none."""
    counts = Counter({day.day: day.mails for day in days if day.mails})
    return min(counts.items(), key=lambda pair: (-pair[1], pair[0])) if counts else None
