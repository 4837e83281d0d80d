"""What will leave on which day as far as anybody can know it now: for the calendar of coming sends.

Mails of a wave that runs are spread over its campaign's working days as the caps will spread them; who is away on a
holiday of their own country shifts them by a day or two, and who answers before gets no reminder. Of each wave no more
mails are looked at than can leave in the days asked for. Waves that are to be made are about as large as the last one.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.campaigns.cadence import next_occurrence, wave_key, wave_name
from app.campaigns.calendar import NeverOpen, is_working_day, next_working_day, working_days_between
from app.campaigns.closures import closures
from app.campaigns.models import Campaign, CampaignState, Wave, WaveState
from app.campaigns.upcoming import campaign_day
from app.campaigns.windows import Closures, Whereabouts, midnight
from app.delivery.spreading import spread

_ONE_DAY = timedelta(days=1)
_OPEN = (WaveState.RUNNING, WaveState.PAUSED)


class Send(enum.StrEnum):
    """What leaves on a day, or that a wave begins."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    WAVE = "wave"


class Coming(NamedTuple):
    """Mails of one kind on one day, or a wave that begins with so many people.

    `mails` is None where nobody knows, `wave_id` None where there is no wave yet. `certain` tells that the mails, or
    the people of the wave, are settled; `cap` is the most of that day and kind. What is `paused` comes once it goes on.
    """

    day: date
    kind: Send
    campaign_id: int
    campaign: str
    wave_id: int | None
    wave: str
    mails: int | None
    certain: bool = False
    cap: int | None = None
    paused: bool = False


@dataclass(frozen=True)
class Outlook:
    """What comes, by day; of each wave how many of the mails looked at wait in which country; `countries` are all."""

    coming: list[Coming] = field(default_factory=list)
    waiting: dict[int, Counter[str]] = field(default_factory=dict)
    countries: set[str] = field(default_factory=set)


# Place by place along the index, the first that can leave at all; what is overdue comes today.
_WAITING = text(
    """
    WITH RECURSIVE head AS (
        (SELECT place_id FROM message WHERE wave_id = :wave_id AND state = 'queued' AND due_at IS NULL
         ORDER BY place_id LIMIT 1)
        UNION ALL
        SELECT (SELECT m.place_id FROM message m WHERE m.wave_id = :wave_id AND m.state = 'queued' AND m.due_at IS NULL
                AND m.place_id > head.place_id ORDER BY m.place_id LIMIT 1)
        FROM head WHERE head.place_id IS NOT NULL
    )
    SELECT n.number, greatest(x.due_on, :today) AS day, p.country, sum(x.mails) AS mails
    FROM head JOIN place p ON p.id = head.place_id
    CROSS JOIN generate_series(0, :reminders) AS n(number)
    CROSS JOIN LATERAL (
        SELECT due_on, count(*) AS mails FROM (
            SELECT due_on FROM message WHERE wave_id = :wave_id AND place_id = head.place_id AND number = n.number
              AND state = 'queued' AND due_at IS NULL AND due_on <= :last ORDER BY due_on LIMIT :most) first
        GROUP BY 1) x
    GROUP BY 1, 2, 3 ORDER BY 1, 2
    """
)
_GONE_TODAY = text(
    """
    SELECT m.number, count(*) FROM wave w JOIN message m ON m.wave_id = w.id
     AND (m.claimed_at >= :midnight AND m.state <> 'failed' OR m.state = 'queued' AND m.due_at IS NOT NULL)
    WHERE w.campaign_id = :campaign_id AND w.state IN ('running', 'paused') GROUP BY 1
    """
)
_PLANNED = text(
    """
    SELECT w.id AS wave_id, w.name AS wave, greatest(w.planned_for, :today) AS day, w.send_by,
           w.state = 'planned' AS settled, w.approved_at IS NOT NULL AS approved, (
               SELECT sum(seats_decision_maker + seats_influencer + seats_user + seats_unknown)
               FROM wave_account a WHERE a.wave_id = w.id) AS mails
    FROM wave w WHERE w.state IN ('draft', 'planned') AND w.campaign_id = :campaign_id ORDER BY w.id
    """
)
_LAST = text(
    """
    SELECT sum(seats_decision_maker + seats_influencer + seats_user + seats_unknown) FROM wave_account
    WHERE wave_id = (SELECT id FROM wave WHERE campaign_id = :campaign_id AND launched_at IS NOT NULL
                     ORDER BY id DESC LIMIT 1)
    """
)


def coming(session: Session, now: datetime, days: int) -> list[Coming]:
    """Return what leaves from today on for so many days, by day; campaigns that are drafts or over send nothing."""
    return outlook(session, now, days).coming


def outlook(session: Session, now: datetime, days: int, campaign_id: int | None = None) -> Outlook:
    """Return what leaves from today on for so many days, of all campaigns that send or of one."""
    closed = closures(session)
    over = (CampaignState.DRAFT, CampaignState.FINISHED)
    query = select(Campaign).where(Campaign.state.not_in(over)).order_by(Campaign.id)
    if campaign_id is not None:
        query = query.where(Campaign.id == campaign_id)
    found = Outlook()
    for campaign in session.scalars(query).all():
        foresight = _Foresight(session, campaign, now, days, closed)
        found.coming.extend(one for one in foresight.coming() if one.day < foresight.until)
        found.waiting.update(foresight.waiting)
        found.countries.update(filter(None, (campaign.country, *foresight.countries())))
    found.coming.sort(key=lambda one: one.day)
    return found


