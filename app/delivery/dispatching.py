"""Deeds of the dispatcher: hands due messages to the workers, and settles what a crash left open."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import func, select, text

from app.core.db import transaction
from app.core.queue import MAIL, enqueue_many, queue
from app.delivery.claiming import NOTHING_LEAVES
from app.delivery.noting import note_sent

BATCH = 200
"""Message ids a job carries."""

JOBS_AHEAD = 50
"""Jobs that wait for a worker at most: at a slow pace the rest waits in the ledger, and not twice in the queue."""

LOST_AFTER = timedelta(minutes=10)
"""A due message whose job did nothing for so long is handed out again: the claim keeps it from being sent twice."""

STALE_AFTER = timedelta(minutes=5)
"""A message that is «sending» for longer belongs to a worker that died."""

# A message is marked as handed out before its job exists. A crash in between delays it by LOST_AFTER, no more.
_HAND_OUT = text(
    f"""
    UPDATE message SET enqueued_at = :now
    WHERE id IN (
        SELECT m.id FROM wave w JOIN campaign g ON g.id = w.campaign_id CROSS JOIN LATERAL (
            SELECT id, due_at FROM message
            WHERE wave_id = w.id AND state = 'queued' AND due_at <= :now
              AND (enqueued_at IS NULL OR enqueued_at < :lost)
            ORDER BY due_at, id LIMIT :at_once FOR UPDATE SKIP LOCKED) m
        WHERE w.state = 'running' AND g.state <> 'paused' AND NOT {NOTHING_LEAVES}
        ORDER BY m.due_at, m.id LIMIT :at_once)
    RETURNING id
    """
)

# One that is locked is being recorded at this moment: nobody died.
_SETTLE = text(
    """
    UPDATE message
    SET state = 'unknown',
        reason = coalesce(reason, 'the worker died while sending; nobody can tell whether it left')
    WHERE id IN (SELECT id FROM message WHERE state = 'sending' AND claimed_at < :stale FOR UPDATE SKIP LOCKED)
    RETURNING id
    """
)


def ledger_time() -> datetime:
    """Return the time by which the ledger reckons: the clocks of workers may differ, or jump."""
    with transaction() as session:
        return cast(datetime, session.scalar(select(func.now())))


def dispatch(now: datetime) -> int:
    """Hand due messages of running waves to the workers, in batches; return how many."""
    room = JOBS_AHEAD - len(queue(MAIL))
    if room <= 0:
        return 0
    with transaction() as session:
        parameters = {"now": now, "lost": now - LOST_AFTER, "at_once": room * BATCH}
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


_NOTHING_TO_HOLD = text(
    """
    UPDATE sending_pause p SET ended_at = now(), ended_by = 'quorum'
    FROM wave w WHERE w.id = p.wave_id AND p.ended_at IS NULL AND w.state = 'finished'
    """
)


def cancel_over() -> None:
    """Give messages of finished waves that never left their final state, and end their pauses."""
    with transaction() as session:
        session.execute(_CANCEL)
        session.execute(_NOTHING_TO_HOLD)


def settle_stale(now: datetime) -> int:
    """Call messages «unknown» whose sending nobody finished; they count as asked and are never sent again."""
    with transaction() as session:
        settled = session.scalars(_SETTLE, {"stale": now - STALE_AFTER}).all()
        note_sent(session, settled)
        return len(settled)
