"""Deed that sends messages: claim, commit, send once, record. At most once, whatever dies in between.

The transport is called outside any transaction and without a database connection. A message that is claimed and
never recorded stays `sending` until `dispatching.settle_stale` calls it unknown.
"""

from __future__ import annotations

import logging
import traceback
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import transaction
from app.delivery.composing import Composer, Letter
from app.delivery.lifecycle import Standing, refusal
from app.delivery.transports import OutcomeUnknown, OutgoingMail, Rejected, Transport, TryLater, make
from app.settings import Settings
from app.surveys.definition import Definition, validate
from app.surveys.models import SurveyVersion

log = logging.getLogger(__name__)

_LOOK = text(
    """
    SELECT m.invitation_id, m.number, w.state AS wave_state, w.survey_version_id, w.ends_on < current_date AS ended,
           i.completed_at IS NOT NULL AND m.number > 0 AS answered, i.refused_at IS NOT NULL AS refused,
           i.account_id, c.id AS contact_id, c.account_id AS contact_account_id, c.status AS contact_status,
           c.email_key, c.first_name, c.last_name, c.language, a.name AS account, a.status AS account_status,
           n.reason AS suppression
    FROM message m
    JOIN wave w ON w.id = m.wave_id
    JOIN invitation i ON i.id = m.invitation_id
    LEFT JOIN contact c ON c.id = i.contact_id
    LEFT JOIN account a ON a.id = i.account_id
    LEFT JOIN suppression n ON n.email_key = c.email_key
    WHERE m.id = :id AND m.state = 'queued'
    FOR UPDATE OF m SKIP LOCKED
    """
)
# Two workers may claim mails to one mailbox at the same moment: the second waits here until the first has committed.
_ALONE_WITH = text("SELECT pg_advisory_xact_lock(hashtextextended(:recipient, 0))")
# Any two invitations to a mailbox lie a week apart, whoever bears it (domain section 3); an unknown send counts.
_RECENT = text(
    """
    SELECT EXISTS (
        SELECT FROM message WHERE recipient = :recipient AND id <> :id AND number = 0
          AND state IN ('sending', 'sent', 'unknown') AND claimed_at > now() - interval '7 days')
    """
)
_CLAIM = text(
    "UPDATE message SET state = 'sending', attempt_id = :attempt_id, claimed_at = now(), recipient = :recipient"
    " WHERE id = :id"
)
_REFUSE = text("UPDATE message SET state = 'refused', reason = :reason WHERE id = :id")
_RECORD = text(
    """
    WITH done AS (
        UPDATE message SET state = 'sent', sent_at = now(), provider_id = :provider_id
        WHERE id = :id AND attempt_id = :attempt_id AND state IN ('sending', 'unknown')
        RETURNING invitation_id, number
    ), invited AS (
        UPDATE invitation i SET sent_at = coalesce(i.sent_at, now())
        FROM done d JOIN invitation before ON before.id = d.invitation_id WHERE i.id = before.id
        RETURNING i.contact_id, d.number = 0 AND before.sent_at IS NULL AND before.answered_at IS NULL AS waits
    )
    UPDATE contact c SET last_invited_on = greatest(c.last_invited_on, current_date),
                         unanswered = c.unanswered + v.waits::int
    FROM invited v WHERE c.id = v.contact_id
    """
)
_RETURN = text(
    "UPDATE message SET state = 'queued', reason = :reason, enqueued_at = NULL, due_at = :due_at"
    " WHERE id = :id AND attempt_id = :attempt_id AND state = 'sending'"
)
_FAIL = text(
    "UPDATE message SET state = 'failed', reason = :reason"
    " WHERE id = :id AND attempt_id = :attempt_id AND state = 'sending'"
)
_DOUBT = text("UPDATE message SET reason = :reason WHERE id = :id AND attempt_id = :attempt_id AND state = 'sending'")


