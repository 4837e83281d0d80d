"""Receipts are applied once, whatever their order, and draw their consequences at once."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.core.db import reading, transaction
from app.delivery.claiming import claim
from app.delivery.dispatching import ledger_time, settle_stale
from app.delivery.models import ReceiptKind
from app.delivery.receipts.applying import apply, kept_apart, match_waiting
from app.delivery.receipts.events import read
from tests.support.fake_ses.events import body
from tests.support.receipts import START, Mail, claimed, row, rows, suppressed

MESSAGE = "SELECT * FROM message WHERE id = :id"
INVITATION = "SELECT * FROM invitation WHERE id = :id"
CONTACT = "SELECT c.* FROM contact c JOIN invitation i ON i.contact_id = c.id WHERE i.id = :id"


def state(mail: Mail) -> str:
    return str(row(MESSAGE, id=mail.id)["state"])


@pytest.mark.usefixtures("database")
def test_a_receipt_that_overtakes_our_own_record_settles_the_mail() -> None:
    mail, *_ = claimed()
    applied = apply([mail.news("delivered")])
    assert applied == (1, 0, 0)
    found = row(MESSAGE, id=mail.id)
    assert (found["state"], found["provider_id"], found["sent_at"]) == ("delivered", mail.provider_id, START)
    assert found["delivered_at"] == START + timedelta(minutes=1)
    assert row(INVITATION, id=mail.invitation_id)["sent_at"] is not None
    contact = row(CONTACT, id=mail.invitation_id)
    assert (contact["unanswered"], contact["last_invited_on"]) == (1, START.date())


@pytest.mark.usefixtures("database")
def test_a_mail_nobody_could_tell_of_is_settled_by_its_attempt_and_counted_once() -> None:
    mail, *_ = claimed()
    assert settle_stale(ledger_time() + timedelta(hours=1)) == 18
    assert state(mail) == "unknown"
    apply([mail.news("sent")])
    found = row(MESSAGE, id=mail.id)
    assert (found["state"], found["reason"]) == ("sent", None)
    assert row(CONTACT, id=mail.invitation_id)["unanswered"] == 1


@pytest.mark.usefixtures("database")
def test_a_receipt_of_an_earlier_attempt_stops_the_second_mail() -> None:
    mail, *_ = claimed()
    with transaction() as session:
        session.execute(
            text("INSERT INTO past_attempt (attempt_id, message_id, claimed_at) VALUES (:attempt, :id, now())"),
            {"attempt": mail.attempt_id, "id": mail.id},
        )
        session.execute(text("UPDATE message SET state = 'queued', attempt_id = NULL WHERE id = :id"), {"id": mail.id})
    apply([mail.news("delivered")])
    assert state(mail) == "delivered"
    assert claim({mail.id: uuid.uuid4()}) == []


@pytest.mark.usefixtures("database")
def test_the_same_receipt_ten_times_counts_once() -> None:
    mail, *_ = claimed()
    event = mail.news("bounced")
    assert apply([event] * 10) == (1, 0, 0)
    for _ in range(3):
        assert apply([event]) == (0, 1, 0)
    assert len(rows("SELECT id FROM receipt")) == 1


@pytest.mark.usefixtures("database")
def test_a_permanent_bounce_suppresses_the_address_that_was_mailed() -> None:
    mail, other, *_ = claimed()
    with transaction() as session:
        session.execute(
            text("UPDATE contact SET email_key = 'new@company.example' WHERE email_key = :old"), {"old": mail.recipient}
        )
    apply([mail.news("bounced"), other.news("bounced", bounce="transient")])
    assert suppressed() == [(mail.recipient, "*", "hard_bounce")]
    assert [row(MESSAGE, id=one.id)["bounce"] for one in (mail, other)] == ["permanent", "transient"]
    for one in (mail, other):
        assert row(INVITATION, id=one.invitation_id)["bounced_at"] == START + timedelta(minutes=1)


@pytest.mark.usefixtures("database")
def test_a_complaint_is_the_persons_no_everywhere() -> None:
    mail, *_ = claimed()
    with transaction() as session:
        session.execute(
            text("UPDATE contact SET email_key = 'new@company.example' WHERE email_key = :old"), {"old": mail.recipient}
        )
    apply([mail.news("complained", minutes=3), mail.news("opened", minutes=9)])
    assert suppressed() == [("new@company.example", "*", "complaint"), (mail.recipient, "*", "complaint")]
    assert state(mail) == "complained"
    assert row(INVITATION, id=mail.invitation_id)["refused_at"] == START + timedelta(minutes=3)


def same_mailbox(mails: list[Mail], address: str = "same@company.example") -> None:
    with transaction() as session:
        for minutes, mail in enumerate(mails):
            session.execute(
                text("UPDATE message SET recipient = :address, claimed_at = :at WHERE id = :id"),
                {"address": address, "at": START + timedelta(minutes=minutes), "id": mail.id},
            )


@pytest.mark.usefixtures("database")
def test_three_transient_bounces_in_a_row_suppress_and_a_delivery_between_them_does_not() -> None:
    one, two, three, four, *_ = mails = claimed()
    same_mailbox(mails[:4])
    apply([mail.news("bounced", bounce="transient") for mail in (one, three, four)])
    assert suppressed() == []
    apply([two.news("delivered")])
    assert suppressed() == []
    apply([two.news("bounced", bounce="transient")])  # it was delivered, and came back after all
    assert suppressed() == [("same@company.example", "*", "repeated_bounce")]


@pytest.mark.usefixtures("database")
def test_an_invitation_whose_reminder_bounces_did_arrive() -> None:
    mail, *_ = claimed()
    with transaction() as session:
        values = {"id": mail.invitation_id, "attempt": uuid.UUID(int=1)}
        session.execute(
            text(
                """
                INSERT INTO message (invitation_id, wave_id, account_id, number, due_at, state, attempt_id, claimed_at,
                                     recipient)
                SELECT invitation_id, wave_id, account_id, 1, now(), 'sending', :attempt, now(), recipient
                FROM message WHERE invitation_id = :id
                """
            ),
            values,
        )
    reminder = mail._replace(id=rows("SELECT max(id) FROM message")[0][0], attempt_id=uuid.UUID(int=1))
    apply([reminder.news("bounced", bounce="transient")])
    assert row(INVITATION, id=mail.invitation_id)["bounced_at"] is not None
    apply([mail.news("delivered")])
    assert row(INVITATION, id=mail.invitation_id)["bounced_at"] is None


@pytest.mark.usefixtures("database")
def test_a_delay_is_noted_and_moves_nothing_that_has_arrived() -> None:
    mail, *_ = claimed()
    apply([mail.news("delayed", minutes=4, detail="MailboxFull")])
    found = row(MESSAGE, id=mail.id)
    assert (found["state"], found["delayed_at"]) == ("sent", START + timedelta(minutes=4))
    assert rows("SELECT detail FROM receipt WHERE message_id = :id", id=mail.id) == [("MailboxFull",)]


@pytest.mark.usefixtures("database")
def test_an_early_receipt_waits_for_its_mail_and_a_stray_one_is_kept_apart() -> None:
    mail, *_ = claimed()
    early = mail.news("delivered", attempt_id=None)
    stray = mail.news("bounced", attempt_id=None, provider_id="somebody-elses")
    assert apply([early, stray]) == (2, 0, 2)
    assert match_waiting() == 0
    with reading() as session:
        assert kept_apart(session, limit=10) == []
    with transaction() as session:
        session.execute(
            text("UPDATE message SET provider_id = :name WHERE id = :id"), {"name": mail.provider_id, "id": mail.id}
        )
    assert match_waiting() == 1
    assert state(mail) == "delivered"
    with transaction() as session:
        session.execute(text("UPDATE receipt SET received_at = received_at - interval '6 minutes'"))
    assert match_waiting() == 0
    with reading() as session:
        (apart,) = kept_apart(session, limit=10)
    assert (apart["provider_id"], apart["kind"], apart["total"]) == ("somebody-elses", "bounced", 1)
    assert suppressed() == []


@pytest.mark.usefixtures("database")
def test_notifications_without_tags_find_their_mail_by_its_id() -> None:
    mail, *_ = claimed()
    with transaction() as session:
        session.execute(text("UPDATE message SET provider_id = 'm-1' WHERE id = :id"), {"id": mail.id})
    event = read(json.dumps(body("Complaint", "m-1", mail.recipient, {}, legacy=True)))
    assert event is not None
    apply([event])
    assert state(mail) == "complained"


RESET = """
    DELETE FROM receipt; DELETE FROM suppression;
    UPDATE message SET state = 'sending', sent_at = NULL, delivered_at = NULL, delayed_at = NULL, bounced_at = NULL,
                       bounce = NULL, complained_at = NULL, provider_id = NULL;
    UPDATE invitation SET sent_at = NULL, bounced_at = NULL, refused_at = NULL;
    UPDATE contact SET unanswered = 0, last_invited_on = NULL