def moved(found: Outlook, days: Collection[date], country: str | None) -> int:
    """Return about how many of the mails foreseen for these days are for readers of a country; None is everywhere."""
    mails = [one for one in found.coming if one.day in days and one.kind is not Send.WAVE and one.mails]
    return round(sum((one.mails or 0) * _share(found.waiting.get(one.wave_id or 0), country) for one in mails))


def _share(waiting: Mapping[str, int] | None, country: str | None) -> float:
    if country is None or not waiting:
        return float(country is None)
    return waiting.get(country, 0) / sum(waiting.values())


class _Foresight:
    """What one campaign will send."""

    def __init__(self, session: Session, campaign: Campaign, now: datetime, days: int, closed: Closures) -> None:
        self._session, self._campaign = session, campaign
        self._shut = closed.of_country(campaign.country)
        self._today = campaign_day(campaign, now)
        self._used: dict[int, Counter[date]] = {}
        began = midnight(now, Whereabouts(campaign.time_zone, campaign.country or ""))
        for number, mails in session.execute(_GONE_TODAY, {"campaign_id": campaign.id, "midnight": began}):
            self._used[number] = Counter({self._today: mails})
        self.until = self._today + timedelta(days=days)
        self.waiting: dict[int, Counter[str]] = {}

    def countries(self) -> Iterator[str]:
        """Yield the countries in which somebody waits for a mail."""
        for where in self.waiting.values():
            yield from where

    def coming(self) -> Iterator[Coming]:
        """Yield all that comes, in no order."""
        open_waves = select(Wave).where(Wave.campaign_id == self._campaign.id, Wave.state.in_(_OPEN))
        for wave in self._session.scalars(open_waves.order_by(Wave.id)).all():
            yield from self._of_wave(wave)
        for row in self._session.execute(_PLANNED, self._ids()):
            yield from self._of_plan(row)
        yield from self._waves_to_come()

    def _ids(self) -> dict[str, Any]:
        return {"campaign_id": self._campaign.id, "today": self._today}

    def _of_wave(self, wave: Wave) -> Iterator[Coming]:
        last = min(max(self.until, wave.send_by or self.until), wave.ends_on)
        used = {
            "wave_id": wave.id,
            "today": self._today,
            "last": last,
            "most": self._campaign.daily_cap * max((last - self._today).days + 1, 1),
            "reminders": len(self._campaign.reminders),
        }
        due: dict[int, Counter[date]] = {}
        where: Counter[str] = Counter()
        for number, day, country, mails in self._session.execute(_WAITING, used):
            due.setdefault(number, Counter())[day] += int(mails)
            where[country] += int(mails)
        self.waiting[wave.id] = where
        for number, waiting in due.items():
            kind = Send.REMINDER if number else Send.INVITATION
            for day, mails in self._spread(waiting, number, None if number else wave.send_by):
                coming = self._mails(day, kind, wave.id, wave.name, mails, certain=not number)
                yield coming._replace(paused=coming.paused or wave.state is WaveState.PAUSED)

    def _of_plan(self, row: Any) -> Iterator[Coming]:
        mails = None if row.mails is None else int(row.mails)
        ids = (self._campaign.id, self._campaign.name, row.wave_id, row.wave)
        yield Coming(row.day, Send.WAVE, *ids, mails, certain=row.settled)
        if mails and (row.approved or self._campaign.goes_by_itself):
            for day, some in self._spread(Counter({row.day: mails}), 0, row.send_by):
                yield self._mails(day, Send.INVITATION, row.wave_id, row.wave, some, certain=row.settled)

    def _mails(self, day: date, kind: Send, wave_id: int, wave: str, mails: int, *, certain: bool) -> Coming:
        campaign = self._campaign
        paused = campaign.state is CampaignState.PAUSED
        return Coming(day, kind, campaign.id, campaign.name, wave_id, wave, mails, certain, campaign.daily_cap, paused)

    def _spread(self, due: Counter[date], number: int, send_by: date | None) -> Iterator[tuple[date, int]]:
        country, shut = self._campaign.country, self._shut

        def days_left(day: date) -> int | None:
            return None if send_by is None else working_days_between(day, send_by, country, shut)

        return spread(
            due,
            cap=self._campaign.daily_cap,
            until=self.until,
            used=self._used.setdefault(number, Counter()),
            opens=lambda day: is_working_day(day, country, shut),
            days_left=days_left,
        )

    def _waves_to_come(self) -> Iterator[Coming]:
        """Yield the beginnings of waves that the scheduler will make."""
        campaign = self._campaign
        if campaign.starts_on is None:
            return
        made = set(self._session.scalars(select(Wave.key).where(Wave.campaign_id == campaign.id)))
        about = self._session.scalar(_LAST, {"campaign_id": campaign.id})
        occurrence = next_occurrence(campaign.cadence, campaign.starts_on, self._today)
        while occurrence is not None and occurrence < self.until:
            try:
                day = next_working_day(occurrence, campaign.country, self._shut)
            except NeverOpen:
                return
            if campaign.ends_on and day > campaign.ends_on:
                return
            if wave_key(campaign.cadence, occurrence) not in made:
                name = wave_name(campaign.cadence, occurrence)
                mails = None if about is None else int(about)
                yield Coming(day, Send.WAVE, campaign.id, campaign.name, None, name, mails)
            occurrence = next_occurrence(campaign.cadence, campaign.starts_on, occurrence + _ONE_DAY)
