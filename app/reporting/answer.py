"""One answer with its whole story: every revision, the evidence, the verdict, and what has changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.joining import account_today
from app.core.errors import NotFound
from app.reporting.anonymity import ANONYMOUS_VERSIONS

_ASKED = text(
    f"SELECT w.id, w.survey_version_id IN {ANONYMOUS_VERSIONS} AS anonymous"
    " FROM invitation i JOIN wave w ON w.id = i.wave_id WHERE i.id = :id"
)
_ANSWER = text(
    f"""
    SELECT r.invitation_id, r.wave_id, coalesce(a.id, r.account_id) AS account_id, r.contact_id, r.level, r.segments,
           r.state, r.score, r.drivers,
           r.comments, r.ratings, r.may_contact, r.language, r.verdict, r.evidence, r.survey_version_id,
           r.answered_at, r.completed_at, r.changed_at, v.key AS survey, v.version, w.name AS wave, w.key AS wave_key,
           g.name AS campaign, a.name AS account, a.external_id AS account_key, c.first_name, c.last_name, c.job_title,
           c.external_id AS contact_key, c.level AS level_now, c.account_id AS account_now, n.name AS account_now_name,
           i.sent_at
    FROM response r
    JOIN invitation i ON i.id = r.invitation_id
    JOIN survey_version v ON v.id = r.survey_version_id
    JOIN wave w ON w.id = r.wave_id
    JOIN campaign g ON g.id = w.campaign_id
    {account_today("r")}
    LEFT JOIN contact c ON c.id = r.contact_id
    LEFT JOIN account n ON n.id = c.account_id
    WHERE r.invitation_id = :id
    """
)
_REVISIONS = text(
    "SELECT id, said, confirmed, evidence, language, said_at FROM response_revision"
    " WHERE invitation_id = :id ORDER BY id"
)


@dataclass(frozen=True)
class AnswerSheet:
    """An answer as it stands and all its revisions, the first one first; None where an anonymous survey was asked."""

    wave_id: int
    answer: dict[str, Any] | None
    revisions: list[dict[str, Any]]


def answer_sheet(session: Session, invitation_id: int) -> AnswerSheet:
    """Return the answer to an invitation; raises NotFound where there is none.

    For an anonymous survey it does not even tell whether the person answered.
    """
    asked = session.execute(_ASKED, {"id": invitation_id}).one_or_none()
    if asked is None:
        raise NotFound("There is no such answer.")
    if asked.anonymous:
        return AnswerSheet(asked.id, None, [])
    answer = session.execute(_ANSWER, {"id": invitation_id}).mappings().one_or_none()
    if answer is None:
        raise NotFound("This person has not answered yet.")
    revisions = session.execute(_REVISIONS, {"id": invitation_id}).mappings()
    return AnswerSheet(asked.id, dict(answer), [dict(row) for row in revisions])
