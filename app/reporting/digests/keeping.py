"""Deeds around digests: when they leave, who wants none, and the list of managers with what became of theirs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import audit
from app.core.db import transaction
from app.reporting.digests.models import Digest, DigestRhythm, DigestStop
from app.reporting.digests.rhythm import Rhythm

_ONE = 1
_MANAGERS = text(
    """
    WITH manager AS (
        SELECT lower(manager_email) AS email, max(manager_name) AS name, count(*) AS accounts FROM account
        WHERE manager_email IS NOT NULL AND status = 'active' GROUP BY 1
    )
    SELECT m.*, d.state::text AS state, d.day, d.sent_at, d.reason, s.stopped_at IS NOT NULL AS stopped,
           count(*) OVER () AS total
    FROM manager m LEFT JOIN digest_stop s ON s.manager_email = m.email
    LEFT JOIN LATERAL (SELECT * FROM digest d WHERE d.manager_email = m.email ORDER BY day DESC LIMIT 1) d ON true
    WHERE m.email ILIKE :pattern OR m.name ILIKE :pattern
    ORDER BY m.name, m.email LIMIT :most OFFSET :skipped
    """
)


def rhythm_kept(session: Session) -> Rhythm:
    """Return when digests leave; they do not until somebody says so."""
    row = session.get(DigestRhythm, _ONE)
    return Rhythm(row.switched_on, row.weekday, row.hour, row.zone) if row else Rhythm()


def keep_rhythm(rhythm: Rhythm, *, actor: str) -> None:
    """Let digests leave by this rhythm from now on."""
    values = {"switched_on": rhythm.on, "weekday": rhythm.weekday, "hour": rhythm.hour, "zone": rhythm.zone}
    kept = values | {"changed_at": func.now(), "changed_by": actor}
    with transaction() as session:
        row = insert(DigestRhythm).values(id=_ONE, **kept)
        session.execute(row.on_conflict_do_update(index_elements=[DigestRhythm.id], set_=kept))
        audit.record(session, actor=actor, deed="digests.changed", subject="digests", **values)


def managers(session: Session, *, pattern: str, most: int, skipped: int) -> list[dict[str, Any]]:
    """Return managers of active accounts with the digest they got last; each row has their `total`."""
    rows = session.execute(_MANAGERS, {"pattern": pattern, "most": most, "skipped": skipped})
    return [dict(row) for row in rows.mappings()]


def manager_of(digest_id: int) -> str | None:
    """Return whose digest this is."""
    with transaction() as session:
        return session.scalar(select(Digest.manager_email).where(Digest.id == digest_id))


def is_stopped(manager: str) -> bool:
    """Tell whether a manager wants no digests."""
    with transaction() as session:
        return session.get(DigestStop, manager) is not None


def stop(manager: str, *, actor: str) -> None:
    """Send a manager no more digests."""
    with transaction() as session:
        row = insert(DigestStop).values(manager_email=manager, stopped_by=actor)
        stopped = session.scalar(row.on_conflict_do_nothing().returning(DigestStop.manager_email))
        if stopped:
            audit.record(session, actor=actor, deed="digest.stopped", subject=f"digest of {manager}")


def go_on(manager: str, *, actor: str) -> None:
    """Send a manager digests again."""
    with transaction() as session:
        gone = session.scalar(
            delete(DigestStop).where(DigestStop.manager_email == manager).returning(DigestStop.manager_email)
        )
        if gone:
            audit.record(session, actor=actor, deed="digest.resumed", subject=f"digest of {manager}")
