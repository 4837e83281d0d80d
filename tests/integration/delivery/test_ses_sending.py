"""Sending over SES: real boto3, real PostgreSQL and Valkey, and a stand-in that answers as SES would."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.core import queue
from app.core.db import transaction
from app.delivery import bucket
from app.delivery.dispatching import dispatch, ledger_time, settle_stale
from app.delivery.models import Message, SendingPause
from app.delivery.pacing import refresh, snapshot
from app.delivery.pausing import resume_everything, resume_wave
from app.delivery.sending import Sender
from app.delivery.transports import make
from app.delivery.transports.ses.client import forget
from app.settings import Settings
from tests.support.company import launched
from tests.support.fake_ses import FakeSes
from tests.support.settings import settings


@pytest.fixture
def given(database: str, valkey: str, fake_ses: FakeSes, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an installation that sends over the stand-in."""
    for name, value in fake_ses.environment().items():
        monkeypatch.setenv(name, value)
    forget()
    return settings(database, valkey, mail_transport="ses", ses_configuration_set="quorum", pause_after_errors=5)


def ids() -> list[int]:
    with transaction() as session:
        return list(session.scalars(select(Message.id).order_by(Message.id)))


def states() -> Counter[str]:
    with transaction() as session:
        return Counter(state.value for state in session.scalars(select(Message.state)))


def causes() -> list[str]:
    with transaction() as session:
        query = select(SendingPause.cause).where(SendingPause.ended_at.is_(None)).order_by(SendingPause.id)
        return [cause.value for cause in session.scalars(query)]