class Sender:
    """Sends messages by their ids, several at a time."""

    def __init__(self, settings: Settings, transport: Transport | None = None) -> None:
        self._transport = transport or make(settings)
        self._composer = Composer(settings)
        self._at_once = settings.send_at_once

    def send_all(self, ids: Sequence[int]) -> int:
        """Send those of the messages that are still queued; return how many left."""
        with ThreadPoolExecutor(min(self._at_once, len(ids) or 1), thread_name_prefix="send") as pool:
            return sum(pool.map(self._send_safely, ids))

    def send(self, id: int) -> bool:
        """Send one message if it is still queued and nothing speaks against it; return whether it left."""
        letter = claim(id)
        if letter is None:
            return False
        mail = self._composed(id, letter)
        return mail is not None and self._handed_over(id, letter, mail)

    def _send_safely(self, id: int) -> bool:
        """Send one message; whatever surprises us there is no reason to keep the others waiting."""
        try:
            return self.send(id)
        except Exception as error:  # noqa: BLE001 - a claimed one stays `sending` and becomes unknown, never a second mail
            _log_fault(id, error)
            return False

    def _composed(self, id: int, letter: Letter) -> OutgoingMail | None:
        try:
            return self._composer.compose(letter, definition_of(letter.survey_version_id))
        except Exception as error:  # noqa: BLE001 - nothing has left yet, so it must not leave the message in doubt
            _log_fault(id, error)
            _settle(_FAIL, id, letter, reason="the mail could not be written; the log of the worker says why")
            return None

    def _handed_over(self, id: int, letter: Letter, mail: OutgoingMail) -> bool:
        try:
            provider_id = self._transport.send(mail)
        except TryLater as later:
            due_at = datetime.now(UTC) + timedelta(seconds=later.seconds)
            _settle(_RETURN, id, letter, reason=str(later), due_at=due_at)
        except Rejected as rejection:
            _settle(_FAIL, id, letter, reason=str(rejection))
        except OutcomeUnknown as doubt:
            _settle(_DOUBT, id, letter, reason=str(doubt))
        else:
            _settle(_RECORD, id, letter, provider_id=provider_id)
            return True
        log.warning("message %s was not sent", id)
        return False


def _log_fault(id: int, error: Exception) -> None:
    """Log where it broke, and not the message of the error, which may quote a person's values."""
    log.error("message %s: %s\n%s", id, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))


def claim(id: int) -> Letter | None:
    """Claim a queued message for one attempt, committed before anything leaves.

    Returns None when another worker has it, when the wave is held, or when something now speaks against sending; the
    message is then refused for good, with the reason.
    """
    with transaction() as session:
        found = session.execute(_LOOK, {"id": id}).mappings().one_or_none()
        if found is None or found["wave_state"] == "paused":
            return None
        reason = refusal(_standing(found, contacted_recently=_asked_this_week(session, id, found)))
        if reason is not None:
            session.execute(_REFUSE, {"id": id, "reason": reason.value})
            return None
        return _claimed(session, id, found)


def _asked_this_week(session: Session, id: int, found: Any) -> bool:
    """Tell whether the mailbox got another invitation within seven days; reminders are not held back."""
    if found["email_key"] is None or found["number"]:
        return False
    mailbox = {"id": id, "recipient": found["email_key"]}
    session.execute(_ALONE_WITH, mailbox)
    return bool(session.scalar(_RECENT, mailbox))


def _claimed(session: Session, id: int, found: Any) -> Letter:
    attempt_id = uuid.uuid4()
    session.execute(_CLAIM, {"id": id, "attempt_id": attempt_id, "recipient": found["email_key"]})
    return Letter(
        attempt_id=attempt_id,
        invitation_id=found["invitation_id"],
        number=found["number"],
        email=found["email_key"],
        first_name=found["first_name"],
        last_name=found["last_name"],
        language=found["language"],
        account=found["account"],
        survey_version_id=found["survey_version_id"],
    )


def _standing(found: Any, *, contacted_recently: bool) -> Standing:
    return Standing(
        wave_over=found["wave_state"] != "running" or found["ended"],
        contact_known=found["contact_id"] is not None,
        same_account=found["contact_account_id"] == found["account_id"],
        account_active=found["account_status"] == "active",
        contact_status=found["contact_status"],
        unsubscribed=found["refused"] or found["suppression"] == "unsubscribed",
        suppressed=found["suppression"] not in (None, "unsubscribed"),
        deliverable=found["email_key"] is not None,
        contacted_recently=contacted_recently,
        answered=found["answered"],
    )


def _settle(statement: Any, id: int, letter: Letter, **values: object) -> None:
    with transaction() as session:
        session.execute(statement, {"id": id, "attempt_id": letter.attempt_id, **values})


@lru_cache(maxsize=64)
def definition_of(survey_version_id: int) -> Definition:
    """Return a published definition; versions never change, so each is read once a process."""
    with transaction() as session:
        version = session.get_one(SurveyVersion, survey_version_id)
        return validate(version.definition, version.key)
