"""How fast and how much may leave, and when sending stops by itself. Pure rules: delivery page, «SES calls»."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

SHARE_OF_RATE = 0.9
"""Of the provider's rate we take so much: the rest is for others who send from the account, and for its clock."""

LAST_SENDS = 1_000
FEWEST_SENDS = 50
"""Rates are taken over the last sends of a campaign, and not before there are enough of them."""

BOUNCES_PERCENT = 5
COMPLAINTS_PER_MILLE = 1


class WarmUp(NamedTuple):
    """How many mails may leave on the first day, the second and so on; after the last of them there is no limit."""

    first_day: date
    steps: Sequence[int]

    @classmethod
    def read(cls, written: str) -> WarmUp:
        """Read `2026-11-02:200,400,800`."""
        first_day, _, steps = written.partition(":")
        return cls(date.fromisoformat(first_day), tuple(map(int, steps.split(","))))

    def most_on(self, day: date) -> int | None:
        """Return the most mails of a day, or None when there is no limit (any more)."""
        number = (day - self.first_day).days
        if number < 0:
            return self.steps[0]
        return self.steps[number] if number < len(self.steps) else None


def left_today(*, per_day: int | None, sent_last_day: int, most_today: int | None, sent_today: int) -> int | None:
    """Return how many mails may still leave: by the provider's rolling day and by our own; None for any number."""
    limits = [most - sent for most, sent in ((per_day, sent_last_day), (most_today, sent_today)) if most is not None]
    return max(0, min(limits)) if limits else None


def too_many_bounces(sends: int, bounces: int) -> bool:
    """Return whether a campaign's bounces are reason to stop it."""
    return sends >= FEWEST_SENDS and bounces * 100 >= sends * BOUNCES_PERCENT


def too_many_complaints(sends: int, complaints: int) -> bool:
    """Return whether a campaign's complaints are reason to stop it."""
    return sends >= FEWEST_SENDS and complaints * 1_000 >= sends * COMPLAINTS_PER_MILLE
