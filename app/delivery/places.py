"""Where the readers of mails are: the contact's own zone and country, else the account's, else the campaign's."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.campaigns.models import Place
from app.campaigns.windows import Whereabouts

WHEREABOUTS = """
    coalesce(c.time_zone, a.time_zone, g.time_zone) AS zone, coalesce(c.country, a.country, g.country, '') AS country
"""
"""Columns `zone` and `country` of contact `c` of account `a` in campaign `g`."""


def place_ids(session: Session, places: Iterable[Whereabouts]) -> dict[Whereabouts, int]:
    """Return the ids of places, those that are new among them."""
    wanted = sorted(set(places))
    if not wanted:
        return {}
    rows = [{"zone": place.zone, "country": place.country} for place in wanted]
    session.execute(insert(Place).values(rows).on_conflict_do_nothing())
    found = select(Place.id, Place.zone, Place.country).where(tuple_(Place.zone, Place.country).in_(wanted))
    return {Whereabouts(zone, country): id for id, zone, country in session.execute(found)}
