"""The token bucket in Redis that all workers share: who takes no token sends nothing.

It may be emptied at any time; then nothing leaves until somebody has asked the provider again (`pacing.refresh`).
Time is the server's, so that the clocks of the workers do not matter.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from redis.commands.core import Script

from app.core import queue

BURST_SECONDS = 0.1
"""What may have gathered while nobody sent. With 0.9 of the provider's rate, no second sees more than that rate."""

RECOVERY_SECONDS = 60
"""After it was halved, the rate grows by the same amount each second; from nothing to all in so long."""

LEAST_SHARE = 1 / 32
"""However often it is halved, so much of the rate stays, to find out whether the provider takes mails again."""

KEPT_SECONDS = 300
"""A provider that was not asked for so long may have changed its mind."""

# Both begin alike: `now`, and how the bucket stands by then.
_STANDING = f"""
local kept = redis.call('HMGET', KEYS[1], 'ceiling', 'rate', 'tokens', 'at', 'left', 'slowed_at')
local ceiling = tonumber(kept[1])
if not ceiling then return {{-1, 1000}} end
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local since = math.max(0, now - (tonumber(kept[4]) or 0))
local rate = math.min(ceiling, (tonumber(kept[2]) or ceiling) + since * ceiling / {RECOVERY_SECONDS})
local tokens = math.min(math.max(1, rate * {BURST_SECONDS}), (tonumber(kept[3]) or 0) + since * rate)
local left = tonumber(kept[5])
local function keep(...)
    redis.call('HSET', KEYS[1], 'at', string.format('%.6f', now), 'rate', tostring(rate),
               'tokens', tostring(tokens), ...)
end
"""
_TAKE = (
    _STANDING
    + """
local granted = math.min(tonumber(ARGV[1]), math.floor(tokens), left or math.huge)
tokens = tokens - granted
if left then keep('left', tostring(left - granted)) else keep('left', '') end
if left and left - granted <= 0 and granted == 0 then return {-2, 0} end
if rate <= 0 then return {0, 1000} end
return {granted, math.ceil(math.max(0, 1 - tokens) / rate * 1000)}
"""
)
_SLOW_DOWN = (
    _STANDING
    + f"""
if now - (tonumber(kept[6]) or 0) < 1 then return {{0, 0}} end
rate, tokens = math.max(ceiling * {LEAST_SHARE}, rate / 2), 0
keep('slowed_at', string.format('%.6f', now))
return {{0, 0}}
"""
)


class Grant(NamedTuple):
    """How many mails may leave now, and in how many seconds to ask again; or why none may."""

    mails: int
    wait_seconds: float
    unknown: bool = False
    spent: bool = False


class Pace(NamedTuple):
    """How the bucket stands: mails a second, now and at most; how many are left today (None = any number)."""

    rate: float
    ceiling: float
    left_today: int | None
    max_per_second: float
    max_per_day: int | None
    sent_last_day: int
    read_at: float


def take(wanted: int) -> Grant:
    """Take up to `wanted` tokens, at once; `unknown` when nobody knows the rate, `spent` when the day is used up."""
    granted, wait = _run(_TAKE, wanted)
    return Grant(max(0, granted), wait / 1000, unknown=granted == -1, spent=granted == -2)


def slow_down() -> None:
    """Halve the rate, once for all that were told so within a second."""
    _run(_SLOW_DOWN)


def fill(*, ceiling: float, left: int | None, max_per_second: float, max_per_day: int | None, sent: int) -> None:
    """Note what the provider lets us send; a rate that was halved stays so."""
    facts: dict[Any, Any] = {
        "ceiling": str(ceiling),
        "left": "" if left is None else str(left),
        "max_per_second": str(max_per_second),
        "max_per_day": "" if max_per_day is None else str(max_per_day),
        "sent_last_day": str(sent),
    }
    seconds, _ = queue.redis().time()
    with queue.redis().pipeline() as pipe:
        pipe.hset(_key(), mapping=facts | {"read_at": str(seconds)})
        pipe.expire(_key(), KEPT_SECONDS)
        pipe.execute()


def snapshot() -> Pace | None:
    """Return how the bucket stands, or None when nobody asked the provider lately."""
    found: dict[Any, Any] = queue.redis().hgetall(_key())
    kept: dict[str, str] = {name.decode(): value.decode() for name, value in found.items()}
    if "ceiling" not in kept:
        return None
    return Pace(
        rate=float(kept.get("rate", kept["ceiling"])),
        ceiling=float(kept["ceiling"]),
        left_today=int(float(kept["left"])) if kept["left"] else None,
        max_per_second=float(kept["max_per_second"]),
        max_per_day=int(kept["max_per_day"]) if kept["max_per_day"] else None,
        sent_last_day=int(kept["sent_last_day"]),
        read_at=float(kept["read_at"]),
    )


def may_ask() -> bool:
    """Return True to one caller in ten seconds, all workers together: it may ask the provider."""
    return bool(queue.redis().set(queue.key("pace", "asked"), 1, nx=True, ex=10))


def _key() -> str:
    return queue.key("pace")


def _run(source: str, *arguments: int) -> tuple[int, int]:
    connection = queue.redis()
    script = Script(connection, source)
    found: Any = script(keys=[_key()], args=list(arguments))
    return int(found[0]), int(found[1])
