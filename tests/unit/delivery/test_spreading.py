"""Mails spread over days: never more than the cap, never on a closed day, and none is lost."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.delivery.spreading import spread

MONDAY = date(2026, 6, 8)


def weekday(day: date) -> bool:
    return day.weekday() < 5


def days(*given: tuple[int, int]) -> dict[date, int]:
    return {MONDAY + timedelta(days=ahead): mails for ahead, mails in given}


def test_what_is_over_the_cap_waits_for_the_next_working_day() -> None:
    used: Counter[date] = Counter({MONDAY + timedelta(days=3): 1})
    found = spread(days((3, 5)), cap=2, until=MONDAY + timedelta(days=30), used=used, opens=weekday)
    assert list(found) == list(days((3, 1), (4, 2), (7, 2)).items())


def test_an_even_spread_takes_its_share_of_each_day() -> None:
    found = spread(
        days((0, 10)),
        cap=100,
        until=MONDAY + timedelta(days=30),
        used=Counter(),
        opens=weekday,
        days_left=lambda day: (MONDAY + timedelta(days=5) - day).days,
    )
    assert [mails for _, mails in found] == [2, 2, 2, 2, 2]


@given(
    due=st.dictionaries(st.integers(0, 20), st.integers(0, 50), max_size=6),
    cap=st.integers(1, 30),
    spoken_for=st.dictionaries(st.integers(0, 20), st.integers(0, 40), max_size=4),
)
def test_no_day_has_more_than_its_cap_and_none_is_lost(
    due: dict[int, int], cap: int, spoken_for: dict[int, int]
) -> None:
    used: Counter[date] = Counter(days(*spoken_for.items()))
    before = used.copy()
    found = dict(spread(days(*due.items()), cap=cap, until=MONDAY + timedelta(days=900), used=used, opens=weekday))
    assert sum(found.values()) == sum(due.values())
    for day, mails in found.items():
        assert weekday(day)
        assert 0 < mails <= cap - before[day]
        assert used[day] == before[day] + mails
    for day in found:
        ready = sum(mails for ahead, mails in due.items() if MONDAY + timedelta(days=ahead) <= day)
        assert sum(mails for left, mails in found.items() if left <= day) <= ready


def test_nothing_is_foreseen_beyond_what_was_asked_for() -> None:
    found = spread(days((0, 10)), cap=2, until=MONDAY + timedelta(days=2), used=Counter(), opens=weekday)
    assert list(found) == list(days((0, 2), (1, 2)).items())
