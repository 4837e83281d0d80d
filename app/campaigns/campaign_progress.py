"""Reads how far the waves of a campaign are: planned, sent, delivered, answered. Counted anew at every look.

Delivered is what was sent and did not bounce, as the rates have it (domain section 7).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

PER_PAGE = 12

_WAVES = text(
    """
    SELECT w.id, w.key, w.name, w.state::text, w.planned_for, w.ends_on, w.send_by, w.approved_at, w.approved_by,
           w.launched_at, w.finished_at, p.planned, p.sent, p.bounced, p.answered
    FROM (
        SELECT * FROM wave WHERE campaign_id = :campaign_id AND (:only = 0 OR id = :only)
        ORDER BY planned_for DESC, id DESC
        LIMIT :limit OFFSET :offset
    ) w
    CROSS JOIN LATERAL (
        SELECT count(*) AS planned, count(i.sent_at) AS sent, count(i.answered_at) AS answered,
               count(*) FILTER (WHERE i.bounced_at IS NOT NULL AND i.sent_at IS NOT NULL) AS bounced
        FROM invitation i WHERE i.wave_id = w.id
    ) p ORDER BY w.planned_for DESC, w.id DESC
    """
)
_KEYS = text("SELECT key FROM wave WHERE campaign_id = :campaign_id")


class WaveLine(NamedTuple):
    """A wave and how far it is, in invitations."""

    id: int
    key: str
    name: str
    state: str
    planned_for: date
    ends_on: date
    send_by: date | None
    approved_at: datetime | None
    approved_by: str | None
    launched_at: datetime | None
    finished_at: datetime | None
    planned: int
    sent: int
    bounced: int
    answered: int

    @property
    def delivered(self) -> int:
        """Return the invitations that left and did not come back."""
        return self.sent - self.bounced

    @property
    def goes(self) -> bool:
        """Return whether the wave has set out and is not over."""
        return self.state in ("running", "paused")

    @property
    def waits(self) -> bool:
        """Return whether the wave has not set out."""
        return self.state in ("draft", "planned")

    @property
    def leaving(self) -> int:
        """Return the invitations that still have to leave."""
        return self.planned - self.sent if self.goes else 0


def wave_lines(session: Session, campaign_id: int, *, page: int = 1, only: int = 0) -> list[WaveLine]:
    """Return one page of a campaign's waves, the latest first, or the one wave of the id `only`."""
    span = {"limit": PER_PAGE, "offset": (page - 1) * PER_PAGE, "only": only}
    return [WaveLine(*row) for row in session.execute(_WAVES, {"campaign_id": campaign_id} | span)]


def wave_keys(session: Session, campaign_id: int) -> set[str]:
    """Return the keys of all waves of a campaign."""
    return set(session.scalars(_KEYS, {"campaign_id": campaign_id}))
