"""Reads a round of nominations: its accounts with the levels that lack people, by value; and progress by manager.

Whom there is to ask is counted as where a quota table is tried on the accounts (`quota_trying`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.campaigns.nomination_rounds import Round
from app.campaigns.quota_trying import SPLIT, Tried, seats_of
from app.core.errors import NotFound
from app.core.searching import contains

PER_PAGE = 50
EVERYTHING = 1_000_000

_SPLIT = SPLIT.format(t="a")
_LISTED = """
    , split AS ({split}), listed AS (
        SELECT s.*, a.external_id, a.name, a.annual_value, a.currency, a.manager_name, a.manager_email,
               n.word::text AS word, n.said_by, n.said_at, m.*,
               missing_decision_maker + missing_influencer + missing_user AS missing
        FROM split s JOIN account a ON a.id = s.id
        LEFT JOIN nomination_answer n ON n.round_id = %(round_id)s AND n.account_id = s.id
        CROSS JOIN LATERAL (SELECT greatest(s.target_decision_maker - s.decision_maker, 0) AS missing_decision_maker,
                                   greatest(s.target_influencer - s.influencer, 0) AS missing_influencer,
                                   greatest(s.target_user - s."user", 0) AS missing_user) m
    )
""".replace("{split}", _SPLIT)
_PAGE = """
    SELECT *, count(*) OVER () AS total FROM listed
    WHERE {only} AND (%(search)s = '' OR name ILIKE %(search)s OR external_id = %(exactly)s)
    ORDER BY {sort}, id LIMIT %(limit)s OFFSET %(offset)s
"""
_SUMS = """
    SELECT count(*) AS accounts, count(*) FILTER (WHERE missing > 0) AS short, count(word) AS answered,
           count(*) FILTER (WHERE missing > 0 AND word IS NULL) AS waiting,
           coalesce(sum(missing), 0) AS missing, coalesce(sum(missing_decision_maker), 0) AS decision_maker,
           coalesce(sum(missing_influencer), 0) AS influencer, coalesce(sum(missing_user), 0) AS "user"
    FROM listed
"""
_MANAGERS = """
    , deeds AS (
        SELECT account_id, count(*) FILTER (WHERE deed = 'added') AS added,
               count(*) FILTER (WHERE deed IN ('corrected', 'left', 'came_back')) AS corrected,
               count(*) FILTER (WHERE deed = 'excluded') AS excluded, max(done_at) AS last_at
        FROM nomination WHERE round_id = %(round_id)s GROUP BY account_id
    ), managers AS (
        SELECT lower(l.manager_email) AS email, max(l.manager_name) AS name, count(*) AS accounts,
               count(*) FILTER (WHERE l.missing > 0) AS short, sum(l.missing) AS missing, count(l.word) AS answered,
               count(*) FILTER (WHERE l.missing > 0 AND l.word IS NULL) AS waiting,
               coalesce(sum(d.added), 0) AS added, coalesce(sum(d.corrected), 0) AS corrected,
               coalesce(sum(d.excluded), 0) AS excluded, max(d.last_at) AS last_at
        FROM listed l LEFT JOIN deeds d ON d.account_id = l.id GROUP BY 1
    )
    SELECT m.*, EXISTS (SELECT FROM admin_user u WHERE lower(u.email) = m.email) AS has_login,
           count(*) OVER () AS total
    FROM managers m
    WHERE %(search)s = '' OR name ILIKE %(search)s OR email ILIKE %(search)s
    ORDER BY {sort}, email NULLS LAST LIMIT %(limit)s OFFSET %(offset)s
