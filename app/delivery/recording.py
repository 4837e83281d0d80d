"""Deed that records what became of claimed messages: many outcomes, one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import transaction
from app.delivery.claiming import EARLIER_CLAIM, Claimed
from app.delivery.noting import note_sent
from app.delivery.transports import OutcomeUnknown, Rejected, TryLater

_OF_THESE = """
    FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS uuid[]), CAST(:values AS text[])) AS v(id, attempt_id, value)
    WHERE m.id = v.id AND m.attempt_id = v.attempt_id
"""
# In one order, as receipts take theirs, so that nobody waits in a circle.
_LOCK = text("SELECT FROM message WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")
# A receipt may have come before us: then its state stays, and we add what only we know.
_SENT = text(
    f"""
    UPDATE message m SET state = CASE WHEN m.state IN ('sending', 'unknown') THEN 'sent' ELSE m.state END,
                         sent_at = coalesce(m.sent_at, now()), provider_id = v.value, reason = NULL
    {_OF_THESE} RETURNING m.id
    """
)
# A sweep may have called it unknown before its answer came: now we know.
_OPEN = f"{_OF_THESE} AND m.state IN ('sending', 'unknown')"
_LATER = text(
    f"""
    UPDATE message m
    SET state = 'queued', reason = v.value, enqueued_at = NULL, due_at = now() + :seconds * interval '1 second',
        attempt_id = NULL, claimed_at = {EARLIER_CLAIM}
    {_OPEN}
    """
)
_FAILED = text(f"UPDATE message m SET state = 'failed', reason = v.value {_OPEN}")
_DOUBT = text(f"UPDATE message m SET reason = v.value {_OPEN}")


class Outcome(NamedTuple):
    """What became of a claimed message: the provider's id, or why it has none."""

    claimed: Claimed
    result: str | Rejected | TryLater | OutcomeUnknown

    @property
    def left(self) -> bool:
        """Whether the provider took it."""
        return isinstance(self.result, str)


def record(outcomes: Sequence[Outcome]) -> None:
    """Write outcomes into the ledger; one whose attempt is not the message's any more changes nothing.

    What nobody can tell stays `sending`, with the reason, until the sweep calls it unknown.
    """
    with transaction() as session:
        session.execute(_LOCK, {"ids": [one.claimed.id for one in outcomes]})
        sent = [one for one in outcomes if one.left]
        if sent:
            note_sent(session, session.scalars(_SENT, _of(sent)).all())
        _record_all(session, _FAILED, [one for one in outcomes if isinstance(one.result, Rejected)])
        _record_all(session, _DOUBT, [one for one in outcomes if isinstance(one.result, OutcomeUnknown)])
        later = [one for one in outcomes if isinstance(one.result, TryLater)]
        for seconds in {one.result.seconds for one in later if isinstance(one.result, TryLater)}:
            waiting = [one for one in later if isinstance(one.result, TryLater) and one.result.seconds == seconds]
            _record_all(session, _LATER, waiting, seconds=seconds)


def _record_all(session: Session, statement: Any, outcomes: Sequence[Outcome], **more: object) -> None:
    if outcomes:
        session.execute(statement, _of(outcomes) | more)


def _of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "ids": [one.claimed.id for one in outcomes],
        "attempts": [one.claimed.attempt_id for one in outcomes],
        "values": [str(one.result) for one in outcomes],
    }
