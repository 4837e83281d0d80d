"""What exclusions by account managers do to a plan: seats and coverage with and without them, and who made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.discretion import ranking
from app.campaigns.tallying import Tally
from app.sampling.selection import LEVELS

PER_PAGE = 25
MOST_PEOPLE = 100

_ACCOUNTS = text(
    f"""
    SELECT x.account_id, a.name, a.manager_name AS manager, f.annual_value, x.excluded, x.missed, f.shortage,
           x.shortage AS free_shortage, f.target_decision_maker, f.target_influencer, f.target_user,
           f.seats_decision_maker, f.seats_influencer, f.seats_user, f.seats_unknown,
           x.seats_decision_maker AS free_decision_maker, x.seats_influencer AS free_influencer,
           x.seats_user AS free_user, x.seats_unknown AS free_unknown
    FROM exclusion_cost x
    JOIN wave_account f ON f.wave_id = x.wave_id AND f.account_id = x.account_id
    LEFT JOIN account a ON a.id = x.account_id
    WHERE x.wave_id = :wave_id
    ORDER BY f.shortage - x.shortage DESC, {ranking("f.annual_value")}, x.account_id LIMIT :limit OFFSET :offset
    """  # noqa: S608 - put together from constants
)
# Whoever excluded somebody here is on record; what the CRM brought is laid to the manager of the account.
_BY_WHOM = text(
    """
    SELECT coalesce(h.made_by, a.manager_name, '') AS who, h.made_by IS NULL AS by_crm, count(*) AS people,
           count(DISTINCT d.account_id) AS accounts
    FROM decision d
    LEFT JOIN account a ON a.id = d.account_id
    LEFT JOIN LATERAL (
        SELECT made_by FROM hand_pick h
        WHERE h.contact_id = d.contact_id AND h.act = 'exclude' AND h.undone_at IS NULL
          AND (h.wave_id IS NULL OR h.wave_id = d.wave_id) ORDER BY h.wave_id NULLS FIRST LIMIT 1
    ) h ON true
    WHERE d.wave_id = :wave_id AND d.reason = 'excluded_by_manager' AND d.seat IS NULL
    GROUP BY 1, 2 ORDER BY people DESC, who LIMIT :limit
    """
)


@dataclass(frozen=True)
class LevelCost:
    """One level of all accounts: targets, seats taken with the exclusions, and seats that could be without them."""

    level: str
    target: int
    seats: int
    free_seats: int
    gap: int
    free_gap: int

    @property
    def coverage(self) -> Fraction | None:
        """Return the most coverage that is possible with the exclusions."""
        return Fraction(self.target - self.gap, self.target) if self.target else None

    @property
    def free_coverage(self) -> Fraction | None:
        """Return the most coverage that would be possible without them."""
        return Fraction(self.target - self.free_gap, self.target) if self.target else None


def level_costs(counted: Tally) -> list[LevelCost]:
    """Return the levels of a plan, and all of them together at the end."""
    found = [
        LevelCost(
            level,
            target=counted[f"target.{level}"],
            seats=counted[f"seats.{level}"],
            free_seats=counted[f"seats.{level}"] + _freed(counted, f"seats.{level}"),
            gap=counted[f"gap.{level}"],
            free_gap=counted[f"gap.{level}"] + _freed(counted, f"gap.{level}"),
        )
        for level in LEVELS
    ]
    whole = [
        sum(getattr(each, name) for each in found) for name in ("target", "seats", "free_seats", "gap", "free_gap")
    ]
    return [*found, LevelCost("", *whole)]


def _freed(counted: Tally, what: str) -> int:
    """Return how much more there would be without the exclusions."""
    return counted[f"free.{what}"] - counted[f"held.{what}"]


def seats_lost(counted: Tally) -> int:
    """Return how many seats are empty because of the exclusions."""
    return -_freed(counted, "shortage")


def accounts_with_exclusions(
    session: Session, wave_id: int, page: int, *, bounds: Sequence[Decimal] = ()
) -> list[dict[str, Any]]:
    """Return one page of the accounts somebody is excluded from, those that lose the most seats first.

    With `bounds` those that lose as many are sorted by the bucket their values lie in between these.
    """
    given = {"wave_id": wave_id, "limit": PER_PAGE, "offset": (page - 1) * PER_PAGE, "bounds": list(bounds)}
    return [dict(row) for row in session.execute(_ACCOUNTS, given).mappings()]


def excluded_by(session: Session, wave_id: int) -> list[dict[str, Any]]:
    """Return who excluded how many people of how many accounts, the most first."""
    given = {"wave_id": wave_id, "limit": MOST_PEOPLE}
    return [dict(row) for row in session.execute(_BY_WHOM, given).mappings()]
