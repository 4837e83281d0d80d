"""The token bucket on a real Valkey: the pace of all workers together."""

from __future__ import annotations

import threading

import pytest

from app.core import queue
from app.delivery import bucket

pytestmark = pytest.mark.usefixtures("valkey")


def filled(ceiling: float, left: int | None = None) -> None:
    bucket.fill(ceiling=ceiling, left=left, max_per_second=ceiling / 0.9, max_per_day=None, sent=0)


def later(seconds: float) -> None:
    """Let the bucket believe that so much time went by."""
    at = float(queue.redis().hget(queue.key("pace"), "at") or 0)
    queue.redis().hset(queue.key("pace"), "at", f"{at - seconds:.6f}")


def test_an_empty_valkey_grants_nothing_and_says_so() -> None:
    grant = bucket.take(5)
    assert (grant.mails, grant.unknown, grant.spent) == (0, True, False)
    assert bucket.snapshot() is None


def test_no_more_than_the_burst_is_there_at_once_and_the_wait_is_told() -> None:
    filled(100)
    first = bucket.take(50)
    assert first.mails <= 11, "a tenth of a second's worth, and what came while we asked"
    bucket.take(50)
    assert 0 < bucket.take(50).wait_seconds <= 0.01


def test_a_slow_pace_still_grants_one_at_a_time() -> None:
    filled(0.9)
    assert bucket.take(5).mails == 1
    waiting = bucket.take(5)
    assert waiting.mails == 0
    assert 1 < waiting.wait_seconds < 1.2


def test_threads_get_no_more_than_the_rate_together() -> None:
    filled(20_000)
    bucket.take(5_000)
    granted: list[int] = []
    threads = [threading.Thread(target=lambda: granted.append(bucket.take(5_000).mails)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before = sum(granted)
    later(0.05)
    assert bucket.take(100_000).mails <= 2_000, "never more than the burst, however long nobody asked"
    assert before < 40_000


def test_the_day_s_rest_is_counted_down_and_then_spent() -> None:
    filled(100_000, left=7)
    assert [bucket.take(5).mails, bucket.take(5).mails] == [5, 2]
    spent = bucket.take(5)
    assert (spent.mails, spent.spent) == (0, True)
    pace = bucket.snapshot()
    assert pace is not None
    assert pace.left_today == 0


def test_a_throttle_halves_once_a_second_and_the_rate_comes_back_step_by_step() -> None:
    filled(600)
    bucket.take(1)
    for _ in range(32):
        bucket.slow_down()
    assert rate() == pytest.approx(300, rel=0.05)
    later(10)
    bucket.take(1)
    assert rate() == pytest.approx(400, rel=0.05)
    later(3600)
    bucket.take(1)
    assert rate() == 600


def test_a_new_answer_about_the_quota_keeps_a_halved_rate_halved() -> None:
    filled(600)
    bucket.take(1)
    bucket.slow_down()
    filled(600)
    assert rate() == pytest.approx(300, rel=0.05)


def test_a_clock_that_went_back_grants_nothing_for_it() -> None:
    filled(100)
    bucket.take(50)
    later(-3600)
    assert bucket.take(50).mails <= 1


def test_an_account_that_may_not_send_grants_nothing() -> None:
    filled(0)
    assert [bucket.take(5).mails for _ in range(3)] == [0, 0, 0]


def rate() -> float:
    pace = bucket.snapshot()
    assert pace is not None
    return pace.rate
