"""The answers of a wave as people gave them, newest first, searched and paged in the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.searching import contains
from app.reporting.board import ANSWERS

PER_PAGE = 50

_ANSWERS = text(
    f"""
    SELECT r.invitation_id, r.account_id, r.level, r.state, r.score, r.drivers, r.comments, r.language, r.answered_at,
           r.changed_at, a.name AS account, c.first_name, c.last_name, c.job_title, count(*) OVER () AS total
    FROM {ANSWERS} r
    LEFT JOIN account a ON a.id = r.account_id
    LEFT JOIN contact c ON c.id = r.contact_id
    WHERE r.wave_id = :wave_id
      AND (:level = '' OR r.level::text = :level)
      AND r.score BETWEEN :low AND :high
      AND (:search = '' OR a.name ILIKE :like
           OR EXISTS (SELECT FROM jsonb_each_text(r.comments) said WHERE said.value ILIKE :like))
    ORDER BY r.changed_at DESC, r.invitation_id DESC LIMIT :limit OFFSET :offset
    """
)


@dataclass(frozen=True)
class Wanted:
    """Which answers to show; `low` and `high` bound the score."""

    wave_id: int
    level: str = ""
    low: int = 0
    high: int = 10
    search: str = ""
    page: int = 1


@dataclass(frozen=True)
class AnswerPage:
    """One page of answers and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int
    page: int


def answer_page(session: Session, wanted: Wanted) -> AnswerPage:
    """Return one page of answers; a page beyond the last one is the first."""
    parameters = {
        "wave_id": wanted.wave_id,
        "level": wanted.level,
        "low": wanted.low,
        "high": wanted.high,
        "search": wanted.search,
        "like": contains(wanted.search),
        "limit": PER_PAGE,
        "offset": (max(wanted.page, 1) - 1) * PER_PAGE,
    }
    found = session.execute(_ANSWERS, parameters).mappings().all()
    if not found and wanted.page > 1:
        return answer_page(session, replace(wanted, page=1))
    return AnswerPage([dict(row) for row in found], found[0]["total"] if found else 0, wanted.page)
