"""Coverage: is the quota heard, on every level and weighted by revenue? Pure rules.

Rules: domain section 8. Fractions stay exact; rounding is for the display.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.sampling.quota import Levels


def heard(responded: Levels, target: Levels) -> Levels:
    """Return how many of the wanted answers are there, by level; answers beyond a target count for nothing."""
    return Levels(*map(min, responded, target))


def level_coverage(responded: int, target: int) -> Fraction | None:
    """Return the part of one level's target that answered, or None where nothing was wanted."""
    return Fraction(min(responded, target), target) if target else None


def coverage(responded: Levels, target: Levels) -> Fraction | None:
    """Return the part of an account's quota that is heard, or None for an account that nobody is wanted of."""
    return level_coverage(sum(heard(responded, target)), sum(target))


class RevenueCoverage(NamedTuple):
    """Shares of the revenue `heard` by any answer and `weighted` by coverage; `unknown` accounts are left out."""

    heard: Fraction | None
    weighted: Fraction | None
    unknown: int


def revenue_coverage(accounts: Iterable[tuple[Decimal | int | None, bool, Fraction | None]]) -> RevenueCoverage:
    """Return how much of the revenue is heard, from each account's value, whether anybody answered, and its coverage.

    Unknown values are left out and counted; accounts worth nothing or less weigh nothing.
    """
    total, with_answer, weighted, unknown = Fraction(0), Fraction(0), Fraction(0), 0
    for value, answered, covered in accounts:
        if value is None:
            unknown += 1
            continue
        worth = max(Fraction(value), Fraction(0))
        total += worth
        with_answer += worth if answered else 0
        weighted += worth * (covered or 0)
    if not total:
        return RevenueCoverage(None, None, unknown)
    return RevenueCoverage(with_answer / total, weighted / total, unknown)
