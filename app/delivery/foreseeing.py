"""What will leave on which day as far as anybody can know it now: for the calendar of coming sends.

Invitations of a wave that runs are spread over its campaign's working days as the caps will spread them; who is away on
a holiday of their own country shifts them by a day or two. Waves that have no plan yet have a day and no number.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.campaigns.cadence import next_occurrence, wave_key, wave_name
from app.campaigns.calendar import NeverOpen, daily_allowance, is_working_day, next_working_day, working_days_between
from app.campaigns.closures import closures
from app.campaigns.models import Campaign, CampaignState, Wave
from app.campaigns.upcoming import campaign_day
from app.campaigns.windows import Closures, Whereabouts, midnight

_ONE_DAY = timedelta(days=1)


class Send(enum.StrEnum):
    """What leaves on a day, or that a wave begins."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    WAVE = "wave"


class Coming(NamedTuple):
    """Mails of one kind on one day; `mails` is None where nobody knows, `wave_id` None where there is no wave yet."""

    day: date
    kind: Send
    campaign_id: int
    campaign: str
    wave_id: int | None
    wave: str
    mails: int | None


# What is due by today, or overdue, comes today; the rest keeps its day.
_WAITING = text(
    """
    SELECT w.campaign_id, w.id AS wave_id, w.name AS wave, w.send_by, m.number > 0 AS reminder,
           greatest(m.due_on, :today) AS day, count(*) AS mails
    FROM wave w JOIN message m ON m.wave_id = w.id AND m.state = 'queued' AND m.due_at IS NULL
    WHERE w.state IN ('running', 'paused') AND w.campaign_id = :campaign_id AND m.due_on <= w.ends_on
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY w.id, 5, 6
    """
)
_GONE_TODAY = text(
    """
    SELECT count(*) FROM wave w JOIN message m ON m.wave_id = w.id AND m.number = 0
     AND (m.claimed_at >= :midnight AND m.state <> 'failed' OR m.state = 'queued' AND m.due_at IS NOT NULL)
    WHERE w.campaign_id = :campaign_id AND w.state IN ('running', 'paused')
    """
)
_PLANNED = text(
    """
    SELECT w.id AS wave_id, w.name AS wave, greatest(w.planned_for, :today) AS day,
           CASE w.state WHEN 'planned' THEN (SELECT count(*) FROM invitation i WHERE i.wave_id = w.id) END AS mails
    FROM wave w WHERE w.state IN ('draft', 'planned') AND w.campaign_id = :campaign_id ORDER BY w.id
    """
)


def coming(session: Session, now: datetime, days: int) -> list[Coming]:
    """Return what leaves from today on for so many days, by day; campaigns that are drafts or over send nothing."""
    closed = closures(session)
    over = (CampaignState.DRAFT, CampaignState.FINISHED)
    campaigns = session.scalars(select(Campaign).where(Campaign.state.not_in(over)).order_by(Campaign.id))
    found: list[Coming] = []
    for campaign in campaigns.all():
        today = campaign_day(campaign, now)
        until = today + timedelta(days=days)
        began = midnight(now, Whereabouts(campaign.time_zone, campaign.country or ""))
        gone = session.scalar(_GONE_TODAY, {"campaign_id": campaign.id, "midnight": began}) or 0
        room = max(0, campaign.daily_cap - gone)
        found += [one for one in _of_campaign(session, campaign, room, today, until, closed) if one.day < until]
    return sorted(found, key=lambda one: one.day)


def _of_campaign(
    session: Session, campaign: Campaign, room: int, today: date, until: date, closed: Closures
) -> Iterator[Coming]:
    ids = {"campaign_id": campaign.id, "today": today}
    invitations: dict[int, list[Any]] = {}
    for row in session.execute(_WAITING, ids):
        if row.reminder:
            yield Coming(row.day, Send.REMINDER, campaign.id, campaign.name, row.wave_id, row.wave, row.mails)
        else:
            invitations.setdefault(row.wave_id, []).append(row)
    for wave_id, rows in invitations.items():
        for day, mails in _spread(campaign, rows, room, today, until, closed):
            yield Coming(day, Send.INVITATION, campaign.id, campaign.name, wave_id, rows[0].wave, mails)
    for row in session.execute(_PLANNED, ids):
        yield Coming(row.day, Send.WAVE, campaign.id, campaign.name, row.wave_id, row.wave, row.mails)
    made = set(session.scalars(select(Wave.key).where(Wave.campaign_id == campaign.id)))
    yield from _waves_to_come(campaign, made, today, until, closed)


def _spread(
    campaign: Campaign, rows: list[Any], room: int, today: date, until: date, closed: Closures
) -> Iterator[tuple[date, int]]:
    """Yield the working days on which a wave's invitations leave, with how many; `room` is what today still takes."""
    shut = closed.of_country(campaign.country)
    waiting = {row.day: row.mails for row in rows}
    day, due, total = min(waiting), 0, sum(waiting.values())
    send_by = rows[0].send_by
    while total and day < until:
        due += waiting.pop(day, 0)
        if due and is_working_day(day, campaign.country, shut):
            left = None if send_by is None else working_days_between(day, send_by, campaign.country, shut)
            cap = room if day == today else campaign.daily_cap
            mails = min(due, cap, daily_allowance(campaign.daily_cap, total, left))
            if mails:
                yield day, mails
            due, total = due - mails, total - mails
        day += _ONE_DAY


def _waves_to_come(
    campaign: Campaign, made: Collection[str], after: date, until: date, closed: Closures
) -> Iterator[Coming]:
    """Yield the beginnings of waves that the scheduler will make."""
    if campaign.starts_on is None:
        return
    occurrence = next_occurrence(campaign.cadence, campaign.starts_on, after)
    while occurrence is not None and occurrence < until and not (campaign.ends_on and occurrence > campaign.ends_on):
        try:
            day = next_working_day(occurrence, campaign.country, closed.of_country(campaign.country))
        except NeverOpen:
            return
        if wave_key(campaign.cadence, occurrence) not in made:
            name = wave_name(campaign.cadence, occurrence)
            yield Coming(day, Send.WAVE, campaign.id, campaign.name, None, name, None)
        occurrence = next_occurrence(campaign.cadence, campaign.starts_on, occurrence + _ONE_DAY)
