"""Time travel: a year of quarterly waves, and random campaigns over weeks; no rule, cap or window is ever broken.

Whether one was is told by `tests/support/courtesy.py`, which knows nothing of the engine. The rules themselves have
their properties beside their unit tests (windows, calendar, turns, contact rules).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import text

from app.accounts.models import Level
from app.campaigns.audience import Audience
from app.campaigns.cadence import Cadence
from app.campaigns.creating import quota_as_json
from app.campaigns.creating_campaigns import create_campaign
from app.campaigns.models import ClosingDay
from app.campaigns.running import pause_campaign, resume_campaign, start_campaign
from app.campaigns.settings import CampaignSettings, faults
from app.core.db import transaction
from app.sampling.quota import QuotaTable
from tests.support.company import Person, add_account
from tests.support.courtesy import Promises, broken, working_days_between
from tests.support.database import Cluster, fresh_database
from tests.support.time_travel import Clock, Company, Sent, all_sent, rows

BERLIN, CHICAGO, TOKYO, SYDNEY = (
    ("Europe/Berlin", "DE"),
    ("America/Chicago", "US"),
    ("Asia/Tokyo", "JP"),
    ("Australia/Sydney", "AU"),
)
PLACES = (BERLIN, CHICAGO, TOKYO, SYDNEY)
LEVELS = (Level.DECISION_MAKER, Level.INFLUENCER, Level.USER)
QUOTA = quota_as_json(QuotaTable.preset("logarithmic"))

MARCH, SPRING, AUTUMN, NOVEMBER = (
    *(datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)),
    *(datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
)
"""The Sundays on which the clocks change: in Chicago, in Berlin, in Berlin again, in Chicago again."""


def started(now: datetime, name: str = "Programme", **more: Any) -> tuple[int, Promises]:
    """Start a campaign; return its id and what it promises."""
    settings = CampaignSettings(name, "relationship_nps", QUOTA, goes_by_itself=True, **more)
    assert faults(settings, today=now.date()) == {}
    campaign_id = create_campaign(settings, actor="test", today=now.date())
    start_campaign(campaign_id, now=now, actor="test")
    window = (settings.window_from, settings.window_to)
    caps = settings.daily_cap, settings.account_cap
    return campaign_id, Promises(*caps, window, settings.reminders, settings.time_zone)


def add_people(name: str, value: int, count: int, places: tuple[tuple[str, str], ...]) -> None:
    """Add an account of the first place; its people are spread over the places, one in eight only by their account."""
    (zone, country), people = places[0], []
    for number in range(count):
        own_zone, own_country = places[number % len(places)]
        own = {} if number % 8 == 7 else {"time_zone": own_zone, "country": own_country}
        people.append(Person(f"{name}P{number:02}", LEVELS[number % 3], more=own))
    add_account(name, value, people, time_zone=zone, country=country)


@pytest.fixture(scope="module")
def travelled(cluster: Cluster) -> Iterator[tuple[str, Clock]]:
    """One database and its clock for everybody who travels."""
    with fresh_database(cluster) as url:
        yield url, Clock()


def emptied(travelled: tuple[str, Clock], now: datetime) -> Company:
    """Let the company begin anew at `now`."""
    url, clock = travelled
    with transaction() as session:
        session.execute(text("TRUNCATE account, campaign, wave, place, suppression, closing_day CASCADE"))
        session.execute(text("TRUNCATE decision, wave_account"))
    clock.set(now)
    return Company(url, clock)


CHANGES = (MARCH, SPRING, AUTUMN, NOVEMBER)
BESIDE = {change.date() + timedelta(days=days) for change in CHANGES for days in (-2, 1)}
"""The Friday before each change and the Monday after it."""
DUE_SOON = "SELECT FROM message WHERE state = 'queued' AND due_on <= CAST(:now AS date) + 1 LIMIT 1"


def live_through_the_year(company: Company, start: datetime, end: datetime) -> None:
    """Look up each hour beside a change, each seventh hour else, rarely when nothing is due; each has its turn."""
    now = start
    while now < end:
        company.tick(now)
        if now.date() in BESIDE:
            now += timedelta(hours=1)
            continue
        now += timedelta(hours=7 if rows(DUE_SOON, now=now) else 23)
        if now.date() in BESIDE:
            now = datetime.combine(now.date(), time(), tzinfo=UTC)


@pytest.fixture(scope="module")
def year(travelled: tuple[str, Clock]) -> tuple[list[Sent], dict[int, Promises]]:
    """A first wave for the large customers in March, and from 8 April on quarterly waves for everybody."""
    start = datetime(2026, 3, 4, tzinfo=UTC)
    company = emptied(travelled, start)
    large, small = 10**8, 30_000
    add_people("DE", large, 30, (BERLIN,))
    add_people("US", large, 30, (CHICAGO,))
    add_people("MIX", small, 8, PLACES)
    add_people("JP", small, 4, (TOKYO, SYDNEY))
    audience = Audience.read({"account": {"country": ["US", "DE"]}})
    shared = {"account_cap": 1, "time_zone": "Europe/Berlin", "country": "DE", "wave_days": 45, "daily_cap": 3}
    once = {"cadence": Cadence.YEARLY, "starts_on": start.date(), "audience": audience}
    quarterly = {"cadence": Cadence.QUARTERLY, "starts_on": date(2026, 4, 8)}
    promised = dict([started(start, "First", **once, **shared), started(start, **quarterly, **shared)])
    live_through_the_year(company, start, datetime(2027, 2, 28, tzinfo=UTC))
    return all_sent(), promised


def test_a_year_of_quarterly_waves_breaks_no_rule(year: tuple[list[Sent], dict[int, Promises]]) -> None:
    sent, promised = year
    assert broken(sent, promised) == []
    names = [row.name for row in rows("SELECT name FROM wave ORDER BY planned_for, id")]
    assert names[:5] == ["2026", "Q2 2026", "Q3 2026", "Q4 2026", "Q1 2027"]
    by_number = Counter(mail.number for mail in sent)
    assert by_number[0] > 150
    assert by_number[1] > by_number[2] > 40
    assert not rows(
        "SELECT 1 FROM message m JOIN wave w ON w.id = m.wave_id WHERE m.state = 'queued' AND w.state = 'finished'"
    )


def test_reminders_are_not_forgotten_and_only_people_stop_them(year: tuple[list[Sent], dict[int, Promises]]) -> None:
    sent, _ = year
    invited = {mail.invitation_id: mail for mail in sent if mail.number == 0}
    for mail in sent:
        if mail.number:  # what was due on its day left on its day, or a day or two later where the cap bound
            assert working_days_between(invited[mail.invitation_id].day, mail.day, mail.country) <= 5 * mail.number + 4
    reminded = {mail.invitation_id for mail in sent if mail.number}
    machines = {row.invitation_id for row in rows("SELECT invitation_id FROM response WHERE verdict = 'machine'")}
    assert machines & reminded  # a machine's answer stops nothing


@pytest.mark.parametrize(
    ("zone", "change", "before", "after"),
    [
        ("America/Chicago", MARCH, 15, 14),
        ("Europe/Berlin", SPRING, 8, 7),
        ("Europe/Berlin", AUTUMN, 7, 8),
        ("America/Chicago", NOVEMBER, 14, 15),
    ],
)
def test_nine_oclock_stays_nine_oclock_when_the_clocks_change(
    year: tuple[list[Sent], dict[int, Promises]], zone: str, change: datetime, before: int, after: int
) -> None:
    """Looked up each hour, the first mail of a day leaves at nine where it is read, which is another hour of UTC."""
    sent, _ = year
    near = [
        mail
        for mail in sent
        if mail.zone == zone and abs(mail.at - change) < timedelta(days=3) and mail.at.date() in BESIDE
    ]
    first = {mail.at.date(): mail.at.hour for mail in reversed(near)}
    assert {hour for day, hour in first.items() if day < change.date()} == {before}
    assert {hour for day, hour in first.items() if day > change.date()} == {after}


def test_a_pause_ends_in_no_flood(travelled: tuple[str, Clock]) -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    company = emptied(travelled, start)
    for number in range(8):
        add_people(f"A{number}", 200_000 * (number + 1), 9, PLACES[number % 4 :] + PLACES[: number % 4])
    campaign_id, promises = started(start, cadence=Cadence.YEARLY, starts_on=start.date(), daily_cap=6, account_cap=1)
    company.live(start, 24 * 5, step=7, people_answer=False)
    pause_campaign(campaign_id, actor="test", reason="the budget round")
    before = len(all_sent())
    company.live(start + timedelta(days=5), 24 * 10, step=12)
    assert len(all_sent()) == before
    resume_campaign(campaign_id, actor="test")
    company.live(start + timedelta(days=15), 24 * 8, step=7)
    sent = all_sent()
    assert len(sent) > before
    assert broken(sent, {campaign_id: promises}) == []


SETTINGS = st.builds(
    dict,
    daily_cap=st.integers(1, 9),
    account_cap=st.integers(1, 3),
    spread_days=st.one_of(st.none(), st.integers(1, 6)),
    reminders=st.sampled_from([(), (1,), (2, 4), (5, 10)]),
    window_from=st.integers(0, 12),
    window_to=st.integers(13, 24),
    time_zone=st.sampled_from([zone for zone, _ in PLACES]),
    country=st.sampled_from(["DE", "US", "JP", "AU", None]),
)
ROSTERS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3_000_000)), min_size=1, max_size=6)
STARTS = st.sampled_from([date(2026, 3, 25), date(2026, 10, 21), date(2026, 12, 18), date(2026, 4, 1)])


@seed(5)
@how(max_examples=5, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(ours=SETTINGS, theirs=SETTINGS, roster=ROSTERS, start=STARTS, closed=st.integers(1, 7))
def test_no_random_campaigns_break_a_rule(
    travelled: Any, ours: Any, theirs: Any, roster: Any, start: date, closed: int
) -> None:
    """Two campaigns want the same people, and a day of their choice is closed everywhere."""
    now = datetime.combine(start, time(), tzinfo=UTC)
    company = emptied(travelled, now)
    for number, (count, value) in enumerate(roster):
        add_people(f"A{number}", value, count, PLACES[number % 4 :] + PLACES[: number % 4])
    closing = start + timedelta(days=closed)
    with transaction() as session:
        session.add(ClosingDay(day=closing, country=None, name="Inventory"))
    shared = {"cadence": Cadence.YEARLY, "starts_on": start}
    promised = dict([started(now, "Ours", **shared, **ours), started(now, "Theirs", **shared, **theirs)])
    company.live(now, 24 * 8, step=5)
    sent = all_sent()
    assert sent
    assert broken(sent, promised, closed={closing}) == []
