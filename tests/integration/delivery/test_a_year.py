"""Time travel: quarterly waves over a year, and random campaigns over weeks; no rule, cap or window is ever broken."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import text

from app.accounts.models import Level
from app.campaigns.cadence import Cadence
from app.campaigns.calendar import add_working_days
from app.campaigns.creating import quota_as_json
from app.campaigns.creating_campaigns import create_campaign
from app.campaigns.models import WaveState
from app.campaigns.running import pause_campaign, resume_campaign, start_campaign
from app.campaigns.settings import CampaignSettings, faults
from app.core.db import transaction
from app.sampling.quota import QuotaTable
from tests.support.company import Person, add_account
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


def add_company(accounts: int, each: int, value: int = 200_000) -> None:
    """Add accounts with people in four countries; one in eight has no zone of their own."""
    for number in range(accounts):
        zone, country = PLACES[number % 4]
        contacts = []
        for person in range(each):
            own_zone, own_country = PLACES[(number + person // 2) % 4]
            place = {} if person == 7 else {"time_zone": own_zone, "country": own_country}
            contacts.append(Person(f"A{number:02}P{person:02}", LEVELS[person % 3], more=place))
        add_account(f"A{number:02}", value * (number + 1), contacts, time_zone=zone, country=country)


def started(now: datetime, **more: Any) -> CampaignSettings:
    settings = CampaignSettings("Programme", "relationship_nps", QUOTA, **more)
    assert faults(settings, today=now.date()) == {}
    start_campaign(create_campaign(settings, actor="test"), now=now, actor="test")
    return settings


def check(sent: Sequence[Sent], settings: CampaignSettings) -> None:
    """Hold every rule of the calendar, the caps and the contacts against what left."""
    invitations = [mail for mail in sent if mail.number == 0]
    for mail in sent:
        assert mail.on_a_working_day, mail
        assert settings.window_from <= mail.hour < settings.window_to, mail
    zone = ZoneInfo(settings.time_zone)
    for number in range(3):
        a_day = Counter(mail.at.astimezone(zone).date() for mail in sent if mail.number == number)
        assert max(a_day.values(), default=0) <= settings.daily_cap
    _check_accounts(invitations, settings.account_cap)
    mailboxes: defaultdict[str, list[datetime]] = defaultdict(list)
    for mail in invitations:
        mailboxes[mail.mailbox].append(mail.at)
    for moments in mailboxes.values():
        assert all(later - sooner >= timedelta(days=79) for sooner, later in pairwise(moments))
    _check_reminders(sent, settings.reminders)


def _check_accounts(invitations: Sequence[Sent], cap: int) -> None:
    of_account: defaultdict[int, list[Sent]] = defaultdict(list)
    for mail in invitations:
        began = datetime.combine(mail.day, time(), tzinfo=ZoneInfo(mail.zone))
        of_account[mail.account_id].append(mail)
        assert sum(other.at >= began for other in of_account[mail.account_id]) <= cap, mail


def _check_reminders(sent: Sequence[Sent], reminders: Sequence[int]) -> None:
    """Each reminder leaves so many working days after its invitation, and only to people who have not finished."""
    invited = {mail.invitation_id: mail for mail in sent if mail.number == 0}
    over = {
        row.id: row.over
        for row in rows("SELECT id, least(completed_at, refused_at, bounced_at) AS over FROM invitation")
    }
    for mail in sent:
        if mail.number:
            first = invited[mail.invitation_id]
            assert mail.day >= add_working_days(first.day, reminders[mail.number - 1], mail.country or None), mail
            stopped = over[mail.invitation_id]
            assert stopped is None or mail.at <= stopped, mail


def test_a_year_of_quarterly_waves(database: str) -> None:
    clock = Clock()
    start = datetime(2026, 3, 16, tzinfo=UTC)
    clock.set(start)
    add_company(accounts=12, each=12)
    settings = started(
        start,
        cadence=Cadence.QUARTERLY,
        starts_on=date(2026, 3, 23),
        goes_by_itself=True,
        daily_cap=25,
        account_cap=2,
        time_zone="Europe/Berlin",
        country="DE",
    )
    company = Company(database, clock)
    for month in (3, 6, 9, 12):  # the clocks change in Berlin on 29 March, in Sydney on 5 April and 4 October
        first = datetime(2026, month, 21, tzinfo=UTC)
        company.live(first, 24 * 25, step=4)
        company.live(first + timedelta(days=25), 24 * 20, step=24)
    sent = all_sent()
    check(sent, settings)
    assert [row.name for row in rows("SELECT name FROM wave ORDER BY id")] == [
        "Q1 2026",
        "Q2 2026",
        "Q3 2026",
        "Q4 2026",
    ]
    assert {row.state for row in rows("SELECT DISTINCT state FROM wave WHERE planned_for < '2026-12-01'")} == {
        WaveState.FINISHED
    }
    assert not rows(
        "SELECT 1 FROM message m JOIN wave w ON w.id = m.wave_id WHERE m.state = 'queued' AND w.state = 'finished'"
    )
    by_number = Counter(mail.number for mail in sent)
    asked = rows("SELECT count(*) AS n FROM invitation")[0].n
    assert by_number[0] > asked * 0.9
    assert by_number[1] > by_number[2] > 0
    # What was due on its day left on its day: no cap of reminders ever bound for long.
    invited = {mail.invitation_id: mail for mail in sent if mail.number == 0}
    late = [
        mail
        for mail in sent
        if mail.number
        and mail.day > add_working_days(invited[mail.invitation_id].day, 5 * mail.number + 2, mail.country)
    ]
    assert not late
    reminded = {mail.invitation_id for mail in sent if mail.number}
    machines = {row.invitation_id for row in rows("SELECT invitation_id FROM response WHERE verdict = 'machine'")}
    assert machines & reminded  # a machine's answer stops nothing


def test_a_pause_ends_in_no_flood(database: str) -> None:
    clock = Clock()
    start = datetime(2026, 3, 2, tzinfo=UTC)
    clock.set(start)
    add_company(accounts=8, each=9)
    settings = started(
        start, cadence=Cadence.YEARLY, starts_on=date(2026, 3, 2), goes_by_itself=True, daily_cap=6, account_cap=1
    )
    company = Company(database, clock)
    company.live(start, 24 * 5, step=3, people_answer=False)
    (campaign,) = rows("SELECT id FROM campaign")
    pause_campaign(campaign.id, actor="test", reason="the budget round")
    before = len(all_sent())
    company.live(start + timedelta(days=5), 24 * 10, step=12)
    assert len(all_sent()) == before
    resume_campaign(campaign.id, actor="test")
    company.live(start + timedelta(days=15), 24 * 12, step=4)
    sent = all_sent()
    assert len(sent) > before
    check(sent, settings)


@pytest.fixture(scope="module")
def travelled(cluster: Any) -> Any:
    """One database and its clock for all random companies."""
    from tests.support.database import fresh_database

    with fresh_database(cluster) as url:
        yield url, Clock()


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
@how(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(settings=SETTINGS, roster=ROSTERS, start=STARTS)
def test_no_random_campaign_breaks_a_rule(travelled: Any, settings: Any, roster: Any, start: date) -> None:
    url, clock = travelled
    with transaction() as session:
        session.execute(text("TRUNCATE account, campaign, wave, place, suppression CASCADE"))
        session.execute(text("TRUNCATE decision, wave_account"))
    now = datetime.combine(start, time(), tzinfo=UTC)
    clock.set(now)
    for number, (each, value) in enumerate(roster):
        add_company_account(number, each, value)
    chosen = started(now, cadence=Cadence.YEARLY, starts_on=start, goes_by_itself=True, **settings)
    Company(url, clock, seed=len(roster)).live(now, 24 * 10, step=4)
    sent = all_sent()
    assert sent
    check(sent, chosen)


def add_company_account(number: int, each: int, value: int) -> None:
    """Add an account in one of the places, with people next door and overseas."""
    zone, country = PLACES[number % 4]
    people = []
    for person in range(each):
        own_zone, own_country = PLACES[(number + person) % 4]
        place = {"time_zone": own_zone, "country": own_country} if person % 3 else {}
        people.append(Person(f"A{number:02}P{person:02}", LEVELS[person % 3], more=place))
    add_account(f"A{number:02}", value, people, time_zone=zone, country=country)
