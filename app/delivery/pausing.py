"""Deeds that hold mails and let them go on: one wave or everything, by a person or by the engine itself.

Whatever paused it, only a person lets it go on; the one exception is a daily quota, which frees itself. To go on mails
nobody twice: a pause touches no message, it only keeps them from being claimed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.campaigns.models import Wave, WaveState
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.delivery.models import PauseCause, SendingPause

log = logging.getLogger(__name__)

ENGINE = "quorum"
"""Who paused what the engine paused."""

_HAND_OUT_AGAIN = text(
    "UPDATE message SET enqueued_at = NULL WHERE wave_id = :wave_id AND state = 'queued' AND enqueued_at IS NOT NULL"
)


def pause_wave(wave_id: int, *, actor: str, reason: str = "") -> None:
    """Hold the mails of a running wave that have not left yet."""
    with transaction() as session:
        _move(session, wave_id, WaveState.RUNNING, WaveState.PAUSED)
        _open(session, PauseCause.BY_HAND, reason, wave_id, actor)
        audit.record(session, actor=actor, deed="wave.paused", subject=f"wave {wave_id}", reason=reason)


def resume_wave(wave_id: int, *, actor: str) -> None:
    """Let a paused wave go on where it stood; nobody who was mailed is mailed again."""
    with transaction() as session:
        _move(session, wave_id, WaveState.PAUSED, WaveState.RUNNING)
        _close(session, wave_id, actor)
        session.execute(_HAND_OUT_AGAIN, {"wave_id": wave_id})
        audit.record(session, actor=actor, deed="wave.resumed", subject=f"wave {wave_id}")


def pause_everything(*, actor: str, reason: str = "") -> None:
    """Hold all mails that have not left yet; raises Refused when a person did so already."""
    with transaction() as session:
        if not _open(session, PauseCause.BY_HAND, reason, None, actor):
            raise Refused("All sending is paused already.")
        audit.record(session, actor=actor, deed="sending.paused", subject="everything", reason=reason)


def resume_everything(*, actor: str) -> None:
    """Let sending go on, whatever paused it; waves that are paused by themselves stay so."""
    with transaction() as session:
        if not _close(session, None, actor):
            raise Refused("Sending is not paused.")
        audit.record(session, actor=actor, deed="sending.resumed", subject="everything")


def hold(cause: PauseCause, detail: str, wave_id: int | None = None) -> None:
    """Stop a wave, or everything, of the engine's own accord; said again, it changes nothing."""
    with transaction() as session:
        if not _open(session, cause, detail, wave_id, ENGINE):
            return
        if wave_id is not None:
            running = update(Wave).where(Wave.id == wave_id, Wave.state == WaveState.RUNNING)
            session.execute(running.values(state=WaveState.PAUSED))
        subject = "everything" if wave_id is None else f"wave {wave_id}"
        audit.record(session, actor=ENGINE, deed="sending.held", subject=subject, cause=cause.value, detail=detail)
    log.error("sending is paused (%s): %s", subject, detail)


def quota_is_free() -> None:
    """Let go on what waited for nothing but a new day's quota."""
    with transaction() as session:
        _close(session, None, ENGINE, SendingPause.cause == PauseCause.DAILY_QUOTA)


def open_pauses(session: Session, wave_id: int | None = None) -> Sequence[SendingPause]:
    """Return what holds everything, and what holds `wave_id` if one is given; the oldest first."""
    of_these = or_(SendingPause.wave_id.is_(None), SendingPause.wave_id == wave_id)
    query = select(SendingPause).where(SendingPause.ended_at.is_(None), of_these)
    return session.scalars(query.order_by(SendingPause.since_at)).all()


def past_pauses(session: Session, limit: int = 100) -> Sequence[SendingPause]:
    """Return pauses that are over, the last one first."""
    query = select(SendingPause).where(SendingPause.ended_at.is_not(None))
    return session.scalars(query.order_by(SendingPause.ended_at.desc()).limit(limit)).all()


def _move(session: Session, wave_id: int, from_state: WaveState, to_state: WaveState) -> None:
    wave = session.get(Wave, wave_id, with_for_update=True)
    if wave is None:
        raise NotFound(f"There is no wave {wave_id}.")
    if wave.state is not from_state:
        raise Refused(f"«{wave.name}» is {wave.state}, not {from_state}.")
    wave.state = to_state


def _open(session: Session, cause: PauseCause, detail: str, wave_id: int | None, by: str) -> bool:
    """Note a pause and return True; False when the same one is open already."""
    noted = insert(SendingPause).values(wave_id=wave_id, cause=cause, detail=detail, paused_by=by)
    return session.scalar(noted.on_conflict_do_nothing().returning(SendingPause.id)) is not None


def _close(session: Session, wave_id: int | None, by: str, *only: object) -> bool:
    """End the open pauses of a wave, or of everything, and return whether there were any."""
    is_open = (SendingPause.wave_id.is_not_distinct_from(wave_id), SendingPause.ended_at.is_(None), *only)
    ended = update(SendingPause).where(*is_open).values(ended_at=func.now(), ended_by=by)  # type: ignore[arg-type] # conditions
    return bool(session.scalars(ended.returning(SendingPause.id)).all())
