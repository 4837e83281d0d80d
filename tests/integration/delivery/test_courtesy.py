"""Nobody is mailed too soon, too late or after a no, whatever moved between plan and mail."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from app.accounts.models import Contact, ContactStatus, Level, Suppression
from app.campaigns.finishing import finish_waves
from app.campaigns.models import Decision, Invitation, Wave
from app.campaigns.planning import plan_wave
from app.core.db import transaction
from app.core.errors import Refused
from app.delivery.claiming import claim
from app.delivery.dispatching import cancel_over, settle_stale
from app.delivery.launching import launch_wave
from app.delivery.models import Message, MessageState
from app.delivery.sending import Sender
from app.delivery.unsubscribing import find_recipient, resubscribe, unsubscribe
from app.responses.collecting import record_answer
from app.surveys.answers import Answer
from tests.support.company import TODAY, Person, add_account, draft, people, planned
from tests.support.settings import settings
from tests.support.transport import ToldTransport

NOW = datetime.now(UTC)


def send_all(database: str) -> list[str]:
    """Send what is queued and return who got it."""
    with transaction() as session:
        ids = list(session.scalars(select(Message.id).order_by(Message.id)))
    transport = ToldTransport()
    Sender(settings(database), transport).send_all(ids)
    return [mail.recipient for mail in transport.mails]


def sent(database: str, person: Person) -> int:
    """Mail one person of one account and return the invitation."""
    add_account("A1", 1000, [person])
    launch_wave(planned(), now=NOW, actor="test", at_once=True)
    send_all(database)
    with transaction() as session:
        return session.scalars(select(Invitation.id)).one()


def suppressed() -> set[str]:
    with transaction() as session:
        return set(session.scalars(select(Suppression.email_key)))


def test_two_waves_planned_at_once_ask_different_people(database: str) -> None:
    for number in range(40):
        add_account(f"A{number:02}", 10_000, people(f"P{number:02}", Level.USER, 6))
    waves = [draft("one"), draft("two")]
    threads = [threading.Thread(target=plan_wave, args=(wave,), kwargs={"actor": "test"}) for wave in waves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction() as session:
        chosen = session.scalars(select(Decision.contact_id).where(Decision.seat.is_not(None))).all()
    assert len(chosen) == len(set(chosen)) == 240


@pytest.mark.usefixtures("database")
def test_a_mailbox_gets_one_invitation_a_week_though_two_plans_chose_it(database: str) -> None:
    add_account("A1", 1000, [Person("P1")])
    first = planned("one")
    with transaction() as session:
        session.execute(text("UPDATE contact SET email_key = 'free@company.example'"))
    add_account("A2", 1000, [Person("P2", more={"email_key": "p1@company.example"})])
    second = planned("two")
    with transaction() as session:
        session.execute(text("UPDATE contact SET email_key = 'p1@company.example'"))
    for wave_id in (first, second):
        launch_wave(wave_id, now=NOW, actor="test", at_once=True)
    assert send_all(database) == ["p1@company.example"]
    with transaction() as session:
        assert sorted(map(str, session.scalars(select(Message.reason)))) == ["None", "contacted_recently"]


def test_a_new_contact_with_a_mailed_address_waits_its_80_days(database: str) -> None:
    sent(database, Person("P9", more={"email_key": "a@company.example"}))
    with transaction() as session:
        session.execute(text("UPDATE invitation SET completed_at = now()"))
    add_account("A2", 1000, [Person("O1", more={"email_key": "a@company.example"})])
    wave_id = planned("two")
    with transaction() as session:
        reasons = set(session.scalars(select(Decision.reason).where(Decision.wave_id == wave_id)))
    assert {str(reason) for reason in reasons} == {"duplicate_email", "contacted_recently"}


def test_a_wave_that_is_over_is_not_launched_and_a_late_one_keeps_its_links_open(database: str) -> None:
    add_account("A1", 1000, people("U", Level.USER, 1))
    over = planned("over", planned_for=TODAY - timedelta(days=45))
    with pytest.raises(Refused, match="ended on"):
        launch_wave(over, now=NOW, actor="test", at_once=True)
    with transaction() as session:
        session.execute(text("DELETE FROM invitation"))
    late = planned("late", planned_for=TODAY - timedelta(days=29))
    launch_wave(late, now=NOW, actor="test", at_once=True)
    with transaction() as session:
        assert session.scalars(select(Invitation.closes_on)).one() == NOW.date() + timedelta(days=30)


def test_what_a_finished_wave_did_not_send_is_cancelled(database: str) -> None:
    add_account("A1", 1000, people("U", Level.USER, 1))
    launch_wave(planned(), now=NOW, actor="test", at_once=True)
    finish_waves(TODAY + timedelta(days=31))
    cancel_over()
    assert send_all(database) == []
    with transaction() as session:
        message = session.scalars(select(Message)).one()
        assert (message.state.value, message.reason) == ("cancelled", "wave_over")


def test_a_no_holds_for_the_address_that_was_mailed_and_for_the_person(database: str) -> None:
    invitation = sent(database, Person("P1", more={"email_key": "old@company.example"}))
    with transaction() as session:
        session.execute(text("UPDATE contact SET email_key = 'new@company.example'"))
    unsubscribe(invitation)
    assert suppressed() == {"old@company.example", "new@company.example"}
    with transaction() as session:
        session.execute(text("UPDATE contact SET email_key = 'newer@company.example'"))
        assert session.scalars(select(Contact.status)).one() is ContactStatus.OPTED_OUT
    resubscribe(invitation)
    assert suppressed() == set()
    with transaction() as session:
        assert session.scalars(select(Contact.status)).one() is ContactStatus.ACTIVE


@pytest.mark.parametrize("change", ["UPDATE contact SET email_key = NULL", "DELETE FROM contact"])
def test_a_no_is_kept_when_the_address_or_the_contact_is_gone(database: str, change: str) -> None:
    invitation = sent(database, Person("P1", more={"email_key": "old@company.example"}))
    with transaction() as session:
        session.execute(text(change))
    assert find_recipient(invitation) is not None
    unsubscribe(invitation)
    assert suppressed() == {"old@company.example"}
    found = find_recipient(invitation)
    assert found is not None
    assert found.unsubscribed


def test_a_reminder_that_bounced_is_the_last_one(database: str) -> None:
    invitation_id = sent(database, Person("P1"))
    with transaction() as session:
        session.execute(
            text(
                """
                INSERT INTO message (invitation_id, wave_id, account_id, number, due_at, state, claimed_at, bounced_at)
                SELECT invitation_id, wave_id, account_id, v.number, now(), CAST(v.state AS message_state),
                       v.bounced_at, v.bounced_at
                FROM message, (VALUES (1, 'bounced', now()), (2, 'queued', NULL)) v (number, state, bounced_at)
                WHERE invitation_id = :id
                """
            ),
            {"id": invitation_id},
        )
    assert send_all(database) == []
    with transaction() as session:
        assert session.execute(select(Message.state, Message.reason).where(Message.number == 2)).one() == (
            MessageState.REFUSED,
            "bounced",
        )


def unanswered() -> int:
    with transaction() as session:
        return session.scalars(select(Contact.unanswered)).one()


def test_an_answer_that_overtakes_the_record_is_not_counted_as_silence(database: str) -> None:
    add_account("A1", 1000, [Person("P1")])
    launch_wave(planned(), now=NOW, actor="test", at_once=True)
    with transaction() as session:
        invitation, message = session.scalars(select(Invitation.id)).one(), session.scalars(select(Message.id)).one()

    class Swift(ToldTransport):
        def send(self, mail):  # type: ignore[no-untyped-def] # as the port has it
            record_answer(invitation, Answer(9, step="score"), language="en", now=NOW)
            return super().send(mail)

    Sender(settings(database), Swift()).send_all([message])
    assert unanswered() == 0


def test_a_lost_mail_counts_once_however_late_its_record_comes(database: str) -> None:
    add_account("A1", 1000, [Person("P1")])
    launch_wave(planned(), now=NOW, actor="test", at_once=True)

    class Slow(ToldTransport):
        def send(self, mail):  # type: ignore[no-untyped-def] # as the port has it
            settle_stale(datetime.now(UTC) + timedelta(hours=1))
            return super().send(mail)

    with transaction() as session:
        message = session.scalars(select(Message.id)).one()
    Sender(settings(database), Slow()).send_all([message])
    assert unanswered() == 1
    with transaction() as session:
        assert session.scalars(select(Message.state)).one().value == "sent"


def test_one_surprise_does_not_keep_the_others_waiting(database: str) -> None:
    add_account("A1", 1_000_000_000, people("U", Level.USER, 12))
    launch_wave(planned(), now=NOW, actor="test", at_once=True)
    with transaction() as session:
        ids = list(session.scalars(select(Message.id)))

    def surprise(mail: object, before: int) -> None:
        if before == 0:
            raise RuntimeError("a surprise")

    transport = ToldTransport(surprise)
    assert Sender(settings(database, send_at_once=1), transport).send_all(ids) == 11
    with transaction() as session:
        states = sorted(state.value for state in session.scalars(select(Message.state)))
    assert states == ["sending", *["sent"] * 11]


def test_a_claim_after_the_last_day_is_refused(database: str) -> None:
    add_account("A1", 1000, [Person("P1")])
    wave_id = planned()
    launch_wave(wave_id, now=NOW, actor="test", at_once=True)
    with transaction() as session:
        session.get_one(Wave, wave_id).ends_on = date(2026, 1, 1)
        message = session.scalars(select(Message.id)).one()
    assert claim({message: uuid4()}) == []
