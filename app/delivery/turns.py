"""Who leaves next when the caps bind: candidates in their order, room for the day and for each account. Pure rules.

Rules: domain sections 4 and 5. The order is that of the message ids, in which launching puts accounts and turns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple


class Candidate(NamedTuple):
    """A message whose window is open; `midnight` is when the reader's day began."""

    id: int
    account_id: int
    midnight: datetime


Taken = Mapping[tuple[int, datetime], int]
"""Invitations that left for an account, or were let go, since a midnight."""


class Turn(NamedTuple):
    """The ids that leave now, and those whose account has its share and which wait for another day."""

    leaving: list[int]
    another_day: list[int]


def take_turns(candidates: Iterable[Candidate], taken: Taken, *, room: int, account_cap: int) -> Turn:
    """Let candidates go one after another, at most `room` in all and `account_cap` of an account and day.

    Whoever is reached after the room is used up is in neither list: their turn has not come.
    """
    turn, given = Turn([], []), Counter[int]()
    for one in candidates:
        if taken.get((one.account_id, one.midnight), 0) + given[one.account_id] >= account_cap:
            turn.another_day.append(one.id)
        elif len(turn.leaving) < room:
            given[one.account_id] += 1
            turn.leaving.append(one.id)
        else:
            break
    return turn
