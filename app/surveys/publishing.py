"""Deed that turns a ready-made definition into a published version, which never changes."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.surveys.definition import definitions
from app.surveys.models import SurveyVersion


def published_version(session: Session, key: str) -> SurveyVersion:
    """Return the version of the ready-made survey `key` as it reads today; changed words make a new one."""
    definition = definitions()[key].model_dump(mode="json")
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"publish {key}"))))
    newest = session.scalar(
        select(SurveyVersion).where(SurveyVersion.key == key).order_by(SurveyVersion.version.desc()).limit(1)
    )
    if newest is not None and newest.definition == definition:
        return newest
    version = SurveyVersion(key=key, version=newest.version + 1 if newest else 1, definition=definition)
    session.add(version)
    session.flush()
    return version
