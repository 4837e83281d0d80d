"""The list of waves with what they came to."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.reporting.rates import DISPOSITIONS

# An invitation that ended in any way is counted once in the totals of its wave (`standing` keeps them).
_WAVES = text(
    """
    SELECT w.id, w.key, w.name, c.name AS campaign, w.state, w.planned_for, w.ends_on,
           coalesce(t.invitations, 0)::int AS invitations, coalesce(t.asked, 0)::int AS asked,
           coalesce(t.answered, 0)::int AS answered
    FROM wave w
    JOIN campaign c ON c.id = w.campaign_id
    LEFT JOIN (
        SELECT wave_id, sum(amount) AS invitations, sum(amount) FILTER (WHERE what <> 'not_sent') AS asked,
               sum(amount) FILTER (WHERE what IN ('complete', 'partial')) AS answered
        FROM tally WHERE what = ANY(:dispositions) GROUP BY wave_id
    ) t ON t.wave_id = w.id
    ORDER BY w.id DESC
    """
)
_NAMES = text("SELECT id, name FROM wave ORDER BY id DESC LIMIT :most")
MOST_NAMES = 50


class WaveLine(NamedTuple):
    """One wave; `asked` counts invitations that left or may have, `answered` those with a score."""

    id: int
    key: str
    name: str
    campaign: str
    state: str
    planned_for: date
    ends_on: date
    invitations: int
    asked: int
    answered: int


def list_waves(session: Session) -> list[WaveLine]:
    """Return all waves, the newest first."""
    return [WaveLine(*row) for row in session.execute(_WAVES, {"dispositions": list(DISPOSITIONS)})]


def newest_waves(session: Session) -> list[tuple[int, str]]:
    """Return id and name of the newest waves, to choose from."""
    return [(id, name) for id, name in session.execute(_NAMES, {"most": MOST_NAMES})]
