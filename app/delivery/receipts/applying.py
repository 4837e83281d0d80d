"""Deed that applies receipts: kept once, in any order, many in one transaction; an address that must not be mailed is
suppressed in the same one.

A receipt that names no message of ours is kept without one, held against the ledger again by a tick for five minutes,
and then stands apart for a person to see.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.core.db import transaction
from app.delivery.models import ReceiptKind
from app.delivery.noting import note_sent
from app.delivery.receipts.events import Event
from app.delivery.receipts.rules import RETRIED_FOR, TRANSIENT_IN_A_ROW, Fate, News, told

# Sorted by key, so that two of these at once wait for each other in one direction only. The ledger is asked event by
# event, each time by an index and for no more than is needed; a join would depend on statistics of a table that grows.
_KEEP = text(
    """
    INSERT INTO receipt (key, kind, message_id, attempt_id, provider_id, bounce, detail, mailed_at, happened_at)
    SELECT e.key, e.kind,
           coalesce((SELECT id FROM message WHERE attempt_id = e.attempt_id),
                    (SELECT message_id FROM past_attempt WHERE attempt_id = e.attempt_id),
                    (SELECT id FROM message WHERE provider_id = e.provider_id LIMIT 1)),
           e.attempt_id, e.provider_id, e.bounce, e.detail, e.mailed_at, e.happened_at
    FROM jsonb_to_recordset(CAST(:events AS jsonb)) AS e (
        key text, kind receipt_kind, attempt_id uuid, provider_id text, bounce text, detail text,
        mailed_at timestamptz, happened_at timestamptz)
    ORDER BY e.key COLLATE "C"
    ON CONFLICT (key) DO NOTHING
    RETURNING message_id, provider_id, kind, bounce, mailed_at, happened_at
    """
)
_MATCH = text(
    """
    UPDATE receipt r SET message_id = m.id FROM message m
    WHERE r.message_id IS NULL AND r.received_at >= now() - :retried_for
      AND (m.attempt_id = r.attempt_id OR m.provider_id = r.provider_id)
    RETURNING r.message_id, r.provider_id, r.kind, r.bounce, r.mailed_at, r.happened_at
    """
)
_LOCK = text(
    """
    SELECT id, invitation_id, state, sent_at, delivered_at, delayed_at, bounced_at, bounce, complained_at
    FROM message WHERE id = ANY(:ids) ORDER BY id FOR UPDATE
    """
)
_MOVE = text(
    """
    UPDATE message m
    SET state = e.state, sent_at = e.sent_at, delivered_at = e.delivered_at, delayed_at = e.delayed_at,
        bounced_at = e.bounced_at, bounce = e.bounce, complained_at = e.complained_at,
        provider_id = coalesce(m.provider_id, e.provider_id), claimed_at = coalesce(m.claimed_at, e.sent_at),
        reason = CASE WHEN m.state = e.state THEN m.reason END
    FROM jsonb_to_recordset(CAST(:fates AS jsonb)) AS e (
        id bigint, state message_state, provider_id text, sent_at timestamptz, delivered_at timestamptz,
        delayed_at timestamptz, bounced_at timestamptz, bounce text, complained_at timestamptz)
    WHERE m.id = e.id
    """
)
# An invitation bounced when none of its mails is known to have arrived; a complaint is a no.
_NOTE = text(
    """
    UPDATE invitation i SET refused_at = least(i.refused_at, f.complained_at), bounced_at = f.bounced_at
    FROM (
        SELECT invitation_id, min(complained_at) AS complained_at,
               CASE WHEN bool_or(state IN ('delivered', 'complained')) THEN NULL ELSE min(bounced_at) END AS bounced_at
        FROM message WHERE invitation_id = ANY(:ids) GROUP BY invitation_id
    ) f
    WHERE i.id = f.invitation_id
      AND (i.bounced_at IS DISTINCT FROM f.bounced_at
           OR i.refused_at IS DISTINCT FROM least(i.refused_at, f.complained_at))
    """
)
# A permanent bounce condemns the address that was mailed, and so do several bounces of any kind in a row that one of
# these ends or fills; a mail of which nothing was heard breaks the row. A complaint is a person's no: it holds for the
# address they have by now too.
_SUPPRESS = text(
    """
    WITH told AS (
        SELECT recipient AS address, CAST('hard_bounce' AS suppression_reason) AS reason, id, bounced_at AS since_at
        FROM message WHERE id = ANY(:bounced) AND bounce = 'permanent'
        UNION ALL
        SELECT recipient, 'complaint', id, complained_at FROM message WHERE id = ANY(:complained)
        UNION ALL
        SELECT c.email_key, 'complaint', m.id, m.complained_at FROM message m
        JOIN invitation i ON i.id = m.invitation_id JOIN contact c ON c.id = i.contact_id
        WHERE m.id = ANY(:complained)
        UNION ALL
        SELECT recipient, 'repeated_bounce', id, bounced_at FROM (
            SELECT id, recipient, bounced_at,
                   count(bounced_at) OVER run = :in_a_row AND count(*) FILTER (WHERE id = ANY(:bounced)) OVER run > 0
                       AS condemned
            FROM message
            WHERE claimed_at IS NOT NULL AND state <> 'failed'
              AND recipient IN (SELECT recipient FROM message WHERE id = ANY(:bounced))
            WINDOW run AS (
                PARTITION BY recipient ORDER BY claimed_at, id ROWS BETWEEN :before PRECEDING AND CURRENT ROW)
        ) lately
        WHERE condemned
    )
    INSERT INTO suppression (email_key, reason, detail, since_at)
    SELECT DISTINCT ON (t.address, t.reason) t.address, t.reason, 'message ' || t.id, t.since_at
    FROM told t WHERE t.address IS NOT NULL
    ORDER BY t.address, t.reason, t.since_at
    ON CONFLICT (email_key, scope, reason) DO NOTHING
    """
)
_KEPT_APART = text(
    """
    SELECT id, kind, provider_id, bounce, detail, happened_at, received_at, count(*) OVER () AS total
    FROM receipt WHERE message_id IS NULL AND received_at < now() - :retried_for
    ORDER BY received_at DESC, id DESC LIMIT :limit OFFSET :offset
    """
)


class Applied(NamedTuple):
    """What became of a batch: `waiting` ones are new and name no message of ours so far."""

    new: int
    repeated: int
    waiting: int


def apply(events: Iterable[Event]) -> Applied:
    """Keep the events that are new and let them move their messages, all in one transaction."""
    once = {event.key: event for event in events}
    total = len(once)
    with transaction() as session:
        kept = session.execute(_KEEP, {"events": _json(event._asdict() for event in once.values())}).mappings().all()
        _settle(session, [row for row in kept if row["message_id"] is not None])
    waiting = sum(row["message_id"] is None for row in kept)
    return Applied(len(kept), total - len(kept), waiting)


def match_waiting() -> int:
    """Hold receipts that came before their message was recorded against the ledger again; return how many fit now."""
    with transaction() as session:
        found = session.execute(_MATCH, {"retried_for": RETRIED_FOR}).mappings().all()
        _settle(session, found)
        return len(found)


def kept_apart(session: Session, *, limit: int, offset: int = 0) -> Sequence[RowMapping]:
    """Return the receipts that name no message of ours, newest first; each row carries their `total`."""
    values = {"retried_for": RETRIED_FOR, "limit": limit, "offset": offset}
    return session.execute(_KEPT_APART, values).mappings().all()


def _settle(session: Session, receipts: Sequence[RowMapping]) -> None:
    """Let matched receipts move their messages, and draw the consequences for invitations and addresses."""
    if not receipts:
        return
    ids = sorted({row["message_id"] for row in receipts})
    before = {row.id: row for row in session.execute(_LOCK, {"ids": ids})}
    fates = {id: Fate._make(row[2:]) for id, row in before.items()}
    named = {}
    for row in receipts:
        id = row["message_id"]
        news = News(ReceiptKind(row["kind"]), row["bounce"], row["mailed_at"], row["happened_at"])
        fates[id] = told(fates[id], news)
        named[id] = row["provider_id"]
    changed = [id for id, fate in fates.items() if fate != Fate._make(before[id][2:])]
    moved = ({"id": id, "provider_id": named[id], **fates[id]._asdict()} for id in changed)
    session.execute(_MOVE, {"fates": _json(moved)})
    note_sent(session, [id for id in changed if before[id].sent_at is None])
    _draw_consequences(session, receipts, [before[id].invitation_id for id in changed])


def _draw_consequences(session: Session, receipts: Sequence[RowMapping], invitations: Sequence[int]) -> None:
    session.execute(_NOTE, {"ids": invitations})
    bounced = [row["message_id"] for row in receipts if row["kind"] == ReceiptKind.BOUNCED]
    complained = [row["message_id"] for row in receipts if row["kind"] == ReceiptKind.COMPLAINED]
    if bounced or complained:
        in_a_row = {"in_a_row": TRANSIENT_IN_A_ROW, "before": TRANSIENT_IN_A_ROW - 1}
        session.execute(_SUPPRESS, {"bounced": bounced, "complained": complained, **in_a_row})


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    return json.dumps(list(rows), default=str)
