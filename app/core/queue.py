"""The queue that carries work to the workers: dotted names and ids, nothing else.

Redis may be emptied at any time. Whatever must happen stands in PostgreSQL, and the scheduler's ticks find it again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from redis import Redis, RedisError
from rq import Queue

log = logging.getLogger(__name__)

TICKS = "ticks"
MAIL = "mail"
WORK = "work"
QUEUES = (TICKS, WORK, MAIL)
"""In the order in which a worker looks at them: mail waits for its provider's pace, people should not wait for mail."""

JOB_SECONDS = {TICKS: 120, MAIL: 600, WORK: 6 * 3600}
"""How long a job of each queue may take."""

KEEP_FAILED_SECONDS = 7 * 24 * 3600


class _Connection:
    redis: Redis | None = None
    prefix: str = "quorum"


def connect(redis_url: str, prefix: str = "quorum") -> Redis:
    """Point the house at a Redis; called once a process, by what composes the program."""
    _Connection.redis = Redis.from_url(redis_url)
    _Connection.prefix = prefix
    return _Connection.redis


def redis() -> Redis:
    """Return the connection `connect` made."""
    if _Connection.redis is None:
        raise RuntimeError("app.core.queue.connect() has not been called in this process")
    return _Connection.redis


def key(*parts: object) -> str:
    """Return the Redis key of this installation for something that may be lost at any time."""
    return ":".join(map(str, (_Connection.prefix, *parts)))


def queue_name(prefix: str, name: str) -> str:
    """Return what RQ calls one of `QUEUES`; two installations on one Redis differ in their prefix."""
    return f"{prefix}-{name}"


def queue(name: str) -> Queue:
    """Return one of `QUEUES` as RQ sees it."""
    named = queue_name(_Connection.prefix, name)
    return Queue(named, connection=redis(), default_timeout=JOB_SECONDS[name])


def enqueue(name: str, job: str, *arguments: Any) -> None:
    """Put one call of the dotted function `job` on the queue `name`; call it after the commit, never before."""
    enqueue_many(name, job, [arguments])


def nudge(job: str) -> None:
    """Ask for a tick now instead of when it is due; with Redis away, the scheduler makes up for it later."""
    try:
        enqueue(TICKS, job)
    except RedisError:
        log.warning("Redis is away; %s waits for the scheduler", job)


def enqueue_many(name: str, job: str, calls: Iterable[Sequence[Any]]) -> None:
    """Put many calls of `job` on a queue in one round trip."""
    data = [
        Queue.prepare_data(
            job, args=tuple(call), result_ttl=0, failure_ttl=KEEP_FAILED_SECONDS, timeout=JOB_SECONDS[name]
        )
        for call in calls
    ]
    if data:
        queue(name).enqueue_many(data)
