"""How engaged a contact is, from what they did: activities weighed by kind, fading with age. Pure rules.

Domain section 4: Σ weight · 0.5^(age in days / 90), scaled min–max to 0–100 over the roster. What one activity is worth
is rounded to a millionth of a point, and everything after it is reckoned in whole numbers: the order of the activities
never matters, and the database, which only adds up, comes to the very same scores.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType

HALF_LIFE = 90
"""Days after which an activity counts half."""
REMEMBERED_DAYS = 3 * 365
"""Days after which an activity is dropped; it counts for less than a four-thousandth of a fresh one by then."""
MILLIONTHS = 1_000_000
HIGHEST_WEIGHT = 100


class ActivityKind(enum.StrEnum):
    MEETING = "meeting"
    TICKET = "ticket"
    PURCHASE = "purchase"
    LOGIN = "login"
    MAIL_REPLY = "mail_reply"


Weights = Mapping[ActivityKind, int]

USUAL_WEIGHTS: Weights = MappingProxyType(
    {
        ActivityKind.MEETING: 5,
        ActivityKind.TICKET: 2,
        ActivityKind.PURCHASE: 5,
        ActivityKind.LOGIN: 1,
        ActivityKind.MAIL_REPLY: 3,
    }
)
"""Points of a fresh activity where an installation says nothing else (ours)."""

Activity = tuple[ActivityKind, datetime]


def age_in_days(happened_at: datetime, today: date) -> int:
    """Return how many days ago an activity happened, in days of UTC; what is dated ahead happened today."""
    return max((today - happened_at.astimezone(UTC).date()).days, 0)


def points(weight: int, age: int) -> int:
    """Return what an activity of so many days counts, in millionths of a point."""
    return round(weight * MILLIONTHS * math.pow(0.5, age / HALF_LIFE))


def total(activities: Iterable[Activity], today: date, weights: Weights = USUAL_WEIGHTS) -> int:
    """Return what the activities of one contact count together, in millionths of a point."""
    ages = ((kind, age_in_days(at, today)) for kind, at in activities)
    return sum(points(weights[kind], age) for kind, age in ages if age <= REMEMBERED_DAYS)


def made_key(kind: ActivityKind, happened_at: datetime) -> str:
    """Return the key of an activity that came without an id: of the same kind and moment, a contact has but one."""
    return f"~{kind} {happened_at.astimezone(UTC).isoformat()}"


def scaled(of_it: int, least: int, most: int) -> int:
    """Return a total as a score from 0 to 100 between the least and the most of the roster, rounded half up.

    Where all have the same there is nothing to scale: 100 when they did something that counts, else 0.
    """
    if most == least:
        return 100 if most > 0 else 0
    return (200 * (of_it - least) + (most - least)) // (2 * (most - least))


def scores(
    roster: Mapping[int, Iterable[Activity]], today: date, weights: Weights = USUAL_WEIGHTS
) -> dict[int, int | None]:
    """Return the score of every contact of the roster; None for whom nothing is known of.

    They still belong to the roster and count as 0 in its scale, so that the least active of the others is not taken for
    somebody who never did anything.
    """
    known = {
        contact: [a for a in its if age_in_days(a[1], today) <= REMEMBERED_DAYS] for contact, its in roster.items()
    }
    totals = {contact: total(activities, today, weights) for contact, activities in known.items()}
    least, most = min(totals.values(), default=0), max(totals.values(), default=0)
    return {contact: scaled(totals[contact], least, most) if known[contact] else None for contact in known}


def worth_by_age(weights: Weights) -> dict[ActivityKind, list[int]]:
    """Return what an activity of each kind counts at each age from 0 days on, as long as it is remembered."""
    return {kind: [points(weights[kind], age) for age in range(REMEMBERED_DAYS + 1)] for kind in ActivityKind}
