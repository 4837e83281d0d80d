"""How many requests a program may make a minute, counted in Redis and told in the RateLimit headers."""

from __future__ import annotations

import logging
import time
from typing import NamedTuple

from redis import RedisError

from app.core.queue import key, redis

log = logging.getLogger(__name__)

A_MINUTE = 600
WINDOW_SECONDS = 60


class Allowance(NamedTuple):
    """What is left in this minute, which ends in `seconds`; `spent` means that this request is one too many."""

    left: int
    seconds: int
    spent: bool

    def headers(self) -> dict[str, str]:
        """Return the headers of the RateLimit draft of the IETF, and Retry-After where nothing is left."""
        told = {
            "RateLimit-Policy": f'"default";q={A_MINUTE};w={WINDOW_SECONDS}',
            "RateLimit": f'"default";r={self.left};t={self.seconds}',
        }
        return told | ({"Retry-After": str(self.seconds)} if self.spent else {})


def count_request(caller_id: int) -> Allowance | None:
    """Count a request of a key and return what it may still do; None while Redis is away, and nothing is limited."""
    now = int(time.time())
    minute, second = divmod(now, WINDOW_SECONDS)
    name = key("api", caller_id, minute)
    try:
        with redis().pipeline() as steps:
            steps.incr(name)
            steps.expire(name, 2 * WINDOW_SECONDS)
            made = int(steps.execute()[0])
    except RedisError:
        log.warning("Redis is away; requests of programs are not counted")
        return None
    return Allowance(max(0, A_MINUTE - made), WINDOW_SECONDS - second, made > A_MINUTE)
