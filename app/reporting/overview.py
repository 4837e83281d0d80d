"""The account overview: one row per account of a wave, sorted, searched and paged in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.searching import contains
from app.reporting.board import HEARING

COLUMNS: Mapping[str, str] = {
    "name": "a.name",
    "annual_value": "h.annual_value",
    "lifetime_value": "a.lifetime_value",
    "required": "h.required",
    "asked": "asked",
    "answers": "h.answers",
    "contacts": "h.contacts",
    "coverage": "coverage",
    "shortage": "h.shortage",
    "manager": "a.manager_name",
    "renewal_on": "a.renewal_on",
}
"""What the overview can be sorted by: name in the address → SQL."""

FILTERS: Mapping[str, str] = {
    "all": "true",
    "silent": "h.answers = 0 AND h.wanted > 0",
    "short": "h.shortage > 0",
    "decision_makers_silent": "h.target_decision_maker > 0 AND h.answers_decision_maker = 0",
    "value_unknown": "h.annual_value IS NULL AND h.wanted > 0",
}

SHORTAGE_ALERT = "not enough contacts for this revenue value"


@dataclass(frozen=True)
class Wanted:
    """Which part of the overview to show; unknown sorts and filters fall back to the default."""

    wave_id: int
    sort: str = "-annual_value"
    search: str = ""
    only: str = "all"
    manager: str = ""
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True)
class Overview:
    """One page of accounts and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int
    page: int


def account_overview(session: Session, wanted: Wanted) -> Overview:
    """Return one page of the accounts of a wave; a page beyond the last one is the first."""
    key = wanted.sort.lstrip("-")
    column = COLUMNS.get(key, COLUMNS["annual_value"])
    direction = "DESC" if wanted.sort.startswith("-") or key not in COLUMNS else "ASC"
    statement = text(
        f"""
        SELECT a.id, a.external_id, a.name, a.lifetime_value, a.currency, a.manager_name AS manager, a.renewal_on,
               a.industry, a.status, h.*, coalesce(i.asked, 0) AS asked,
               (h.heard_decision_maker + h.heard_influencer + h.heard_user)::numeric / nullif(h.wanted, 0) AS coverage,
               count(*) OVER () AS total
        FROM ({HEARING}) h
        JOIN account a ON a.id = h.account_id
        LEFT JOIN (
            SELECT account_id, count(sent_at) AS asked
            FROM invitation WHERE wave_id = :wave_id GROUP BY account_id
        ) i ON i.account_id = h.account_id
        WHERE ({FILTERS.get(wanted.only, "true")})
          AND (:search = '' OR a.name ILIKE :like OR a.external_id = :search)
          AND (:manager = '' OR a.manager_name = :manager)
        ORDER BY {column} {direction} NULLS LAST, a.external_id
        LIMIT :limit OFFSET :offset
        """
    )
    found = session.execute(statement, _parameters(wanted)).mappings().all()
    if not found and wanted.page > 1:
        return account_overview(session, replace(wanted, page=1))
    return Overview([dict(row) for row in found], found[0]["total"] if found else 0, wanted.page)


def _parameters(wanted: Wanted) -> dict[str, Any]:
    return {
        "wave_id": wanted.wave_id,
        "search": wanted.search,
        "like": contains(wanted.search),
        "manager": wanted.manager,
        "limit": wanted.per_page,
        "offset": (max(wanted.page, 1) - 1) * wanted.per_page,
    }
