"""When a person may be asked again, and what holds them back. Pure rules.

Rules: domain section 3. They are counted per mailbox from the last invitation that was sent, or may have been;
reminders are no asks and are not held back. Days are calendar days where the reader is, so that a mail may leave at
nine on the eightieth day whatever the hour of the one before was; between any two lie 24 hours, whoever asks.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from app.campaigns.calendar import is_zone
from app.campaigns.settings import Kind

AT_LEAST = timedelta(hours=24)
"""Between any two surveys, whoever asks and whoever overrides; no setting."""

MOST_DAYS = 730
LOOK_BACK = timedelta(days=MOST_DAYS + 1)
"""Older asks hold nobody back, whatever the rules are."""

_DECISION_MAKER = "decision_maker"


@dataclass(frozen=True)
class Rules:
    """How many days must lie between two surveys of one person.

    `relationship_days` and `transactional_days` hold between two of the same kind (`decision_maker_days` between two
    transactional ones for decision makers), `any_days` between any two. A transactional survey is refused while a
    relationship survey of that person is open or due within `ahead_days`.
    """

    relationship_days: int = 80
    transactional_days: int = 30
    decision_maker_days: int = 90
    any_days: int = 7
    ahead_days: int = 7

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Rules:
        """Return the rules that `as_json` kept; what is not set is as the domain has it."""
        return cls(**{name: int(kept[name]) for name in NAMES if name in kept})

    def as_json(self) -> dict[str, int]:
        """Return the rules as the database keeps them."""
        return asdict(self)

    def stricter(self, kept: Mapping[str, Any]) -> Rules:
        """Return the rules of a campaign that sets those of `kept`: of each rule the longer time.

        A campaign can only wait longer than the house, also where the house became stricter after the campaign was set.
        """
        return Rules(**{name: max(days, int(kept.get(name, 0))) for name, days in asdict(self).items()})


NAMES = tuple(each.name for each in fields(Rules))


class Rule(enum.StrEnum):
    """The rule that holds somebody back."""

    RELATIONSHIP = "relationship_days"
    TRANSACTIONAL = "transactional_days"
    DECISION_MAKER = "decision_maker_days"
    ANY = "any_days"
    A_DAY = "a_day"


class Ask(NamedTuple):
    """A survey that was sent to a mailbox, or may have been."""

    at: datetime
    kind: Kind


class Hold(NamedTuple):
    """What keeps a person from being asked before `until`."""

    until: datetime
    rule: Rule
    ask: Ask


def held_until(
    asks: Iterable[Ask],
    *,
    kind: Kind,
    level: str,
    rules: Rules,
    now: datetime,
    zone: str = "UTC",
    forgiven_at: datetime | None = None,
) -> datetime | None:
    """Return the moment from which a survey of `kind` may leave for a person, or None when it may at `now`.

    `zone` is the reader's. What was asked up to `forgiven_at` no longer counts, but for the 24 hours: that is how a
    person with the right overrides the rules.
    """
    found = holds(asks, kind=kind, level=level, rules=rules, now=now, zone=zone, forgiven_at=forgiven_at)
    return found[0].until if found else None


def holds(
    asks: Iterable[Ask],
    *,
    kind: Kind,
    level: str,
    rules: Rules,
    now: datetime,
    zone: str = "UTC",
    forgiven_at: datetime | None = None,
) -> list[Hold]:
    """Return all that holds a person back at `now`, the longest first: each rule once, for its longest ask."""
    clock = ZoneInfo(zone if is_zone(zone) else "UTC")
    longest: dict[Rule, Hold] = {}
    for ask in asks:
        forgiven = forgiven_at is not None and ask.at <= forgiven_at
        for rule, until in _times(ask, kind, level, rules, clock, forgiven=forgiven):
            if until > now and (rule not in longest or until > longest[rule].until):
                longest[rule] = Hold(until, rule, ask)
    return sorted(longest.values(), key=lambda hold: hold.until, reverse=True)


def _times(
    ask: Ask, kind: Kind, level: str, rules: Rules, clock: ZoneInfo, *, forgiven: bool
) -> Iterator[tuple[Rule, datetime]]:
    yield Rule.A_DAY, ask.at + AT_LEAST
    if forgiven:
        return
    yield Rule.ANY, _days_later(ask.at, rules.any_days, clock)
    if ask.kind == kind:
        rule = _between_equals(kind, level)
        yield rule, _days_later(ask.at, getattr(rules, rule), clock)


def _between_equals(kind: Kind, level: str) -> Rule:
    if kind is Kind.RELATIONSHIP:
        return Rule.RELATIONSHIP
    return Rule.DECISION_MAKER if level == _DECISION_MAKER else Rule.TRANSACTIONAL


def _days_later(at: datetime, days: int, clock: ZoneInfo) -> datetime:
    """Return when the day begins, by the reader's clock, that lies so many days after the day of `at`."""
    day = at.astimezone(clock).date() + timedelta(days=days)
    return datetime.combine(day, time(), tzinfo=clock).astimezone(UTC)


def read_rules(given: Mapping[str, str], house: Rules | None = None) -> tuple[dict[str, int], dict[str, str]]:
    """Return what a person typed into a form of rules as JSON, and the faults: field → sentence.

    With `house` the rules are a campaign's: a field may stay empty, which leaves it to the house, and may only be
    stricter than the house's.
    """
    kept: dict[str, int] = {}
    faults: dict[str, str] = {}
    for name in NAMES:
        typed = given.get(name, "").strip()
        if not typed and house is not None:
            continue
        if not (typed.isascii() and typed.isdecimal() and len(typed) <= 4 and int(typed) <= MOST_DAYS):
            faults[name] = f"Give a number of days from 0 to {MOST_DAYS}."
        elif house is not None and int(typed) < getattr(house, name):
            days = getattr(house, name)
            faults[name] = f"A campaign can only be stricter than the house, which waits {days} days here."
        else:
            kept[name] = int(typed)
    return kept, faults
