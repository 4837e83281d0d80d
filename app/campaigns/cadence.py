"""How often a relationship campaign asks, and what its waves are called. Pure rules.

A wave of the calendar begins in every period, reckoned from the campaign's first day, so that a campaign of the 31st
comes back to the 31st after February. A wave that follows a day of each account is made for a week at a time.
"""

from __future__ import annotations

import calendar
import enum
from datetime import date, timedelta

from app.campaigns.calendar import Occasion

_DAYS_A_WEEK = 7


class Cadence(enum.StrEnum):
    """How often a campaign asks; the last two follow a day of each account."""

    BY_HAND = "by_hand"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"
    BEFORE_REVIEW = "before_review"
    BEFORE_RENEWAL = "before_renewal"


MONTHS = {Cadence.MONTHLY: 1, Cadence.QUARTERLY: 3, Cadence.HALF_YEARLY: 6, Cadence.YEARLY: 12}
"""Months between two waves of the cadences that follow the calendar."""

OCCASIONS = {Cadence.BEFORE_REVIEW: Occasion.QBR, Cadence.BEFORE_RENEWAL: Occasion.RENEWAL}
"""What the cadences that follow the accounts are reckoned from."""


def next_occurrence(cadence: Cadence, starts_on: date, on_or_after: date) -> date | None:
    """Return the first day on or after a day, and not before `starts_on`, on which a wave begins; None by hand."""
    if cadence in OCCASIONS:
        day = max(starts_on, on_or_after)
        return day if day == starts_on else day + timedelta(days=-day.weekday() % _DAYS_A_WEEK)
    if cadence not in MONTHS:
        return None
    step = MONTHS[cadence]
    number = max(0, _months_between(starts_on, on_or_after) // step)
    day = _months_after(starts_on, number * step)
    return day if day >= on_or_after else _months_after(starts_on, (number + 1) * step)


def wave_name(cadence: Cadence, day: date) -> str:
    """Return what people call the wave that begins on `day`, such as «Q1 2027»."""
    match cadence:
        case Cadence.MONTHLY:
            return f"{day:%B} {day.year}"
        case Cadence.QUARTERLY:
            return f"Q{(day.month + 2) // 3} {day.year}"
        case Cadence.HALF_YEARLY:
            return f"H{(day.month + 5) // 6} {day.year}"
        case Cadence.YEARLY:
            return str(day.year)
        case Cadence.BEFORE_REVIEW | Cadence.BEFORE_RENEWAL:
            year, week, _ = day.isocalendar()
            return f"Week {week}, {year}"
        case Cadence.BY_HAND:
            return day.isoformat()


def wave_key(cadence: Cadence, day: date) -> str:
    """Return the key of that wave, which names it within its campaign."""
    return "-".join(wave_name(cadence, day).replace(",", "").casefold().split())


def _months_between(start: date, end: date) -> int:
    """Return the whole months from the month of one day to that of another."""
    return (end.year - start.year) * 12 + end.month - start.month


def _months_after(start: date, months: int) -> date:
    """Return the same day so many months later, or the last of a month that is too short for it."""
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))
