"""The scheduler's waves: made in time, approved or by themselves, before reviews and renewals."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.campaigns.cadence import Cadence
from app.campaigns.creating import quota_as_json
from app.campaigns.creating_campaigns import create_campaign
from app.campaigns.planning import plan_wave
from app.campaigns.running import approve_wave, pause_campaign, resume_campaign, start_campaign
from app.campaigns.settings import CampaignSettings
from app.core.db import transaction
from app.delivery.advancing import advance
from app.delivery.foreseeing import coming
from app.delivery.launching import launch_wave
from app.sampling.quota import QuotaTable
from tests.support.company import Person, add_account
from tests.support.processes import eventually
from tests.support.time_travel import Clock, Company, all_sent, rows

START = datetime(2027, 1, 4, 6, tzinfo=UTC)
SETTINGS = CampaignSettings(
    "Programme",
    "relationship_nps",
    quota_as_json(QuotaTable.preset("logarithmic")),
    cadence=Cadence.QUARTERLY,
    starts_on=date(2027, 2, 6),  # a Saturday
    country="DE",
    time_zone="Europe/Berlin",
)


@pytest.fixture
def clock(database: str) -> Clock:
    started = Clock()
    started.set(START)
    add_account("A1", 1_000, [Person("P1")])
    return started


def started(**more: Any) -> int:
    campaign_id = create_campaign(replace(SETTINGS, **more), actor="test")
    start_campaign(campaign_id, now=START, actor="test")
    return campaign_id


def look(clock: Clock, day: date) -> list[tuple[str, str, date]]:
    """Let the scheduler look at noon of a day; return name, state and day of each wave."""
    clock.set(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    advance(clock.now)
    return [tuple(row) for row in rows("SELECT name, state::text, planned_for FROM wave ORDER BY id")]


def test_a_wave_is_there_two_weeks_before_and_waits_for_approval(clock: Clock) -> None:
    started()
    monday = date(2027, 2, 8)
    assert look(clock, date(2027, 1, 22)) == []
    assert look(clock, date(2027, 1, 23)) == [("Q1 2027", "draft", monday)]
    assert look(clock, date(2027, 2, 8)) == [("Q1 2027", "draft", monday)]
    (wave,) = rows("SELECT id, ends_on FROM wave")
    approve_wave(wave.id, actor="test")
    assert look(clock, date(2027, 2, 10)) == [("Q1 2027", "running", date(2027, 2, 10))]
    assert rows("SELECT ends_on FROM wave") == [(wave.ends_on + timedelta(days=2),)]
    assert rows("SELECT state::text FROM campaign") == [("running",)]
    assert look(clock, date(2027, 2, 11)) == [("Q1 2027", "running", date(2027, 2, 10))]


def test_approved_ahead_it_goes_on_its_day(clock: Clock) -> None:
    started()
    look(clock, date(2027, 1, 25))
    (wave,) = rows("SELECT id FROM wave")
    approve_wave(wave.id, actor="test")
    assert look(clock, date(2027, 2, 7))[0][1] == "draft"
    assert look(clock, date(2027, 2, 8))[0][1] == "running"


def test_it_goes_by_itself_when_so_set_and_ends_with_its_campaign(clock: Clock) -> None:
    started(goes_by_itself=True, ends_on=date(2027, 6, 30))
    for day in range(200):
        look(clock, START.date() + timedelta(days=day))
        with transaction() as session:
            session.execute(text("UPDATE wave SET state = 'finished' WHERE ends_on < :day"), {"day": clock.now.date()})
    assert [row.name for row in rows("SELECT name FROM wave ORDER BY id")] == ["Q1 2027", "Q2 2027"]
    assert rows("SELECT state::text FROM campaign") == [("finished",)]


def test_a_pause_over_its_day_leaves_a_wave_out(clock: Clock) -> None:
    campaign_id = started(goes_by_itself=True)
    pause_campaign(campaign_id, actor="test")
    assert look(clock, date(2027, 2, 8)) == []
    resume_campaign(campaign_id, actor="test")
    assert look(clock, date(2027, 3, 8)) == []
    assert [wave[0] for wave in look(clock, date(2027, 5, 6))] == ["Q2 2027"]


def test_what_hinders_one_campaign_is_said_and_hinders_no_other(clock: Clock) -> None:
    started(name="A", goes_by_itself=True)
    started(name="B", goes_by_itself=True)
    with transaction() as session:
        session.execute(text("UPDATE campaign SET survey_key = 'none_such' WHERE name = 'A'"))
    assert [wave[1] for wave in look(clock, date(2027, 2, 8))] == ["running"]
    assert rows("SELECT name, trouble IS NOT NULL FROM campaign ORDER BY name") == [("A", True), ("B", False)]
    with transaction() as session:
        session.execute(text("UPDATE campaign SET survey_key = 'relationship_nps'"))
    look(clock, date(2027, 2, 9))
    assert rows("SELECT count(*) FROM campaign WHERE trouble IS NULL") == [(2,)]


def test_the_calendar_shows_waves_to_come(clock: Clock) -> None:
    started()
    look(clock, date(2027, 1, 25))
    with transaction() as session:
        found = coming(session, clock.now, 120)
    assert [(one.wave, one.day, one.wave_id is None) for one in found] == [
        ("Q1 2027", date(2027, 2, 8), False),
        ("Q2 2027", date(2027, 5, 7), True),  # the day before is Ascension Day
    ]


def test_before_a_review_each_account_is_asked_on_its_own_day(clock: Clock, database: str) -> None:
    """The review of Monday 1 March asks 15 working days before, on Monday 8 February."""
    for name, review_on in (
        ("MARCH", date(2027, 3, 1)),
        ("LATER", date(2027, 3, 4)),
        ("LATE", date(2027, 2, 23)),  # its day is past, 11 working days are left: now
        ("TOO", date(2027, 2, 15)),
    ):
        add_account(name, 1_000, [Person(f"{name}P")], review_on=review_on, country="DE")
    started(cadence=Cadence.BEFORE_REVIEW, starts_on=date(2027, 2, 8), goes_by_itself=True)
    Company(database, clock).live(datetime(2027, 2, 8, tzinfo=UTC), 24 * 12, step=6, people_answer=False)
    invited = {mail.mailbox.partition("p@")[0]: mail.day for mail in all_sent() if mail.number == 0}
    assert invited == {"march": date(2027, 2, 8), "late": date(2027, 2, 8), "later": date(2027, 2, 11)}
    assert rows("SELECT a.external_id, l.occasion_on FROM late_account l JOIN account a ON a.id = l.account_id") == [
        ("TOO", date(2027, 2, 15))
    ]
    assert [wave.name for wave in rows("SELECT name FROM wave ORDER BY id")] == ["Week 6, 2027", "Week 7, 2027"]


def test_before_a_renewal(clock: Clock, database: str) -> None:
    add_account("JUNE", 1_000, [Person("JUNEP")], renewal_on=date(2027, 6, 10), country="DE")  # 120 days: 10 February
    started(cadence=Cadence.BEFORE_RENEWAL, starts_on=date(2027, 2, 8), goes_by_itself=True)
    Company(database, clock).live(datetime(2027, 2, 8, tzinfo=UTC), 24 * 9, step=6, people_answer=False)
    assert [mail.day for mail in all_sent() if mail.number == 0] == [date(2027, 2, 10)]


def test_a_database_error_of_one_campaign_leaves_out_no_other(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    first = started(name="A", goes_by_itself=True)
    started(name="B", goes_by_itself=True)
    with transaction() as session:
        for statement in (
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE deadlock_detected USING MESSAGE = 'about ana@company.example'; END $$",
            f"CREATE TRIGGER fail BEFORE INSERT ON wave FOR EACH ROW WHEN (NEW.campaign_id = {first})"
            " EXECUTE FUNCTION fail()",
        ):
            session.execute(text(statement))
    assert [wave[1] for wave in look(clock, date(2027, 2, 8))] == ["running"]
    assert "DeadlockDetected" in caplog.text
    assert "ana@" not in caplog.text
    with transaction() as session:
        session.execute(text("DROP TRIGGER fail ON wave"))
    assert [wave[1] for wave in look(clock, date(2027, 2, 8))] == ["running", "running"]


def test_a_launch_waits_for_the_campaign_before_it_holds_the_wave(clock: Clock) -> None:
    started()
    look(clock, date(2027, 1, 25))
    (wave,) = rows("SELECT id FROM wave")
    plan_wave(wave.id, actor="test")
    later = datetime(2027, 2, 8, 12, tzinfo=UTC)
    launching = threading.Thread(target=launch_wave, args=(wave.id,), kwargs={"now": later, "actor": "test"})
    with transaction() as session:
        session.execute(text("SELECT FROM campaign FOR UPDATE"))
        launching.start()
        eventually(lambda: bool(rows("SELECT FROM pg_locks WHERE NOT granted")), "the launch at the campaign")
        session.execute(text("SELECT FROM wave FOR UPDATE NOWAIT"))
    launching.join()
    assert rows("SELECT state::text FROM wave") == [("running",)]
