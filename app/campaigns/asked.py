"""What the contact rules need to know of a mailbox: what it was asked, what is coming, and what was forgiven."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.campaigns.asking_models import RuleOverride
from app.campaigns.contact_rules import LOOK_BACK, Ask
from app.campaigns.settings import Kind

# The same locks, in the same order, as where mails are claimed: who decides about a mailbox is alone with it.
_ALONE_WITH = text(
    """
    SELECT pg_advisory_xact_lock(mailbox)
    FROM (SELECT DISTINCT hashtextextended(r, 0) AS mailbox FROM unnest(CAST(:mailboxes AS text[])) r ORDER BY 1) l
    """
)
_SENT = text(
    """
    SELECT i.sent_at, g.kind::text AS kind
    FROM contact c JOIN invitation i ON i.contact_id = c.id
    JOIN wave w ON w.id = i.wave_id JOIN campaign g ON g.id = w.campaign_id
    WHERE c.email_key = :email_key AND i.sent_at > :since
    """
)
_TOLD = text("SELECT max(last_invited_on) FROM contact WHERE email_key = :email_key")
# Open: sent and not finished, as long as its link lives. Due: planned or waiting, for a day that is near.
_RELATIONSHIP = text(
    """
    SELECT EXISTS (
        SELECT FROM contact c JOIN invitation i ON i.contact_id = c.id
        JOIN wave w ON w.id = i.wave_id JOIN campaign g ON g.id = w.campaign_id
        LEFT JOIN wave_account f ON f.wave_id = w.id AND f.account_id = i.account_id
        WHERE c.email_key = :email_key AND g.kind = 'relationship' AND g.state <> 'finished'
          AND w.state IN ('planned', 'running', 'paused') AND i.closes_on >= :day
          AND i.completed_at IS NULL AND i.refused_at IS NULL AND i.bounced_at IS NULL
          AND (i.sent_at IS NOT NULL OR coalesce(f.due_on, w.planned_for) <= :near))
    """
)
_SCHEDULED = text(
    """
    SELECT EXISTS (
        SELECT FROM contact c JOIN trigger_event e ON e.contact_id = c.id
        JOIN invitation i ON i.contact_id = c.id AND i.trigger_event_id = e.id
        WHERE c.email_key = :email_key AND e.id <> :event_id AND e.decision = 'scheduled' AND e.reason IS NULL
          AND i.sent_at IS NULL AND i.closes_on >= :day)
    """
)


def alone_with(session: Session, mailboxes: Sequence[str]) -> None:
    """Wait until nobody else decides about these mailboxes, and keep the others out until the transaction ends."""
    session.execute(_ALONE_WITH, {"mailboxes": list(mailboxes)})


def asks_of(session: Session, email_key: str, now: datetime) -> list[Ask]:
    """Return what a mailbox was asked, whoever bears it; a survey that the CRM tells of counts as relationship."""
    since = now - LOOK_BACK
    asks = [Ask(at, Kind(kind)) for at, kind in session.execute(_SENT, {"email_key": email_key, "since": since})]
    told: date | None = session.scalar(_TOLD, {"email_key": email_key})
    if told is not None and told not in {ask.at.date() for ask in asks}:
        asks.append(Ask(datetime.combine(told, time(12), tzinfo=UTC), Kind.RELATIONSHIP))
    return asks


def forgiven_at(session: Session, email_key: str) -> datetime | None:
    """Return when somebody last overrode the rules for a mailbox."""
    return session.scalar(select(func.max(RuleOverride.granted_at)).where(RuleOverride.email_key == email_key))


def relationship_comes_first(session: Session, email_key: str, at: datetime, ahead_days: int) -> bool:
    """Return whether a relationship survey of the mailbox is open at a moment, or due within so many days of it."""
    day = at.astimezone(UTC).date()
    near = {"day": day, "near": day + timedelta(days=ahead_days)}
    return bool(session.scalar(_RELATIONSHIP, {"email_key": email_key} | near))


def has_scheduled(session: Session, email_key: str, *, besides: int, on: date) -> bool:
    """Return whether a survey to the mailbox, after another event, is on its way and has not left."""
    return bool(session.scalar(_SCHEDULED, {"email_key": email_key, "event_id": besides, "day": on}))
