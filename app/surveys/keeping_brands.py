"""Deeds on brands: keep one, make one the default, remove one that nothing shows any more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, QuorumError, Refused
from app.surveys.branding import forget_brands
from app.surveys.brands import DEFAULT_KEY, TEXTS, Brand
from app.surveys.models import StoredBrand, StoredLogo, Survey, SurveyVersion


class Overtaken(QuorumError):
    """Somebody else has saved the brand since it was opened."""


class Uses(NamedTuple):
    """Who shows a brand: the surveys in use by their keys, and how many published versions and archived surveys."""

    surveys: tuple[str, ...]
    past: int


def add_brand(brand: Brand, *, actor: str) -> None:
    """Keep a new brand; under `DEFAULT_KEY` it takes the place of the brand file. Refused when its key is taken."""
    with transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("brands"))))
        if session.scalar(select(StoredBrand.id).where(StoredBrand.key == brand.key)):
            raise Refused(f"There is a brand with the key {brand.key} already.")
        has_default = session.scalar(select(StoredBrand.id).where(StoredBrand.is_default)) is not None
        stands_in = brand.key == DEFAULT_KEY and not has_default
        session.add(StoredBrand(key=brand.key, is_default=stands_in, updated_by=actor, **_columns(session, brand)))
        audit.record(session, actor=actor, deed="brand.added", subject=brand.key)
    forget_brands()


def change_brand(brand: Brand, *, revision: int, actor: str) -> None:
    """Keep `brand` over the one with its key; Overtaken when that is no longer at `revision`."""
    with transaction() as session:
        stored = _locked(session, brand.key)
        if stored.revision != revision:
            raise Overtaken(f"{stored.updated_by or 'Somebody'} has saved this brand since you opened it.")
        columns = _columns(session, brand)
        changed = sorted(name for name, value in columns.items() if getattr(stored, name) != value)
        for name, value in columns.items():
            setattr(stored, name, value)
        stored.revision, stored.updated_at, stored.updated_by = revision + 1, datetime.now(UTC), actor
        audit.record(session, actor=actor, deed="brand.changed", subject=brand.key, changed=changed)
    forget_brands()


def make_default(key: str, *, actor: str) -> None:
    """Let every survey that names no brand show this one."""
    with transaction() as session:
        stored = _locked(session, key)
        if stored.archived_at is not None:
            raise Refused("This brand is archived; bring it back first.")
        session.execute(update(StoredBrand).where(StoredBrand.is_default).values(is_default=False))
        session.flush()
        stored.is_default = True
        audit.record(session, actor=actor, deed="brand.made_default", subject=key)
    forget_brands()


def remove_brand(key: str, *, actor: str) -> bool:
    """Delete a brand that nothing shows, archive one that only the past shows; return whether it was deleted.

    Refused for the default brand and for one that a survey in use has chosen.
    """
    with transaction() as session:
        stored = _locked(session, key)
        if stored.is_default:
            raise Refused("Every survey without a brand of its own shows this one. Make another the default first.")
        uses = uses_of(session, stored.id)
        if uses.surveys:
            raise Refused(f"{', '.join(uses.surveys)} shows this brand. Give that survey another brand first.")
        if uses.past:
            stored.archived_at = datetime.now(UTC)
        else:
            session.delete(stored)
        deed = "brand.archived" if uses.past else "brand.deleted"
        audit.record(session, actor=actor, deed=deed, subject=key)
    forget_brands()
    return not uses.past


def bring_back(key: str, *, actor: str) -> None:
    """Let surveys choose an archived brand again."""
    with transaction() as session:
        _locked(session, key).archived_at = None
        audit.record(session, actor=actor, deed="brand.brought_back", subject=key)


def uses_of(session: Session, brand_id: int) -> Uses:
    """Return who shows the brand."""
    shown = select(Survey.key).where(Survey.brand_id == brand_id)
    surveys = tuple(session.scalars(shown.where(Survey.archived_at.is_(None)).order_by(Survey.key)))
    versions = select(func.count()).select_from(SurveyVersion).where(SurveyVersion.brand_id == brand_id)
    archived = select(func.count()).select_from(shown.where(Survey.archived_at.is_not(None)).subquery())
    return Uses(surveys, (session.scalar(versions) or 0) + (session.scalar(archived) or 0))


def _locked(session: Session, key: str) -> StoredBrand:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("brands"))))
    stored = session.scalar(select(StoredBrand).where(StoredBrand.key == key).with_for_update())
    if stored is None:
        raise NotFound("There is no such brand.")
    return stored


def _columns(session: Session, brand: Brand) -> dict[str, str | None]:
    columns: dict[str, str | None] = {name: getattr(brand, name) for name in TEXTS}
    if brand.logo:
        kept = insert(StoredLogo).values(digest=brand.logo.digest, png=brand.logo.png)
        session.execute(kept.on_conflict_do_nothing())
    return {**columns, "logo_digest": brand.logo.digest if brand.logo else None}
