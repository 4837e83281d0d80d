"""Four steps: 1, 3, 6 and 9 contacts."""

from __future__ import annotations


def rows(cap: int) -> tuple[tuple[int, int], ...]:
    """Return the rows (domain section 1)."""
    return ((1, 1), (10_000, 3), (100_000, 6), (1_000_000, 9))
