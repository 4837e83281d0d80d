"""Deeds of a customer who follows a link: looking (stores nothing) and answering (kept at once, every revision)."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.models import Account, Contact
from app.campaigns.models import Invitation, Wave, WaveState
from app.core.db import reading, transaction
from app.delivery.sending import definition_of
from app.responses.models import Response, ResponseRevision, ResponseState
from app.surveys.answers import Answer
from app.surveys.definition import Definition


class LinkState(enum.StrEnum):
    """What a link is good for now."""

    OPEN = "open"
    PARTIAL = "partial"
    DONE = "done"
    CLOSED = "closed"


class Link(NamedTuple):
    """A customer's link: what it asks, for whom, and what was answered so far."""

    invitation_id: int
    state: LinkState
    definition: Definition
    values: dict[str, str | None]
    language: str | None
    score: int | None
    drivers: tuple[str, ...]
    comment: str


def find_link(invitation_id: int, *, today: date) -> Link | None:
    """Return the link of an invitation, or None when there is none (any more)."""
    query = (
        select(Invitation, Wave, Contact.first_name, Contact.language, Account.name, Response)
        .join(Wave, Wave.id == Invitation.wave_id)
        .outerjoin(Contact, Contact.id == Invitation.contact_id)
        .outerjoin(Account, Account.id == Invitation.account_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(Invitation.id == invitation_id)
    )
    with reading() as session:
        found = session.execute(query).one_or_none()
    if found is None:
        return None
    invitation, wave, first_name, language, account, response = found
    answered = response is not None
    return Link(
        invitation_id=invitation_id,
        state=_state(invitation, wave, response, today),
        definition=definition_of(wave.survey_version_id),
        values={"first_name": first_name, "account": account, "product": None, "touchpoint": None},
        language=language,
        score=response.score if answered else None,
        drivers=tuple(response.drivers) if answered else (),
        comment=(response.comment or "") if answered else "",
    )


def _state(invitation: Invitation, wave: Wave, response: Response | None, today: date) -> LinkState:
    if is_closed(invitation, wave, today):
        return LinkState.CLOSED
    if response is None:
        return LinkState.OPEN
    return LinkState.DONE if response.state is ResponseState.COMPLETE else LinkState.PARTIAL


def is_closed(invitation: Invitation, wave: Wave, today: date) -> bool:
    """Return whether a link takes no answers: after its day, and before its wave was launched."""
    return today > invitation.closes_on or wave.state in (WaveState.DRAFT, WaveState.PLANNED)


def record_answer(invitation_id: int, answer: Answer, *, language: str, now: datetime) -> bool:
    """Keep one post of a customer; return False when the link is closed, and nothing was kept.

    A first step keeps the score and leaves reasons and comment as they were. The same post twice is one revision; of
    two posts at once the later one counts and both are kept.
    """
    with transaction() as session:
        invitation = session.get(Invitation, invitation_id, with_for_update=True)
        if invitation is None:
            return False
        wave = session.get_one(Wave, invitation.wave_id)
        if is_closed(invitation, wave, now.date()):
            return False
        before = session.get(Response, invitation_id)
        said = _said(answer, before)
        if before is None or said != _kept(before):
            _keep(session, invitation, wave, said, language, now)
        return True


def _said(answer: Answer, before: Response | None) -> dict[str, Any]:
    """Return the whole answer as it reads after this post."""
    if answer.step == 1:
        kept = _kept(before) if before else {"drivers": [], "comment": None, "complete": False}
        return {**kept, "score": answer.score}
    return {
        "score": answer.score,
        "drivers": list(answer.drivers),
        "comment": answer.comment or None,
        "complete": True,
    }


def _kept(response: Response) -> dict[str, Any]:
    return {
        "score": response.score,
        "drivers": response.drivers,
        "comment": response.comment,
        "complete": response.state is ResponseState.COMPLETE,
    }


def _keep(
    session: Session, invitation: Invitation, wave: Wave, said: dict[str, Any], language: str, now: datetime
) -> None:
    session.add(
        ResponseRevision(
            invitation_id=invitation.id, account_id=invitation.account_id, said=said, language=language, said_at=now
        )
    )
    complete = said["complete"]
    values = {
        "state": ResponseState.COMPLETE if complete else ResponseState.PARTIAL,
        "score": said["score"],
        "drivers": said["drivers"],
        "comment": said["comment"],
        "language": language,
        "completed_at": (invitation.completed_at or now) if complete else None,
        "changed_at": now,
    }
    frozen = {
        "invitation_id": invitation.id,
        "wave_id": invitation.wave_id,
        "account_id": invitation.account_id,
        "contact_id": invitation.contact_id,
        "level": invitation.level,
        "survey_version_id": wave.survey_version_id,
        "answered_at": now,
    }
    statement = insert(Response).values({**frozen, **values})
    session.execute(statement.on_conflict_do_update(index_elements=["invitation_id"], set_=values))
    invitation.sent_at = invitation.sent_at or now  # whoever answers has got it
    invitation.answered_at = invitation.answered_at or now
    if complete:
        invitation.completed_at = invitation.completed_at or now
    session.execute(update(Contact).where(Contact.id == invitation.contact_id).values(unanswered=0))
