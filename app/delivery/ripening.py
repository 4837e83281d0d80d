"""Deed of each minute: surveys after events whose moment has come get their mail, if nothing speaks against it by now.

Until then there is an invitation and no mail, so that what happens meanwhile is looked at once more: another survey, an
opt-out, a contact who left. The mail then waits for window and caps like every other.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.accounts.joining import TODAYS_ACCOUNT
from app.campaigns.asking_models import TriggerEvent
from app.campaigns.models import Campaign, CampaignState
from app.campaigns.triggering import look_again
from app.core.db import transaction
from app.delivery.places import WHEREABOUTS

MOST_AT_ONCE = 2_000
"""Events in one tick; what is left waits for the next one."""

_MAIL = text(
    f"""
    WITH one AS (
        SELECT i.id, i.wave_id, i.account_id, {WHEREABOUTS}
        FROM invitation i JOIN wave w ON w.id = i.wave_id JOIN campaign g ON g.id = w.campaign_id
        JOIN contact c ON c.id = i.contact_id {TODAYS_ACCOUNT}
        WHERE i.contact_id = :contact_id AND i.trigger_event_id = :event_id
    ), known AS (
        INSERT INTO place (zone, country) SELECT zone, country FROM one ON CONFLICT DO NOTHING
        RETURNING id, zone, country
    ), places AS (SELECT id, zone, country FROM known UNION SELECT id, zone, country FROM place)
    INSERT INTO message (invitation_id, wave_id, account_id, number, place_id, due_on)
    SELECT one.id, one.wave_id, one.account_id, 0, p.id, (CAST(:now AS timestamptz) AT TIME ZONE one.zone)::date
    FROM one JOIN places p ON p.zone = one.zone AND p.country = one.country
    ON CONFLICT (invitation_id, number) DO NOTHING
    """
)


def ripen(now: datetime) -> int:
    """Write the mails of events whose moment has come by `now`; return how many."""
    written = 0
    for event_id in _due(now):
        with transaction() as session:
            written += _ripen(session, event_id, now)
    return written


def _due(now: datetime) -> list[int]:
    """Return the events whose moment has come and whose campaign is not held, the earliest first."""
    waiting = TriggerEvent.send_at <= now, TriggerEvent.mailed_at.is_(None), TriggerEvent.reason.is_(None)
    query = select(TriggerEvent.id).join(Campaign, Campaign.id == TriggerEvent.campaign_id)
    query = query.where(*waiting, Campaign.state != CampaignState.PAUSED).order_by(TriggerEvent.send_at)
    with transaction() as session:
        return list(session.scalars(query.limit(MOST_AT_ONCE)))


def _ripen(session: Session, event_id: int, now: datetime) -> bool:
    event = session.get(TriggerEvent, event_id, with_for_update={"skip_locked": True})
    if event is None or event.mailed_at is not None or event.reason is not None:
        return False
    event.changed_at = func.clock_timestamp()
    event.reason = look_again(session, event, now)
    if event.reason is not None:
        return False
    event.mailed_at = now
    session.execute(_MAIL, {"contact_id": event.contact_id, "event_id": event.id, "now": now})
    return True
