"""Reads the recorded decisions of a wave: streamed for files, searched and paged for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.searching import contains
from app.sampling.eligibility import Reason
from app.sampling.sample import Seat

DECISION_COLUMNS = (
    *("account_id", "account", "contact_id", "first_name", "last_name", "email", "department", "level"),
    *("decision", "reason", "rank"),
)

WORDS: Mapping[str, str] = {
    Seat.LEVEL: "takes a seat of this level",
    Seat.POOLED: "takes a seat another level could not fill",
    Seat.OPEN: "level unknown; takes a seat nobody else could",
    Reason.ACCOUNT_INACTIVE: "the account is not active",
    Reason.CONTACT_LEFT: "has left the company",
    Reason.OPTED_OUT: "does not want mail",
    Reason.SUPPRESSED: "mail bounced or was complained about",
    Reason.INVALID_EMAIL: "has no address mail can be sent to",
    Reason.DUPLICATE_EMAIL: "shares the address of another contact, who is kept",
    Reason.EXCLUDED_BY_MANAGER: "excluded by the account manager",
    Reason.EMBARGOED: "under an embargo",
    Reason.OPEN_CASE: "has an open case",
    Reason.OPEN_INVITATION: "has an invitation that is still open",
    Reason.CONTACTED_RECENTLY: "was asked within the last 80 days",
    Reason.NOT_NEEDED: "may be asked, but the seats are taken",
}
"""Every reason in words: the seat of a chosen contact, or why one is not asked."""

PER_PAGE = 100

_FROM = """
    FROM decision d
    LEFT JOIN account a ON a.id = d.account_id
    LEFT JOIN contact c ON c.id = d.contact_id
    WHERE d.wave_id = :wave_id
"""
_STREAM = text(
    f"""
    SELECT a.external_id, a.name, c.external_id, c.first_name, c.last_name, c.email, c.department, d.level,
           CASE WHEN d.seat IS NULL THEN 'excluded' ELSE 'chosen' END, coalesce(d.seat::text, d.reason::text), d.rank
    {_FROM} ORDER BY a.external_id, d.level, d.rank NULLS LAST, c.external_id
    """
)
_PAGE = text(
    f"""
    SELECT d.contact_id, d.account_id, a.name AS account, c.external_id, c.first_name, c.last_name, c.email,
           c.job_title, c.department, d.level, d.seat, d.reason, d.rank, c.exclusion_reason, count(*) OVER () AS total
    {_FROM}
      AND (:reason = '' OR :reason IN (d.seat::text, d.reason::text)
           OR :reason = 'chosen' AND d.seat IS NOT NULL OR :reason = 'excluded' AND d.seat IS NULL)
      AND (:level = '' OR d.level::text = :level)
      AND (:search = '' OR a.name ILIKE :like OR c.email ILIKE :like OR c.external_id = :search
           OR concat_ws(' ', c.first_name, c.last_name) ILIKE :like)
    ORDER BY d.account_id, d.level, d.rank NULLS LAST, d.contact_id LIMIT :limit OFFSET :offset
    """
)
_COUNTS = text(
    """
    SELECT coalesce(seat::text, reason::text) AS reason, seat IS NOT NULL AS chosen, count(*) AS people
    FROM decision WHERE wave_id = :wave_id GROUP BY 1, 2 ORDER BY 2 DESC, 3 DESC
    """
)


@dataclass(frozen=True)
class Wanted:
    """Which decisions to show; `reason` is a Reason, a Seat, `chosen`, `excluded` or empty for all."""

    wave_id: int
    reason: str = ""
    level: str = ""
    search: str = ""
    page: int = 1


@dataclass(frozen=True)
class DecisionPage:
    """One page of decisions and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int
    page: int


def stream_decisions(session: Session, wave_id: int) -> Iterator[tuple[Any, ...]]:
    """Yield all decisions of a wave as rows of `DECISION_COLUMNS`, in account order, without holding them."""
    options = {"stream_results": True, "yield_per": 2_000}
    for row in session.execute(_STREAM, {"wave_id": wave_id}, execution_options=options):
        yield tuple(row)


def decision_page(session: Session, wanted: Wanted) -> DecisionPage:
    """Return one page of decisions; a page beyond the last one is the first."""
    parameters = {
        "wave_id": wanted.wave_id,
        "reason": wanted.reason,
        "level": wanted.level,
        "search": wanted.search,
        "like": contains(wanted.search),
        "limit": PER_PAGE,
        "offset": (max(wanted.page, 1) - 1) * PER_PAGE,
    }
    found = session.execute(_PAGE, parameters).mappings().all()
    if not found and wanted.page > 1:
        return decision_page(session, replace(wanted, page=1))
    return DecisionPage([dict(row) for row in found], found[0]["total"] if found else 0, wanted.page)


def decision_counts(session: Session, wave_id: int) -> list[dict[str, Any]]:
    """Return `reason` (a Reason or a Seat), `chosen` and `people` for a wave, the chosen first."""
    return [dict(row) for row in session.execute(_COUNTS, {"wave_id": wave_id}).mappings()]
