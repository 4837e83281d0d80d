"""Between an event and its mail: many events at once, and what happens before the moment has come."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.accounts.models import Contact, ContactStatus
from app.campaigns.asking_models import EventDecision, TriggerEvent
from app.campaigns.models import Invitation, Wave
from app.campaigns.running import finish_campaign, pause_campaign, resume_campaign
from app.campaigns.sources import Company
from app.campaigns.triggering import take_event
from app.campaigns.triggers import TriggerSettings, WhyNot
from app.core.db import transaction
from app.delivery.models import Message
from app.delivery.ripening import ripen
from tests.support.asked_people import DAY, contact, rows
from tests.support.company import add_account, planned
from tests.support.events import NOW, event, event_campaign, told


def test_two_events_at_once_for_one_person_make_one_survey(company: int) -> None:
    event_campaign()
    events = [event() for _ in range(12)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: take_event(one, now=NOW, actor="test"), events))
    assert Counter(answer.reason for answer in answers) == {None: 1, WhyNot.ALREADY_SCHEDULED: 11}
    assert len(rows(Invitation)) == len(rows(Wave)) == 1


def test_the_same_event_many_times_at_once_is_one(company: int) -> None:
    event_campaign()
    one = event()
    with ThreadPoolExecutor(6) as pool:
        answers = set(pool.map(lambda _: take_event(one, now=NOW, actor="test"), range(12)))
    assert len(answers) == 1
    assert len(rows(TriggerEvent)) == len(rows(Invitation)) == 1


def test_two_people_of_one_ticket_at_once_make_one_survey(company: int) -> None:
    event_campaign()
    ticket = {"properties": {"ticket_id": "7"}}
    events = [event(email, **ticket) for email in ("p1@company.example", "d1@company.example") * 4]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: take_event(one, now=NOW, actor="test"), events))
    assert Counter(answer.decision for answer in answers)[EventDecision.SCHEDULED] == 1


def test_somebody_new_in_two_events_at_once_is_one_contact(company: int) -> None:
    event_campaign()
    events = [event("new@company.example", company=Company(id="A1")) for _ in range(8)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda one: take_event(one, now=NOW, actor="test"), events))
    assert len(rows(Contact)) == 4


def test_the_mail_is_written_once_when_its_moment_has_come(company: int) -> None:
    event_campaign(trigger=TriggerSettings(delay_minutes=600))
    answer = told()
    assert answer.send_at is not None
    assert ripen(answer.send_at - timedelta(seconds=1)) == 0
    with ThreadPoolExecutor(4) as pool:
        written = sum(pool.map(lambda _: ripen(answer.send_at), range(4)))
    assert written == 1
    assert ripen(answer.send_at + DAY) == 0
    (message,) = rows(Message)
    assert (message.invitation_id, message.number, message.due_at) == (answer.invitation_id, 0, None)
    assert message.due_on == answer.send_at.date()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": ContactStatus.OPTED_OUT}, WhyNot.OPTED_OUT),
        ({"last_invited_on": NOW.date() - DAY}, WhyNot.CONTACTED_RECENTLY),
        ({"email_key": None}, WhyNot.INVALID_EMAIL),
    ],
)
def test_what_happened_before_the_moment_keeps_the_mail_back_for_good(
    company: int, changes: dict[str, Any], reason: WhyNot
) -> None:
    event_campaign()
    answer = told()
    contact("P1", **changes)
    assert answer.send_at is not None
    assert ripen(answer.send_at) == 0
    contact("P1", status=ContactStatus.ACTIVE, last_invited_on=None, email_key="p1@company.example")
    assert ripen(answer.send_at) == 0, "a refused request is not sent later"
    (kept,) = rows(TriggerEvent)
    assert (kept.decision, kept.reason) == (EventDecision.SCHEDULED, reason)
    assert rows(Message) == []


def test_a_relationship_wave_that_was_planned_meanwhile_comes_first(company: int) -> None:
    event_campaign()
    answer = told("d1@company.example")
    planned()
    assert answer.send_at is not None
    assert ripen(answer.send_at) == 0
    assert rows(TriggerEvent)[0].reason == WhyNot.RELATIONSHIP_FIRST
    assert len(rows(Message)) == 0


def test_a_contact_at_another_account_is_not_asked_about_the_old_one(company: int) -> None:
    event_campaign()
    answer = told()
    contact("P1", account_id=add_account("A2", 1, []))
    assert answer.send_at is not None
    assert ripen(answer.send_at) == 0
    assert rows(TriggerEvent)[0].reason == WhyNot.CONTACT_UNKNOWN


def test_a_paused_campaign_refuses_new_events_and_holds_what_is_scheduled(company: int) -> None:
    campaign_id = event_campaign()
    answer = told()
    pause_campaign(campaign_id, actor="test")
    assert told("d1@company.example").reason is WhyNot.CAMPAIGN_PAUSED
    assert answer.send_at is not None
    assert ripen(answer.send_at) == 0
    resume_campaign(campaign_id, actor="test")
    assert ripen(answer.send_at) == 1


def test_a_finished_campaign_asks_nobody_any_more(company: int) -> None:
    campaign_id = event_campaign()
    answer = told()
    finish_campaign(campaign_id, actor="test")
    assert told("d1@company.example").reason is WhyNot.NO_CAMPAIGN
    assert answer.send_at is not None
    assert ripen(answer.send_at) == 0
    assert rows(TriggerEvent)[0].reason == WhyNot.NO_CAMPAIGN


def test_a_person_may_be_asked_twice_in_one_wave_of_events(company: int) -> None:
    event_campaign()
    told()
    with transaction() as session:
        session.execute(update(Invitation).values(sent_at=NOW - 31 * DAY))
    assert told().decision is EventDecision.SCHEDULED
    assert len(rows(Wave)) == 1
    assert len(rows(Invitation)) == 2
