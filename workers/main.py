"""The processes behind the web: a worker that takes jobs, and the scheduler that makes them."""

from __future__ import annotations

import logging
from contextlib import suppress
from types import FrameType

from rq import Queue, SimpleWorker
from rq.cron import CronScheduler
from rq.exceptions import StopRequested
from rq.job import Job

from app.core.queue import QUEUES, queue, redis
from workers import jobs
from workers.context import start, stopping
from workers.schedule import TABLE

_FORMAT = "%(message)s"


class Worker(SimpleWorker):
    """A worker that lets a batch of mails end early when it is told to stop, and then stops for sure.

    RQ looks at its state in Redis to tell whether it has a job. Told to stop just before or after one, that state is
    the wrong one, and it would wait for the next job, or take the stop for a failure of this one.
    """

    _has_a_job = False

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Do a job, and know that we do."""
        self._has_a_job = True
        try:
            super().execute_job(job, queue)
        finally:
            self._has_a_job = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the present job, and let that one be short."""
        stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call] # RQ leaves it bare

    def _shutdown(self) -> None:
        if not self._has_a_job:
            raise StopRequested
        self._stop_requested = True


def work(*, burst: bool = False) -> None:
    """Take jobs until told to stop; with `burst`, until there are none left.

    One process runs many jobs: forking for each (RQ's default worker) costs more than sending the mail.
    """
    _quiet_logging()
    start()
    with suppress(StopRequested):
        Worker([queue(name) for name in QUEUES], connection=redis()).work(burst=burst, logging_level="WARNING")


def schedule() -> None:
    """Call the jobs of the cron table until told to stop."""
    _quiet_logging()
    start()
    cron = CronScheduler(connection=redis(), logging_level="WARNING")
    for entry in TABLE:
        # A tick nobody took before the next one is due is worth nothing: it expires instead of piling up.
        cron.register(
            getattr(jobs, entry.job),
            queue_name=queue(entry.queue).name,
            interval=entry.seconds,
            ttl=entry.seconds,
            result_ttl=0,
        )
    with suppress(StopRequested):  # RQ catches it in its loop, and not while it sets out
        cron.start()  # type: ignore[no-untyped-call] # RQ leaves it bare


def _quiet_logging() -> None:
    logging.basicConfig(level=logging.INFO, format=_FORMAT)
    for name in ("rq", "rq.worker", "rq.cron"):
        logging.getLogger(name).setLevel(logging.WARNING)
