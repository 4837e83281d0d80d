"""How many people an account needs, and on which levels: quota tables and the split of seats.

Rules: domain sections 1 and 2. Nothing here knows who the people are; that is `selection`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from app.sampling import presets
from app.sampling.presets import Rows

DEFAULT_CAP = 18


class Levels(NamedTuple):
    """One number per level of the decision-making unit."""

    decision_maker: int = 0
    influencer: int = 0
    user: int = 0


class Split(NamedTuple):
    """Seats by level, seats for people of unknown level, and the seats nobody can take."""

    seats: Levels
    unknown: int
    shortage: int


@dataclass(frozen=True)
class QuotaTable:
    """Rows «annual value at least V → N contacts», rising in V and never falling in N; N never exceeds `cap`.

    Raises ValueError, with the row and what would be right, for a table that says otherwise.
    """

    rows: Rows
    cap: int = DEFAULT_CAP

    def __post_init__(self) -> None:
        if not self.rows:
            raise ValueError("a quota table needs at least one row")
        if self.cap < 1:
            raise ValueError(f"the cap is {self.cap}; it must be at least 1")
        for number, fault in row_faults(self.rows):
            raise ValueError(f"row {number} {fault}")

    @classmethod
    def preset(cls, name: str, cap: int = DEFAULT_CAP) -> QuotaTable:
        """Return one of the tables that ship, `presets.names()`; those that go on for ever end at `cap`."""
        return cls(presets.rows(name, cap), cap)

    def contacts(self, value: int) -> int:
        """Return the number of contacts for a positive value in whole units of the wave's currency."""
        asked = 1
        for least, contacts in self.rows:
            if value < least:
                break
            asked = contacts
        return min(asked, self.cap)


def row_faults(rows: Rows) -> Iterator[tuple[int, str]]:
    """Yield the number of each row that cannot be meant, from 1 on, with what is wrong and what would be right."""
    for number, (value, contacts) in enumerate(rows, start=1):
        if contacts < 1:
            yield number, f"asks for {contacts} contacts; it must be at least 1"
        if not Decimal(value).is_finite():
            yield number, f"starts at {value}; it must be an amount of money"
            return
    for number, (above, below) in enumerate(pairwise(rows), start=2):
        if below[0] <= above[0]:
            yield number, f"starts at {below[0]}; it must be above {above[0]}, the row before"
        if below[1] < above[1]:
            yield number, f"asks for {below[1]} contacts; a higher value never asks for fewer than {above[1]}"


_DEFAULT_TABLE = QuotaTable.preset("logarithmic")


def in_currency(
    amount: Decimal | None, currency: str | None, wanted: str, rates: Mapping[str, Decimal]
) -> Decimal | None:
    """Return `amount` in the currency `wanted`, or None when it, or its fixed rate, is not known.

    `rates` says how much of `wanted` one unit of each other currency is worth. An amount without a currency is taken
    to be in the wanted one already.
    """
    if amount is None or currency is None or currency == wanted:
        return amount
    rate = rates.get(currency)
    return None if rate is None else amount * rate


def required_contacts(
    annual_value: Decimal | int | None,
    table: QuotaTable = _DEFAULT_TABLE,
    *,
    active: bool = True,
) -> int | None:
    """Return how many people an account of this value should be heard by.

    `annual_value` is in the wave's currency and is floored to whole units; None means that nobody knows it, and then
    the quota is None too. Zero and negative values need 1, an inactive account needs 0.
    """
    if not active:
        return 0
    if annual_value is None:
        return None
    whole = math.floor(annual_value)
    return table.contacts(whole) if whole > 0 else 1


def targets(required: int) -> Levels:
    """Return the even split over the levels, with a bias upward: a remainder goes to decision makers first."""
    each, left = divmod(required, 3)
    return Levels(each + (left > 0), each + (left > 1), each)


def split(required: int, available: Levels, unknown: int = 0) -> Split:
    """Return the seats for `required` people out of those `available` by level and of `unknown` level.

    What a level cannot fill is handed on in the order decision maker, influencer, user; people of unknown level fill
    only seats that are still empty then; the rest is the shortage.
    """
    seats = [min(target, supply) for target, supply in zip(targets(required), available, strict=True)]
    pool = required - sum(seats)
    for level, supply in enumerate(available):
        extra = min(pool, supply - seats[level])
        seats[level] += extra
        pool -= extra
    filled = min(pool, unknown)
    return Split(Levels(*seats), filled, pool - filled)