"""

ONLY: Mapping[str, str] = {
    "": "true",
    "waiting": "missing > 0 AND word IS NULL",
    "missing": "missing > 0",
    "answered": "word IS NOT NULL",
    "no_decision_maker": "missing_decision_maker > 0",
    "no_influencer": "missing_influencer > 0",
    "no_user": "missing_user > 0",
}
"""Which accounts of a round can be looked for."""

SORTS: Mapping[str, str] = {
    "worst": "(missing > 0 AND word IS NULL) DESC, missing > 0 DESC, worth DESC NULLS LAST",
    "annual_value": "worth NULLS FIRST",
    "-annual_value": "worth DESC NULLS LAST",
    "name": "name",
    "-name": "name DESC",
    "missing": "missing",
    "-missing": "missing DESC, worth DESC NULLS LAST",
}
MANAGER_SORTS: Mapping[str, str] = {
    "-waiting": "waiting DESC",
    "waiting": "waiting",
    "name": "name NULLS LAST",
    "-name": "name DESC NULLS LAST",
    "-accounts": "accounts DESC",
    "accounts": "accounts",
    "-missing": "missing DESC",
    "missing": "missing",
    "-answered": "answered DESC",
    "answered": "answered",
    "-added": "added DESC",
    "added": "added",
}


@dataclass(frozen=True)
class Wanted:
    """What a person looks for in a round; `manager` is the address whose accounts they see, None for all of them."""

    manager: str | None = None
    only: str = ""
    search: str = ""
    sort: str = "worst"
    page: int = 1


@dataclass(frozen=True)
class Rows:
    """One page of rows, and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int
    page: int


def account_page(session: Session, of: Round, wanted: Wanted) -> Rows:
    """Return one page of a round's accounts: those that lack people and wait for a word first, by value."""
    query = _PAGE.format(only=ONLY[wanted.only], sort=SORTS[wanted.sort])
    found = _page(session, of, wanted, query)
    return Rows([row | {"seats_of": seats_of(row)} for row in found.rows], found.total, found.page)


def stream_accounts(session: Session, of: Round, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Yield all rows of that list, for a file."""
    query = _PAGE.format(only=ONLY[wanted.only], sort=SORTS[wanted.sort])
    yield from _rows(session, of, wanted, query, limit=EVERYTHING)


def sums(session: Session, of: Round, manager: str | None) -> dict[str, int]:
    """Return how many accounts there are, lack people, were answered for, and how many seats find nobody."""
    [row] = _rows(session, of, Wanted(manager), _SUMS)
    return {name: int(value) for name, value in row.items()}


def manager_page(session: Session, of: Round, wanted: Wanted) -> Rows:
    """Return one page of the account managers of a round with how far they are; accounts of nobody are one row."""
    return _page(session, of, wanted, _MANAGERS.format(sort=MANAGER_SORTS[wanted.sort]))


def stream_managers(session: Session, of: Round, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Yield all rows of that list, for a file."""
    yield from _rows(session, of, wanted, _MANAGERS.format(sort=MANAGER_SORTS[wanted.sort]), limit=EVERYTHING)


def account_row(session: Session, of: Round, account_id: int, manager: str | None) -> dict[str, Any]:
    """Return one account of a round; raises NotFound when it is none of it, or none of the manager's."""
    if account_id not in _among(session, manager, account_id):
        raise NotFound(_NOT_HERE)
    query = _LISTED + _PAGE.format(only="true", sort="id")
    found = _tried(of).rows(session, query, among=[account_id], **_bound(of, Wanted()))
    if not found:
        raise NotFound(_NOT_HERE)
    return found[0] | {"seats_of": seats_of(found[0])}


def _page(session: Session, of: Round, wanted: Wanted, query: str) -> Rows:
    first = (max(wanted.page, 1) - 1) * PER_PAGE
    found = _rows(session, of, wanted, query, offset=first)
    if not found and first:
        return _page(session, of, replace(wanted, page=1), query)
    return Rows(found, found[0]["total"] if found else 0, wanted.page)


def _rows(session: Session, of: Round, wanted: Wanted, query: str, **span: int) -> list[dict[str, Any]]:
    bound = _bound(of, wanted) | span
    if wanted.manager is not None:
        bound["among"] = _among(session, wanted.manager)
    return _tried(of).rows(session, _LISTED + query, **bound)


def _tried(of: Round) -> Tried:
    quotas, ground = of.ground()
    return Tried(ground, {"a": quotas})


def _bound(of: Round, wanted: Wanted) -> dict[str, Any]:
    search = contains(wanted.search) if wanted.search else ""
    return {"round_id": of.id, "search": search, "exactly": wanted.search, "limit": PER_PAGE, "offset": 0}


def _among(session: Session, manager: str | None, *ids: int) -> Sequence[int]:
    """Return the accounts in the care of a manager, of everybody for None; only those of `ids` where some are given."""
    query = select(Account.id)
    if ids:
        query = query.where(Account.id.in_(ids))
    if manager is not None:
        query = query.where(func.lower(Account.manager_email) == manager.lower())
    return session.scalars(query).all()


_NOT_HERE = "This account is not in this round, or not in your care."
