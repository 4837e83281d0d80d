"""Reads receipts from the queue until told to stop: several receivers, one that applies, several that delete.

A message is deleted after what it says is committed. Whatever dies before that lets it come again, and a repetition
changes nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Queue

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.core.signals import ENDING, handling
from app.delivery.receipts.applying import apply
from app.delivery.receipts.events import Event, UnreadableEvent, read
from app.delivery.transports.ses.events_queue import AT_ONCE, HIDDEN_SECONDS, EventsQueue, QueueAway, Queued
from app.settings import Settings

log = logging.getLogger(__name__)

RECEIVERS, DELETERS = 6, 4
A_BATCH = 500
"""Events that one transaction applies at most."""

_HELD = 200  # receipts of ten that may wait for the database; the rest waits in the queue
_PATIENCE_SECONDS = 0.5
_PAUSE_SECONDS = 1.0
_TRIES = 3
_LONGEST_PAUSE_SECONDS = 30.0


class Poller:
    """The program `quorum receipts`."""

    def __init__(self, settings: Settings) -> None:
        self._queue = EventsQueue(settings)
        self._held: Queue[list[Queued]] = Queue(_HELD)
        self._stop = threading.Event()

    def stop(self) -> None:
        """Let `run` end after the batch it is at; what is held and not applied comes again later."""
        self._stop.set()

    def run(self) -> None:
        """Receive, apply and delete until told to stop, by `stop` or by a signal."""
        for number in range(RECEIVERS):
            # Daemons: one may sit in a long poll of 20 seconds, and has nothing to lose.
            threading.Thread(target=self._receive, name=f"receive {number}", daemon=True).start()
        with (
            handling(lambda number, frame: self.stop(), ENDING),
            ThreadPoolExecutor(DELETERS, thread_name_prefix="delete") as deleters,
        ):
            while not self._stop.is_set():
                batch = self._batch()
                for handles in _in_tens(self._applied(batch)):
                    deleters.submit(self._delete, handles)

    def _receive(self) -> None:
        pause = _PAUSE_SECONDS
        while not self._stop.is_set():
            try:
                received = self._queue.receive()
            except QueueAway as fault:
                log.warning("%s", fault)
                self._stop.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                continue
            pause = _PAUSE_SECONDS
            if received:
                self._held.put(received)

    def _batch(self) -> list[Queued]:
        """Take in what is held, up to a batch; waits a moment for the first."""
        batch: list[Queued] = []
        try:
            batch += self._held.get(timeout=_PATIENCE_SECONDS)
            while len(batch) < A_BATCH:
                batch += self._held.get_nowait()
        except Empty:
            pass
        return batch

    def _applied(self, batch: Sequence[Queued]) -> list[str]:
        """Apply a batch, again and again while the database is away; return the handles of what is done with."""
        events = [(queued.handle, _read(queued.body)) for queued in batch]
        done = [handle for handle, event in events if event is None]
        news = [(handle, event) for handle, event in events if event is not None]
        given_up_at = time.monotonic() + HIDDEN_SECONDS / 2
        while news and not self._stop.is_set() and time.monotonic() < given_up_at:
            try:
                apply(event for _, event in news)
            except OperationalError as error:
                log.warning("The database cannot be used (%s).", type(error.orig).__name__)
                self._stop.wait(_PAUSE_SECONDS)
            except SQLAlchemyError as error:
                log.error("A batch of receipts was refused (%s); each goes on its own.", type(error).__name__)
                return done + [handle for handle, event in news if _applied_alone(event)]
            else:
                return done + [handle for handle, _ in news]
        return done

    def _delete(self, handles: Sequence[str]) -> None:
        for _ in range(_TRIES):
            try:
                self._queue.delete(handles)
            except QueueAway as fault:
                log.warning("%s", fault)
                self._stop.wait(_PAUSE_SECONDS)
            else:
                return


def _read(body: str) -> Event | None:
    try:
        return read(body)
    except UnreadableEvent as fault:
        log.warning("A message of the queue is no receipt and is dropped: %s.", fault)
        return None


def _applied_alone(event: Event) -> bool:
    try:
        apply([event])
    except SQLAlchemyError as error:
        log.error("A receipt (%s) cannot be applied: %s.", event.kind, type(error).__name__)
        return False
    return True


def _in_tens(handles: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(handles), AT_ONCE):
        yield handles[start : start + AT_ONCE]
