"""Deed that sets a planned wave going."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, text
from sqlalchemy.orm import Session

from app.campaigns.creating import LINK_LIFE_DAYS
from app.campaigns.models import Wave, WaveState
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused

# Renewals within 120 days first, the earliest ahead; then the higher value; within an account one seat per level in
# turn (domain section 4). The dispatcher follows the order of the ids given here.
_QUEUE = text(
    """
    INSERT INTO message (invitation_id, wave_id, account_id, number, due_at)
    SELECT i.id, i.wave_id, i.account_id, 0, :due_at
    FROM invitation i
    JOIN account a ON a.id = i.account_id
    JOIN wave_account f ON f.wave_id = i.wave_id AND f.account_id = i.account_id
    JOIN wave w ON w.id = i.wave_id
    WHERE i.wave_id = :wave_id
    ORDER BY CASE WHEN a.renewal_on BETWEEN w.planned_for AND w.planned_for + 120 THEN a.renewal_on END NULLS LAST,
             f.annual_value DESC NULLS LAST, a.external_id, i.turn
    ON CONFLICT (invitation_id, number) DO NOTHING
    """
)

# A link lives for its days from the sending on, however long the plan lay.
_LIVE = text("UPDATE invitation SET closes_on = greatest(closes_on, :closes_on) WHERE wave_id = :wave_id")


def launch_wave(wave_id: int, *, now: datetime, actor: str) -> int:
    """Put a mail in the ledger for each invitation of a planned wave; return how many.

    Raises NotFound for an unknown wave, Refused for one that is not planned or was launched before.
    """
    with transaction() as session:
        wave = _locked(session, wave_id)
        if wave.state is WaveState.DRAFT:
            raise Refused(f"«{wave.name}» has no plan yet. Plan it first: nobody is asked without a reason on record.")
        if wave.state is not WaveState.PLANNED:
            raise Refused(f"«{wave.name}» was launched already; nobody is mailed twice.")
        if wave.planned_for > now.date():
            raise Refused(f"«{wave.name}» is reckoned from {wave.planned_for:%d %B %Y}; send it from that day on.")
        if wave.ends_on < now.date():
            raise Refused(
                f"«{wave.name}» ended on {wave.ends_on:%d %B %Y}; its links would be closed. Make a new wave."
            )
        session.execute(_LIVE, {"wave_id": wave_id, "closes_on": now.date() + timedelta(days=LINK_LIFE_DAYS)})
        queued: int = session.execute(_QUEUE, {"wave_id": wave_id, "due_at": now}).rowcount  # type: ignore[attr-defined] # of an INSERT
        wave.state, wave.launched_at = WaveState.RUNNING, func.now()
        audit.record(session, actor=actor, deed="wave.launched", subject=f"wave {wave_id}", messages=queued)
        return queued


def _locked(session: Session, wave_id: int) -> Wave:
    wave = session.get(Wave, wave_id, with_for_update=True)
    if wave is None:
        raise NotFound(f"There is no wave {wave_id}.")
    return wave
