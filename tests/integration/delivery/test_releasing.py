"""What is let go when: windows, caps, changes between plan and claim. On a clock of the test's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.accounts.models import Level
from app.campaigns.creating import WaveOrder, create_wave, quota_as_json
from app.campaigns.creating_campaigns import create_campaign
from app.campaigns.planning import plan_wave
from app.campaigns.running import pause_campaign, resume_campaign, stop_wave
from app.campaigns.settings import CampaignSettings
from app.core.db import transaction
from app.core.errors import Refused
from app.delivery.claiming import claim
from app.delivery.dispatching import cancel_over
from app.delivery.foreseeing import Send, coming
from app.delivery.launching import launch_wave
from app.delivery.releasing import release
from app.delivery.sending import Sender
from app.sampling.quota import QuotaTable
from tests.support.company import Person, add_account, people
from tests.support.settings import settings
from tests.support.time_travel import Clock, all_sent, rows
from tests.support.transport import ToldTransport

MONDAY = datetime(2026, 6, 8, tzinfo=UTC)
SETTINGS = CampaignSettings("Programme", "relationship_nps", quota_as_json(QuotaTable.preset("logarithmic")))


@pytest.fixture
def clock(database: str) -> Clock:
    started = Clock()
    started.set(MONDAY)
    return started


def set_out(now: datetime = MONDAY, **more: Any) -> int:
    """Plan a wave over what the database holds, set it going and return its id."""
    campaign_id = create_campaign(replace(SETTINGS, **more), actor="test")
    wave_id = create_wave(WaveOrder("q2", "Q2", now.date(), campaign_id=campaign_id), actor="test")
    plan_wave(wave_id, actor="test")
    launch_wave(wave_id, now=now, actor="test")
    return wave_id


def let_go(clock: Clock, database: str, moment: str) -> list[str]:
    """Release and send at a moment of that week, and return who was mailed, in order."""
    clock.set(datetime.fromisoformat(f"{moment}+00:00"))
    release(clock.now)
    transport = ToldTransport()
    Sender(settings(database), transport).send_all(
        [row.id for row in rows("SELECT id FROM message WHERE due_at <= now()")]
    )
    return [mail.recipient.partition("@")[0] for mail in transport.mails]


def at(zone: str | None, country: str | None = None) -> dict[str, Any]:
    return {"time_zone": zone, "country": country}


def test_each_reader_is_mailed_in_their_own_hours(clock: Clock, database: str) -> None:
    add_account(
        "A1",
        1_000_000,
        [Person("TOKYO", more=at("Asia/Tokyo", "JP")), Person("ACCOUNTS"), Person("PARIS", more=at("Europe/Paris"))],
        time_zone="America/New_York",
        country="US",
    )
    add_account("A2", 1_000, [Person("CAMPAIGNS")])
    set_out(time_zone="Asia/Kolkata")
    assert let_go(clock, database, "2026-06-08T00:00") == ["tokyo"]
    assert let_go(clock, database, "2026-06-08T03:29") == []
    assert let_go(clock, database, "2026-06-08T03:30") == ["campaigns"]
    assert let_go(clock, database, "2026-06-08T07:00") == ["paris"]
    assert let_go(clock, database, "2026-06-08T13:00") == ["accounts"]


def test_the_most_valuable_go_first_within_the_caps(clock: Clock, database: str) -> None:
    add_account("SMALL", 20_000, people("S", Level.USER, 3))
    add_account("SOON", 10_000, people("R", Level.USER, 3), renewal_on=date(2026, 9, 1))
    add_account("LARGE", 1_000_000, people("L", Level.USER, 9))
    set_out(daily_cap=6, account_cap=2)
    first = let_go(clock, database, "2026-06-08T09:00")
    assert [one[0] for one in first] == ["r", "r", "l", "l", "s", "s"]
    assert let_go(clock, database, "2026-06-08T16:00") == []
    second = let_go(clock, database, "2026-06-09T09:00")
    assert [one[0] for one in second] == ["r", "l", "l", "s"]
    assert [one[0] for one in let_go(clock, database, "2026-06-10T09:00")] == ["l", "l"]


def test_an_even_spread_up_to_its_last_day(clock: Clock, database: str) -> None:
    for number in range(10):
        add_account(f"A{number}", 1_000, [Person(f"P{number}")])
    set_out(spread_days=4)
    days = ["2026-06-08", "2026-06-09", "2026-06-10", "2026-06-11"]
    assert [len(let_go(clock, database, f"{day}T10:00")) for day in days] == [3, 3, 2, 2]


def test_what_was_let_go_and_did_not_leave_in_time_waits_for_the_next_window(clock: Clock, database: str) -> None:
    add_account("A1", 1_000, [Person("P1")])
    set_out()
    clock.set(datetime(2026, 6, 8, 16, 59, tzinfo=UTC))
    assert release(clock.now) == 1
    (message,) = rows("SELECT id FROM message WHERE due_at IS NOT NULL")
    clock.set(datetime(2026, 6, 8, 17, 0, tzinfo=UTC))
    assert Sender(settings(database), ToldTransport()).send_all([message.id]) == 0
    assert rows("SELECT due_at, state::text FROM message") == [(None, "queued")]
    assert let_go(clock, database, "2026-06-09T08:59") == []
    assert let_go(clock, database, "2026-06-09T09:00") == ["p1"]


def test_a_reader_who_moved_is_mailed_where_they_are(clock: Clock, database: str) -> None:
    add_account("A1", 1_000, [Person("P1", more=at("Europe/Paris", "FR"))])
    set_out()
    with transaction() as session:
        session.execute(text("UPDATE contact SET time_zone = 'America/Los_Angeles', country = 'US'"))
    assert let_go(clock, database, "2026-06-08T09:00") == []
    assert let_go(clock, database, "2026-06-08T15:59") == []
    assert let_go(clock, database, "2026-06-08T16:00") == ["p1"]


def test_a_holiday_and_a_closing_day_are_kept(clock: Clock, database: str) -> None:
    add_account("A1", 1_000, [Person("P1", more=at("Europe/Berlin", "DE"))])
    with transaction() as session:
        session.execute(text("INSERT INTO closing_day (day, country, name) VALUES ('2026-05-26', 'DE', 'our own')"))
    clock.set(datetime(2026, 5, 25, tzinfo=UTC))
    set_out(now=clock.now)
    assert let_go(clock, database, "2026-05-25T10:00") == []  # Whit Monday
    assert let_go(clock, database, "2026-05-26T10:00") == []
    assert let_go(clock, database, "2026-05-27T10:00") == ["p1"]


def test_at_once_leaves_at_any_hour(clock: Clock, database: str) -> None:
    add_account("A1", 1_000_000, people("P", Level.USER, 9))
    wave_id = create_wave(WaveOrder("q2", "Q2", MONDAY.date()), actor="test")
    plan_wave(wave_id, actor="test")
    assert launch_wave(wave_id, now=MONDAY, actor="test", at_once=True) == 9
    assert len(let_go(clock, database, "2026-06-08T00:00")) == 9


def test_a_paused_campaign_lets_nothing_leave(clock: Clock, database: str) -> None:
    add_account("A1", 1_000_000, people("P", Level.USER, 9))
    set_out(account_cap=1)
    clock.set(datetime(2026, 6, 8, 10, tzinfo=UTC))
    assert release(clock.now) == 1
    (campaign,) = rows("SELECT id FROM campaign")
    pause_campaign(campaign.id, actor="test")
    assert let_go(clock, database, "2026-06-08T11:00") == []
    assert let_go(clock, database, "2026-06-09T11:00") == []
    with pytest.raises(Refused, match="paused"):
        launch_wave(_planned(campaign.id), now=clock.now, actor="test")
    resume_campaign(campaign.id, actor="test")
    assert len(let_go(clock, database, "2026-06-10T11:00")) == 1


def _planned(campaign_id: int) -> int:
    wave_id = create_wave(WaveOrder("more", "More", MONDAY.date(), campaign_id=campaign_id), actor="test")
    plan_wave(wave_id, actor="test")
    return wave_id


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE survey SET archived_at = now()", "survey_withdrawn"),
        ("DELETE FROM account", "contact_gone"),
        ("UPDATE contact SET account_id = (SELECT max(id) FROM account)", "contact_moved"),
        ("UPDATE account SET status = 'churned'", "account_inactive"),
    ],
)
def test_what_happens_between_plan_and_mail_keeps_it_here(
    clock: Clock, database: str, change: str, reason: str
) -> None:
    add_account("A1", 1_000, [Person("P1")])
    set_out()
    add_account("A2", 1_000, [])
    with transaction() as session:
        session.execute(
            text("INSERT INTO survey (key, draft) VALUES ('relationship_nps', '{}') ON CONFLICT DO NOTHING")
        )
        session.execute(text(change))
    assert let_go(clock, database, "2026-06-08T10:00") == []
    assert rows("SELECT state::text, reason FROM message") == [("refused", reason)]
    assert rows("SELECT required FROM wave_account") == [(1,)]  # frozen figures stay


def test_what_a_stopped_wave_did_not_send_is_cancelled(clock: Clock, database: str) -> None:
    add_account("A1", 1_000, [Person("P1")])
    wave_id = set_out()
    stop_wave(wave_id, actor="test", reason="a wrong survey")
    assert let_go(clock, database, "2026-06-08T10:00") == []
    cancel_over()
    assert rows("SELECT state::text, reason FROM message") == [("cancelled", "wave_over")]


def test_the_campaigns_sender_and_brand_stand_in_the_mail(clock: Clock, database: str) -> None:
    add_account("A1", 1_000, [Person("P1")])
    set_out(sender_name="Ana Sand")
    clock.set(datetime(2026, 6, 8, 10, tzinfo=UTC))
    release(clock.now)
    transport = ToldTransport()
    Sender(settings(database), transport).send_all([row.id for row in rows("SELECT id FROM message")])
    assert transport.mails[0].sender.startswith("Ana Sand <")


def test_a_message_is_claimed_only_in_its_window(clock: Clock, database: str) -> None:
    add_account("A1", 1_000, [Person("P1")])
    set_out()
    (message,) = rows("SELECT id FROM message")
    assert claim({message.id: uuid4()}) == []  # midnight


def test_the_calendar_of_coming_sends(clock: Clock, database: str) -> None:
    for number in range(5):
        add_account(f"A{number}", 1_000, [Person(f"P{number}")])
    set_out(daily_cap=2)
    let_go(clock, database, "2026-06-08T10:00")
    with transaction() as session:
        found = coming(session, clock.now, 14)
    assert [(one.day.isoformat(), one.kind, one.mails) for one in found] == [
        ("2026-06-09", Send.INVITATION, 2),
        ("2026-06-10", Send.INVITATION, 1),
    ]
    assert len(all_sent()) == 2
    assert clock.now - MONDAY < timedelta(days=1)