def test_a_whole_wave_leaves_once_with_its_attempts(given: Settings, fake_ses: FakeSes) -> None:
    launched(54)
    assert Sender(given).send_all(ids()) == 54
    assert states() == {"sent": 54}
    mails = fake_ses.mails()
    with transaction() as session:
        ledger = {str(attempt): provider for attempt, provider in session.execute(_ATTEMPTS)}
    assert {mail.tags["attempt"]: mail.message_id for mail in mails} == ledger
    assert {mail.configuration_set for mail in mails} == {"quorum"}
    assert all(mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" for mail in mails)


_ATTEMPTS = select(Message.attempt_id, Message.provider_id)


@pytest.mark.parametrize(
    ("fault", "how", "state"),
    [
        ("accept_and_cut", {}, "sending"),
        ("read_and_cut", {}, "sending"),
        ("accept_and_500", {}, "sending"),
        ("error", {"status": 503, "code": "ServiceUnavailable", "message": "x"}, "sending"),
        ("error", {"status": 400, "code": "MessageRejected", "message": "x"}, "failed"),
        ("error", {"status": 400, "code": "BadRequestException", "message": "x"}, "failed"),
        ("error", {"status": 429, "code": "TooManyRequestsException", "message": "Maximum sending rate"}, "queued"),
    ],
)
def test_a_fault_ends_one_mail_as_the_table_says_and_is_one_request(
    given: Settings, fake_ses: FakeSes, fault: str, how: dict[str, object], state: str
) -> None:
    launched(18)
    fake_ses.fault(fault, **how)  # type: ignore[arg-type] # one of its kinds
    assert Sender(given).send_all(ids()) == 17
    assert states() == {"sent": 17, state: 1}
    assert fake_ses.calls()["SendEmail"] == 18, "boto3 repeats nothing"
    assert causes() == []


def test_what_is_in_doubt_becomes_unknown_with_its_reason_and_is_never_sent_again(
    given: Settings, fake_ses: FakeSes
) -> None:
    launched(18)
    fake_ses.fault("accept_and_cut", times=3)
    sender = Sender(given)
    sender.send_all(ids())
    assert settle_stale(ledger_time() + timedelta(minutes=6)) == 3
    assert states() == {"sent": 15, "unknown": 3}
    with transaction() as session:
        reasons = set(session.scalars(select(Message.reason).where(Message.state == "unknown")))
        unasked = session.scalar(text("SELECT count(*) FROM invitation WHERE sent_at IS NULL"))
    assert [reason for reason in reasons if "broke off" not in (reason or "")] == []
    assert unasked == 0
    assert sender.send_all(ids()) == 0
    assert fake_ses.doubles() == {}


@pytest.mark.parametrize(
    ("code", "status", "cause"),
    [
        ("AccountSuspendedException", 400, "account"),
        ("SendingPausedException", 400, "account"),
        ("NotFoundException", 404, "account"),
        ("AccessDeniedException", 403, "account"),
        ("LimitExceededException", 400, "daily_quota"),
        ("MailFromDomainNotVerifiedException", 400, "sender"),
    ],
)
def test_what_needs_a_person_stops_with_an_alert_and_goes_on_without_a_double(
    given: Settings, fake_ses: FakeSes, code: str, status: int, cause: str
) -> None:
    wave_id = launched(90)
    fake_ses.refuse(code, "Daily message quota exceeded." if cause == "daily_quota" else "x", times=1, status=status)
    sender = Sender(given)
    sender.send_all(ids())
    assert causes() == [cause]
    held = fake_ses.count()
    assert held < 90
    assert dispatch(ledger_time() + timedelta(hours=1)) == 0, "nothing is handed out while it is held"
    assert sender.send_all(ids()) == 0
    assert fake_ses.count() == held
    if cause == "sender":
        resume_wave(wave_id, actor="ada")
    else:
        resume_everything(actor="ada")
    assert causes() == []
    sender.send_all(ids())
    assert states() == {"sent": 90} or states() == {"sent": 89, "queued": 1}
    assert fake_ses.doubles() == {}


def test_so_many_errors_in_a_row_pause_everything(given: Settings, fake_ses: FakeSes) -> None:
    launched(90)
    fake_ses.server_error(90)
    Sender(given.model_copy(update={"send_at_once": 2})).send_all(ids())
    assert causes() == ["errors"]
    assert states()["sending"] <= 5 + 2, "no more than the row and what was under way"


def test_an_unverified_sender_keeps_the_messages(given: Settings, fake_ses: FakeSes) -> None:
    launched(18)
    fake_ses.configure(any_sender=False, identities={})
    assert Sender(given).send_all(ids()) == 0
    assert (states(), causes()) == ({"queued": 18}, ["sender"])


def test_without_redis_nothing_is_sent(given: Settings, fake_ses: FakeSes) -> None:
    launched(18)
    queue.connect("redis://127.0.0.1:1/0")
    assert Sender(given).send_all(ids()) == 0
    assert (states(), fake_ses.count()) == ({"queued": 18}, 0)


def test_without_an_answer_about_the_quota_nothing_is_sent(given: Settings, fake_ses: FakeSes) -> None:
    launched(18)
    fake_ses.configure(sending_enabled=False)
    assert Sender(given).send_all(ids()) == 0
    assert (causes(), fake_ses.count()) == (["account"], 0)


def test_an_emptied_valkey_asks_the_provider_again_and_goes_on(given: Settings, fake_ses: FakeSes) -> None:
    launched(36)
    sender = Sender(given)
    sender.send_all(ids()[:18])
    queue.redis().flushall()
    assert snapshot() is None
    sender.send_all(ids())
    assert states() == {"sent": 36}
    assert snapshot() is not None


def test_the_day_s_quota_holds_to_the_mail_and_frees_itself(given: Settings, fake_ses: FakeSes) -> None:
    launched(36)
    fake_ses.configure(max_24_hour_send=20)
    sender = Sender(given)
    assert sender.send_all(ids()) == 20
    assert causes() == ["daily_quota"]
    assert fake_ses.calls()["SendEmail"] == 20, "none was tried in vain"
    fake_ses.configure(max_24_hour_send=1000)
    refresh(make(given), given)
    assert causes() == []
    assert sender.send_all(ids()) == 16


def test_a_ramp_lets_no_more_leave_than_its_day(given: Settings, fake_ses: FakeSes) -> None:
    launched(36)
    today = ledger_time().date().isoformat()
    ramp = given.model_copy(update={"warm_up": f"{today}:10,20"})
    assert Sender(ramp).send_all(ids()) == 10
    queue.redis().flushall()
    assert Sender(ramp).send_all(ids()) == 0, "what left today stands in the ledger and not in Redis"
    assert (states(), causes()) == ({"sent": 10, "queued": 26}, ["daily_quota"])


def test_two_workers_keep_one_pace_and_a_throttled_one_slows_both(given: Settings, fake_ses: FakeSes) -> None:
    launched(54)
    fake_ses.configure(max_send_rate=60)
    senders = [Sender(given), Sender(given)]
    halves = [ids()[::2], ids()[1::2]]
    threads = [
        threading.Thread(target=sender.send_all, args=(half,)) for sender, half in zip(senders, halves, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states() == {"sent": 54}
    assert fake_ses.calls()["SendEmail"] == 54, "the provider had to refuse none for coming too fast"
    bucket.slow_down()
    pace = snapshot()
    assert pace is not None
    assert pace.rate < pace.ceiling == 54


def test_a_worker_that_is_told_to_stop_lets_what_flies_land_and_gives_back_the_rest(
    given: Settings, fake_ses: FakeSes
) -> None:
    launched(90)
    fake_ses.configure(latency=0.05)
    stopping = threading.Event()
    sender = Sender(given.model_copy(update={"send_at_once": 4}), stopping=stopping)
    dispatch(ledger_time())
    working = threading.Thread(target=sender.send_all, args=(ids(),))
    working.start()
    while fake_ses.count() < 4:
        assert working.is_alive()
    stopping.set()
    working.join()
    found = states()
    assert set(found) == {"sent", "queued"}
    assert found["sent"] == fake_ses.count() < 90
    queue.redis().flushall()
    assert dispatch(ledger_time()) == found["queued"], "no job carries them, and the next tick knows"
