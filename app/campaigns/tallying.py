"""Counts what a plan came to, once, when it is worked out: the pages read the sums and never the million rows.

The sums are a flat mapping, so that those of one account can be taken from them and put back: «people.<level>.<seat or
reason>», and of accounts «target.», «seats.», «gap.» (target less seats) and «gapped.» (accounts with such a gap) by
level. «held.» and «free.» are gaps of the accounts with exclusions, as they are and without the exclusions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.sampling.sample import Seat
from app.sampling.selection import LEVELS, UNKNOWN

ALL_LEVELS = (*LEVELS, UNKNOWN)
SEATS = tuple(Seat)


def _gap(target: str, seats: str, level: str) -> str:
    return f"greatest({target}_{level} - {seats}_{level}, 0)"


_SUMS = {
    "accounts": "count(*)",
    "accounts_asked": "count(*) FILTER (WHERE f.seats_decision_maker + f.seats_influencer + f.seats_user"
    " + f.seats_unknown > 0)",
    "accounts_short": "count(*) FILTER (WHERE f.shortage > 0)",
    "flagged": "count(*) FILTER (WHERE f.value_flagged)",
    "shortage": "sum(f.shortage)",
    "seats.unknown": "sum(f.seats_unknown)",
    "accounts_with_exclusions": "count(x.wave_id)",
    "excluded": "sum(x.excluded)",
    "missed": "sum(x.missed)",
    "free.shortage": "sum(x.shortage)",
    "held.shortage": "sum(f.shortage) FILTER (WHERE x.wave_id IS NOT NULL)",
    "free.people": "sum(x.seats_decision_maker + x.seats_influencer + x.seats_user + x.seats_unknown)",
    "held.people": "sum(f.seats_decision_maker + f.seats_influencer + f.seats_user + f.seats_unknown)"
    " FILTER (WHERE x.wave_id IS NOT NULL)",
}
for _level in LEVELS:
    _here = _gap("f.target", "f.seats", _level)
    _SUMS |= {
        f"target.{_level}": f"sum(f.target_{_level})",
        f"seats.{_level}": f"sum(f.seats_{_level})",
        f"gap.{_level}": f"sum({_here})",
        f"gapped.{_level}": f"count(*) FILTER (WHERE {_here} > 0)",
        f"held.target.{_level}": f"sum(f.target_{_level}) FILTER (WHERE x.wave_id IS NOT NULL)",
        f"held.seats.{_level}": f"sum(f.seats_{_level}) FILTER (WHERE x.wave_id IS NOT NULL)",
        f"free.seats.{_level}": f"sum(x.seats_{_level})",
        f"held.gap.{_level}": f"sum({_here}) FILTER (WHERE x.wave_id IS NOT NULL)",
        f"free.gap.{_level}": f"sum({_gap('f.target', 'x.seats', _level)}) FILTER (WHERE x.wave_id IS NOT NULL)",
    }

_PEOPLE = """
    SELECT level::text, coalesce(seat::text, reason::text), count(*)
    FROM decision d WHERE wave_id = :wave_id {only} GROUP BY level, seat, reason
"""
_ACCOUNTS = """
    SELECT {sums}
    FROM wave_account f LEFT JOIN exclusion_cost x ON x.wave_id = f.wave_id AND x.account_id = f.account_id
    WHERE f.wave_id = :wave_id {only}
"""


def tally(session: Session, wave_id: int, only: Sequence[int] | None = None) -> Counter[str]:
    """Count the plan of a wave, or what `only` these accounts add to it."""
    limits = ("", "") if only is None else ("AND d.account_id = ANY(:only)", "AND f.account_id = ANY(:only)")
    given: dict[str, Any] = {"wave_id": wave_id} | ({} if only is None else {"only": list(only)})
    counted: Counter[str] = Counter()
    for level, outcome, people in session.execute(text(_PEOPLE.format(only=limits[0])), given):
        counted[f"people.{level}.{outcome}"] = people
    coalesced = ", ".join(f"coalesce({sql}, 0)" for sql in _SUMS.values())
    sums = session.execute(text(_ACCOUNTS.format(sums=coalesced, only=limits[1])), given).one()
    counted.update({name: int(amount) for name, amount in zip(_SUMS, sums, strict=True)})
    return counted


class Tally:
    """The sums of a plan, by name."""

    def __init__(self, totals: Mapping[str, int]) -> None:
        self.totals = totals

    def __getitem__(self, name: str) -> int:
        return self.totals.get(name, 0)

    def people(self, outcomes: Iterable[str] | None = None, levels: Iterable[str] = ALL_LEVELS) -> int:
        """Return how many people of these levels were decided so; `outcomes` are seats and reasons, None for all."""
        wanted, on = None if outcomes is None else set(outcomes), set(levels)
        return sum(n for level, outcome, n in self.kinds() if level in on and (wanted is None or outcome in wanted))

    def kinds(self) -> list[tuple[str, str, int]]:
        """Return every (level, seat or reason, people) that occurs."""
        found = []
        for name, people in self.totals.items():
            what, _, kind = name.partition(".")
            if what == "people" and people:
                level, _, outcome = kind.partition(".")
                found.append((level, outcome, people))
        return found

    @property
    def contacts(self) -> int:
        """People decided."""
        return self.people()

    @property
    def chosen(self) -> int:
        """People who are asked."""
        return self.people(SEATS)

    def chosen_on(self, level: str) -> int:
        """People of one level who are asked."""
        return self.people(SEATS, (level,))

    def outcomes(self) -> list[tuple[str, int]]:
        """Return (seat or reason, people), the chosen first, then by number."""
        counted: Counter[str] = Counter()
        for _, outcome, people in self.kinds():
            counted[outcome] += people
        return sorted(counted.items(), key=lambda pair: (pair[0] not in SEATS, -pair[1], pair[0]))
