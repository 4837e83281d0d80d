"""Events that come in: what follows them, and why nothing does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text, update

from app.accounts.models import AccountStatus, Contact, ContactStatus, Level, Suppression, SuppressionReason
from app.campaigns.asking_models import EventDecision, TriggerEvent
from app.campaigns.audience import Audience
from app.campaigns.changing_triggers import change_trigger
from app.campaigns.models import Invitation, Wave, WaveState
from app.campaigns.overriding import override_rules
from app.campaigns.sources import Company
from app.campaigns.sources import Person as Named
from app.campaigns.triggering import take_event
from app.campaigns.triggers import Repeat, TriggerSettings, Unknown, WhyNot
from app.core.db import transaction
from app.core.errors import Refused
from app.delivery.models import Message
from app.surveys.brands import Brand
from app.surveys.keeping_brands import add_brand
from tests.support.asked_people import DAY, asked, contact, rows
from tests.support.company import Person, add_account, planned
from tests.support.events import NOW, event, event_campaign, told


def test_an_event_invites_the_person_for_its_moment(company: int) -> None:
    campaign_id = event_campaign(trigger=TriggerSettings(delay_minutes=120))
    answer = told(occurred_at=NOW - timedelta(hours=1))
    assert (answer.decision, answer.reason) == (EventDecision.SCHEDULED, None)
    assert answer.send_at is not None
    assert answer.send_at >= NOW + timedelta(hours=1)
    (invitation,) = rows(Invitation)
    assert (invitation.id, invitation.contact_id) == (answer.invitation_id, contact("P1"))
    assert invitation.closes_on >= answer.send_at.date() + 30 * DAY
    (wave,) = rows(Wave)
    assert (wave.campaign_id, wave.state, wave.name) == (campaign_id, WaveState.RUNNING, f"{answer.send_at:%B %Y}")
    assert rows(Message) == [], "its mail is written when the moment has come"


def test_a_survey_waits_for_the_window_of_its_reader(company: int) -> None:
    contact("P1", time_zone="Asia/Tokyo", country="JP")
    event_campaign(window_from=9, window_to=17, ends_on=date(2099, 1, 1))
    friday_evening = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)  # 18:30 in Tokyo
    answer = told(now=friday_evening, occurred_at=friday_evening)
    assert answer.send_at == datetime(2026, 11, 30, 0, 0, tzinfo=UTC), "Monday, nine o'clock in Tokyo"


def test_the_sender_may_wish_for_another_delay(company: int) -> None:
    event_campaign()
    noon = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    answer = told(now=noon, occurred_at=noon, delay=timedelta(minutes=90))
    assert answer.send_at == noon + timedelta(minutes=90)


def test_the_same_event_gets_the_same_answer_whatever_happened_meanwhile(company: int) -> None:
    event_campaign()
    one = event()
    first = take_event(one, now=NOW, actor="test")
    contact("P1", status=ContactStatus.OPTED_OUT)
    assert take_event(one, now=NOW + DAY, actor="test") == first
    assert take_event(replace(one, name="something.else"), now=NOW, actor="test") == first
    assert len(rows(TriggerEvent)) == len(rows(Invitation)) == 1
    assert take_event(replace(one, source="zendesk"), now=NOW, actor="test").reason is WhyNot.OPTED_OUT


def test_each_reason_to_send_no_survey(company: int) -> None:
    assert told().reason is WhyNot.NO_CAMPAIGN
    event_campaign()
    for email, changes, reason in (
        ("p1@company.example", {"status": ContactStatus.LEFT}, WhyNot.CONTACT_LEFT),
        ("p1@company.example", {"status": ContactStatus.OPTED_OUT}, WhyNot.OPTED_OUT),
        ("p1@company.example", {"status": ContactStatus.SUPPRESSED}, WhyNot.SUPPRESSED),
        ("p1@company.example", {"exclusion_reason": "a delicate moment"}, WhyNot.EXCLUDED_BY_MANAGER),
        ("p1@company.example", {"embargoed_until": NOW.date() + 9 * DAY}, WhyNot.EMBARGOED),
        ("p1@company.example", {"last_invited_on": NOW.date() - 2 * DAY}, WhyNot.CONTACTED_RECENTLY),
    ):
        before = {"status": ContactStatus.ACTIVE, "exclusion_reason": None, "embargoed_until": None}
        contact("P1", **(before | changes))
        assert told(email).reason is reason
    contact("P1", last_invited_on=None, **before)
    assert told(person=Named(id="N1")).reason is WhyNot.INVALID_EMAIL
    assert told(occurred_at=NOW - 8 * DAY).reason is WhyNot.TOO_OLD
    assert told(name="order.shipped").reason is WhyNot.NO_CAMPAIGN
    with transaction() as session:
        session.add(Suppression(email_key="p1@company.example", reason=SuppressionReason.COMPLAINT))
    assert told().reason is WhyNot.SUPPRESSED
    assert told("d1@company.example").decision is EventDecision.SCHEDULED
    assert len(rows(Invitation)) == 1


@pytest.mark.parametrize(("scope", "reason"), [("default", WhyNot.OPTED_OUT), ("another", None)])
def test_a_no_to_another_brand_is_none_to_this_one(company: int, scope: str, reason: WhyNot | None) -> None:
    for key in ("default", "another"):
        add_brand(Brand("Acme", "Acme", "ask@acme.example", "ask@acme.example", "1 Road", key=key), actor="test")
    event_campaign()
    with transaction() as session:
        no = Suppression(email_key="p1@company.example", scope=scope, reason=SuppressionReason.UNSUBSCRIBED)
        session.add(no)
    assert told().reason is reason


def test_an_account_that_is_not_active_is_not_asked(database: str) -> None:
    add_account("A2", 1000, [Person("P1")], status=AccountStatus.CHURNED)
    event_campaign()
    assert told().reason is WhyNot.ACCOUNT_INACTIVE


def test_a_case_that_the_event_itself_closes_does_not_hold_the_person_back(company: int) -> None:
    event_campaign()
    contact("P1", open_case=True)
    assert told().decision is EventDecision.SCHEDULED


def test_the_audience_chooses_between_two_campaigns(company: int) -> None:
    add_account("A2", 1000, [Person("R1")], industry="Rail")
    others = event_campaign("Others", audience=Audience(account={"industry": ("Rail",)}))
    assert told().reason is WhyNot.OUTSIDE_AUDIENCE
    ours = event_campaign("Ours", audience=Audience(contact={"level": ("decision_maker",)}))
    assert told("d1@company.example").decision is EventDecision.SCHEDULED
    assert [row.campaign_id for row in rows(TriggerEvent)] == [others, ours]


@pytest.mark.parametrize(("repeat", "second"), [(Repeat.ONCE, WhyNot.ASKED_BEFORE), (Repeat.EVERY, None)])
def test_a_ticket_asks_once_or_on_every_closing(company: int, repeat: Repeat, second: WhyNot | None) -> None:
    event_campaign(trigger=TriggerSettings(delay_minutes=0, repeat=repeat))
    ticket = {"properties": {"ticket_id": 7}}
    assert told(**ticket).decision is EventDecision.SCHEDULED
    assert told("d1@company.example", **ticket).reason is second


def test_an_unknown_person_is_added_to_a_known_account_or_refused_as_set(company: int) -> None:
    campaign_id = event_campaign()
    new = Named(email="New.One@Company.example", first_name="Nora", language="de")
    assert told(person=new).reason is WhyNot.ACCOUNT_UNKNOWN
    assert told(person=new, company=Company(name="No such company")).reason is WhyNot.ACCOUNT_UNKNOWN
    assert told(person=Named(email="no address"), company=Company(id="A1")).reason is WhyNot.INVALID_EMAIL
    assert len(rows(Contact)) == 3
    assert told(person=new, company=Company(name="company a1")).decision is EventDecision.SCHEDULED
    made = rows(Contact)[-1]
    assert (made.email_key, made.first_name, made.account_id, made.level) == (
        "new.one@company.example",
        "Nora",
        company,
        Level.UNKNOWN,
    )
    change_trigger(campaign_id, TriggerSettings(unknown_contacts=Unknown.REFUSE), actor="test")
    assert told("stranger@company.example", company=Company(id="A1")).reason is WhyNot.CONTACT_UNKNOWN


def test_the_rules_are_those_of_the_level_and_of_the_moment_in_which_it_would_leave(company: int) -> None:
    campaign_id = event_campaign()
    asked("P1", 29, campaign_id)
    asked("D1", 89, campaign_id)
    user, decision_maker = told(), told("d1@company.example")
    assert (user.reason, decision_maker.reason) == (WhyNot.CONTACTED_RECENTLY, WhyNot.CONTACTED_RECENTLY)
    assert user.held_until == datetime.combine(NOW.date() + DAY, datetime.min.time(), tzinfo=UTC)
    assert told(delay=2 * DAY).decision is EventDecision.SCHEDULED
    assert told("d1@company.example", delay=2 * DAY).decision is EventDecision.SCHEDULED


def test_a_campaign_may_be_stricter_than_the_house(company: int) -> None:
    campaign_id = event_campaign(rules={"transactional_days": 60})
    asked("P1", 40, campaign_id)
    assert told().reason is WhyNot.CONTACTED_RECENTLY


def test_a_relationship_survey_that_is_open_or_due_soon_comes_first(company: int) -> None:
    event_campaign()
    wave_id = planned()
    assert told("d1@company.example").reason is WhyNot.RELATIONSHIP_FIRST
    with transaction() as session:
        session.execute(update(Invitation).where(Invitation.wave_id == wave_id).values(completed_at=NOW))
    assert told("d1@company.example").decision is EventDecision.SCHEDULED


def test_a_relationship_survey_far_ahead_does_not_hold_an_event_back(company: int) -> None:
    event_campaign()
    planned(planned_for=NOW.date() + 30 * DAY)
    assert told("d1@company.example").decision is EventDecision.SCHEDULED


def test_an_override_lets_the_person_be_asked_and_is_refused_without_need_or_reason(company: int) -> None:
    campaign_id = event_campaign()
    person = contact("P1")
    with pytest.raises(Refused, match="nothing to override"):
        override_rules(person, reason="a new contract", actor="ana", now=NOW)
    asked("P1", 3, campaign_id)
    assert told().reason is WhyNot.CONTACTED_RECENTLY
    with pytest.raises(Refused, match="Write why"):
        override_rules(person, reason=" x ", actor="ana", now=NOW)
    override_rules(person, reason="a new contract", actor="ana", now=NOW)
    assert told().decision is EventDecision.SCHEDULED
    with transaction() as session:
        (entry,) = session.execute(
            text("SELECT actor, detail FROM audit_entry WHERE deed = 'contact_rules.overridden'")
        )
    assert (entry.actor, entry.detail) == ("ana", {"reason": "a new contract"})
