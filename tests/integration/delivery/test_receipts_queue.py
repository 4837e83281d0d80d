"""Receipts come over a real queue protocol: applied, then deleted; what is no receipt does not stop the others."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from app.core.db import transaction
from app.delivery.receipts.polling import Poller
from app.delivery.transports.ses.client import forget
from tests.support.fake_ses import FakeSes
from tests.support.fake_ses.events import body
from tests.support.processes import environment, eventually, running
from tests.support.receipts import Mail, claimed, rows
from tests.support.settings import settings


@pytest.fixture
def aws(fake_ses: FakeSes, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSes]:
    """The stand-in, and this process set up to talk to it."""
    for name, value in fake_ses.environment().items():
        monkeypatch.setenv(name, value)
    forget()
    yield fake_ses
    forget()


@contextmanager
def polling(database: str, fake: FakeSes) -> Iterator[Poller]:
    poller = Poller(settings(database, ses_queue_url=fake.queue_url))
    thread = threading.Thread(target=poller.run)
    thread.start()
    try:
        yield poller
    finally:
        poller.stop()
        thread.join()


def told(mail: Mail, kind: str) -> str:
    return json.dumps(body(kind, mail.provider_id, mail.recipient, {"attempt": str(mail.attempt_id)}))


def emptied(fake: FakeSes) -> Callable[[], bool]:
    return lambda: fake.queued() == 0


@pytest.mark.parametrize("wrapped", [True, False])
def test_receipts_are_applied_and_then_deleted(database: str, aws: FakeSes, wrapped: bool) -> None:
    mails = claimed(36)
    aws.put("hello", "{}", "Successfully validated SNS topic for Amazon SES event publishing.")
    for kind in ("Delivery", "Send", "Delivery"):
        aws.put(*(told(mail, kind) for mail in mails), wrapped=wrapped)
    aws.put(told(mails[0], "Complaint"), wrapped=wrapped)
    with polling(database, aws):
        eventually(emptied(aws), "an empty queue")
    states = rows("SELECT state::text, count(*) FROM message GROUP BY 1 ORDER BY 1")
    assert states == [("complained", 1), ("delivered", 35)]


def test_a_queue_and_a_database_that_are_away_for_a_moment_lose_nothing(database: str, aws: FakeSes) -> None:
    mails = claimed()
    aws.fault("error", times=3, status=500, operation="ReceiveMessage")
    aws.fault("error", times=2, status=500, operation="DeleteMessageBatch")
    aws.put(*(told(mail, "Delivery") for mail in mails))
    with transaction() as session:
        session.execute(text("LOCK TABLE receipt"))
        with polling(database, aws):
            eventually(lambda: waiting_for_the_lock() > 0, "a poller that waits")
            session.execute(text(KILL_WAITERS))
            session.rollback()
            eventually(emptied(aws), "an empty queue")
    assert rows("SELECT DISTINCT state::text FROM message") == [("delivered",)]


WAITING = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
KILL_WAITERS = f"SELECT pg_terminate_backend(pid) {WAITING}"


def waiting_for_the_lock() -> int:
    return int(rows(f"SELECT count(*) {WAITING}")[0][0])


def test_the_program_reads_the_queue_and_ends_when_told(database: str, valkey: str, aws: FakeSes) -> None:
    mail, *_ = claimed()
    aws.put(told(mail, "Bounce"), wrapped=True)
    given = settings(database, valkey, ses_queue_url=aws.queue_url)
    with running("receipts", env=environment(given, **aws.environment())) as program:
        eventually(emptied(aws), "an empty queue")
        program.terminate()
        assert program.wait(timeout=30) == 0
    assert rows("SELECT state::text FROM message WHERE id = :id", id=mail.id) == [("bounced",)]


def test_without_a_queue_the_program_says_so(database: str, valkey: str) -> None:
    with running("receipts", env=environment(settings(database, valkey))) as program:
        _, said = program.communicate(timeout=60)
    assert program.returncode == 2
    assert "QUORUM_SES_QUEUE_URL" in said
