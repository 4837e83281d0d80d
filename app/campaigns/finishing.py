"""Deed that closes waves whose last day is over."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, update

from app.campaigns.models import Wave, WaveState
from app.core.db import transaction


def finish_waves(today: date) -> int:
    """Finish running and paused waves that ended before `today`; return how many."""
    over = (Wave.ends_on < today) & Wave.state.in_([WaveState.RUNNING, WaveState.PAUSED])
    with transaction() as session:
        finished = update(Wave).where(over).values(state=WaveState.FINISHED, finished_at=func.now())
        return len(session.scalars(finished.returning(Wave.id)).all())
