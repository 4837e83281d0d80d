"""What programs may ask of campaigns: tell events that may call for a survey, and read what became of them."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, Field
from sqlalchemy import select, tuple_

from app.campaigns.asking_models import EventDecision, TriggerEvent
from app.campaigns.models import Invitation
from app.campaigns.sources.generic import EventBody, event_of
from app.campaigns.triggering import take_event
from app.campaigns.triggers import EARLY, WORDS, WhyNot
from app.core.api.cursors import LAG, Cursor, read_cursor
from app.core.api.endpoints import Api, Page, caller
from app.core.api.problems import FieldFault, Problem
from app.core.db import reading

api = Api(
    "campaigns_api",
    __name__,
    scopes={
        "events:write": "tell events that may call for a survey",
        "events:read": "read the events and what became of them",
    },
)


class EventAnswer(BaseModel):
    """What follows an event. A refusal is an answer and no error: it is listed in the admin with its reason."""

    id: str = Field(description="Ours, for questions about it.")
    decision: EventDecision
    reason: WhyNot | None = Field(description="Why no survey follows; null when one does.")
    detail: str | None = Field(description="The reason in words.")
    held_until: datetime | None = Field(description="When the contact rules would allow it. It is not sent then.")
    invitation_id: str | None
    send_at: datetime | None = Field(description="When the survey leaves at the earliest.")


class ToldEvent(BaseModel):
    """An event, and what became of it; with a reason and the decision scheduled it was not sent after all."""

    id: str
    source: str
    event_id: str
    event: str
    occurred_at: datetime
    received_at: datetime
    decision: EventDecision
    reason: WhyNot | None
    contact_id: str | None = Field(description="Ours, as in the addresses of the admin.")
    invitation_id: str | None
    send_at: datetime | None
    changed_at: datetime


class ToldEvents(BaseModel):
    """Events in the order of their last change; no events means that there are no more for now."""

    data: list[ToldEvent]
    next: str = Field(description="The cursor for the next request, which can be kept until tomorrow.")


@api.takes("/events", scope="events:write", summary="Tell an event that may call for a survey", status=202)
def take_one_event(body: EventBody) -> EventAnswer:
    """Decide at once whether a survey follows, by the running transactional campaign that asks after this event.

    The same event_id again gets the same answer, whatever else it says.
    """
    now = datetime.now(UTC)
    if body.occurred_at > now + EARLY:
        fault = FieldFault("/occurred_at", f"lies in the future; it is {now:%Y-%m-%dT%H:%M:%SZ} here")
        raise Problem(422, "invalid_body", f"The body cannot be used: {fault.pointer} {fault.detail}.", errors=[fault])
    answer = take_event(event_of(body), now=now, actor=caller().actor)
    return EventAnswer(
        id=str(answer.event_id),
        decision=answer.decision,
        reason=answer.reason,
        detail=WORDS[answer.reason] if answer.reason else None,
        held_until=answer.held_until,
        invitation_id=_text(answer.invitation_id),
        send_at=answer.send_at,
    )


@api.reads("/events", scope="events:read", summary="Read events and what became of them")
def read_events(query: Page) -> ToldEvents:
    """Return events of the last ten seconds not yet, older ones in the order of their last change."""
    after = read_cursor(query.cursor)
    place = tuple_(TriggerEvent.changed_at, TriggerEvent.id)
    of_it = (Invitation.contact_id == TriggerEvent.contact_id) & (Invitation.trigger_event_id == TriggerEvent.id)
    wanted = select(TriggerEvent, Invitation.id).outerjoin(Invitation, of_it)
    wanted = wanted.where(place > tuple_(after.changed_at, after.id), TriggerEvent.changed_at < datetime.now(UTC) - LAG)
    with reading() as session:
        rows = session.execute(wanted.order_by(TriggerEvent.changed_at, TriggerEvent.id).limit(query.per_page)).all()
    last = rows[-1][0] if rows else None
    following = Cursor(last.changed_at, last.id) if last else after
    return ToldEvents(data=[_told(event, invitation_id) for event, invitation_id in rows], next=str(following))


def _told(event: TriggerEvent, invitation_id: int | None) -> ToldEvent:
    return ToldEvent(
        id=str(event.id),
        source=event.source,
        event_id=event.event_id,
        event=event.event,
        occurred_at=event.occurred_at,
        received_at=event.received_at,
        decision=event.decision,
        reason=WhyNot(event.reason) if event.reason else None,
        contact_id=_text(event.contact_id),
        invitation_id=_text(invitation_id),
        send_at=event.send_at,
        changed_at=event.changed_at,
    )


def _text(id: int | None) -> str | None:
    return None if id is None else str(id)
