"""Twelve steps, each up to and including a round value."""

from __future__ import annotations


def rows(cap: int) -> tuple[tuple[int, int], ...]:
    """Return the rows (domain section 1)."""
    return (
        *((1, 1), (2_001, 2), (5_001, 3), (10_001, 4), (22_001, 5), (46_001, 6)),
        *((100_001, 7), (215_001, 8), (460_001, 9), (1_000_001, 10), (2_200_001, 11), (4_700_001, 12)),
    )
