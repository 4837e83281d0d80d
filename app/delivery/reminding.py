"""Deed that puts reminders into the ledger, once the mail before has left: each waits there for its day.

Rules: domain section 5. A reminder is reckoned in working days from the day on which its invitation really left, where
its reader is, and keeps its distance to the reminder before. Whether it goes is looked at again at the claim: an
answer, an unsubscription, a bounce or a complaint stops it; an open, which mail programs do by themselves, does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.accounts.joining import TODAYS_ACCOUNT
from app.campaigns.closures import closures
from app.campaigns.windows import Closures, Whereabouts, local_day, working_days_after
from app.core.db import transaction
from app.delivery.places import WHEREABOUTS, place_ids

AT_ONCE = 5_000

SETTLED_AFTER = timedelta(hours=6)
"""By then everybody knows what became of a mail, and no reminder is due yet: the next working day is further off."""

_WAVES = text(
    """
    SELECT w.id, w.ends_on, w.reminded_to, c.reminders FROM wave w JOIN campaign c ON c.id = w.campaign_id
    WHERE w.state IN ('running', 'paused') AND jsonb_array_length(c.reminders) > 0 ORDER BY w.id FOR UPDATE OF w
    """
)
# All mails of one moment come together, so that the mark never stops in the middle of one.
_FOLLOWED = text(
    f"""
    SELECT m.invitation_id, m.account_id, m.number, m.claimed_at, first.claimed_at AS invited_at, {WHEREABOUTS}
    FROM (SELECT * FROM message WHERE wave_id = :wave_id AND claimed_at > :after AND claimed_at <= :up_to
          ORDER BY claimed_at FETCH FIRST :at_once ROWS WITH TIES) m
    JOIN message first ON first.invitation_id = m.invitation_id AND first.number = 0
    JOIN invitation i ON i.id = m.invitation_id
    JOIN wave w ON w.id = i.wave_id JOIN campaign g ON g.id = w.campaign_id
    JOIN contact c ON c.id = i.contact_id {TODAYS_ACCOUNT}
    WHERE m.number < :most AND m.state IN ('sent', 'delivered', 'unknown') AND first.claimed_at IS NOT NULL
      AND i.completed_at IS NULL AND i.refused_at IS NULL AND i.bounced_at IS NULL
    """
)
_UP_TO = text(
    """
    SELECT max(claimed_at) FROM (
        SELECT claimed_at FROM message WHERE wave_id = :wave_id AND claimed_at > :after AND claimed_at <= :up_to
        ORDER BY claimed_at FETCH FIRST :at_once ROWS WITH TIES) m
    """
)
_ADD = text(
    """
    INSERT INTO message (invitation_id, wave_id, account_id, number, place_id, due_on)
    SELECT v.invitation_id, :wave_id, v.account_id, v.number, v.place_id, v.due_on
    FROM unnest(CAST(:invitations AS bigint[]), CAST(:accounts AS bigint[]), CAST(:numbers AS int[]),
                CAST(:places AS bigint[]), CAST(:days AS date[]))
         AS v(invitation_id, account_id, number, place_id, due_on)
    ON CONFLICT (invitation_id, number) DO NOTHING
    """
)
_MARK = text("UPDATE wave SET reminded_to = :up_to WHERE id = :wave_id")


def remind(now: datetime) -> int:
    """Put reminders for what has left by now into the ledger; return how many are new."""
    added = 0
    while True:
        with transaction() as session:
            session.execute(select(func.pg_advisory_xact_lock(func.hashtext("remind"))))
            closed, busy = closures(session), False
            for wave in session.execute(_WAVES).all():
                more = _remind_wave(session, wave, now, closed)
                busy, added = busy or more is not None, added + (more or 0)
            if not busy:
                return added


def _remind_wave(session: Session, wave: Any, now: datetime, closed: Closures) -> int | None:
    """Follow up the next mails of a wave and return how many reminders that made; None when there was nothing new."""
    span = {
        "wave_id": wave.id,
        "after": wave.reminded_to or datetime.min.replace(tzinfo=now.tzinfo),
        "up_to": now - SETTLED_AFTER,
        "at_once": AT_ONCE,
    }
    up_to = session.scalar(_UP_TO, span)
    if up_to is None:
        return None
    rows = session.execute(_FOLLOWED, span | {"most": len(wave.reminders)}).all()
    days = [_due_on(row, wave.reminders, closed) for row in rows]
    kept = [(row, day) for row, day in zip(rows, days, strict=True) if day <= wave.ends_on]
    session.execute(_MARK, {"wave_id": wave.id, "up_to": up_to})
    return _add(session, wave.id, kept)


def _due_on(row: Any, reminders: Sequence[int], closed: Closures) -> date:
    place = Whereabouts(row.zone, row.country)
    due_on = working_days_after(local_day(row.invited_at, place), reminders[row.number], place, closed)
    if row.number == 0:
        return due_on
    distance = reminders[row.number] - reminders[row.number - 1]
    return max(due_on, working_days_after(local_day(row.claimed_at, place), distance, place, closed))


def _add(session: Session, wave_id: int, kept: Sequence[tuple[Any, date]]) -> int:
    if not kept:
        return 0
    wheres = [Whereabouts(row.zone, row.country) for row, _ in kept]
    ids = place_ids(session, wheres)
    columns = {
        "wave_id": wave_id,
        "invitations": [row.invitation_id for row, _ in kept],
        "accounts": [row.account_id for row, _ in kept],
        "numbers": [row.number + 1 for row, _ in kept],
        "places": [ids[where] for where in wheres],
        "days": [day for _, day in kept],
    }
    return session.execute(_ADD, columns).rowcount  # type: ignore[attr-defined, no-any-return] # of an INSERT
