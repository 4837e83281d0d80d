"""Surveys after events on their whole way: told, written in their moment, let go in the window, sent once, counted."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select, text

from app.accounts.models import Contact, Level
from app.campaigns.asking_models import TriggerEvent
from app.core.db import transaction
from app.delivery.models import Message, MessageState
from app.delivery.releasing import release
from app.delivery.ripening import ripen
from app.delivery.sending import Sender
from tests.support.company import Person, add_account, people, planned
from tests.support.events import NOW, event_campaign, told
from tests.support.settings import settings


def messages() -> list[Message]:
    with transaction() as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def test_a_survey_after_an_event_leaves_once_and_counts(database: str) -> None:
    add_account("A1", 1000, [Person("P1", Level.DECISION_MAKER)])
    event_campaign()
    answer = told()
    assert answer.send_at is not None
    assert ripen(answer.send_at) == 1
    assert release(answer.send_at) == 1
    (message,) = messages()
    with transaction() as session:  # the claim looks at the real clock, which shows another day of the week
        session.execute(text("UPDATE message SET due_on = NULL, place_id = NULL, due_at = now()"))
    Sender(settings(database)).send_all([message.id, message.id])
    assert [each.state for each in messages()] == [MessageState.SENT]
    with transaction() as session:
        contact = session.scalars(select(Contact)).one()
        assert contact.last_transactional_on == datetime.now(UTC).date()
        assert contact.last_invited_on is None, "a survey after an event takes no one's turn in the next wave"
    planned()
    with transaction() as session:
        assert session.scalars(text("SELECT reason::text FROM decision")).all() == ["contacted_recently"]


def test_the_caps_of_the_day_hold_for_events_too(database: str) -> None:
    add_account("A1", 1000, people("P", Level.USER, 5))
    event_campaign(daily_cap=2, account_cap=5)
    for number in range(5):
        told(f"p{number:03}@company.example")
    assert ripen(NOW) == 5
    assert release(NOW) == 2
    assert release(NOW + timedelta(minutes=1)) == 0


def test_a_mail_of_the_night_waits_for_the_window(database: str) -> None:
    add_account("A1", 1000, [Person("P1", more={"time_zone": "Europe/Berlin"})])
    event_campaign(window_from=9, window_to=17)
    evening = datetime.combine(NOW.date(), time(21), tzinfo=UTC)
    answer = told(now=evening, occurred_at=evening)
    assert answer.send_at is not None
    assert answer.send_at > evening + timedelta(hours=9)
    assert ripen(evening) == 0
    assert ripen(answer.send_at) == 1
    assert release(answer.send_at) == 1


def test_what_ripens_is_looked_at_in_its_own_transaction(database: str) -> None:
    """One event that cannot be written keeps no other one back."""
    add_account("A1", 1000, people("P", Level.USER, 3))
    event_campaign()
    for number in range(3):
        told(f"p{number:03}@company.example")
    with transaction() as session:
        session.execute(text("DELETE FROM invitation WHERE contact_id = 2"))
        session.execute(text("DELETE FROM contact WHERE id = 2"))
    assert ripen(NOW) == 2
    with transaction() as session:
        assert session.scalars(select(TriggerEvent.reason).order_by(TriggerEvent.id)).all() == [
            None,
            "contact_unknown",
            None,
        ]
