"""The twenty largest accounts of a wave and what is missing where, those nobody has heard from first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.discretion import ranking
from app.accounts.joining import account_today
from app.accounts.models import Level

MOST = 20

_LARGEST = text(
    f"""
    SELECT coalesce(a.id, s.account_id) AS account_id, coalesce(a.name, 'deleted account') AS name,
           s.annual_value, s.wanted, s.heard, s.answers,
           s.coverage, s.sent, s.bounced, s.target_decision_maker, s.target_influencer, s.target_user,
           s.seats_decision_maker, s.seats_influencer, s.seats_user,
           s.answers_decision_maker, s.answers_influencer, s.answers_user
    FROM (
        SELECT * FROM standing WHERE wave_id = :wave_id AND wanted > 0
        ORDER BY annual_value DESC NULLS LAST, account_id LIMIT :most
    ) s
    {account_today("s")}
    ORDER BY s.answers > 0, s.heard = s.wanted, {ranking("s.annual_value")}, s.account_id
    """
)
_LEVELS = (Level.DECISION_MAKER, Level.INFLUENCER, Level.USER)
_NAMES = {
    Level.DECISION_MAKER: ("decision maker", "decision makers"),
    Level.INFLUENCER: ("influencer", "influencers"),
    Level.USER: ("user", "users"),
}


@dataclass(frozen=True)
class Seats:
    """The seats of an account on one level: `answered`, `asked` and silent so far, with `nobody` to ask."""

    answered: int
    asked: int
    nobody: int
    target: int


@dataclass(frozen=True)
class Large:
    """One of the largest accounts; `missing` says in words what is, None when everybody wanted is heard."""

    id: int
    name: str
    annual_value: Decimal | None
    coverage: Decimal | None
    silent: bool
    missing: str | None
    seats: dict[Level, Seats]


def largest(session: Session, wave_id: int, most: int = MOST, *, bounds: Sequence[Decimal] = ()) -> list[Large]:
    """Return the largest accounts of which somebody is wanted: silent ones first, then gaps, then those fully heard.

    With `bounds` those of one bucket between them stand in no order of value.
    """
    rows = session.execute(_LARGEST, {"wave_id": wave_id, "most": most, "bounds": list(bounds)}).mappings()
    return [_large(dict(row)) for row in rows]


def _large(row: dict[str, Any]) -> Large:
    seats = {level: _seats(row, level) for level in _LEVELS}
    return Large(
        id=row["account_id"],
        name=row["name"],
        annual_value=row["annual_value"],
        coverage=row["coverage"],
        silent=not row["answers"],
        missing=missing(row, seats),
        seats=seats,
    )


def _seats(row: dict[str, Any], level: Level) -> Seats:
    answered, given, target = (row[f"{what}_{level}"] for what in ("answers", "seats", "target"))
    return Seats(answered, max(given - answered, 0), max(target - max(given, answered), 0), target)


def missing(row: Mapping[str, Any], seats: Mapping[Level, Seats]) -> str | None:
    """Return what is missing where: «nobody has answered», «no decision maker; 2 influencers, 1 user missing»."""
    if not row["answers"]:
        return "every mail bounced" if row["sent"] and row["sent"] == row["bounced"] else "nobody has answered"
    none = [f"no {_NAMES[level][0]}" for level, one in seats.items() if one.target and not one.answered]
    short = {level: one.target - one.answered for level, one in seats.items() if 0 < one.answered < one.target}
    some = ", ".join(f"{count} {_NAMES[level][count > 1]}" for level, count in short.items())
    return "; ".join([", ".join(none)] * bool(none) + [f"{some} missing"] * bool(some)) or None
