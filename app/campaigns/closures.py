"""Days on which we send nothing although people elsewhere work: read here, kept by the calendar's pages."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.models import ClosingDay
from app.campaigns.windows import Closures


def closures(session: Session) -> Closures:
    """Return all closing days."""
    return Closures.of(session.execute(select(ClosingDay.country, ClosingDay.day)))
