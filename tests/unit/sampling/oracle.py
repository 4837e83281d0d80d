"""The sampling rules once more, naively: every sentence of domain sections 1 to 4 as it stands, at any cost in time.

Nothing here may be imported from the rules under test but their plain values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256

from app.sampling.eligibility import Person
from app.sampling.selection import Candidate, Ranked

LEVELS = ("decision_maker", "influencer", "user")
EVERY_LEVEL = (*LEVELS, "unknown")


def logarithmic(value: int, cap: int = 18) -> int:
    """Return the default quota of a positive whole value."""
    return min(cap, max(1, len(str(value**3)) - 10))


def targets(required: int) -> dict[str, int]:
    """Hand out the seats one by one, from the top down, over and over."""
    seats = dict.fromkeys(LEVELS, 0)
    for number in range(required):
        seats[LEVELS[number % 3]] += 1
    return seats


def seats(required: int, available: dict[str, int]) -> tuple[dict[str, int], int]:
    """Return the seats of all four levels and the shortage."""
    given = {level: min(target, available[level]) for level, target in targets(required).items()}
    given["unknown"] = 0
    pool = required - sum(given.values())
    for level in EVERY_LEVEL:
        while pool and given[level] < available[level]:
            given[level] += 1
            pool -= 1
    return given, pool


def reason(person: Person, today: date, active: bool) -> str | None:
    """Return the first reason that holds."""
    holds = {
        "account_inactive": not active,
        "contact_left": person.status == "left",
        "opted_out": person.status == "opted_out",
        "suppressed": person.status == "suppressed",
        "invalid_email": not person.deliverable,
        "duplicate_email": person.duplicate,
        "excluded_by_manager": bool(person.exclusion_reason),
        "embargoed": person.embargoed_until is not None and person.embargoed_until >= today,
        "open_case": person.open_case,
        "open_invitation": person.open_invitation,
        "contacted_recently": any(
            asked is not None
            and (person.forgiven_on is None or asked > person.forgiven_on)
            and (today - asked).days < days
            for asked, days in (
                (person.last_invited_on, 80),
                (person.last_invited_on, 7),
                (person.last_transactional_on, 7),
            )
        ),
    }
    return next((name for name, held in holds.items() if held), None)


def best(waiting: Iterable[Ranked], chosen: Sequence[Ranked], today: date, wave_key: str) -> Ranked:
    """Return who is asked next, after those in `chosen`."""
    departments = [person.department for person in chosen]

    def points(person: Ranked) -> tuple[object, ...]:
        last = person.last_invited_on
        return (
            0 if person.pinned else 1,
            min(person.unanswered, 2),
            -99 if last is None else -((today - last).days // 90),
            -((person.engagement or 0) // 10),
            departments.count(person.department),
            date.min if last is None else last,
            sha256(f"{wave_key}|{person.id}".encode()).hexdigest(),
            person.id,
        )

    return min(waiting, key=points)


def in_order(people: Iterable[Ranked], chosen: Sequence[Ranked], today: date, wave_key: str) -> list[Ranked]:
    """Return the people of one level in asking order."""
    waiting, ordered = list(people), list[Ranked]()
    while waiting:
        ordered.append(best(waiting, [*chosen, *ordered], today, wave_key))
        waiting.remove(ordered[-1])
    return ordered


def rank(candidates: list[Candidate], today: date, wave_key: str) -> list[Ranked]:
    """Return every candidate in asking order, level by level."""
    ordered: list[Ranked] = []
    for level in EVERY_LEVEL:
        ordered += in_order([one for one in candidates if one.level == level], ordered, today, wave_key)
    return ordered


def sample(
    required: int, people: list[Person], today: date, wave_key: str, active: bool
) -> dict[str, tuple[str, str | None, int | None]]:
    """Return {id: (seat or "excluded", reason, rank)}."""
    decided: dict[str, tuple[str, str | None, int | None]] = {}
    fit: dict[str, list[Person]] = {level: [] for level in EVERY_LEVEL}
    for person in people:
        why = reason(person, today, active)
        if why is None:
            asked = [day for day in (person.last_invited_on, person.last_transactional_on) if day is not None]
            fit[person.level].append(person._replace(last_invited_on=max(asked, default=None)))
        else:
            decided[person.id] = ("excluded", why, None)
    given, _ = seats(required, {level: len(fit[level]) for level in EVERY_LEVEL})
    wished = targets(required)
    chosen: list[Ranked] = []
    for level in EVERY_LEVEL:
        ordered = in_order(fit[level], chosen, today, wave_key)
        for place, one in enumerate(ordered, start=1):
            seat = "open" if level == "unknown" else "level" if place <= wished[level] else "pooled"
            taken = place <= given[level]
            decided[one.id] = (seat, None, place) if taken else ("excluded", "not_needed", place)
        chosen += ordered[: given[level]]
    return decided