"""
NEWS = st.tuples(
    st.integers(0, 4),
    st.sampled_from([kind.value for kind in ReceiptKind]),
    st.sampled_from(["permanent", "transient", "transient"]),
    st.integers(1, 20),
)


def all_there_is() -> list[object]:
    return [
        rows(f"SELECT {columns} ORDER BY 1, 2, 3")
        for columns in (
            "id, state::text, sent_at, delivered_at, delayed_at, bounced_at, bounce, complained_at FROM message",
            "id, bounced_at, refused_at, sent_at FROM invitation",
            "id, unanswered, last_invited_on FROM contact",
            "email_key, scope, reason::text FROM suppression",
            "key, message_id, kind::text FROM receipt",
        )
    ]


def test_any_order_any_batches_and_any_repetition_leave_the_same_books(database: str) -> None:
    mails = claimed()[:5]
    same_mailbox(mails[:4])

    def came_of(batches: list[list[object]]) -> list[object]:
        with transaction() as session:
            session.execute(text(RESET))
        for batch in batches:
            apply(batch)  # type: ignore[arg-type] # events
        return all_there_is()

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data(), st.lists(NEWS, min_size=1, max_size=12))
    def check(data: st.DataObject, told: list[tuple[int, str, str, int]]) -> None:
        events: list[object] = [
            mails[who].news(kind, minutes, bounce=bounce if kind == "bounced" else None)
            for who, kind, bounce, minutes in told
        ]
        wanted = came_of([events])
        again = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=12))))
        cut = data.draw(st.integers(0, len(again)))
        assert came_of([again[:cut], *([one] for one in again[cut:])]) == wanted

    check()


@pytest.mark.usefixtures("database")
def test_many_who_apply_the_same_receipts_at_once_do_not_get_in_each_others_way() -> None:
    mails = claimed(180)
    events = [mail.news(kind) for mail in mails for kind in ("sent", "delivered", "bounced", "complained")]
    faults: list[Exception] = []

    def work(step: int) -> None:
        for start in range(0, len(events), 40):
            try:
                apply(events[start : start + 40][::step])
            except Exception as error:  # noqa: BLE001 - told below
                faults.append(error)

    threads = [threading.Thread(target=work, args=(step,)) for step in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert set(rows("SELECT state::text FROM message")) == {("complained",)}
    assert len(rows("SELECT id FROM receipt")) == len(events)
    assert set(rows("SELECT unanswered FROM contact")) == {(1,)}
