"""Pauses by people and by the engine, and what people decide about mails of unknown fate."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from app.campaigns.models import Invitation, Wave
from app.core.audit import AuditEntry
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.delivery.claiming import Claimed, claim, drop_unwanted, give_back
from app.delivery.deciding_unknown import drop, resend
from app.delivery.dispatching import cancel_over, ledger_time, settle_stale
from app.delivery.models import Message, PastAttempt, PauseCause, SendingPause
from app.delivery.pacing import watch_rates
from app.delivery.pausing import (
    ENGINE,
    hold,
    open_pauses,
    past_pauses,
    pause_everything,
    pause_wave,
    resume_everything,
    resume_wave,
)
from app.delivery.recording import Outcome, record
from app.delivery.sending import Sender
from app.delivery.transports import TryLater
from app.delivery.unsubscribing import unsubscribe
from tests.support.company import launched
from tests.support.settings import settings
from tests.support.transport import ToldTransport


def ids() -> list[int]:
    with transaction() as session:
        return list(session.scalars(select(Message.id).order_by(Message.id)))


def states() -> Counter[str]:
    with transaction() as session:
        return Counter(state.value for state in session.scalars(select(Message.state)))


def send(database: str, these: list[int] | None = None) -> list[str]:
    """Send and return who got it."""
    transport = ToldTransport()
    Sender(settings(database), transport).send_all(these or ids())
    return [mail.recipient for mail in transport.mails]


def execute(statement: str, **values: Any) -> None:
    with transaction() as session:
        session.execute(text(statement), values)


def test_a_pause_of_everything_holds_all_waves_until_a_person_lets_it_go_on(database: str) -> None:
    wave_id = launched(18)
    pause_everything(actor="ada", reason="the logo is wrong")
    with pytest.raises(Refused, match="already"):
        pause_everything(actor="bob")
    assert send(database) == []
    with transaction() as session:
        (pause,) = open_pauses(session, wave_id)
        assert (pause.cause, pause.detail, pause.paused_by) == (PauseCause.BY_HAND, "the logo is wrong", "ada")
    resume_everything(actor="bob")
    with pytest.raises(Refused, match="not paused"):
        resume_everything(actor="bob")
    assert len(send(database)) == 18
    with transaction() as session:
        (past,) = past_pauses(session)
        assert (past.ended_by, past.ended_at is not None) == ("bob", True)
        deeds = session.scalars(select(AuditEntry.deed).where(AuditEntry.subject == "everything")).all()
        assert sorted(deeds) == ["sending.paused", "sending.resumed"]


def test_the_engine_s_own_pause_is_made_once_and_ended_with_the_wave_s(database: str) -> None:
    wave_id = launched(18)
    threads = [
        threading.Thread(target=hold, args=(PauseCause.SENDER, "the sender is not verified", wave_id)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction() as session:
        (pause,) = open_pauses(session, wave_id)
        assert pause.paused_by == ENGINE
        assert session.get_one(Wave, wave_id).state.value == "paused"
    with pytest.raises(Refused, match="paused, not running"):
        pause_wave(wave_id, actor="ada")
    resume_wave(wave_id, actor="ada")
    with transaction() as session:
        assert open_pauses(session, wave_id) == []
    assert len(send(database)) == 18


@pytest.mark.parametrize(
    ("column", "faults", "cause"),
    [("bounced_at", 3, "bounces"), ("bounced_at", 2, None), ("complained_at", 1, "complaints")],
)
def test_a_campaign_that_bounces_or_annoys_stops_and_old_faults_do_not_stop_it_again(
    database: str, column: str, faults: int, cause: str | None
) -> None:
    wave_id = launched(108)
    send(database, ids()[:54])
    execute(f"UPDATE message SET {column} = now() WHERE id = ANY(:ids)", ids=ids()[:faults])
    watch_rates()
    watch_rates()
    with transaction() as session:
        assert [pause.cause.value for pause in open_pauses(session, wave_id)] == ([cause] if cause else [])
    if cause is None:
        return
    assert send(database) == []
    resume_wave(wave_id, actor="ada")
    watch_rates()
    assert len(send(database)) == 54, "what a person let go on is judged by what it sends from then on"


@pytest.mark.usefixtures("database")
def test_fifty_sends_are_needed_before_rates_say_anything() -> None:
    wave_id = launched(54)
    execute(
        "UPDATE message SET state = 'bounced', claimed_at = now(), bounced_at = now() WHERE id = ANY(:ids)",
        ids=ids()[:49],
    )
    watch_rates()
    with transaction() as session:
        assert open_pauses(session, wave_id) == []


@pytest.mark.usefixtures("database")
def test_a_wave_that_is_over_alerts_nobody_any_more() -> None:
    wave_id = launched(18)
    hold(PauseCause.BOUNCES, "too many bounced", wave_id)
    execute("UPDATE wave SET state = 'finished'")
    cancel_over()
    assert states() == {"cancelled": 18}
    with transaction() as session:
        assert open_pauses(session, wave_id) == []


def test_a_no_after_the_claim_keeps_the_mail_from_leaving(database: str) -> None:
    launched(18)
    attempts = {id: uuid4() for id in ids()}
    claimed = claim(attempts)
    with transaction() as session:
        invitations = session.scalars(select(Message.invitation_id).order_by(Message.id)).all()
    unsubscribe(invitations[0])
    assert [one.id for one in drop_unwanted(claimed)] == ids()[1:]
    with transaction() as session:
        refused = session.get_one(Message, ids()[0])
        assert (refused.state.value, refused.reason, refused.claimed_at) == ("refused", "opted_out", None)


def test_what_was_claimed_and_did_not_leave_goes_back_as_if_never_claimed(database: str) -> None:
    launched(18)
    attempts = {id: uuid4() for id in ids()}
    claim(attempts)
    give_back({id: uuid4() for id in ids()})
    assert states() == {"sending": 18}, "another attempt's claim is not ours to give back"
    give_back(attempts)
    assert states() == {"queued": 18}
    assert len(send(database)) == 18


def unknown(database: str) -> int:
    """Make one mail of unknown fate and return its id."""
    launched(18)
    first = ids()[0]
    claim({first: UUID(int=1)})
    settle_stale(ledger_time() + timedelta(minutes=6))
    assert states()["unknown"] == 1
    return first


def test_a_person_lets_an_unknown_mail_be_sent_once_more(database: str) -> None:
    first = unknown(database)
    resend(first, actor="ada", reason="the reader says nothing came")
    assert len(send(database, [first])) == 1
    with transaction() as session:
        past = session.scalars(select(PastAttempt)).one()
        message = session.get_one(Message, first)
        assert (past.attempt_id, past.message_id) == (UUID(int=1), first)
        assert message.attempt_id not in (None, UUID(int=1))
        assert session.scalar(select(func.max(Invitation.sent_at))) is not None
        assert session.scalar(text("SELECT max(unanswered) FROM contact")) == 1, "asked once, however often mailed"
        assert "message.resent" in session.scalars(select(AuditEntry.deed)).all()
    with pytest.raises(Refused, match="sent, not unknown"):
        resend(first, actor="ada", reason="again")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("INSERT INTO suppression (email_key, reason) SELECT email_key, 'complaint' FROM contact", "complained"),
        ("UPDATE contact SET status = 'opted_out'", "no more mail"),
        ("UPDATE invitation SET answered_at = now()", "answered"),
        ("UPDATE wave SET state = 'finished'", "over"),
        (
            "UPDATE message SET state = 'sent', claimed_at = now(), recipient ="
            " (SELECT recipient FROM message WHERE state = 'unknown') WHERE state = 'queued'",
            "within a week",
        ),
    ],
)
def test_what_speaks_against_it_now_keeps_it_from_being_sent_again(database: str, change: str, reason: str) -> None:
    first = unknown(database)
    execute(change)
    with pytest.raises(Refused, match=reason):
        resend(first, actor="ada", reason="please")
    assert states()["unknown"] == 1


def test_a_dropped_mail_is_final_and_counts_as_asked(database: str) -> None:
    first = unknown(database)
    for deed in (resend, drop):
        with pytest.raises(Refused, match="Say why"):
            deed(first, actor="ada", reason=" ")
        with pytest.raises(NotFound):
            deed(first + 999, actor="ada", reason="x")
    drop(first, actor="ada", reason="they were called instead")
    assert send(database, [first]) == []
    with transaction() as session:
        message = session.get_one(Message, first)
        assert (message.state.value, message.reason) == ("cancelled", "dropped: they were called instead")
        assert message.claimed_at is not None
        assert session.get_one(Invitation, message.invitation_id).sent_at is not None


def test_a_second_try_that_was_not_taken_still_counts_the_first(database: str) -> None:
    first = unknown(database)
    resend(first, actor="ada", reason="please")
    (claimed,) = claim({first: uuid4()})
    record([Outcome(claimed, TryLater("too fast", 5))])
    with transaction() as session:
        message = session.get_one(Message, first)
        past = session.scalars(select(PastAttempt)).one()
        assert (message.state.value, message.claimed_at) == ("queued", past.claimed_at)


def test_a_late_outcome_of_another_attempt_changes_nothing(database: str) -> None:
    first = unknown(database)
    with transaction() as session:
        assert session.get_one(Message, first).attempt_id == UUID(int=1)
    resend(first, actor="ada", reason="please")
    (claimed,) = claim({first: uuid4()})
    old = Claimed(claimed.id, claimed.wave_id, claimed.letter._replace(attempt_id=UUID(int=1)))
    record([Outcome(old, "provider-1")])
    assert states()["sending"] == 1


def test_two_workers_that_record_the_same_people_never_wait_in_a_circle(database: str) -> None:
    launched(72)
    claimed = claim({id: uuid4() for id in ids()})
    halves = claimed[::2], claimed[1::2]
    threads = [
        threading.Thread(target=record, args=([Outcome(one, f"p-{one.id}") for one in order],))
        for half in halves
        for order in (half, half[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states() == {"sent": 72}
    with transaction() as session:
        assert session.scalar(text("SELECT max(unanswered) FROM contact")) == 1
        assert session.scalar(select(func.count()).select_from(SendingPause)) == 0
