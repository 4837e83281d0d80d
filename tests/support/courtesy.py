"""Every promise about when mails leave, held against the ledger by a second, plain reckoning of its own.

Nothing of the engine is used: holidays come from the `holidays` package itself, days and hours from `zoneinfo`, and
each rule of domain sections 3 and 5 is one loop over what left. `broken` returns sentences, one for each mail too many.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays

from tests.support.time_travel import Sent, rows

RELATIONSHIP_DAYS, ANY_DAYS = 80, 7


@dataclass(frozen=True)
class Promises:
    """What a campaign promised: caps, window, reminders, and where its own days are reckoned."""

    daily_cap: int
    account_cap: int
    window: tuple[int, int]
    reminders: Sequence[int]
    zone: str


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))


def works(day: date, country: str, closed: Collection[date] = ()) -> bool:
    """Tell whether people work on that day."""
    return day.weekday() < 5 and day not in closed and not (country and day in _holidays(country, day.year))


def working_days_between(first: date, last: date, country: str) -> int:
    """Count the working days after `first` up to and with `last`."""
    return sum(works(first + timedelta(days=n), country) for n in range(1, (last - first).days + 1))


def broken(sent: Sequence[Sent], promised: Mapping[int, Promises], closed: Collection[date] = ()) -> list[str]:
    """Return every breach of a promise; `promised` is by campaign."""
    return [
        *_hours(sent, promised, closed),
        *_daily_caps(sent, promised),
        *_account_caps(sent, promised),
        *_contact_rules(sent),
        *_reminders(sent, promised),
        *_too_late(sent),
    ]


def _hours(sent: Sequence[Sent], promised: Mapping[int, Promises], closed: Collection[date]) -> Iterator[str]:
    for mail in sent:
        local = mail.at.astimezone(ZoneInfo(mail.zone))
        first, last = promised[mail.campaign_id].window
        if not works(local.date(), mail.country, closed):
            yield f"nobody works on {local:%A %d %B %Y} in {mail.country}: {mail}"
        if not first <= local.hour < last:
            yield f"{local:%H:%M} is no hour of {mail.zone}: {mail}"


def _daily_caps(sent: Sequence[Sent], promised: Mapping[int, Promises]) -> Iterator[str]:
    a_day: Counter[tuple[object, ...]] = Counter()
    for mail in sent:
        promise = promised[mail.campaign_id]
        day = mail.at.astimezone(ZoneInfo(promise.zone)).date()
        # Invitations count over all waves of the campaign, each reminder by itself in its wave.
        key = (mail.campaign_id, 0, day) if not mail.number else (mail.campaign_id, mail.number, day, mail.wave_id)
        a_day[key] += 1
        if a_day[key] > promise.daily_cap:
            yield f"mail {a_day[key]} of a cap of {promise.daily_cap} on {day}: {mail}"


def _account_caps(sent: Sequence[Sent], promised: Mapping[int, Promises]) -> Iterator[str]:
    """Hold each invitation against all others that its account got since its reader's midnight."""
    of_account: defaultdict[int, list[Sent]] = defaultdict(list)
    for mail in (mail for mail in sent if not mail.number):
        own = of_account[mail.account_id]
        own.append(mail)
        zone = ZoneInfo(mail.zone)
        began = datetime.combine(mail.at.astimezone(zone).date(), time(), tzinfo=zone).astimezone(UTC)
        since = sum(other.at >= began for other in own)
        if since > promised[mail.campaign_id].account_cap:
            yield f"invitation {since} of the account on one day: {mail}"


def _contact_rules(sent: Sequence[Sent]) -> Iterator[str]:
    asked: defaultdict[str, list[Sent]] = defaultdict(list)
    for mail in (mail for mail in sent if not mail.number):
        asked[mail.mailbox].append(mail)
    for mails in asked.values():
        for sooner, later in pairwise(mails):
            zone = ZoneInfo(later.zone)
            days = (later.at.astimezone(zone).date() - sooner.at.astimezone(zone).date()).days
            both = {sooner.kind, later.kind} == {"relationship"}
            if days < (RELATIONSHIP_DAYS if both else ANY_DAYS) or later.at - sooner.at < timedelta(hours=24):
                yield f"asked again after {days} days: {later}"


def _reminders(sent: Sequence[Sent], promised: Mapping[int, Promises]) -> Iterator[str]:
    """Each reminder leaves so many working days after its invitation, once, and never after the person was done."""
    mails: defaultdict[int, list[Sent]] = defaultdict(list)
    over = {
        row.id: row.over
        for row in rows("SELECT id, least(completed_at, refused_at, bounced_at) AS over FROM invitation")
    }
    for mail in sent:
        before = mails[mail.invitation_id]
        before.append(mail)
        if [one.number for one in before] != list(range(len(before))):
            yield f"out of order or twice: {before}"
        elif mail.number:
            zone = ZoneInfo(mail.zone)
            first, today = before[0].at.astimezone(zone).date(), mail.at.astimezone(zone).date()
            passed = working_days_between(first, today, mail.country)
            if passed < promised[mail.campaign_id].reminders[mail.number - 1]:
                yield f"reminded after {passed} working days: {mail}"
            if over[mail.invitation_id] is not None and over[mail.invitation_id] < mail.at:
                yield f"reminded after the end: {mail}"


def _too_late(sent: Sequence[Sent]) -> Iterator[str]:
    last_day = {row.id: row.ends_on for row in rows("SELECT id, ends_on FROM wave")}
    for mail in sent:
        if mail.at.date() > last_day[mail.wave_id]:
            yield f"its wave was over: {mail}"
