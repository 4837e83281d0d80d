"""A wave of 10,000 mails through everything that breaks at once: nobody is mailed twice, and nobody is forgotten.

Eight workers and two schedulers as real processes, real PostgreSQL and Valkey, real boto3 against the stand-in for
Amazon SES, which counts what each address got. Faults come at points of the wave's progress, in an order that a seed
gives, so that a failing run can be had again.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app.core import queue
from app.core.db import transaction
from app.delivery.dispatching import dispatch, settle_stale
from app.delivery.models import Message, MessageState, Receipt
from tests.support.company import launched
from tests.support.crew import Crew, crew
from tests.support.database import Cluster
from tests.support.fake_ses import FakeSes
from tests.support.processes import PATIENCE_SECONDS, environment, eventually
from tests.support.settings import settings

MAILS = 556 * 18
WORKERS, SCHEDULERS, AT_ONCE = 8, 2, 8
SEED = 2026
STORM = 40
"""Calls that a storm of 429 answers so."""

STALLED_SECONDS = 2.0
TO_COME = MessageState.QUEUED, MessageState.SENDING

# All at once or not at all: moving row after row could lie in wait for a worker that does the same the other way round.
_ALONE = text("LOCK TABLE message IN EXCLUSIVE MODE")
_CLOCK = text(
    """
    UPDATE message SET due_at = due_at - CAST(:by AS interval), enqueued_at = enqueued_at - CAST(:by AS interval),
                       claimed_at = claimed_at - CAST(:by AS interval)
    WHERE state IN ('queued', 'sending')
    """
)


class Storm:
    """What goes wrong with a wave; `may_be_unknown` counts the mails that were in flight when it did."""

    def __init__(self, fake: FakeSes, workers: Crew, cluster: Cluster) -> None:
        self._fake, self._crew, self._cluster = fake, workers, cluster
        self.may_be_unknown = 0

    def kill_worker(self) -> None:
        """Kill −9: of what it had claimed and not recorded nobody can tell whether it left."""
        self._crew.kill("worker")
        self._crew.start("worker")
        self.may_be_unknown += AT_ONCE

    def kill_scheduler(self) -> None:
        """Kill −9 the one that makes the ticks; the other goes on."""
        self._crew.kill("scheduler")
        self._crew.start("scheduler")

    def cut_before(self) -> None:
        """SES reads a mail and closes the line without taking it."""
        self._in_doubt("read_and_cut")

    def cut_after(self) -> None:
        """SES takes a mail and closes the line without a word."""
        self._in_doubt("accept_and_cut")

    def fail_after(self) -> None:
        """SES takes a mail and answers 500."""
        self._in_doubt("accept_and_500")

    def throttle(self) -> None:
        """SES answers 429 for a while."""
        self._fake.throttle(STORM)

    def restart_postgres(self) -> None:
        """Stop the database under everybody: what is known meanwhile is recorded when it is there again."""
        self._cluster.restart()

    def empty_valkey(self) -> None:
        """Lose all jobs, ticks and what the workers agreed on."""
        queue.redis().flushall()

    def clock_forward(self) -> None:
        """Let the clock jump an hour ahead: what is under way looks stale, until its answer comes."""
        move_clock("1 hour")

    def clock_back(self) -> None:
        """Let the clock fall an hour back."""
        move_clock("-1 hour")

    def _in_doubt(self, kind: str) -> None:
        self._fake.fault(kind)
        self.may_be_unknown += 1


def move_clock(by: str) -> None:
    """Move the clock ahead: to the ledger, an hour more on the clock and its own times an hour older are the same."""
    with transaction() as session:
        session.execute(_ALONE)
        session.execute(_CLOCK, {"by": by})


def faults(storm: Storm) -> list[Callable[[], None]]:
    """Return what is to happen, in an order that the seed gives."""
    deeds = {
        storm.kill_worker: 10,
        storm.kill_scheduler: 2,
        storm.cut_before: 10,
        storm.cut_after: 10,
        storm.fail_after: 6,
        storm.throttle: 5,
        storm.restart_postgres: 3,
        storm.empty_valkey: 4,
        storm.clock_forward: 3,
        storm.clock_back: 1,
    }
    drawn = [deed for deed, times in deeds.items() for _ in range(times)]
    random.Random(SEED).shuffle(drawn)
    return drawn


def states() -> Counter[MessageState]:
    with transaction() as session:
        rows = session.execute(select(Message.state, func.count()).group_by(Message.state))
        return Counter(dict(rows.all()))


def goes_on(holds: Callable[[], bool], workers: Crew, progress: Callable[[], int], what: str) -> None:
    """Wait until `holds`; when nothing moves any more, an hour passes, as it would.

    A process that starts while the database is away says so and ends; it is started anew, as a supervisor does.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    seen, moved_at = -1, time.monotonic()
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen within {PATIENCE_SECONDS} s: {states()}"
        if (now_seen := progress()) != seen:
            seen, moved_at = now_seen, time.monotonic()
        elif time.monotonic() - moved_at > STALLED_SECONDS:
            move_clock("1 hour")
            settle_stale(datetime.now(UTC))
            dispatch(datetime.now(UTC))
            moved_at = time.monotonic()
        workers.replace_dead()
        time.sleep(0.05)


