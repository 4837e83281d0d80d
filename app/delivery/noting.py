"""Notes at invitation and contact that somebody was asked, or may have been: the contact rules count from there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

# Locked first: what an answer or another note changes meanwhile is seen, and nobody is counted as silent twice.
_NOTE = text(
    """
    WITH noted AS (
        SELECT invitation_id, min(number) AS number, max(coalesce(sent_at, claimed_at)) AS at
        FROM message WHERE id = ANY(:ids) GROUP BY invitation_id
    ), before AS (
        SELECT i.id, i.sent_at, i.answered_at FROM invitation i
        WHERE i.id IN (SELECT invitation_id FROM noted) ORDER BY i.id FOR UPDATE
    ), invited AS (
        UPDATE invitation i SET sent_at = coalesce(b.sent_at, n.at)
        FROM before b JOIN noted n ON n.invitation_id = b.id WHERE i.id = b.id
        RETURNING i.contact_id, i.wave_id, n.at, n.number = 0 AND b.sent_at IS NULL AND b.answered_at IS NULL AS waits
    ), asked AS (
        SELECT v.contact_id, (max(v.at) FILTER (WHERE g.kind = 'relationship'))::date AS relationship_on,
               (max(v.at) FILTER (WHERE g.kind = 'transactional'))::date AS transactional_on,
               count(*) FILTER (WHERE v.waits) AS invitations
        FROM invited v JOIN wave w ON w.id = v.wave_id JOIN campaign g ON g.id = w.campaign_id
        GROUP BY v.contact_id
    )
    UPDATE contact c SET last_invited_on = greatest(c.last_invited_on, a.relationship_on),
                         last_transactional_on = greatest(c.last_transactional_on, a.transactional_on),
                         unanswered = c.unanswered + a.invitations
    FROM asked a WHERE c.id = a.contact_id
    """
)


def note_sent(session: Session, message_ids: Sequence[int]) -> None:
    """Note that these messages left, or may have; as often as one likes, each counts once."""
    if message_ids:
        session.execute(_NOTE, {"ids": list(message_ids)})
