"""How Ctrl-C and its like meet work that must not be cut in two.

Python lets only the main thread handle signals; in any other thread nothing here has an effect.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def handling(handler: Callable[[int, FrameType | None], None], signals: Iterable[signal.Signals]) -> Iterator[None]:
    """Handle `signals` by `handler` for as long as the block runs; those the program ignores stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heeded = [number for number in signals if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heeded}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


@contextmanager
def signals_raising() -> Iterator[None]:
    """Let SIGTERM and SIGHUP leave the block as an exception does, where the program has no handler of its own."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    unhandled = [s for s in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(s) is signal.SIG_DFL]
    with handling(leave, unhandled):
        yield


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Let a step of bounded length end before Ctrl-C and its like take effect."""
    received: list[int] = []
    try:
        with handling(lambda number, frame: received.append(number), ENDING):
            yield
    finally:
        for number in dict.fromkeys(received):
            signal.raise_signal(number)
