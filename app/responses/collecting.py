"""Deed of a customer who answers: each post is kept at once, and every revision for good."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.core.db import driver, transaction
from app.responses.evidence import TOGETHER, Evidence, seconds_between, verdict
from app.responses.links import Link, is_persons, link_in_turn
from app.surveys.answers import Answer, FieldFault, Form, read_answer, rescued
from app.surveys.definition import Definition
from app.surveys.published import published


class Hint(NamedTuple):
    """What the request itself tells of a program: a User-Agent that is known, a hidden field that was filled."""

    agent: bool = False
    trap: bool = False


NO_HINT = Hint()

_SAID = ("score", "drivers", "comments", "ratings", "may_contact")

_NOTE = """
    INSERT INTO response_revision (invitation_id, account_id, said, confirmed, evidence, language, said_at)
    SELECT id, account_id, CAST(%(said)s AS jsonb), %(confirmed)s, CAST(%(evidence)s AS jsonb), %(language)s, %(now)s
    FROM invitation WHERE id = %(id)s
"""
_ONLY_NOTE = _NOTE.encode()

# One statement for everything an answer moves: the invitation is locked, so nobody else is in between. Whoever answers
# has got the mail; what a machine says leaves the invitation unanswered, so that reminders still go to the person.
_KEEP = f"""
    WITH noted AS ({_NOTE}), kept AS (
        INSERT INTO response (invitation_id, wave_id, account_id, contact_id, level, segments, survey_version_id,
                              answered_at, state, score, drivers, comments, ratings, may_contact, language, verdict,
                              evidence, completed_at, changed_at)
        SELECT i.id, i.wave_id, i.account_id, i.contact_id, i.level, i.segments, w.survey_version_id, %(now)s,
               CAST(%(state)s AS response_state), %(score)s, CAST(%(drivers)s AS jsonb), CAST(%(comments)s AS jsonb),
               CAST(%(ratings)s AS jsonb), %(may_contact)s, %(language)s, CAST(%(verdict)s AS verdict),
               CAST(%(evidence)s AS jsonb), CASE WHEN %(complete)s THEN CAST(%(now)s AS timestamptz) END, %(now)s
        FROM invitation i JOIN wave w ON w.id = i.wave_id WHERE i.id = %(id)s
        ON CONFLICT (invitation_id) DO UPDATE SET
            answered_at = CASE WHEN response.verdict = 'machine' THEN excluded.answered_at
                               ELSE response.answered_at END,
            completed_at = CASE WHEN response.verdict = 'machine' THEN excluded.completed_at
                                ELSE coalesce(response.completed_at, excluded.completed_at) END,
            state = excluded.state, score = excluded.score, drivers = excluded.drivers, comments = excluded.comments,
            ratings = excluded.ratings, may_contact = excluded.may_contact, language = excluded.language,
            verdict = excluded.verdict, evidence = excluded.evidence, changed_at = excluded.changed_at
    ), moved AS (
        UPDATE invitation SET sent_at = coalesce(sent_at, %(now)s),
               answered_at = CASE WHEN %(counts)s THEN coalesce(answered_at, %(now)s) ELSE answered_at END,
               completed_at = CASE WHEN %(counts)s AND %(complete)s THEN coalesce(completed_at, %(now)s)
                                   ELSE completed_at END
        WHERE id = %(id)s RETURNING contact_id
    )
    UPDATE contact SET unanswered = 0 FROM moved WHERE contact.id = moved.contact_id AND %(counts)s AND unanswered <> 0
