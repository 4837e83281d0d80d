"""A campaign says in one sentence what happens next."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.cadence import MONTHS, Cadence, wave_key
from app.campaigns.next_steps import Standing, Waiting, following_wave, next_step

WAITS, GOES = Waiting("Q1 2027", "4 Jan 2027", may_go=False), Waiting("Q1 2027", "4 Jan 2027", may_go=True)


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing("draft"), "Nothing leaves before it is started."),
        (Standing("draft", waiting=WAITS), "confirm it for 4 Jan 2027"),
        (Standing("draft", transactional=True, event="ticket.solved"), "asks after «ticket.solved»"),
        (Standing("paused", leaving=1284), "1,284 invitations wait until"),
        (Standing("paused"), "Nothing leaves until"),
        (Standing("finished"), "asks nobody any more"),
        (Standing("running", transactional=True, event="ticket.solved"), "whoever had «ticket.solved»"),
        (Standing("running", running="Q4", leaving=1, daily_cap=100), "One invitation of «Q4» still to leave"),
        (Standing("running", running="Q4", leaving=12, daily_cap=9, waiting=WAITS), "«Q1 2027» waits for somebody"),
        (Standing("scheduled", waiting=GOES), "leaves by itself from 4 Jan 2027"),
        (Standing("scheduled", following=("Q2 2027", "5 Apr 2027")), "waits for your confirmation"),
        (Standing("scheduled", following=("Q2 2027", "5 Apr 2027"), goes_by_itself=True), "goes out by itself"),
        (Standing("running", by_hand=True), "Make a wave whenever"),
        (Standing("running"), "Nothing more is planned."),
    ],
)
def test_it_says_what_happens_next(standing: Standing, said: str) -> None:
    assert said in next_step(standing)


@given(
    st.sampled_from(sorted(MONTHS)),
    st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    st.integers(0, 400),
    st.integers(0, 5),
)
def test_the_next_wave_is_never_one_that_is_there(cadence: Cadence, starts_on: date, later: int, waves: int) -> None:
    after = starts_on + timedelta(days=later)
    made: set[str] = set()
    last = None
    for _ in range(waves + 1):
        found = following_wave(cadence, starts_on, None, made, after)
        assert found is not None
        _, day = found
        assert day >= after
        assert wave_key(cadence, day) not in made
        assert last is None or day > last
        made.add(wave_key(cadence, day))
        last = day


def test_there_is_none_after_the_last_day_or_without_a_rhythm() -> None:
    start = date(2027, 1, 4)
    assert following_wave(Cadence.QUARTERLY, start, date(2027, 3, 1), {"q1-2027"}, start) is None
    assert following_wave(Cadence.QUARTERLY, None, None, set(), start) is None
    assert following_wave(Cadence.BY_HAND, start, None, set(), start) is None
