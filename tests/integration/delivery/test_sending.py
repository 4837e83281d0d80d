"""The ledger on a real database: at most one mail for each message, whatever happens."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from app.accounts.models import Contact, Level, Suppression, SuppressionReason
from app.campaigns.models import Invitation, Wave, WaveState
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.delivery import dispatching
from app.delivery.claiming import claim
from app.delivery.launching import launch_wave
from app.delivery.models import Message, MessageState, OutboxMail
from app.delivery.pausing import pause_wave, resume_wave
from app.delivery.sending import Sender
from app.delivery.transports import OutcomeUnknown, OutgoingMail, Rejected, TryLater, make
from app.delivery.unsubscribing import resubscribe, unsubscribe
from tests.support.company import Person, add_account, draft, people, planned, three_levels
from tests.support.settings import settings
from tests.support.transport import ToldTransport

NOW = datetime.now(UTC)


def launched(count: int = 3, **more: object) -> list[int]:
    """Launch a wave over `count` users of one account and return the ids of its messages."""
    add_account("A1", 1_000_000_000, people("U", Level.USER, count), **more)  # type: ignore[arg-type] # of Account
    launch_wave(planned(), now=NOW, actor="test", at_once=True)
    return message_ids()


def message_ids() -> list[int]:
    with transaction() as session:
        return list(session.scalars(select(Message.id).order_by(Message.id)))


def states() -> list[str]:
    with transaction() as session:
        return [state.value for state in session.scalars(select(Message.state).order_by(Message.id))]


def sender(database: str, ending: Callable[[OutgoingMail, int], None] | None = None) -> tuple[Sender, ToldTransport]:
    transport = ToldTransport(ending)
    return Sender(settings(database), transport), transport


def test_a_mail_carries_what_it_must(database: str) -> None:
    add_account("A1", 1000, [Person("U000", language="de", more={"first_name": "Ann\r\nBcc: x@evil.example"})])
    launch_wave(planned(), now=NOW, actor="test", at_once=True)
    sending, transport = sender(database)
    assert sending.send_all(message_ids()) == 1
    (mail,) = transport.mails
    assert mail.recipient == "u000@company.example"
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.headers["List-Unsubscribe"].startswith("<http://127.0.0.1:8080/u/")
    assert mail.headers["Auto-Submitted"] == "auto-generated"
    assert not any("\n" in value or "\r" in value for value in (*mail.headers.values(), mail.subject, mail.sender))
    assert all(f"?score={score}" in mail.text for score in range(11))
    assert mail.html.count("?score=") == 11
    with transaction() as session:
        contact = session.scalars(select(Contact)).one()
        invitation = session.scalars(select(Invitation)).one()
        assert contact.last_invited_on == datetime.now(UTC).date()
        assert contact.unanswered == 1
        assert invitation.sent_at is not None


def test_the_outbox_keeps_the_same_mail(database: str) -> None:
    ids = launched(2)
    Sender(settings(database)).send_all(ids)
    with transaction() as session:
        kept = session.scalars(select(OutboxMail).order_by(OutboxMail.id)).all()
        assert {mail.recipient for mail in kept} == {"u000@company.example", "u001@company.example"}
        assert all("/s/" in mail.html and "/u/" in mail.text and mail.headers["From"] for mail in kept)
    assert states() == ["sent", "sent"]


def test_the_same_job_again_sends_nothing(database: str) -> None:
    ids = launched()
    sending, transport = sender(database)
    assert [sending.send_all(ids) for _ in range(3)] == [3, 0, 0]
    assert len(transport.mails) == 3


def test_eight_workers_on_the_same_messages_send_each_once(database: str) -> None:
    ids = launched(18)
    sending, transport = sender(database)
    threads = [threading.Thread(target=sending.send_all, args=(ids,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(mail.recipient for mail in transport.mails).most_common(1)[0][1] == 1
    assert len(transport.mails) == 18
    assert set(states()) == {"sent"}


def test_nothing_holds_a_connection_while_the_provider_is_called(database: str) -> None:
    idle: list[int] = []

    def look(mail: OutgoingMail, before: int) -> None:
        with transaction() as session:
            query = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
            idle.append(session.scalar(text(query)) or 0)

    sending, _ = sender(database, look)
    sending.send_all(launched(1))
    assert idle == [0]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Rejected("no such domain"), "failed"), (TryLater("too fast", 30), "queued"), (OutcomeUnknown("cut"), "sending")],
)
def test_the_outcome_decides_the_state(database: str, outcome: Exception, state: str) -> None:
    ids = launched(1)

    def end(mail: OutgoingMail, before: int) -> None:
        raise outcome

    sending, _ = sender(database, end)
    assert sending.send_all(ids) == 0
    assert states() == [state]
    with transaction() as session:
        assert session.scalars(select(Message.reason)).one() == str(outcome)


def test_what_may_be_tried_later_waits_its_time(database: str) -> None:
    launched(1)

    def end(mail: OutgoingMail, before: int) -> None:
        raise TryLater("too fast", 3600)

    sending, transport = sender(database, end)
    sending.send_all(message_ids())
    with transaction() as session:
        message = session.scalars(select(Message)).one()
        assert message.enqueued_at is None
        assert message.due_at > datetime.now(UTC) + timedelta(minutes=59)
    assert len(transport.mails) == 1


def test_a_worker_that_died_leaves_unknown_and_never_a_second_mail(database: str) -> None:
    ids = launched(1)
    assert claim({ids[0]: uuid4()})  # and then the worker is gone
    sending, transport = sender(database)
    assert sending.send_all(ids) == 0
    assert dispatching.settle_stale(datetime.now(UTC)) == 0
    assert dispatching.settle_stale(datetime.now(UTC) + timedelta(minutes=6)) == 1
    assert states() == ["unknown"]
    assert sending.send_all(ids) == 0
    assert transport.mails == []
    with transaction() as session:
        contact = session.scalars(select(Contact)).one()
        assert contact.last_invited_on is not None, "an unknown send counts for the contact rules"


def test_an_error_of_ours_before_the_call_fails_the_message_and_sends_nothing(database: str) -> None:
    ids = launched(2)
    with transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))  # past the trigger that keeps versions
        session.execute(text("UPDATE survey_version SET definition = '{}'"))
    sending, transport = sender(database)
    assert sending.send_all(ids) == 0
    assert states() == ["failed", "failed"]
    assert transport.mails == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE contact SET status = 'left'", "contact_left"),
        ("UPDATE contact SET status = 'opted_out'", "opted_out"),
        ("UPDATE contact SET email_key = NULL", "invalid_email"),
        ("UPDATE account SET status = 'churned'", "account_inactive"),
        ("UPDATE wave SET state = 'finished'", "wave_over"),
        ("INSERT INTO suppression (email_key, reason) VALUES ('u000@company.example', 'complaint')", "suppressed"),
        ("DELETE FROM contact", "contact_gone"),
    ],
)
def test_what_changed_after_the_plan_is_looked_at_again(database: str, change: str, reason: str) -> None:
    ids = launched(1)
    with transaction() as session:
        session.execute(text(change))
    sending, transport = sender(database)
    sending.send_all(ids)
    assert transport.mails == []
    with transaction() as session:
        message = session.scalars(select(Message)).one()
        assert (message.state, message.reason) == (MessageState.REFUSED, reason)


def test_a_contact_that_moved_is_not_asked_about_the_old_account(database: str) -> None:
    ids = launched(1)
    other = add_account("A2", 1000, [])
    with transaction() as session:
        session.execute(text("UPDATE contact SET account_id = :other"), {"other": other})
    sending, transport = sender(database)
    sending.send_all(ids)
    assert (transport.mails, states()) == ([], ["refused"])


def test_an_unsubscription_stops_what_is_on_its_way_and_can_be_taken_back(database: str) -> None:
    ids = launched(2)
    with transaction() as session:
        query = select(Invitation.id).join(Contact, Contact.id == Invitation.contact_id)
        invitation_id = session.scalars(query.where(Contact.external_id == "U000")).one()
    unsubscribe(invitation_id)
    unsubscribe(invitation_id)
    sending, transport = sender(database)
    sending.send_all(ids)
    assert [mail.recipient for mail in transport.mails] == ["u001@company.example"]
    resubscribe(invitation_id)
    with transaction() as session:
        assert session.scalars(select(Suppression)).all() == []
        assert session.get_one(Invitation, invitation_id).refused_at is None


def test_taking_a_no_back_never_lifts_a_bounce(database: str) -> None:
    launched(1)
    with transaction() as session:
        session.add(Suppression(email_key="u000@company.example", reason=SuppressionReason.HARD_BOUNCE))
        invitation_id = session.scalars(select(Invitation.id)).one()
    unsubscribe(invitation_id)
    resubscribe(invitation_id)
    with transaction() as session:
        assert session.scalars(select(Suppression.reason)).one() is SuppressionReason.HARD_BOUNCE


def test_a_paused_wave_holds_and_goes_on_without_mailing_twice(database: str) -> None:
    ids = launched(4)
    sending, transport = sender(database)
    sending.send_all(ids[:2])
    wave_id = wave().id
    pause_wave(wave_id, actor="test")
    sending.send_all(ids)
    assert len(transport.mails) == 2
    resume_wave(wave_id, actor="test")
    sending.send_all(ids)
    assert Counter(mail.recipient for mail in transport.mails) == dict.fromkeys(
        (f"u00{number}@company.example" for number in range(4)), 1
    )


def wave() -> Wave:
    with transaction() as session:
        return session.scalars(select(Wave)).one()


def test_a_wave_is_launched_once_and_only_when_planned(database: str) -> None:
    add_account("A1", 1000, people("U", Level.USER, 1))
    wave_id = draft()
    with pytest.raises(Refused, match="no plan yet"):
        launch_wave(wave_id, now=NOW, actor="test", at_once=True)
    other = planned("q5")
    assert launch_wave(other, now=NOW, actor="test", at_once=True) == 1
    with pytest.raises(Refused, match="already"):
        launch_wave(other, now=NOW, actor="test", at_once=True)
    with pytest.raises(NotFound):
        launch_wave(999, now=NOW, actor="test", at_once=True)
    assert states() == ["queued"]


def test_mails_go_out_by_renewal_then_value_then_one_level_in_turn(database: str) -> None:
    soon = NOW.date() + timedelta(days=60)
    add_account("A1", 10_000, three_levels("A1", 1, 1, 1))
    add_account("A2", 1_000_000, three_levels("A2", 3, 3, 3))
    add_account("A3", 1000, people("A3U", Level.USER, 1), renewal_on=soon)
    launch_wave(planned(), now=NOW, actor="test", at_once=True)
    query = select(Contact.external_id).join(Invitation, Invitation.contact_id == Contact.id)
    with transaction() as session:
        order = session.scalars(query.join(Message, Message.invitation_id == Invitation.id).order_by(Message.id)).all()
    assert [contact[:3] for contact in order] == ["A3U", *["A2D", "A2I", "A2U"] * 3, "A1D", "A1I", "A1U"]


def test_every_state_of_a_wave_is_one_the_ledger_knows() -> None:
    assert {state.value for state in WaveState} == {"draft", "planned", "running", "paused", "finished"}


def test_the_transport_named_in_the_settings_is_made(database: str) -> None:
    assert type(make(settings(database))).__name__ == "Outbox"
