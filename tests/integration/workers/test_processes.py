"""Dispatcher, queue and workers as real processes: what is lost is found again, and nothing leaves twice."""

from __future__ import annotations

import signal
import subprocess
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text

from app.accounts.models import Level
from app.core import queue
from app.core.db import transaction
from app.delivery.dispatching import BATCH, LOST_AFTER, dispatch, settle_stale
from app.delivery.launching import launch_wave
from app.delivery.models import Message, MessageState, OutboxMail
from app.settings import Settings
from tests.support.company import add_account, people, planned
from tests.support.processes import QUORUM, environment, eventually, running
from tests.support.settings import settings
from workers.schedule import TABLE

MAILS = 180


def launched() -> None:
    for number in range(MAILS // 18):
        add_account(f"A{number:02}", 1_000_000_000, people(f"P{number:02}", Level.USER, 18))
    launch_wave(planned(), now=datetime.now(UTC), actor="test", at_once=True)


def mails() -> int:
    """Return the mails in the outbox; each address stands there once."""
    with transaction() as session:
        assert not session.scalars(
            select(OutboxMail.recipient).group_by(OutboxMail.recipient).having(func.count() > 1)
        ).all()
        return session.scalar(select(func.count()).select_from(OutboxMail)) or 0


def count(state: MessageState) -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(Message).where(Message.state == state)) or 0


def burst(given: Settings) -> None:
    """Let one worker do all there is to do."""
    done = subprocess.run(
        [*QUORUM, "worker", "--burst"], env=environment(given), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_the_dispatcher_hands_out_batches_once_and_a_worker_sends_them(database: str, valkey: str) -> None:
    launched()
    now = datetime.now(UTC)
    assert [dispatch(now), dispatch(now)] == [MAILS, 0]
    assert len(queue.queue(queue.MAIL)) == -(-MAILS // BATCH)
    burst(settings(database, valkey))
    assert mails() == MAILS


def test_an_emptied_valkey_delays_and_loses_nothing(database: str, valkey: str) -> None:
    launched()
    now = datetime.now(UTC)
    dispatch(now)
    queue.redis().flushall()
    burst(settings(database, valkey))
    assert mails() == 0
    assert dispatch(now + LOST_AFTER / 2) == 0
    assert dispatch(now + LOST_AFTER + timedelta(seconds=1)) == MAILS
    burst(settings(database, valkey))
    assert mails() == MAILS


def test_the_same_work_handed_out_many_times_sends_each_mail_once(database: str, valkey: str) -> None:
    launched()
    now = datetime.now(UTC)
    for hours in range(4):
        dispatch(now + timedelta(hours=hours))
    given = settings(database, valkey)
    with ExitStack() as stack:
        workers = [stack.enter_context(running("worker", "--burst", env=environment(given))) for _ in range(3)]
        for worker in workers:
            worker.wait(timeout=120)
    assert mails() == MAILS
    assert count(MessageState.SENT) == MAILS


def test_a_killed_worker_leaves_at_most_what_was_in_flight(database: str, valkey: str) -> None:
    launched()
    given = settings(database, valkey, send_at_once=2)
    dispatch(datetime.now(UTC))
    with running("worker", env=environment(given)) as worker:
        eventually(lambda: mails() > 10, "the first mails")
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    eventually(_nobody_works, "the end of the killed worker's connections")
    later = datetime.now(UTC) + LOST_AFTER + timedelta(seconds=1)
    unknown = count(MessageState.SENDING)
    assert unknown <= 2
    settle_stale(later)
    dispatch(later)
    burst(given)
    assert count(MessageState.UNKNOWN) == unknown
    assert count(MessageState.SENT) == MAILS - unknown
    assert MAILS - unknown <= mails() <= MAILS


def _nobody_works() -> bool:
    others = "datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    with transaction() as session:
        return session.scalar(text(f"SELECT count(*) FROM pg_stat_activity WHERE {others}")) == 0


def test_the_scheduler_ticks_and_stops_when_told(database: str, valkey: str) -> None:
    launched()
    given = settings(database, valkey)
    with running("scheduler", env=environment(given)) as scheduler, running("worker", env=environment(given)) as worker:
        eventually(lambda: mails() == MAILS, "the whole wave")
        for process in (scheduler, worker):
            process.terminate()
        assert [process.wait(timeout=30) for process in (scheduler, worker)] == [0, 0]


def test_every_tick_names_a_job_and_a_queue_that_workers_look_at() -> None:
    from workers import jobs

    assert all(callable(getattr(jobs, entry.job)) and entry.queue in queue.QUEUES for entry in TABLE)
