"""Reads the events that came in, for people who ask why no survey was sent: searched, filtered, paged and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.triggers import WORDS, WhyNot
from app.core.searching import contains

PER_PAGE = 50
COLUMNS = (
    "source",
    "event_id",
    "event",
    "occurred_at",
    "received_at",
    "email",
    "contact_id",
    "account",
    "campaign",
    "subject",
    "decision",
    "reason",
    "held_until",
    "send_at",
    "sent_at",
)

_FROM = """
    FROM trigger_event e
    LEFT JOIN contact c ON c.id = e.contact_id
    LEFT JOIN account a ON a.id = e.account_id
    LEFT JOIN campaign g ON g.id = e.campaign_id
    LEFT JOIN invitation i ON i.contact_id = e.contact_id AND i.trigger_event_id = e.id
    WHERE (:decision = '' OR e.decision::text = :decision) AND (:reason = '' OR e.reason = :reason)
      AND (:campaign_id = 0 OR e.campaign_id = :campaign_id) AND (:contact_id = 0 OR e.contact_id = :contact_id)
      AND (:search = '' OR e.email ILIKE :search OR e.event_id ILIKE :search OR e.subject ILIKE :search
           OR a.name ILIKE :search OR c.first_name || ' ' || c.last_name ILIKE :search)
"""
_ROWS = f"""
    SELECT e.id, e.source, e.event_id, e.event, e.occurred_at, e.received_at, e.email, e.contact_id, e.account_id,
           a.name AS account, g.name AS campaign, e.campaign_id, e.subject, e.decision::text AS decision, e.reason,
           e.held_until, e.send_at, e.mailed_at, i.sent_at, c.first_name, c.last_name
    {_FROM} ORDER BY e.id DESC
"""
_PAGE = text(_ROWS + " LIMIT :limit OFFSET :offset")
_ALL = text(_ROWS)
_COUNT = text(f"SELECT count(*) {_FROM}")
_REASONS = text("SELECT reason, count(*) FROM trigger_event WHERE reason IS NOT NULL GROUP BY reason ORDER BY 2 DESC")


@dataclass(frozen=True)
class Wanted:
    """What a person looks for; empty means all."""

    search: str = ""
    decision: str = ""
    reason: str = ""
    campaign_id: int = 0
    contact_id: int = 0
    page: int = 1

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the queries."""
        search = contains(self.search) if self.search else ""
        return {
            "search": search,
            "decision": self.decision,
            "reason": self.reason,
            "campaign_id": self.campaign_id,
            "contact_id": self.contact_id,
        }


def event_page(session: Session, wanted: Wanted) -> tuple[list[dict[str, Any]], int]:
    """Return the rows of a page, the newest first, and how many there are in all."""
    total = session.scalar(_COUNT, wanted.parameters()) or 0
    span = {"limit": PER_PAGE, "offset": (wanted.page - 1) * PER_PAGE}
    return [dict(row) for row in session.execute(_PAGE, wanted.parameters() | span).mappings()], total


def reasons_given(session: Session) -> list[tuple[WhyNot, int]]:
    """Return the reasons that were given, the most frequent first."""
    return [(WhyNot(reason), count) for reason, count in session.execute(_REASONS)]


def stream_events(session: Session, wanted: Wanted) -> Iterator[list[Any]]:
    """Yield the rows for a file, in the order of `COLUMNS`; the reason in words."""
    streamed = session.execute(_ALL.execution_options(yield_per=1000), wanted.parameters()).mappings()
    for row in streamed:
        words = {"reason": WORDS[WhyNot(row["reason"])] if row["reason"] else None}
        yield [{**row, **words}[column] for column in COLUMNS]
