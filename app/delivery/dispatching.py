"""Deeds of the dispatcher: hands due messages to the workers, and settles what a crash left open."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from app.core.db import transaction
from app.core.queue import MAIL, enqueue_many

BATCH = 50
"""Message ids a job carries."""

AT_ONCE = 5_000
"""Messages one tick hands out at most; the next tick goes on."""

LOST_AFTER = timedelta(minutes=10)
"""A due message whose job did nothing for so long is handed out again: the claim keeps it from being sent twice."""

STALE_AFTER = timedelta(minutes=5)
"""A message that is «sending» for longer belongs to a worker that died."""

# A message is marked as handed out before its job exists. A crash in between delays it by LOST_AFTER, no more.
_HAND_OUT = text(
    """
    UPDATE message SET enqueued_at = :now
    WHERE id IN (
        SELECT m.id FROM message m JOIN wave w ON w.id = m.wave_id
        WHERE m.state = 'queued' AND m.due_at <= :now AND w.state = 'running'
          AND (m.enqueued_at IS NULL OR m.enqueued_at < :lost)
        ORDER BY m.due_at, m.id LIMIT :at_once FOR UPDATE OF m SKIP LOCKED)
    RETURNING id
    """
)

_SETTLE = text(
    """
    WITH stale AS (
        UPDATE message SET state = 'unknown', reason = 'the worker died while sending; nobody can tell whether it left'
        WHERE state = 'sending' AND claimed_at < :stale
        RETURNING invitation_id, claimed_at, number
    ), noted AS (
        UPDATE invitation i SET sent_at = coalesce(i.sent_at, s.claimed_at) FROM stale s WHERE i.id = s.invitation_id
        RETURNING i.contact_id, s.claimed_at, s.number = 0 AND i.answered_at IS NULL AS waits
    ), asked AS (
        SELECT contact_id, max(claimed_at)::date AS asked_on, count(*) FILTER (WHERE waits) AS invitations
        FROM noted GROUP BY contact_id
    )
    UPDATE contact c SET last_invited_on = greatest(c.last_invited_on, a.asked_on),
                         unanswered = c.unanswered + a.invitations
    FROM asked a WHERE c.id = a.contact_id
    RETURNING c.id
    """
)


def dispatch(now: datetime) -> int:
    """Hand due messages of running waves to the workers, in batches; return how many."""
    with transaction() as session:
        parameters = {"now": now, "lost": now - LOST_AFTER, "at_once": AT_ONCE}
        ids = sorted(session.scalars(_HAND_OUT, parameters))
    batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    enqueue_many(MAIL, "workers.jobs.send_messages", [(batch,) for batch in batches])
    return len(ids)


_CANCEL = text(
    """
    UPDATE message m SET state = 'cancelled', reason = 'wave_over'
    FROM wave w WHERE w.id = m.wave_id AND m.state = 'queued' AND w.state = 'finished'
    """
)


def cancel_over() -> None:
    """Give messages of finished waves that never left their final state."""
    with transaction() as session:
        session.execute(_CANCEL)


def settle_stale(now: datetime) -> int:
    """Call messages «unknown» whose sending nobody finished; they count as asked and are never sent again."""
    with transaction() as session:
        return len(session.scalars(_SETTLE, {"stale": now - STALE_AFTER}).all())
