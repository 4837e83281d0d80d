"""The sample of one account: every contact of it decided, with the reason, the rank and the kind of seat."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.sampling.eligibility import ContactRules, Person, Reason, exclusion
from app.sampling.quota import Levels, QuotaTable, Split, required_contacts, split, targets
from app.sampling.selection import LEVELS, UNKNOWN, Departments, rank_level


class Seat(enum.StrEnum):
    """Which seat a chosen contact takes: one of its level's target, one another level could not fill, or a last one."""

    LEVEL = "level"
    POOLED = "pooled"
    OPEN = "open"


class Decision(NamedTuple):
    """A chosen contact has a seat and a rank; an excluded one a reason, and a rank only when merely not needed."""

    contact_id: str
    level: str
    seat: Seat | None
    reason: Reason | None
    rank: int | None


@dataclass(frozen=True)
class Terms:
    """What holds for every account of a wave alike."""

    today: date
    wave_key: str
    table: QuotaTable
    rules: ContactRules = field(default_factory=ContactRules)


class AccountSample(NamedTuple):
    """The frozen outcome for one account.

    `required` is None when the value is unknown; one person is asked then, and `targets` is that of one.
    `value_flagged` marks an active account whose value, in whole units, is unknown, zero or negative.
    """

    annual_value: Decimal | int | None
    required: int | None
    targets: Levels
    split: Split
    decisions: list[Decision]
    value_flagged: bool


def sample_account(
    annual_value: Decimal | int | None, people: Iterable[Person], terms: Terms, *, active: bool = True
) -> AccountSample:
    """Decide every contact of an account; `annual_value` is in the wave's currency."""
    required = required_contacts(annual_value, terms.table, active=active)
    wanted = 1 if required is None else required
    by_level: dict[str, list[Person]] = {level: [] for level in (*LEVELS, UNKNOWN)}
    decisions: list[Decision] = []
    for person in people:
        reason = exclusion(person, today=terms.today, rules=terms.rules, account_active=active)
        if reason is None:
            asked_on = person.asked_on
            by_level[person.level].append(
                person if asked_on == person.last_invited_on else person._replace(last_invited_on=asked_on)
            )
        else:
            decisions.append(Decision(person.id, person.level, None, reason, None))
    parted = split(wanted, Levels(*(len(by_level[level]) for level in LEVELS)), len(by_level[UNKNOWN]))
    wished = targets(wanted)
    decisions.extend(_seated(by_level, wished, parted, terms))
    flagged = active and (annual_value is None or annual_value < 1)  # whole units: 0.99 is zero
    return AccountSample(annual_value, required, wished, parted, decisions, flagged)


def _seated(by_level: dict[str, list[Person]], wished: Levels, parted: Split, terms: Terms) -> Iterator[Decision]:
    chosen: Departments = defaultdict(int)
    for level, target, seats in zip((*LEVELS, UNKNOWN), (*wished, 0), (*parted.seats, parted.unknown), strict=True):
        if by_level[level]:
            ordered = rank_level(by_level[level], seats, chosen, today=terms.today, wave_key=terms.wave_key)
            for place, person in enumerate(ordered[:seats], start=1):
                yield Decision(person.id, level, _seat(level, place, target), None, place)
            for place, person in enumerate(ordered[seats:], start=seats + 1):
                yield Decision(person.id, level, None, Reason.NOT_NEEDED, place)


def _seat(level: str, place: int, target: int) -> Seat:
    if level == UNKNOWN:
        return Seat.OPEN
    return Seat.LEVEL if place <= target else Seat.POOLED
