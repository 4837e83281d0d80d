"""How fast and how much may leave, and when sending stops by itself."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.pace import WarmUp, left_today, too_many_bounces, too_many_complaints

MONDAY = date(2026, 11, 2)


def test_a_ramp_has_a_step_for_each_day_and_then_no_limit() -> None:
    ramp = WarmUp.read("2026-11-02:200,400,800")
    assert [ramp.most_on(MONDAY + timedelta(days=day)) for day in range(5)] == [200, 400, 800, None, None]
    assert ramp.most_on(MONDAY - timedelta(days=9)) == 200


@pytest.mark.parametrize(
    ("per_day", "sent_last_day", "most_today", "sent_today", "left"),
    [
        (None, 90_000, None, 90_000, None),
        (50_000, 49_990, None, 0, 10),
        (50_000, 50_003, None, 0, 0),
        (50_000, 0, 200, 150, 50),
        (None, 0, 200, 200, 0),
        (100, 90, 200, 0, 10),
    ],
)
def test_what_is_left_is_the_smaller_of_both_limits(
    per_day: int | None, sent_last_day: int, most_today: int | None, sent_today: int, left: int | None
) -> None:
    found = left_today(per_day=per_day, sent_last_day=sent_last_day, most_today=most_today, sent_today=sent_today)
    assert found == left


@pytest.mark.parametrize(
    ("sends", "bounces", "stops"), [(49, 49, False), (50, 2, False), (50, 3, True), (1000, 50, True)]
)
def test_five_bounces_in_a_hundred_are_too_many(sends: int, bounces: int, stops: bool) -> None:
    assert too_many_bounces(sends, bounces) is stops


@pytest.mark.parametrize(
    ("sends", "complaints", "stops"), [(49, 1, False), (1000, 0, False), (1000, 1, True), (50, 1, True)]
)
def test_one_complaint_in_a_thousand_is_too_many(sends: int, complaints: int, stops: bool) -> None:
    assert too_many_complaints(sends, complaints) is stops


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_fewer_faults_never_stop_what_more_would_let_go_on(sends: int, faults: int) -> None:
    assert too_many_bounces(sends, faults) >= too_many_bounces(sends, faults - 1)
    assert too_many_complaints(sends, faults) >= too_many_complaints(sends, faults - 1)
