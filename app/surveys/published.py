"""Published versions as the rest of the house reads them: they never change, so each is read once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from app.core.db import reading
from app.surveys.definition import Definition, validate
from app.surveys.mails import Mails
from app.surveys.models import SurveyVersion


@dataclass(frozen=True, slots=True)
class Published:
    """One published state of a survey: what it asks, its mails, and its brand (None is the default one)."""

    definition: Definition
    mails: Mails
    brand_id: int | None


@lru_cache(maxsize=256)
def published(survey_version_id: int) -> Published:
    """Return the version with this id."""
    with reading() as session:
        version = session.get_one(SurveyVersion, survey_version_id)
    definition = validate(version.definition, version.key)
    return Published(definition, Mails(definition, version.mails), version.brand_id)