""".encode()  # noqa: S608 - put together from the constant above


class Collected(NamedTuple):
    """A post: the link it came by, and what was read. It is kept but for its faults, unless the link is closed."""

    link: Link
    given: Answer | list[FieldFault]


def collect(
    invitation_id: int,
    form: Form,
    *,
    language: Callable[[Definition, str | None], str],
    now: datetime,
    hint: Hint = NO_HINT,
) -> Collected | None:
    """Read one post of a customer and keep it; None when there is no such invitation (any more).

    What has faults is not kept, but of a draft everything else is. `language` tells from a survey and a contact's
    language in which one the page was read; it asks no database, since a connection is in use.
    """
    with transaction() as session:
        link = link_in_turn(session, invitation_id, now=now)
        if link is None:
            return None
        definition = published(link.survey_version_id).definition
        given = read_answer(definition, form)
        answer = given if isinstance(given, Answer) else rescued(definition, form)
        if answer is not None:
            _keep(session, link, answer, language(definition, link.language), hint, now)
        return Collected(link, given)


def record_answer(invitation_id: int, answer: Answer, *, language: str, now: datetime, hint: Hint = NO_HINT) -> bool:
    """Keep an answer that was read already; return False when the link is closed or gone, and nothing was kept."""
    with transaction() as session:
        link = link_in_turn(session, invitation_id, now=now)
        return link is not None and _keep(session, link, answer, language, hint, now)


def _keep(session: Session, link: Link, answer: Answer, language: str, hint: Hint, now: datetime) -> bool:
    """Keep an answer; the last confirmed one counts.

    What the page saves by itself counts until the first answer is sent, and is a revision after that. A first step
    keeps the score and leaves the rest as it was. The same post twice is one revision; of two posts at once the later
    one counts and both are kept. A machine never outweighs a person.
    """
    found = link.row
    if found.closed:
        return False
    said = _said(answer, found)
    evidence = _evidence(answer, found, hint, now)
    judged = verdict(evidence)
    if said == _kept(found) and (is_persons(found) or judged == found.verdict):
        return True
    note = {
        "id": link.invitation_id,
        "now": now,
        "said": json.dumps(said),
        "confirmed": answer.step != "draft",
        "evidence": json.dumps(evidence.as_json()),
        "language": language,
    }
    if _counts(answer, found, judged):
        driver(session).execute(_KEEP, {**note, **_values(said, judged)})
    else:
        driver(session).execute(_ONLY_NOTE, note)
    return True


def _counts(answer: Answer, found: Any, judged: str) -> bool:
    """Tell whether a post becomes the answer: an unsent draft not after a sent answer, a machine not after a person."""
    after_person = is_persons(found)
    if judged == "machine":
        return not after_person
    return not (after_person and found.state == "complete" and answer.step == "draft")


def _said(answer: Answer, found: Any) -> dict[str, Any]:
    """Return the whole answer as it reads after this post; what a machine said before is nobody's."""
    before = is_persons(found)
    complete = answer.step == "complete" or (before and found.state == "complete")
    if answer.step == "score" and before:
        return {**_kept(found), "score": answer.score}
    return {
        "score": answer.score,
        "drivers": list(answer.drivers),
        "comments": dict(answer.comments),
        "ratings": dict(answer.ratings),
        "may_contact": answer.may_contact,
        "complete": complete,
    }


def _kept(found: Any) -> dict[str, Any]:
    return {**{name: getattr(found, name) for name in _SAID}, "complete": found.state == "complete"}


def _values(said: dict[str, Any], judged: str) -> dict[str, Any]:
    return {
        "state": "complete" if said["complete"] else "partial",
        "complete": said["complete"],
        "score": said["score"],
        **{name: json.dumps(said[name]) for name in ("drivers", "comments", "ratings")},
        "may_contact": said["may_contact"],
        "verdict": judged,
        "counts": judged != "machine",
    }


def _evidence(answer: Answer, found: Any, hint: Hint, now: datetime) -> Evidence:
    lately = [moment for moment in (found.scanned_at, found.trapped_at) if moment and moment > now - TOGETHER]
    return Evidence(
        seconds=seconds_between(found.sent_at, now),
        scores=1 if answer.step == "draft" else len({*found.scores, answer.score}),
        agent=hint.agent,
        trap=hint.trap or found.trapped_at in lately,
        scanned=bool(lately),
    )
