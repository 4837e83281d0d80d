"""Deed that sends messages: claim, commit, send once, record. At most once, whatever dies in between.

One thread does the book-keeping, for many messages at a time; the others only call the transport, outside any
transaction and without a database connection. Never more messages are claimed than these threads can take up at once:
so many are in doubt when the process dies. They stay `sending` until `dispatching.settle_stale` calls them unknown.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue

from redis import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError

from app.delivery import pausing
from app.delivery.claiming import Claimed, claim, drop_unwanted, give_back, release
from app.delivery.composing import Composer
from app.delivery.models import PauseCause
from app.delivery.pacing import Pacer, pacer
from app.delivery.recording import Outcome, record
from app.delivery.transports import (
    HoldEverything,
    HoldWave,
    OutcomeUnknown,
    OutgoingMail,
    QuotaSpent,
    Rejected,
    SlowDown,
    Transport,
    TryLater,
    make,
)
from app.settings import Settings

log = logging.getLogger(__name__)

JOB_SECONDS = 10
"""So long one call claims mails; what it did not come to goes back, so that a slow pace keeps no worker for itself."""

GATHERING_SECONDS = 0.02
"""So long the first outcome waits for others to be recorded with it."""

DATABASE_SECONDS = 60
"""So long what is known of mails that left is kept for a database that is away."""

DATABASE_AWAY = (OperationalError, InterfaceError)


class Sender:
    """Sends messages by their ids, several at a time; lives as long as its process."""

    def __init__(
        self, settings: Settings, transport: Transport | None = None, stopping: threading.Event | None = None
    ) -> None:
        self._settings = settings
        self._transport = transport or make(settings)
        self._composer = Composer(settings)
        self._stopping = stopping or threading.Event()
        self._threads = ThreadPoolExecutor(settings.send_at_once, thread_name_prefix="send")
        self._pacer: Pacer | None = None
        self._errors_in_a_row = 0

    def send_all(self, ids: Sequence[int]) -> int:
        """Send those of the messages that are still queued and may leave now; return how many left.

        Those it does not come to within `JOB_SECONDS`, or before it is told to stop, wait for the dispatcher.
        """
        if self._pacer is None:
            self._pacer = pacer(self._transport, self._settings)
        return _Flight(self, self._pacer, ids).run()

    @property
    def at_once(self) -> int:
        """How many mails may be under way."""
        return self._settings.send_at_once

    @property
    def stopping(self) -> bool:
        """Whether the process was told to stop."""
        return self._stopping.is_set()

    def hand_over(self, claimed: Claimed, mail: OutgoingMail, landed: SimpleQueue[Outcome | Claimed]) -> None:
        """Let a thread send `mail` and put what became of it into `landed`; a surprise is a claim without outcome."""
        self._threads.submit(self._send, claimed, mail, landed)

    def _send(self, claimed: Claimed, mail: OutgoingMail, landed: SimpleQueue[Outcome | Claimed]) -> None:
        try:
            landed.put(Outcome(claimed, self._transport.send(mail)))
        except (Rejected, TryLater, OutcomeUnknown) as outcome:
            landed.put(Outcome(claimed, outcome))
        except BaseException as error:  # noqa: BLE001 - it stays `sending` and becomes unknown, never a second mail
            log_fault(claimed.id, error)
            landed.put(claimed)

    def compose(self, claimed: Claimed) -> OutgoingMail | Rejected:
        """Return the mail of a claimed message, or that it cannot be written."""
        try:
            return self._composer.compose(claimed.letter)
        except Exception as error:  # noqa: BLE001 - nothing has left yet, so it must not leave the message in doubt
            log_fault(claimed.id, error)
            return Rejected("the mail could not be written; the log of the worker says why")

    def heed(self, outcomes: Sequence[Outcome]) -> None:
        """Slow down, or stop, where the provider asks for it or nothing gets through."""
        if any(isinstance(one.result, SlowDown) for one in outcomes) and self._pacer:
            self._pacer.slow_down()
        for one in outcomes:
            if isinstance(one.result, QuotaSpent):
                pausing.hold(PauseCause.DAILY_QUOTA, str(one.result))
            elif isinstance(one.result, HoldWave):
                pausing.hold(PauseCause.SENDER, str(one.result), one.claimed.wave_id)
            elif isinstance(one.result, HoldEverything):
                pausing.hold(PauseCause.ACCOUNT, str(one.result))
            self._count(one)

    def _count(self, outcome: Outcome) -> None:
        if outcome.left:
            self._errors_in_a_row = 0
        elif not isinstance(outcome.result, TryLater):
            self._errors_in_a_row += 1
            if self._errors_in_a_row == self._settings.pause_after_errors:
                self._errors_in_a_row = 0
                why = f"{self._settings.pause_after_errors} mails in a row did not get through: {outcome.result}"
                pausing.hold(PauseCause.ERRORS, why)


class _Flight:
    """One call of `send_all`: the messages that wait, those under way, and those that landed."""

    def __init__(self, sender: Sender, pacer: Pacer, ids: Sequence[int]) -> None:
        self._sender = sender
        self._pacer = pacer
        self._waiting = deque(ids)
        self._passed_over: list[int] = []
        self._landed: SimpleQueue[Outcome | Claimed] = SimpleQueue()
        self._under_way = 0
        self._grounded: dict[int, uuid.UUID] = {}
        self._granted = 0
        self._ask_at = 0.0
        self._until = time.monotonic() + JOB_SECONDS

    def run(self) -> int:
        """Send until nothing waits and nothing is under way; return how many left."""
        left = 0
        try:
            while self._under_way or self._goes_on():
                if self._has_room() and time.monotonic() >= self._ask_at:
                    self._take_off()
                outcomes = self._land()
                if outcomes:
                    _once_the_database_is_there(partial(record, outcomes))
                    self._sender.heed(outcomes)
                    left += sum(outcome.left for outcome in outcomes)
        finally:
            self._give_back()
            _once_the_database_is_there(partial(release, {*self._waiting, *self._passed_over}))
        return left

    def _goes_on(self) -> bool:
        return bool(self._waiting) and not self._sender.stopping and time.monotonic() < self._until

    def _has_room(self) -> bool:
        room = self._sender.at_once - self._under_way
        return self._goes_on() and room >= min(self._sender.at_once // 2 or 1, len(self._waiting))

    def _take_off(self) -> None:
        """Claim as many as there is room and pace for, and hand them to the threads."""
        wanted = min(self._sender.at_once - self._under_way, len(self._waiting))
        if self._granted < wanted:
            self._ask(wanted - self._granted)
        batch = [self._waiting.popleft() for _ in range(min(wanted, self._granted))]
        if not batch:
            return
        self._grounded = {id: uuid.uuid4() for id in batch}
        try:
            claimed = claim(self._grounded)
            self._granted -= len(claimed)
            self._passed_over += set(batch).difference(one.id for one in claimed)
            for one, mail in self._written(claimed):
                self._hand_over(one, mail)
        except DATABASE_AWAY:  # whether a commit got through or not: these have not left
            self._passed_over += self._grounded
        self._give_back()

    def _written(self, claimed: Sequence[Claimed]) -> list[tuple[Claimed, OutgoingMail | Rejected]]:
        """Return the mails of those whose reader did not say no while they were written."""
        mails = {one.id: self._sender.compose(one) for one in claimed}
        return [(one, mails[one.id]) for one in drop_unwanted(claimed)]

    def _hand_over(self, claimed: Claimed, mail: OutgoingMail | Rejected) -> None:
        del self._grounded[claimed.id]
        self._under_way += 1
        if isinstance(mail, Rejected):
            self._landed.put(Outcome(claimed, mail))
        else:
            self._sender.hand_over(claimed, mail, self._landed)

    def _give_back(self) -> None:
        """Give back what was claimed, perhaps, and surely did not leave."""
        if self._grounded:
            _once_the_database_is_there(partial(give_back, self._grounded))
            self._grounded = {}

    def _ask(self, wanted: int) -> None:
        try:
            grant = self._pacer.take(wanted)
        except RedisError:
            log.warning("Redis is away; nothing is sent without its pace")
            self._until = 0
            return
        self._granted += grant.mails
        self._ask_at = time.monotonic() + grant.wait_seconds
        if grant.spent:
            self._until = 0

    def _land(self) -> list[Outcome]:
        """Gather what landed; wait for a first one while there is nothing better to do, or for the pace."""
        outcomes: list[Outcome] = []
        patience = self._ask_at - time.monotonic() if self._has_room() else float(self._under_way > 0)
        until = time.monotonic() + min(1.0, patience)
        while len(outcomes) < (self._sender.at_once // 2 or 1):
            try:
                one = self._landed.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                break
            self._under_way -= 1
            if isinstance(one, Outcome):
                outcomes.append(one)
                until = min(until, time.monotonic() + GATHERING_SECONDS) if len(outcomes) == 1 else until
        return outcomes


def _once_the_database_is_there(deed: Callable[[], None]) -> None:
    """Do a deed that may be done again, and wait for a database that is restarted; raises when it stays away."""
    until = time.monotonic() + DATABASE_SECONDS
    while True:
        try:
            return deed()
        except DATABASE_AWAY:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def log_fault(id: int, error: BaseException) -> None:
    """Log where it broke, and not the message of the error, which may quote a person's values."""
    log.error("message %s: %s\n%s", id, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
