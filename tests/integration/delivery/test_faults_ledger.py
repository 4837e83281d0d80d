"""Kill −9 of a worker at every point of the ledger: where it stood decides what becomes of the mail, and nothing else.

To stop a worker at a point without touching its code, the stand-in keeps its answer back, or a lock on the ledger keeps
the worker waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from app.core import db, queue
from app.core.db import transaction
from app.delivery import bucket
from app.delivery.dispatching import dispatch, settle_stale
from app.delivery.models import Message, MessageState
from tests.integration.delivery.test_faults import move_clock
from tests.support.company import launched
from tests.support.crew import Crew, crew
from tests.support.fake_ses import FakeSes
from tests.support.processes import environment, eventually
from tests.support.settings import settings

_WAITS = text("SELECT count(*) FROM pg_locks WHERE relation = CAST('message' AS regclass) AND NOT granted")


@contextmanager
def ledger_locked() -> Iterator[None]:
    """Keep everybody from the ledger while the block runs."""
    with db.engine().begin() as connection:
        connection.execute(text("LOCK TABLE message IN ACCESS EXCLUSIVE MODE"))
        yield


def somebody_waits() -> bool:
    with db.engine().connect() as connection:
        return bool(connection.scalar(_WAITS))


class Points:
    """Brings a worker to a point with one mail, and kills it there."""

    def __init__(self, fake: FakeSes, workers: Crew) -> None:
        self._fake, self._crew = fake, workers

    def before_the_claim(self, message_id: int) -> None:
        with ledger_locked():
            self._start(message_id)
            eventually(somebody_waits, "the claim")
            self._crew.kill("worker")

    def claimed_and_not_taken(self, message_id: int) -> None:
        self._in_the_call(message_id, "read_and_cut")

    def taken_and_not_answered(self, message_id: int) -> None:
        self._in_the_call(message_id, "accept")

    def answered_and_not_recorded(self, message_id: int) -> None:
        self._after_the_call(message_id, "accept")

    def throttled_and_not_given_back(self, message_id: int) -> None:
        self._after_the_call(message_id, "error", status=429, code="TooManyRequestsException")

    def recorded(self, message_id: int) -> None:
        self._start(message_id)
        eventually(lambda: state_of(message_id) is MessageState.SENT, "the record")
        self._crew.kill("worker")

    def _in_the_call(self, message_id: int, kind: str, **how: object) -> None:
        self._reach_the_call(message_id, kind, **how)
        self._crew.kill("worker")
        self._fake.release()

    def _after_the_call(self, message_id: int, kind: str, **how: object) -> None:
        self._reach_the_call(message_id, kind, **how)
        with ledger_locked():
            self._fake.release()
            eventually(somebody_waits, "the record")
            self._crew.kill("worker")

    def _reach_the_call(self, message_id: int, kind: str, **how: object) -> None:
        self._fake.fault(kind, held=True, **how)
        self._start(message_id)
        eventually(lambda: self._fake.in_flight() == 1, "the call")

    def _start(self, message_id: int) -> None:
        queue.enqueue(queue.MAIL, "workers.jobs.send_messages", [message_id])
        self._crew.start("worker")


EXPECTED = {
    Points.before_the_claim: (MessageState.SENT, 1),
    Points.claimed_and_not_taken: (MessageState.UNKNOWN, 0),
    Points.taken_and_not_answered: (MessageState.UNKNOWN, 1),
    Points.answered_and_not_recorded: (MessageState.UNKNOWN, 1),
    Points.throttled_and_not_given_back: (MessageState.UNKNOWN, 0),
    Points.recorded: (MessageState.SENT, 1),
}
"""At the end of it all: the state of the mail, and how many of it SES has taken."""


def state_of(message_id: int) -> MessageState:
    with transaction() as session:
        return session.get_one(Message, message_id).state


@pytest.fixture
def workers(database: str, valkey: str, fake_ses: FakeSes, tmp_path: Path) -> Iterator[Crew]:
    """Nobody yet; whom the test starts sends over the stand-in, one mail at a time."""
    given = settings(database, valkey, mail_transport="ses", ses_configuration_set="quorum", send_at_once=1)
    with crew(environment(given, **fake_ses.environment()), tmp_path) as started:
        yield started


def test_a_worker_killed_at_any_point_of_the_ledger(fake_ses: FakeSes, workers: Crew) -> None:
    launched(18)
    # As the scheduler's poll of the quota leaves it: there is no scheduler here, and a worker asks once in ten seconds.
    bucket.fill(ceiling=1_000, left=None, max_per_second=1_000, max_per_day=None, sent=0)
    with transaction() as session:
        ids = session.scalars(select(Message.id).order_by(Message.id)).all()
    points = Points(fake_ses, workers)
    stood: dict[int, Callable[[Points, int], None]] = dict(zip(ids, EXPECTED, strict=False))
    for message_id, point in stood.items():
        point(points, message_id)
    move_clock("1 hour")
    settle_stale(datetime.now(UTC))
    dispatch(datetime.now(UTC))
    workers.start("worker", "--burst")
    assert workers.wait() == [0], workers.said()
    taken = fake_ses.recipients()
    found = {}
    for message_id, point in stood.items():
        with transaction() as session:
            message = session.get_one(Message, message_id)
            found[point.__name__] = message.state, taken[message.recipient or ""]
            assert (message.reason is not None) == (message.state is MessageState.UNKNOWN)
    assert found == {point.__name__: expected for point, expected in EXPECTED.items()}
    assert sum(taken.values()) == 18 - 2
    assert fake_ses.doubles() == {}
