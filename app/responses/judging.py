"""Deed that works out all verdicts again, for when the rules of `evidence` have learnt; nothing is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.audit import record
from app.core.db import transaction
from app.responses.evidence import Evidence, verdict

_BATCH = 5_000

# Invitations first, as answering does, so that neither waits for the other.
_NEXT = text(
    """
    SELECT i.id FROM response r JOIN invitation i ON i.id = r.invitation_id
    WHERE i.id > :after ORDER BY i.id LIMIT :batch FOR UPDATE OF i
    """
)
_EVIDENCE = text("SELECT invitation_id, verdict::text, evidence FROM response WHERE invitation_id = ANY(:ids)")
# What turns out to be a machine's no longer answers the invitation, and the other way round.
_JUDGE = text(
    """
    WITH judged AS (
        UPDATE response r SET verdict = v.verdict::verdict
        FROM unnest(CAST(:ids AS bigint[]), CAST(:verdicts AS text[])) AS v (id, verdict)
        WHERE r.invitation_id = v.id
        RETURNING r.invitation_id, r.answered_at, r.completed_at, v.verdict = 'machine' AS machine
    )
    UPDATE invitation i SET answered_at = CASE WHEN NOT j.machine THEN j.answered_at END,
                            completed_at = CASE WHEN NOT j.machine THEN j.completed_at END
    FROM judged j WHERE i.id = j.invitation_id
    """
)

# Whoever turns out to be a person has left no more invitations unanswered than were sent since.
_HEARD = text(
    """
    UPDATE contact c SET unanswered = least(c.unanswered, (
        SELECT count(*) FROM invitation later WHERE later.contact_id = c.id AND later.sent_at > said.sent_at
    ))
    FROM (
        SELECT contact_id, max(sent_at) AS sent_at FROM invitation WHERE id = ANY(:ids) GROUP BY contact_id
    ) said
    WHERE c.id = said.contact_id
    """
)

# Whoever turns out not to have answered has left unanswered what was sent since they last did.
_SILENT = text(
    """
    UPDATE contact c SET unanswered = greatest(c.unanswered, (
        SELECT count(*) FROM invitation i WHERE i.contact_id = c.id AND i.answered_at IS NULL AND i.sent_at > coalesce(
            (SELECT max(heard.sent_at) FROM invitation heard
             WHERE heard.contact_id = c.id AND heard.answered_at IS NOT NULL), '-infinity')
    ))
    WHERE c.id IN (SELECT contact_id FROM invitation WHERE id = ANY(:ids))
    """
)


def judge_again(*, actor: str) -> int:
    """Work out the verdict of every answer from its evidence; return how many changed."""
    changed, after = 0, 0
    while True:
        with transaction() as session:
            ids = session.scalars(_NEXT, {"after": after, "batch": _BATCH}).all()
            if not ids:
                record(session, actor=actor, deed="verdicts.judged_again", subject="all answers", changed=changed)
                return changed
            changed += _judge(session, session.execute(_EVIDENCE, {"ids": ids}).all())
            after = ids[-1]


def _judge(session: Session, rows: Sequence[Any]) -> int:
    verdicts = {row.invitation_id: verdict(Evidence.of(row.evidence)) for row in rows}
    moved = {row.invitation_id: now for row in rows if (now := verdicts[row.invitation_id]) != row.verdict}
    if moved:
        session.execute(_JUDGE, {"ids": list(moved), "verdicts": list(moved.values())})
        session.execute(_HEARD, {"ids": [id for id, now in moved.items() if now != "machine"]})
        session.execute(_SILENT, {"ids": [id for id, now in moved.items() if now == "machine"]})
    return len(moved)
