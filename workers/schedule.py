"""The cron table, as data: which job the scheduler calls, how often, on which queue."""

from __future__ import annotations

from typing import NamedTuple

from app.core.queue import TICKS, WORK


class Every(NamedTuple):
    """A job that is called every so many seconds; two schedulers at once do no harm."""

    seconds: int
    job: str
    queue: str = TICKS


TABLE = (
    Every(5, "dispatch"),
    Every(60, "ripen"),
    Every(60, "release"),
    Every(600, "remind"),
    Every(300, "advance", WORK),
    Every(60, "settle_stale"),
    Every(60, "poll_quota"),
    Every(60, "watch_rates"),
    Every(30, "match_receipts"),
    Every(15, "tell_standings"),
    Every(600, "send_digests", WORK),
    Every(600, "finish_over_waves"),
    Every(6 * 3600, "forget_answered_requests"),
    Every(24 * 3600, "score_engagement", WORK),
    Every(24 * 3600, "prune_receipts", WORK),
    Every(60, "resume_imports"),
    Every(6 * 3600, "forget_imports"),
)
