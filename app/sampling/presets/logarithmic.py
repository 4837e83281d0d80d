"""N = max(1, floor(3·log10 V) − 9): 1 contact at 1, 3 at 10,000, 6 at 100,000, 9 at 1,000,000, and on to the cap."""

from __future__ import annotations


def rows(cap: int) -> tuple[tuple[int, int], ...]:
    """Return the rows up to `cap` contacts (domain section 1)."""
    return ((1, 1), *((_least_value(contacts), contacts) for contacts in range(2, cap + 1)))


def _least_value(contacts: int) -> int:
    """Return the least whole V with floor(3·log10 V) − 9 ≥ `contacts`, i.e. V³ ≥ 10^(contacts + 9), without floats."""
    bound: int = 10 ** (contacts + 9)
    root: int = 1 << -(-bound.bit_length() // 3)
    while (closer := (2 * root + bound // root**2) // 3) < root:
        root = closer
    return root if root**3 >= bound else root + 1
