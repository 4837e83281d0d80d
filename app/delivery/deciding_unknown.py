"""Deeds of a person about a mail of which nobody can tell whether it left: send it once more, or let it be.

Both need a reason, are in the audit trail, and are theirs alone: the engine never sends an unknown mail again.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.delivery.claiming import standing_now
from app.delivery.lifecycle import Refusal, refusal
from app.delivery.models import Message, MessageState, PastAttempt

WHY_NOT = {
    Refusal.WAVE_OVER: "its wave is over",
    Refusal.CONTACT_GONE: "the contact is gone",
    Refusal.CONTACT_MOVED: "the contact moved to another account",
    Refusal.CONTACT_LEFT: "the contact has left",
    Refusal.ACCOUNT_INACTIVE: "the account is not active any more",
    Refusal.OPTED_OUT: "the reader wants no more mail",
    Refusal.SUPPRESSED: "the address bounced or complained",
    Refusal.INVALID_EMAIL: "the contact has no address that mail can go to",
    Refusal.OTHER_MAILBOX: "the invitation went to another address than the contact has now",
    Refusal.EXCLUDED_BY_MANAGER: "somebody excluded the person",
    Refusal.EMBARGOED: "the person or the account may not be asked yet",
    Refusal.OPEN_CASE: "the person has an open case",
    Refusal.CONTACTED_RECENTLY: "the mailbox got another invitation within a week",
    Refusal.ANSWERED: "the reader answered",
    Refusal.BOUNCED: "the mail before it bounced",
    Refusal.SURVEY_WITHDRAWN: "the survey was withdrawn",
}

_ANSWERED = text("SELECT answered_at IS NOT NULL FROM invitation WHERE id = :id")


def resend(message_id: int, *, actor: str, reason: str) -> None:
    """Let an unknown mail be sent once more, as a new attempt; everything is looked at again when it leaves.

    Raises Refused when it is not unknown (any more), without a reason, or when something speaks against it now.
    """
    with transaction() as session:
        message = _unknown(session, message_id, reason)
        against = refusal(standing_now(session, message_id))
        if against is None and session.scalar(_ANSWERED, {"id": message.invitation_id}):
            against = Refusal.ANSWERED
        if against is not None:
            raise Refused(f"This mail is not sent again: {WHY_NOT[against]}.")
        session.add(PastAttempt(attempt_id=message.attempt_id, message_id=message.id, claimed_at=message.claimed_at))
        message.state, message.reason, message.enqueued_at, message.attempt_id = MessageState.QUEUED, None, None, None
        audit.record(session, actor=actor, deed="message.resent", subject=f"message {message_id}", reason=reason)


def drop(message_id: int, *, actor: str, reason: str) -> None:
    """Let an unknown mail be: it is final, and still counts as asked. Raises Refused as `resend` does."""
    with transaction() as session:
        message = _unknown(session, message_id, reason)
        message.state, message.reason = MessageState.CANCELLED, f"dropped: {reason.strip()}"
        audit.record(session, actor=actor, deed="message.dropped", subject=f"message {message_id}", reason=reason)


def _unknown(session: Session, message_id: int, reason: str) -> Message:
    if not reason.strip():
        raise Refused("Say why, so that others understand it later.")
    message = session.get(Message, message_id, with_for_update=True)
    if message is None:
        raise NotFound(f"There is no message {message_id}.")
    if message.state is not MessageState.UNKNOWN:
        raise Refused(f"This mail is {message.state}, not unknown; there is nothing to decide.")
    return message
