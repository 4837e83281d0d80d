"""Figures: sending over SES against a bare boto3 loop of the same mail, both to the stand-in on loopback.

Ours is a whole worker process: jobs from Valkey, claim, text, SendEmail, record, all committed to a PostgreSQL that
writes to disk. The clock runs from the first mails, when the process has warmed up, until the ledger calls all sent.
`python -m bench.sending floor CALLS THREADS FILE` measures the bare loop in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config
from sqlalchemy import func, select

from app.core import queue
from app.core.db import transaction
from app.delivery.dispatching import BATCH
from app.delivery.models import Message, MessageState
from app.delivery.transports import OutgoingMail
from app.delivery.transports.ses.request import request
from app.settings import Settings
from bench.harness import Figure, in_own_process, installation, show, timed, until
from tests.support.company import MOST_AN_ACCOUNT, launched
from tests.support.crew import Crew, crew
from tests.support.fake_ses import FakeSes, SentMail, running_fake_ses
from tests.support.processes import environment

WARM_UP = 500
"""Mails that each worker sends before the clock runs."""

RUN = 4_000
"""Mails of a run for speed."""

LATENCY = 0.05
LONGEST_SECONDS = 600.0


class Bench:
    """An installation with a launched wave, the mails of which are handed out run by run."""

    def __init__(self, settings: Settings, fake: FakeSes, mails: int) -> None:
        self._settings, self._fake = settings, fake
        launched(-(-mails // MOST_AN_ACCOUNT) * MOST_AN_ACCOUNT)
        with transaction() as session:
            self._ids: list[int] = list(session.scalars(select(Message.id).order_by(Message.id)))
        self._handed_out = 0
        self._crew: Crew

    def rate(self, workers: int = 1) -> float:
        """Return the mails a second of so many workers."""
        self._hand_out(RUN + WARM_UP * workers)
        with self._working(workers):
            started = self._when(self._handed_out - RUN)
            self._when(self._handed_out)
            until(lambda: self._sent() >= self._handed_out, LONGEST_SECONDS, "the record of the last mail")
            return RUN / (time.perf_counter() - started)

    def memory(self, mails: int) -> tuple[float, float]:
        """Return the MB that one worker holds after a tenth of so many mails, and after all of them."""
        first = self._handed_out
        self._hand_out(mails)
        with self._working(1) as (pid,):
            self._when(first + mails // 10)
            small = _resident_mb(pid)
            self._when(first + mails)
            return small, _resident_mb(pid)

    def mail(self) -> SentMail:
        """Return a mail as the engine writes it."""
        self._fake.configure(keep_bodies=True)
        self._hand_out(1)
        with self._working(1):
            self._when(1)
        (mail,) = self._fake.mails()
        self._fake.configure(keep_bodies=False)
        return mail

    def _hand_out(self, mails: int) -> None:
        ids = self._ids[self._handed_out : self._handed_out + mails]
        assert len(ids) == mails, "the wave is too small"
        self._handed_out += mails
        batches = [(ids[start : start + BATCH],) for start in range(0, mails, BATCH)]
        queue.enqueue_many(queue.MAIL, "workers.jobs.send_messages", batches)

    @contextmanager
    def _working(self, workers: int) -> Iterator[Sequence[int]]:
        env = environment(self._settings, **self._fake.environment())
        with tempfile.TemporaryDirectory(prefix="qb-") as folder, crew(env, Path(folder)) as started:
            for _ in range(workers):
                started.start("worker")
            self._crew = started
            yield [process.pid for _, process in started.members]
            until(lambda: self._sent() >= self._handed_out, LONGEST_SECONDS, "the record of the last mail")
            started.end()

    def _when(self, mails: int) -> float:
        """Wait until the stand-in has so many mails, and return the time."""
        until(lambda: self._fake.count() >= mails or self._crew.dead() != [], LONGEST_SECONDS, f"mail {mails}")
        if self._crew.dead():
            raise RuntimeError(self._crew.said())
        return time.perf_counter()

    def _sent(self) -> int:
        with transaction() as session:
            sent = select(func.count()).select_from(Message).where(Message.state == MessageState.SENT)
            return session.scalar(sent) or 0


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def bare_loop(calls: int, threads: int, mail: SentMail) -> float:
    """Return the calls a second of boto3 alone, from so many threads."""
    given = OutgoingMail(
        attempt_id=uuid4(),
        recipient="floor@floor.example",
        sender=mail.sender or "",
        reply_to=mail.reply_to[0],
        subject=mail.subject or "",
        html=mail.html or "",
        text=mail.text or "",
        headers=mail.headers,
    )
    call: dict[str, Any] = request(given, "quorum")
    # As anybody would write it; only that as many connections are kept as there are threads.
    ses = boto3.session.Session().client("sesv2", config=Config(max_pool_connections=threads))
    for _ in range(20):
        ses.send_email(**call)
    if threads == 1:
        return calls / timed(lambda: [ses.send_email(**call) for _ in range(calls)])
    with ThreadPoolExecutor(threads) as pool:
        return calls / timed(lambda: list(pool.map(lambda _: ses.send_email(**call), range(calls))))


class Floor:
    """The bare loop in a process of its own, for the mail of the engine."""

    def __init__(self, fake: FakeSes, mail: SentMail, folder: Path) -> None:
        self._fake, self._file = fake, folder / "mail"
        self._file.write_bytes(pickle.dumps(tuple(mail)))

    def rate(self, threads: int = 1) -> float:
        """Return the calls a second; the mails of the floor are not those of the wave, and are forgotten."""
        os.environ.update(self._fake.environment())
        return in_own_process("bench.sending", "floor", str(RUN), str(threads), str(self._file))["rate"]


def measure(mails: int) -> dict[str, float]:
    """Return all rates (mails a second) and the two sizes (MB)."""
    at_once = Settings.model_fields["send_at_once"].default
    with (
        tempfile.TemporaryDirectory(prefix="qb-") as folder,
        running_fake_ses() as fake,
        running_fake_ses() as other,
        installation(mail_transport="ses", ses_configuration_set="quorum") as settings,
    ):
        bench = Bench(settings, fake, mails + 4 * RUN + 10 * WARM_UP)
        floor = Floor(other, bench.mail(), Path(folder))
        other.configure(keep_bodies=False)
        # Ours in between the floors, so that a machine that slows down slows both.
        floors = [floor.rate()]
        found = {"one": bench.rate(), "two": bench.rate(workers=2)}
        floors.append(floor.rate())
        fake.configure(latency=LATENCY)
        other.configure(latency=LATENCY)
        found |= {"late floor": floor.rate(at_once), "late": bench.rate()}
        fake.configure(latency=0.0)
        small, large = bench.memory(mails)
        return found | {"floor": sum(floors) / 2, "small": small, "large": large}


def figures(mails: int) -> list[Figure]:
    """Return the figures of sending; two workers can only be faster than one where they have a core each."""
    found = measure(mails)
    one, late = found["one"] / found["floor"], found["late"] / found["late floor"]
    two, growth = found["two"] / found["one"], found["large"] / found["small"]
    cores = len(os.sched_getaffinity(0))
    return [
        _rate("Sending, one worker", found["floor"], found["one"], f"{one:.2f}", "≥ 0.5", one >= 0.5),
        _rate(
            f"Sending, {LATENCY * 1000:.0f} ms a call",
            found["late floor"],
            found["late"],
            f"{late:.2f}",
            "≥ 300/s",
            found["late"] >= 300,
        ),
        _rate(
            f"Sending, two workers, {cores} cores",
            found["one"],
            found["two"],
            f"{two:.2f}",
            "≥ 1.6 from 4 cores on",
            cores < 4 or two >= 1.6,
        ),
        Figure(
            "Sending, memory of a worker",
            f"at a tenth, at {mails:,} mails",
            f"{found['small']:.0f} MB",
            f"{found['large']:.0f} MB",
            f"{growth:.2f}",
            "≈ 1",
            growth < 1.15,
        ),
    ]


def _rate(name: str, floor: float, ours: float, ratio: str, bound: str, holds: bool) -> Figure:
    return Figure(name, f"{RUN:,} mails", f"{floor:.0f}/s", f"{ours:.0f}/s", ratio, bound, holds)


def main() -> None:
    """Print the figures for as many mails as the command line says."""
    parser = argparse.ArgumentParser(description="Measures sending over SES.")
    parser.add_argument("--mails", type=int, default=100_000, help="mails of the run for memory (default 100,000)")
    show(figures(parser.parse_args().mails))


if __name__ == "__main__":
    if sys.argv[1:2] == ["floor"]:
        calls, threads, file = sys.argv[2:]
        mail = SentMail(*pickle.loads(Path(file).read_bytes()))
        print(json.dumps({"rate": bare_loop(int(calls), int(threads), mail)}))
    else:
        main()
