"""Looking up surveys for the pages of the designer: the list, one survey with its versions, any state of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.surveys.definition import definitions
from app.surveys.drafting import Draft, shaped
from app.surveys.models import Survey, SurveyRevision, SurveyVersion
from app.surveys.naming import label_of

STATES = {
    "draft": "Never published",
    "changed": "Changed since it was published",
    "published": "Published as it is",
    "ready_made": "Ready-made",
    "archived": "Archived",
}

# Waves belong to a later stage; nothing of them is read here but which version they ask.
_SURVEYS = text(
    """
    SELECT s.key, s.draft, s.archived_at, s.updated_at, s.updated_by, v.version,
           coalesce(v.definition = s.draft AND v.brand_id IS NOT DISTINCT FROM s.brand_id, false) AS as_published
    FROM survey s
    LEFT JOIN LATERAL (
        SELECT version, definition, brand_id FROM survey_version WHERE key = s.key ORDER BY version DESC LIMIT 1
    ) v ON true
    """
)
_USES = text(
    "SELECT v.key, count(*) AS waves FROM wave w JOIN survey_version v ON v.id = w.survey_version_id GROUP BY v.key"
)
_WAVES = text(
    "SELECT v.version, w.id, w.name FROM wave w JOIN survey_version v ON v.id = w.survey_version_id"
    " WHERE v.key = :key ORDER BY w.id DESC"
)
_NEWEST = text("SELECT key, max(version) AS version FROM survey_version GROUP BY key")


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list of surveys; `version` is the newest published one."""

    key: str
    title: str
    state: str
    version: int | None
    metric: str
    languages: Sequence[str]
    waves: int
    updated_at: datetime | None = None
    updated_by: str | None = None


def list_surveys(session: Session, *, search: str = "", state: str = "") -> list[Listed]:
    """Return the surveys whose title or key holds `search`, one's own first; archived ones only when asked."""
    uses: dict[str, int] = {row.key: row.waves for row in session.execute(_USES)}
    own = [_own(row, uses) for row in session.execute(_SURVEYS).mappings()]
    taken = {each.key for each in own}
    newest: dict[str, int] = {row.key: row.version for row in session.execute(_NEWEST)}
    ready_made = [_ready_made(key, newest.get(key), uses.get(key, 0)) for key in definitions() if key not in taken]
    found = [each for each in (*own, *ready_made) if _fits(each, search.casefold(), state)]
    return sorted(found, key=lambda each: (each.state == "ready_made", each.title.casefold()))


def title_of(draft: Draft) -> str:
    """Return the name of a survey in its source language, or its key while it has none."""
    return label_of(draft, {"label": draft["title"], "key": draft["key"]})


def versions_of(session: Session, key: str) -> list[SurveyVersion]:
    """Return the published versions of a survey, the newest first."""
    newest_first = select(SurveyVersion).where(SurveyVersion.key == key).order_by(SurveyVersion.version.desc())
    return list(session.scalars(newest_first))


def revisions_of(session: Session, survey: Survey, limit: int = 20) -> list[SurveyRevision]:
    """Return the newest saved states of the draft."""
    newest_first = select(SurveyRevision).where(SurveyRevision.survey_id == survey.id)
    return list(session.scalars(newest_first.order_by(SurveyRevision.revision.desc()).limit(limit)))


def waves_of(session: Session, key: str) -> list[Any]:
    """Return the waves that ask some version of a survey: version, id and name, the newest first."""
    return list(session.execute(_WAVES, {"key": key}))


def state_of(session: Session, key: str, name: str) -> tuple[str, Draft]:
    """Return a state of a survey (`draft`, version `v3`, saved draft `r12`) after what it is called; NotFound."""
    survey = session.scalar(select(Survey).where(Survey.key == key))
    if name == "draft" and survey is not None:
        return "the draft", survey.draft
    if re.fullmatch(r"v[0-9]{1,9}", name):
        of_number = (SurveyVersion.key == key, SurveyVersion.version == int(name[1:]))
        version = session.scalar(select(SurveyVersion).where(*of_number))
        if version is not None:
            return f"version {version.version}", shaped(version.definition)
    if survey is not None and re.fullmatch(r"r[0-9]{1,9}", name):
        kept = session.get(SurveyRevision, (survey.id, int(name[1:])))
        if kept is not None:
            return f"the draft as saved {kept.saved_at:%d %b %Y, %H:%M} UTC", kept.draft
    raise NotFound("That state of the survey is not kept (any more).")


def _own(row: Any, uses: dict[str, int]) -> Listed:
    state = "published" if row["as_published"] else "changed" if row["version"] else "draft"
    draft = row["draft"]
    return Listed(
        key=row["key"],
        title=title_of(draft),
        state="archived" if row["archived_at"] else state,
        version=row["version"],
        metric=draft["metric"],
        languages=draft["languages"],
        waves=uses.get(row["key"], 0),
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
    )


def _ready_made(key: str, version: int | None, waves: int) -> Listed:
    each = definitions()[key]
    title = each.title.root[each.default_language][0]
    return Listed(key, title, "ready_made", version, each.metric, each.languages, waves)


def _fits(each: Listed, search: str, state: str) -> bool:
    if state in STATES and each.state != state:
        return False
    if state not in STATES and each.state == "archived":
        return False
    return search in each.title.casefold() or search in each.key
