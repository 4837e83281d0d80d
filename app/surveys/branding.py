"""Which brand a survey shows, read from the database now and then: a change shows within seconds, with no restart.

Until an admin has kept a brand as the default one, the brand file of the installation stands in for it.
"""

from __future__ import annotations

import logging
import time
from typing import Any, NamedTuple

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core.db import reading
from app.settings import Settings
from app.surveys.brands import TEXTS, Brand, default_brand, load_brand
from app.surveys.logos import kept_logo
from app.surveys.models import StoredBrand, StoredLogo

log = logging.getLogger(__name__)

FRESH = 20.0
"""Seconds for which a process trusts what it has read."""


class _Known(NamedTuple):
    until: float
    brand: Brand


_known: dict[tuple[object, int | None], _Known] = {}


def brand_of(settings: Settings, brand_id: int | None = None) -> Brand:
    """Return the brand with this id, else the default one; up to `FRESH` seconds old.

    With the database away, the brand last seen goes on standing for itself.
    """
    place = (settings.brand_file, brand_id)
    known, now = _known.get(place), time.monotonic()
    if known and now < known.until:
        return known.brand
    try:
        with reading() as session:
            brand = look_up(session, settings, brand_id)
    except SQLAlchemyError as error:
        if known is None:
            raise
        log.warning("brands cannot be read just now: %s", type(error).__name__)
        brand = known.brand
    _known[place] = _Known(now + FRESH, brand)
    return brand


def forget_brands() -> None:
    """Read every brand afresh from here on, in this process."""
    _known.clear()


def look_up(session: Session, settings: Settings, brand_id: int | None = None) -> Brand:
    """Return the brand with this id, else the default one, as it is now."""
    wanted = or_(StoredBrand.is_default, StoredBrand.id == brand_id)
    rows = session.execute(with_logo().where(wanted).order_by(StoredBrand.id == brand_id)).all()
    return brand_in(rows[-1]) if rows else file_brand(settings)


def file_brand(settings: Settings) -> Brand:
    """Return the brand an installation starts with: its brand file's, else the neutral one."""
    return load_brand(settings.brand_file) if settings.brand_file else default_brand()


def with_logo() -> Select[StoredBrand, bytes]:
    """Return the query for brands, each with the PNG of its logo; `brand_in` reads its rows."""
    return select(StoredBrand, StoredLogo.png).outerjoin(StoredLogo, StoredLogo.digest == StoredBrand.logo_digest)


def brand_in(row: Any) -> Brand:
    """Return the brand in a row of `with_logo`."""
    stored, png = row
    texts = {name: getattr(stored, name) for name in TEXTS}
    return Brand(**texts, key=stored.key, logo=kept_logo(png) if png else None)


def brand_choices(session: Session) -> list[tuple[int, str]]:
    """Return (id, name) of the brands a survey may choose, by name."""
    query = select(StoredBrand.id, StoredBrand.name).where(StoredBrand.archived_at.is_(None))
    return [(id, name) for id, name in session.execute(query.order_by(StoredBrand.name, StoredBrand.id))]


def senders(settings: Settings) -> list[str]:
    """Return the addresses that mails leave from, each once, sorted."""
    with reading() as session:
        used = set(session.scalars(select(StoredBrand.sender_address).where(StoredBrand.archived_at.is_(None))))
        return sorted(used | {look_up(session, settings).sender_address})


def logo_png(settings: Settings, digest: str) -> bytes | None:
    """Return the PNG of the logo with this name; mails already sent may show one that no brand has any more."""
    with reading() as session:
        kept = session.get(StoredLogo, digest)
    if kept is not None:
        return kept.png
    logo = file_brand(settings).logo
    return logo.png if logo and logo.digest == digest else None
