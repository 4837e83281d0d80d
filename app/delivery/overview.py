"""Reads how sending stands: what waits, what holds it, and what became of the mails of each open wave."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.orm import Session

from app.campaigns.models import Wave
from app.core.db import reading
from app.core.navigation import Notice
from app.delivery.models import Message, MessageState, PauseCause, SendingPause

CAUSES = {
    PauseCause.BY_HAND: "paused by hand",
    PauseCause.BOUNCES: "too many bounces",
    PauseCause.COMPLAINTS: "too many complaints",
    PauseCause.ERRORS: "too many errors in a row",
    PauseCause.ACCOUNT: "the mail service does not let this account send",
    PauseCause.SENDER: "the sender is not verified",
    PauseCause.DAILY_QUOTA: "the mails of the day are used up",
}
"""Why nothing leaves, in words."""

PAST = 50
"""Pauses that are over and still shown."""

_WAVES = text(
    """
    SELECT w.id, w.name, w.state::text AS state,
           count(*) FILTER (WHERE m.state = 'queued') AS waiting,
           count(*) FILTER (WHERE m.state IN ('sent', 'delivered', 'bounced', 'complained', 'rejected')) AS sent,
           count(m.delivered_at) AS delivered, count(m.bounced_at) AS bounced, count(m.complained_at) AS complained,
           count(*) FILTER (WHERE m.delayed_at IS NOT NULL AND m.state = 'sent') AS delayed,
           count(*) FILTER (WHERE m.state = 'unknown') AS unknown
    FROM wave w JOIN message m ON m.wave_id = w.id
    WHERE w.state IN ('running', 'paused') GROUP BY w.id ORDER BY w.id DESC
    """
)


class Hold(NamedTuple):
    """A pause and the name of the wave it holds; None is everything."""

    pause: SendingPause
    wave: str | None

    @property
    def by_itself(self) -> bool:
        """Whether the engine stopped, so that a person should look."""
        return self.pause.cause is not PauseCause.BY_HAND

    @property
    def words(self) -> str:
        """Why, in words: the cause, unless the detail says it better."""
        return self.pause.detail or CAUSES[self.pause.cause]


class Overview(NamedTuple):
    """How sending stands. `waves` are the open ones; `waiting` are mails of running waves that have not left."""

    waves: list[dict[str, Any]]
    everything_held: bool
    holds: list[Hold]
    past: list[Hold]
    waiting: int
    unknown: int

    @property
    def leaves(self) -> bool:
        """Whether mails are leaving, or would if a worker ran."""
        return bool(self.waiting) and not self.everything_held


def overview(session: Session) -> Overview:
    """Return how sending stands now."""
    waves = [dict(row) for row in session.execute(_WAVES).mappings()]
    holds = _holds(session, SendingPause.ended_at.is_(None), SendingPause.since_at.asc(), None)
    unknown = select(func.count()).where(Message.state == MessageState.UNKNOWN)
    return Overview(
        waves=waves,
        everything_held=any(hold.pause.wave_id is None for hold in holds),
        holds=holds,
        past=_holds(session, SendingPause.ended_at.is_not(None), SendingPause.ended_at.desc(), PAST),
        waiting=sum(wave["waiting"] for wave in waves if wave["state"] == "running"),
        unknown=session.scalar(unknown) or 0,
    )


def notices() -> list[Notice]:
    """Return what the engine paused by itself, and a stop of everything, for every page of the admin."""
    loud = or_(SendingPause.cause != PauseCause.BY_HAND, SendingPause.wave_id.is_(None))
    with reading() as session:
        holds = _holds(session, and_(SendingPause.ended_at.is_(None), loud), SendingPause.since_at.asc(), None)
    return [Notice(f"{hold.wave or 'All sending'} is paused: {hold.words}", "sending.index") for hold in holds]


def _holds(session: Session, which: Any, order: Any, most: int | None) -> list[Hold]:
    query = select(SendingPause, Wave.name).outerjoin(Wave, Wave.id == SendingPause.wave_id).where(which)
    return [Hold(*row) for row in session.execute(query.order_by(order).limit(most))]
