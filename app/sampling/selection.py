"""Who is asked first among those who may be asked: the ranking within a level.

Rules: domain section 4. Deterministic: the same people, day and wave key always give the same order, whatever order
they come in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from heapq import heapify, heappop, heapreplace
from typing import Protocol, TypeVar

LEVELS = ("decision_maker", "influencer", "user")
UNKNOWN = "unknown"

PERIOD_DAYS = 90
NEVER_INVITED_PERIODS = 99


@dataclass(frozen=True, slots=True)
class Candidate:
    """Someone who may be asked. `engagement` is 0–100, `unanswered` counts invitations in a row without an answer."""

    id: str
    level: str
    last_invited_on: date | None = None
    engagement: int | None = None
    unanswered: int = 0
    pinned: bool = False
    department: str | None = None


class Ranked(Protocol):
    """What the ranking looks at; a Candidate has it, and so has an eligible Person."""

    @property
    def id(self) -> str: ...
    @property
    def last_invited_on(self) -> date | None: ...
    @property
    def engagement(self) -> int | None: ...
    @property
    def unanswered(self) -> int: ...
    @property
    def pinned(self) -> bool: ...
    @property
    def department(self) -> str | None: ...


R = TypeVar("R", bound=Ranked)

Departments = defaultdict[str | None, int]
"""How often each department is among the chosen."""

_Standing = tuple[bool, int, int, int]
_TieBreak = tuple[int, str, str]


def rank(candidates: Iterable[Candidate], *, today: date, wave_key: str) -> list[Candidate]:
    """Return the candidates in the order in which they are asked, level by level, decision makers first.

    Whoever stands on none of the three levels comes last, as of unknown level.
    """
    by_level: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_level[candidate.level if candidate.level in LEVELS else UNKNOWN].append(candidate)
    chosen: Departments = defaultdict(int)
    return [
        candidate
        for level in (*LEVELS, UNKNOWN)
        for candidate in rank_level(by_level[level], len(by_level[level]), chosen, today=today, wave_key=wave_key)
    ]


def rank_level(
    candidates: list[R],
    seats: int,
    chosen: Departments,
    *,
    today: date,
    wave_key: str,
) -> list[R]:
    """Return one level in asking order; the first `seats` are chosen.

    `chosen` counts the departments of those already chosen for the account on any level; the departments of this
    level's chosen are added to it.
    """
    day = today.toordinal()
    groups: defaultdict[_Standing, list[R]] = defaultdict(list)
    for candidate in candidates:
        groups[_standing(candidate, day)].append(candidate)
    # The level's later, unchosen ranks spread over departments too, without weighing on the levels below.
    seen = chosen.copy()
    ordered: list[R] = []
    for standing in sorted(groups):
        equals = groups[standing]
        if len(equals) == 1:
            ordered.append(equals[0])
            seen[equals[0].department] += 1
        else:
            ordered.extend(_spread(equals, seen, wave_key))
    for candidate in ordered[:seats]:
        chosen[candidate.department] += 1
    return ordered


def _standing(candidate: Ranked, day: int) -> _Standing:
    """Return points 1 to 4 of the order, smaller first."""
    last = candidate.last_invited_on
    periods = NEVER_INVITED_PERIODS if last is None else (day - last.toordinal()) // PERIOD_DAYS
    return (not candidate.pinned, min(candidate.unanswered, 2), -periods, -((candidate.engagement or 0) // 10))


def _tie_break(candidate: Ranked, wave_key: str) -> _TieBreak:
    """Return points 6 and 7 of the order, smaller first."""
    last = candidate.last_invited_on
    digest = sha256(f"{wave_key}|{candidate.id}".encode()).hexdigest()
    return (0 if last is None else last.toordinal(), digest, candidate.id)


def _spread(equals: list[R], seen: Departments, wave_key: str) -> Iterator[R]:
    """Yield equals so that the department least seen so far comes next (point 5), then by the tie break.

    A heap holds the best candidate of each department, so that a large account costs n·log n and not n².
    """
    by_department: defaultdict[str | None, list[tuple[_TieBreak, R]]] = defaultdict(list)
    for candidate in equals:
        by_department[candidate.department].append((_tie_break(candidate, wave_key), candidate))
    for waiting in by_department.values():
        waiting.sort(key=lambda pair: pair[0], reverse=True)
    heap = [(seen[department], waiting[-1][0], department) for department, waiting in by_department.items()]
    heapify(heap)
    while heap:
        _, _, department = heap[0]
        waiting = by_department[department]
        yield waiting.pop()[1]
        seen[department] += 1
        if waiting:
            heapreplace(heap, (seen[department], waiting[-1][0], department))
        else:
            heappop(heap)
