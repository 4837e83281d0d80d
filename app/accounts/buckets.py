"""Buckets of value: what those see of an account's worth who may not see the exact figure. Pure rules."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple


class Bucket(NamedTuple):
    """Values from `low` on and below `high`; None where there is no such bound."""

    low: Decimal | None
    high: Decimal | None

    @property
    def midpoint(self) -> Decimal:
        """Return the value that stands for all of the bucket: its middle, nothing or its one bound at an open end."""
        if self.low is None:
            return Decimal(0)
        return self.low if self.high is None else (self.low + self.high) / 2


@dataclass(frozen=True)
class Buckets:
    """Buckets that meet at `bounds`, which rise from above 0; what is worth nothing or less has one of its own.

    The lowest, below 0.01, is the bucket of what is worth nothing: amounts are kept to the cent.
    """

    bounds: tuple[Decimal, ...]

    @classmethod
    def between(cls, *bounds: int) -> Buckets:
        """Return the buckets that meet at these whole amounts."""
        return cls((LEAST, *map(Decimal, bounds)))

    def of(self, value: Decimal | int) -> Bucket:
        """Return the bucket in which `value` lies."""
        number = bisect_right(self.bounds, value)
        return self.all()[number]

    def all(self) -> list[Bucket]:
        """Return every bucket, the lowest first: one more than there are bounds."""
        return [Bucket(*pair) for pair in zip((None, *self.bounds), (*self.bounds, None), strict=True)]

    def midpoints(self) -> list[Decimal]:
        """Return what stands for each bucket, the lowest first, for a `width_bucket` in the database."""
        return [bucket.midpoint for bucket in self.all()]


LEAST = Decimal("0.01")