@pytest.fixture
def workers(database: str, valkey: str, fake_ses: FakeSes, tmp_path: Path) -> Iterator[Crew]:
    """Eight workers and two schedulers that send over the stand-in."""
    given = settings(
        database,
        valkey,
        mail_transport="ses",
        ses_configuration_set="quorum",
        ses_queue_url=fake_ses.queue_url,
        send_at_once=AT_ONCE,
    )
    fake_ses.configure(keep_bodies=False)
    with crew(environment(given, **fake_ses.environment()), tmp_path) as started:
        for command, times in (("scheduler", SCHEDULERS), ("worker", WORKERS)):
            for _ in range(times):
                started.start(command)
        yield started


def test_a_wave_survives_all_that_breaks(cluster: Cluster, fake_ses: FakeSes, workers: Crew) -> None:
    launched(MAILS)
    storm = Storm(fake_ses, workers, cluster)
    plan = faults(storm)
    assert len(plan) >= 50
    for number, fault in enumerate(plan):
        goal = MAILS * number // (len(plan) + 5)
        goes_on(lambda goal=goal: fake_ses.count() >= goal, workers, fake_ses.count, f"mail {goal}")
        fault()
    goes_on(lambda: not any(states()[state] for state in TO_COME), workers, fake_ses.count, "the end of the wave")
    # A process that was told to stop before it had begun dies of it.
    assert set(workers.end()) <= {0, -signal.SIGTERM}, workers.said()
    ended = states()
    assert fake_ses.doubles() == {}
    assert ended[MessageState.SENT] + ended[MessageState.UNKNOWN] == MAILS
    assert ended[MessageState.SENT] <= fake_ses.count() <= MAILS
    assert 0 < ended[MessageState.UNKNOWN] <= storm.may_be_unknown
    assert all(message.reason for message in unknown())
    settle_by_receipts(fake_ses, workers)


def settle_by_receipts(fake_ses: FakeSes, workers: Crew) -> None:
    """Let the same receipts come ten times in any order: what nobody could tell is known, and nothing else moves."""
    in_doubt = {str(message.attempt_id) for message in unknown()}
    mails = fake_ses.mails()
    told = {mail.tags["attempt"]: mail.message_id for mail in mails if mail.tags["attempt"] in in_doubt}
    told |= {mail.tags["attempt"]: mail.message_id for mail in mails[:50]}
    fake_ses.configure(envelope=False)
    fake_ses.emit_all(["Send", "Delivery", "Open"], of=list(told.values()), times=10, shuffle=SEED)
    workers.start("receipts")
    eventually(lambda: fake_ses.queued() == 0 or workers.dead() != [], "the last receipt")
    assert workers.end() == [0], workers.said()
    assert {str(message.attempt_id) for message in unknown()} == in_doubt - told.keys()
    assert states()[MessageState.DELIVERED] == len(told)
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Receipt)) == 3 * len(told)


def unknown() -> list[Message]:
    with transaction() as session:
        return list(session.scalars(select(Message).where(Message.state == MessageState.UNKNOWN)))
