"""Reads the list of waves of all campaigns: searched, filtered, sorted, a page or all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.searching import contains

PER_PAGE = 50
COLUMNS = ("id", "key", "name", "campaign", "state", "planned_for", "ends_on", "invitations", "sent", "answered")
SORTS: Mapping[str, str] = {
    "name": "lower(w.name)",
    "campaign": "lower(c.name)",
    "state": "w.state",
    "planned_for": "w.planned_for",
    "ends_on": "w.ends_on",
}

_FROM = """
    FROM wave w JOIN campaign c ON c.id = w.campaign_id
    WHERE (:search = '' OR w.name ILIKE :search OR c.name ILIKE :search)
      AND (:state = '' OR w.state::text = :state) AND (:campaign_id = 0 OR c.id = :campaign_id)
"""
_PAGE = """
    SELECT p.*, i.invitations, i.sent, i.answered FROM (
        SELECT w.id, w.key, w.name, c.id AS campaign_id, c.name AS campaign, w.state::text AS state, w.planned_for,
               w.ends_on, row_number() OVER (ORDER BY {order}, w.id DESC) AS place {source}
        ORDER BY place LIMIT :limit OFFSET :offset
    ) p CROSS JOIN LATERAL (
        SELECT count(*) AS invitations, count(i.sent_at) AS sent, count(i.answered_at) AS answered
        FROM invitation i WHERE i.wave_id = p.id
    ) i ORDER BY p.place
"""
_COUNT = text(f"SELECT count(*) {_FROM}")


@dataclass(frozen=True)
class Wanted:
    """What a person looks for; empty means all. `sort` is a key of `SORTS`, with a minus the other way round."""

    search: str = ""
    state: str = ""
    campaign_id: int = 0
    sort: str = "-planned_for"
    page: int = 1

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the queries."""
        search = contains(self.search) if self.search else ""
        return {"search": search, "state": self.state, "campaign_id": self.campaign_id}


def wave_page(session: Session, wanted: Wanted) -> tuple[list[dict[str, Any]], int]:
    """Return the rows of a page and how many there are in all."""
    total = session.scalar(_COUNT, wanted.parameters()) or 0
    return list(_rows(session, wanted, PER_PAGE, (wanted.page - 1) * PER_PAGE)), total


def all_waves(session: Session, wanted: Wanted) -> Iterator[list[Any]]:
    """Yield the rows for a file, in the order of `COLUMNS`."""
    for row in _rows(session, wanted, None, 0):
        yield [row[column] for column in COLUMNS]


def _rows(session: Session, wanted: Wanted, limit: int | None, offset: int) -> Iterator[dict[str, Any]]:
    way = "DESC" if wanted.sort.startswith("-") else "ASC"
    order = f"{SORTS.get(wanted.sort.removeprefix('-'), SORTS['planned_for'])} {way}"
    query = text(_PAGE.format(order=order, source=_FROM))
    span = {"limit": limit, "offset": offset}
    yield from (dict(row) for row in session.execute(query, wanted.parameters() | span).mappings())
