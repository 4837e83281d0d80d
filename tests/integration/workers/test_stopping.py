"""A worker that is told to stop, at the moments at which its state in Redis is not what it does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest
from rq.exceptions import StopRequested
from rq.worker import WorkerStatus

from app.core import queue
from workers import main
from workers.main import Worker

told = threading.Event()


@pytest.fixture
def worker(valkey: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    monkeypatch.setattr(main, "stopping", told)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield Worker([queue.queue(queue.WORK)], connection=queue.redis())
    for number, handler in before.items():
        signal.signal(number, handler)
    told.clear()


def stop() -> None:
    """A job during which its worker is told to stop while Redis still calls it idle."""
    running.set_state(WorkerStatus.IDLE)
    running.request_stop(signal.SIGTERM, None)


running: Worker


def test_without_a_job_it_stops_although_redis_calls_it_busy(worker: Worker) -> None:
    worker.register_birth()  # type: ignore[no-untyped-call] # RQ leaves it bare
    worker.set_state(WorkerStatus.BUSY)
    with pytest.raises(StopRequested):
        worker.request_stop(signal.SIGTERM, None)
    assert told.is_set()


def test_a_job_is_finished_and_none_is_begun_although_redis_calls_it_idle(worker: Worker) -> None:
    global running
    running = worker
    jobs = [queue.queue(queue.WORK).enqueue(stop) for _ in range(2)]
    assert worker.work(logging_level="CRITICAL") is True
    assert [job.get_status() for job in jobs] == ["finished", "queued"]
