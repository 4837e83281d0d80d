"""The account overview: one row per account of a wave, sorted, searched and paged in the database.

The page is found first, over as few columns as its sort and its filters need; what it shows is read for its rows only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.reporting.alerts import ALERTS
from app.reporting.consolidating import consolidated
from app.reporting.filtering import ACCOUNT_TODAY, LIFETIME, TREND, Wanted, tables

SHORTAGE_ALERT = ALERTS["short"].phrase

_ROWS = text(
    f"""
    SELECT s.*, coalesce(a.id, s.account_id) AS id, coalesce(k.external_id, a.external_id) AS external_id,
           coalesce(k.name, a.name, 'deleted account') AS name, CASE WHEN k.old_id > 0 THEN a.name END AS merged_into,
           {LIFETIME} AS lifetime_value, a.currency, a.manager_name AS manager, a.renewal_on,
           a.industry, a.country, a.parent_id, {TREND} AS trend,
           CASE WHEN a.id = s.account_id THEN a.status END AS status,
           EXISTS (SELECT FROM account c WHERE c.parent_id = s.account_id) AS has_children,
           {", ".join(f"coalesce({alert.sql}, false) AS alert_{key}" for key, alert in ALERTS.items())}
    FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS page (id, place)
    JOIN standing s ON s.wave_id = :wave_id AND s.account_id = page.id
    {ACCOUNT_TODAY}
    LEFT JOIN standing b ON b.wave_id = :before_id AND b.account_id = s.account_id
    ORDER BY page.place
    """
)
_ROOM_TO_SORT = text("SET LOCAL work_mem = '32MB'")  # a hundred thousand narrow rows, sorted without the disk
_PIECE = 2000
"""Accounts of a file that are read at a time."""


@dataclass(frozen=True)
class Overview:
    """One page of accounts and how many there are in all; parents hold what is below them under `below`."""

    rows: list[dict[str, Any]]
    total: int
    page: int


def account_overview(session: Session, wanted: Wanted) -> Overview:
    """Return one page of the accounts of a wave; a page beyond the last one is the first."""
    bounds = {"limit": wanted.per_page, "offset": (wanted.page - 1) * wanted.per_page}
    session.execute(_ROOM_TO_SORT)
    found = session.execute(text(f"{_found(wanted)} LIMIT :limit OFFSET :offset"), wanted.parameters | bounds).all()
    if not found and wanted.page > 1:
        return account_overview(session, replace(wanted, page=1))
    rows = _rows(session, [row.id for row in found], wanted)
    parents = [row["id"] for row in rows if row["has_children"]]
    sums = consolidated(session, parents, wanted.wave_id) if parents else {}
    total = found[0].total if found else 0
    return Overview([{**row, "below": sums.get(row["id"])} for row in rows], total, wanted.page)


def stream_accounts(session: Session, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Yield every account that is wanted, in its order, a few thousand at a time."""
    session.execute(_ROOM_TO_SORT)
    ids = session.scalars(text(_found(wanted)), wanted.parameters).all()
    for start in range(0, len(ids), _PIECE):
        yield from _rows(session, ids[start : start + _PIECE], wanted)


def account_line(session: Session, account_id: int, wanted: Wanted) -> dict[str, Any] | None:
    """Return the row of one account, None when the wave does not know it."""
    return next(iter(_rows(session, [account_id], wanted)), None)


def largest_accounts(session: Session, wave_id: int, count: int) -> list[dict[str, Any]]:
    """Return the accounts of the highest value, as the overview has them."""
    return account_overview(session, Wanted(wave_id, per_page=count)).rows


def score_of(row: Mapping[str, Any]) -> Fraction | None:
    """Return the exact score of a standing: the mean of what each answer is worth, which is a whole number."""
    answers = row["answers"]
    return Fraction(round(row["score"] * answers), answers) if answers and row["score"] is not None else None


def _found(wanted: Wanted) -> str:
    """Return the statement that finds all ids in their order and counts them; ties go by id."""
    condition, key = wanted.condition, wanted.key
    if wanted.is_whole:  # the planner goes along an index as far as the page, and counts in another
        count = "SELECT count(*) FROM standing WHERE wave_id = :wave_id"
        return f"""
            SELECT s.account_id AS id, ({count}) AS total FROM {tables(condition, key)}
            WHERE {condition} ORDER BY {key} {wanted.direction}, s.account_id
        """
    return f"""
        WITH found AS MATERIALIZED (
            SELECT s.account_id AS id, {key} AS key FROM {tables(condition, key)} WHERE {condition}
        ) SELECT id, (SELECT count(*) FROM found) AS total FROM found ORDER BY key {wanted.direction}, id
    """


def _rows(session: Session, ids: Iterable[int], wanted: Wanted) -> list[dict[str, Any]]:
    values = {**wanted.parameters, "ids": list(ids)}
    return [_with_exact(dict(row)) for row in session.execute(_ROWS, values).mappings()]


def _with_exact(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with exact shares, and its alerts in the order of their weight."""
    coverage = Fraction(row["heard"], row["wanted"]) if row["wanted"] else None
    alerts = [key for key in ALERTS if row.pop(f"alert_{key}")]
    levels = {f"coverage_{level}": _level_coverage(row, level) for level in Level if level != Level.UNKNOWN}
    return {**row, **levels, "coverage": coverage, "score": score_of(row), "alerts": alerts}


def _level_coverage(row: Mapping[str, Any], level: Level) -> Fraction | None:
    target = row[f"target_{level}"]
    return Fraction(min(row[f"answers_{level}"], target), target) if target else None
