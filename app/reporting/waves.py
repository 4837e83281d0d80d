"""The list of waves with what they came to."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

_WAVES = text(
    """
    SELECT w.id, w.key, w.name, c.name AS campaign, w.state, w.planned_for, w.ends_on,
           coalesce(i.invitations, 0) AS invitations, coalesce(i.asked, 0) AS asked, coalesce(i.answered, 0) AS answered
    FROM wave w
    JOIN campaign c ON c.id = w.campaign_id
    LEFT JOIN (
        SELECT wave_id, count(*) AS invitations, count(sent_at) AS asked, count(answered_at) AS answered
        FROM invitation GROUP BY wave_id
    ) i ON i.wave_id = w.id
    ORDER BY w.id DESC
    """
)


class WaveLine(NamedTuple):
    """One wave; `asked` counts invitations sent, `answered` those with a score."""

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
    return [WaveLine(*row) for row in session.execute(_WAVES)]
