"""How far long work is, for a page to show: kept in Redis, and worth nothing once the work is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from redis import RedisError

from app.core.errors import QuorumError
from app.core.queue import key, redis

KEPT_SECONDS = 3600
FAILURE_KEPT_SECONDS = 24 * 3600


class Standing(NamedTuple):
    """Units done and in all, and the seconds it took so far."""

    done: int
    total: int
    seconds: float


@contextmanager
def shown(work: str) -> Iterator[Callable[[int, int], None]]:
    """Lend a function that notes units done and in all under the name `work`, until the block ends."""
    started = time.monotonic()
    name = key("progress", work)

    # With Redis away nobody sees how far it is, and the work goes on all the same.
    def note(done: int, total: int) -> None:
        with suppress(RedisError):
            redis().set(name, f"{done} {total} {time.monotonic() - started:.1f}", ex=KEPT_SECONDS)

    _note_failure(work, None)
    try:
        yield note
    except BaseException as error:
        _note_failure(work, str(error) if isinstance(error, QuorumError) else "The log of the worker says why.")
        raise
    finally:
        with suppress(RedisError):
            redis().delete(name)


def _note_failure(work: str, sentence: str | None) -> None:
    name = key("failure", work)
    with suppress(RedisError):
        redis().delete(name) if sentence is None else redis().set(name, sentence, ex=FAILURE_KEPT_SECONDS)


def failure(work: str) -> str | None:
    """Return why the last try at `work` failed, or None when it did not, or long ago."""
    try:
        kept = redis().get(key("failure", work))
    except RedisError:
        return None
    return kept.decode() if isinstance(kept, bytes) else None


def standing(work: str) -> Standing | None:
    """Return how far `work` is, or None when it is not running (any more) or Redis is away."""
    try:
        kept = redis().get(key("progress", work))
    except RedisError:
        return None
    if not isinstance(kept, bytes):
        return None
    done, total, seconds = kept.decode().split()
    return Standing(int(done), int(total), float(seconds))
