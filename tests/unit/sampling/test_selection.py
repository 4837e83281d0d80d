"""Who is asked first: the vector of domain section 4, each of its points alone, and a naive reading of the whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sampling.selection import Candidate, rank
from tests.unit.sampling import oracle
from tests.unit.sampling.rosters import TODAY, candidate_lists

DAY = timedelta(days=1)


def order(*candidates: Candidate, wave: str = "q4", today: date = TODAY) -> list[str]:
    return [candidate.id for candidate in rank(candidates, today=today, wave_key=wave)]


def user(id: str, **traits: Any) -> Candidate:
    return replace(Candidate(id, "user"), **traits)


def test_vector_of_the_domain() -> None:
    found = order(
        user("c1", last_invited_on=date(2025, 1, 2), engagement=95, department="a"),
        user("c2", last_invited_on=date(2024, 7, 1), engagement=40, department="b"),
        user("c3", engagement=12, department="c"),
        user("c4", last_invited_on=date(2024, 12, 1), engagement=10, pinned=True, department="d"),
        user("c5", last_invited_on=date(2024, 4, 1), engagement=90, unanswered=2, department="e"),
        user("c6", last_invited_on=date(2024, 7, 5), engagement=88, department="f"),
        today=date(2025, 4, 1),
    )
    assert found == ["c4", "c3", "c6", "c2", "c1", "c5"]


FIRST, SECOND = sorted(("x", "y"), key=lambda id: sha256(f"q4|{id}".encode()).hexdigest())
"""Two ids in the order of their hashes: where a trait decides, it is given to the second."""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"pinned": True, "unanswered": 2}, {}, id="pinned before answering"),
        pytest.param({"unanswered": 0, "last_invited_on": TODAY - 80 * DAY}, {"unanswered": 1}, id="answering"),
        pytest.param({"unanswered": 1}, {"unanswered": 2}, id="one before two unanswered"),
        pytest.param({"last_invited_on": None, "engagement": 0}, {"last_invited_on": TODAY - 800 * DAY}, id="never"),
        pytest.param({"last_invited_on": TODAY - 180 * DAY}, {"last_invited_on": TODAY - 179 * DAY}, id="whole period"),
        pytest.param(
            {"last_invited_on": TODAY - 180 * DAY, "engagement": 0},
            {"last_invited_on": TODAY - 179 * DAY, "engagement": 100},
            id="rest before engagement",
        ),
        pytest.param(
            {"last_invited_on": TODAY - 95 * DAY, "engagement": 20},
            {"last_invited_on": TODAY - 170 * DAY, "engagement": 19},
            id="band before the day",
        ),
        pytest.param({"engagement": 100}, {"engagement": 99}, id="100 is a band of its own"),
        pytest.param({"engagement": 10}, {"engagement": None}, id="missing score is the lowest band"),
        pytest.param({"last_invited_on": TODAY - 95 * DAY}, {"last_invited_on": TODAY - 94 * DAY}, id="earlier day"),
    ],
)
def test_each_point_goes_before_the_next(before: dict[str, Any], after: dict[str, object]) -> None:
    assert order(user(FIRST, **after), user(SECOND, **before)) == [SECOND, FIRST]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"unanswered": 2}, {"unanswered": 9}),
        ({"engagement": 0}, {"engagement": None}),
        ({"engagement": 9}, {"engagement": 0}),
        ({"engagement": 39}, {"engagement": 30}),
    ],
)
def test_what_does_not_count_leaves_the_hash_to_decide(one: dict[str, Any], other: dict[str, object]) -> None:
    assert order(user(FIRST, **one), user(SECOND, **other)) == [FIRST, SECOND]
    assert order(user(FIRST, **other), user(SECOND, **one)) == [FIRST, SECOND]


def test_never_invited_equals_ninety_nine_periods_and_is_then_first_of_all() -> None:
    long_ago = user(FIRST, last_invited_on=TODAY - 99 * 90 * DAY)
    assert order(long_ago, user(SECOND)) == [SECOND, FIRST]


def test_the_hash_of_wave_and_contact_decides_among_equals() -> None:
    ids = [f"C{number}" for number in range(50)]
    by_hash = {wave: sorted(ids, key=lambda id: sha256(f"{wave}|{id}".encode()).hexdigest()) for wave in ("q3", "q4")}
    assert by_hash["q3"] != by_hash["q4"]
    for wave, expected in by_hash.items():
        assert order(*map(user, ids), wave=wave) == expected


def test_departments_take_turns_among_equals() -> None:
    staff = [user(f"{department}{number}", department=department) for department in "abc" for number in range(4)]
    found = order(*staff)
    assert [sorted(id[0] for id in found[start : start + 3]) for start in range(0, 12, 3)] == [["a", "b", "c"]] * 4


def test_departments_of_the_levels_above_count() -> None:
    chief = Candidate("chief", "decision_maker", department="IT")
    found = order(chief, user(FIRST, department="IT"), user(SECOND, department="Finance"))
    assert found == ["chief", SECOND, FIRST]


def test_departments_weigh_less_than_engagement_and_more_than_the_day() -> None:
    chief = Candidate("chief", "decision_maker", department="IT")
    eager = user(SECOND, department="IT", engagement=50)
    assert order(chief, eager, user(FIRST, department="Finance")) == ["chief", SECOND, FIRST]
    rested = user(FIRST, department="IT", last_invited_on=TODAY - 100 * DAY)
    fresh = user(SECOND, department="Finance", last_invited_on=TODAY - 95 * DAY)
    assert order(chief, rested, fresh) == ["chief", SECOND, FIRST]


def test_a_missing_department_is_one_department() -> None:
    chief = Candidate("chief", "decision_maker")
    assert order(chief, user(FIRST), user(SECOND, department="IT")) == ["chief", SECOND, FIRST]


def test_levels_come_from_the_top_down_and_nobody_is_lost() -> None:
    levels = ("user", "unknown", "decision_maker", "", "influencer")
    found = order(*(Candidate(f"{number}{level}", level) for number, level in enumerate(levels)))
    assert [id[1:] for id in found[:3]] == ["decision_maker", "influencer", "user"]
    assert {id[1:] for id in found[3:]} == {"unknown", ""}


def test_nobody_to_rank() -> None:
    assert order() == []


@given(candidate_lists, st.sampled_from(["q4", "spring 2027", ""]))
def test_the_order_is_that_of_a_naive_reading(candidates: list[Candidate], wave: str) -> None:
    assert rank(candidates, today=TODAY, wave_key=wave) == oracle.rank(candidates, TODAY, wave)


@given(candidate_lists, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(candidates: list[Candidate], random: Random) -> None:
    shuffled = random.sample(candidates, len(candidates))
    assert rank(shuffled, today=TODAY, wave_key="q4") == rank(candidates, today=TODAY, wave_key="q4")
