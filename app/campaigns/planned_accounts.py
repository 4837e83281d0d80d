"""The accounts of a plan, by value or by what they lack, page by page. Reads only; amounts go out as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.tallying import Tally
from app.core.searching import contains
from app.sampling.selection import LEVELS

PER_PAGE = 50
COUNTED_TO = 1_000
SHORT = "short"
FLAGGED = "flagged"
EXCLUSIONS = "exclusions"

ACCOUNT_COLUMNS = (
    *("account_id", "account", "manager", "annual_value", "currency", "required", "asked", "shortage"),
    *(f"{what}_{level}" for level in LEVELS for what in ("target", "seats")),
    *("seats_unknown", "contacts", "value_unknown_or_not_positive"),
)

_FEWER = "coalesce(seats_decision_maker + seats_influencer + seats_user + seats_unknown, 0)"
SORTS: Mapping[str, str] = {
    "annual_value": "f.annual_value {way} NULLS LAST",
    "required": "f.required {way} NULLS LAST",
    "asked": f"{_FEWER} {{way}}",
    "shortage": "f.shortage {way}",
    "contacts": "f.contacts {way}",
}
_ONLY: Mapping[str, str] = {
    "": "true",
    SHORT: "f.shortage > 0",
    FLAGGED: "f.value_flagged",
    EXCLUSIONS: "EXISTS (SELECT FROM exclusion_cost x WHERE x.wave_id = f.wave_id AND x.account_id = f.account_id)",
    **{level: f"f.target_{level} > f.seats_{level}" for level in LEVELS},
}
"""What one may look for → SQL; a level stands for the accounts that have not enough people on it."""

_BUCKET = "width_bucket(f.annual_value, CAST(:bounds AS numeric[]))"
_SEARCHED = "f.account_id IN (SELECT a.id FROM account a WHERE a.name ILIKE :like OR a.external_id = :search)"
_PAGE = """
    WITH page AS (
        SELECT f.account_id, row_number() OVER () AS place FROM (
            SELECT f.account_id FROM wave_account f WHERE f.wave_id = :wave_id AND {wanted}
            ORDER BY {order}, f.account_id LIMIT :limit OFFSET :offset
        ) f
    )
    SELECT f.*, a.name, a.external_id, a.manager_name AS manager, a.country
    FROM page p JOIN wave_account f ON f.wave_id = :wave_id AND f.account_id = p.account_id
    LEFT JOIN account a ON a.id = p.account_id ORDER BY p.place
"""
_COUNT = "SELECT count(*) FROM (SELECT FROM wave_account f WHERE f.wave_id = :wave_id AND {wanted} LIMIT :most) n"
_STREAM = """
    SELECT a.external_id, a.name, a.manager_name, f.annual_value, f.required,
           f.seats_decision_maker + f.seats_influencer + f.seats_user + f.seats_unknown, f.shortage,
           f.target_decision_maker, f.seats_decision_maker, f.target_influencer, f.seats_influencer,
           f.target_user, f.seats_user, f.seats_unknown, f.contacts, f.value_flagged
    FROM wave_account f LEFT JOIN account a ON a.id = f.account_id
    WHERE f.wave_id = :wave_id AND {wanted} ORDER BY {order}, f.account_id
"""


@dataclass(frozen=True)
class WantedAccounts:
    """Which accounts, in which order: a name of `SORTS`, with a minus for the largest first.

    With `bounds`, values are sorted by the bucket they lie in between these.
    """

    wave_id: int
    only: str = ""
    search: str = ""
    sort: str = "-annual_value"
    page: int = 1
    bounds: tuple[Decimal, ...] = ()

    @classmethod
    def read(cls, wave_id: int, *, only: str, search: str, sort: str, page: int) -> WantedAccounts:
        """Return what an address asks for; what it does not mean is left out."""
        known = sort if sort.removeprefix("-") in SORTS else "-annual_value"
        return cls(wave_id, only if only in _ONLY else "", search, known, page)

    @property
    def order(self) -> str:
        """Return the order as SQL."""
        sql = SORTS[self.sort.removeprefix("-")].format(way="DESC" if self.sort.startswith("-") else "ASC")
        return sql.replace("f.annual_value", _BUCKET) if self.bounds else sql

    @property
    def clauses(self) -> tuple[str, dict[str, Any]]:
        """Return what must hold as SQL, and what it binds."""
        searched = f" AND {_SEARCHED}" if self.search else ""
        given = {"like": contains(self.search), "search": self.search} if self.search else {}
        return _ONLY[self.only] + searched, {"wave_id": self.wave_id, "bounds": list(self.bounds)} | given


@dataclass(frozen=True)
class AccountPage:
    """One page of accounts; `total` says how many there are, all of them when `exact`."""

    rows: list[dict[str, Any]]
    total: int
    exact: bool
    page: int


def account_page(session: Session, wanted: WantedAccounts, counted: Tally) -> AccountPage:
    """Return one page of the accounts of a plan; a page beyond the last one is the first."""
    conditions, given = wanted.clauses
    total, exact = _total(session, wanted, counted)
    page = wanted.page if (wanted.page - 1) * PER_PAGE < total else 1
    query = text(_PAGE.format(wanted=conditions, order=wanted.order))
    rows = session.execute(query, given | {"limit": PER_PAGE, "offset": (page - 1) * PER_PAGE}).mappings()
    return AccountPage([dict(row) for row in rows], total, exact, page)


def stream_accounts(session: Session, wanted: WantedAccounts) -> Iterator[tuple[Any, ...]]:
    """Yield all accounts that are wanted, in their order, without holding them."""
    conditions, given = wanted.clauses
    query = text(_STREAM.format(wanted=conditions, order=wanted.order))
    for row in session.execute(query, given, execution_options={"stream_results": True, "yield_per": 2_000}):
        yield tuple(row)


def _total(session: Session, wanted: WantedAccounts, counted: Tally) -> tuple[int, bool]:
    known = {"": "accounts", SHORT: "accounts_short", FLAGGED: "flagged", EXCLUSIONS: "accounts_with_exclusions"}
    known |= {level: f"gapped.{level}" for level in LEVELS}
    if not wanted.search:
        return counted[known[wanted.only]], True
    conditions, given = wanted.clauses
    found = session.scalar(text(_COUNT.format(wanted=conditions)), given | {"most": COUNTED_TO + 1}) or 0
    return min(found, COUNTED_TO), found <= COUNTED_TO
