"""Engagement: vectors worked out by hand, and what holds whatever people did."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.engagement import (
    HALF_LIFE,
    REMEMBERED_DAYS,
    USUAL_WEIGHTS,
    Activity,
    ActivityKind,
    age_in_days,
    made_key,
    points,
    scaled,
    scores,
    total,
)

TODAY = date(2026, 11, 2)
NOON = datetime.combine(TODAY, time(12), tzinfo=UTC)
MEETING, LOGIN, TICKET = ActivityKind.MEETING, ActivityKind.LOGIN, ActivityKind.TICKET


def ago(days: int, kind: ActivityKind = MEETING) -> Activity:
    return kind, NOON - timedelta(days=days)


activities = st.lists(st.builds(ago, st.integers(0, REMEMBERED_DAYS), st.sampled_from(ActivityKind)), max_size=8)
rosters = st.dictionaries(st.integers(1, 99), activities, min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("weight", "age", "expected"),
    [
        (5, 0, 5_000_000),
        (5, 90, 2_500_000),
        (5, 180, 1_250_000),
        (1, 45, 707_107),  # 1/√2
        (3, 30, 2_381_102),  # 3 · 0.793700526
        (0, 10, 0),
    ],
)
def test_an_activity_counts_half_after_ninety_days(weight: int, age: int, expected: int) -> None:
    assert points(weight, age) == expected


def test_what_a_contact_did_adds_up() -> None:
    assert total([ago(0), ago(90), ago(180, LOGIN)], TODAY) == 5_000_000 + 2_500_000 + 250_000
    assert total([], TODAY) == 0
    assert total([ago(REMEMBERED_DAYS + 1)], TODAY) == 0


def test_scores_by_hand() -> None:
    """8.5, 5, 1.5 and 1 points among people who all did something: least 1, most 8.5."""
    roster = {
        1: [ago(0), ago(90), ago(0, LOGIN)],
        2: [ago(0)],
        3: [ago(90, LOGIN), ago(0, LOGIN)],
        4: [ago(90, TICKET)],
    }
    assert scores(roster, TODAY) == {1: 100, 2: 53, 3: 7, 4: 0}  # 4/7.5 = 53.3, 0.5/7.5 = 6.7


def test_who_did_nothing_has_no_score_and_counts_as_nothing_in_the_scale() -> None:
    roster = {1: [ago(0)], 2: [ago(90)], 3: []}
    assert scores(roster, TODAY) == {1: 100, 2: 50, 3: None}
    assert scores({1: [ago(0)], 2: [ago(90)]}, TODAY) == {1: 100, 2: 0}
    assert scores({1: [ago(REMEMBERED_DAYS + 1)], 2: [ago(1)]}, TODAY) == {1: None, 2: 100}


@pytest.mark.parametrize(("of_it", "least", "most", "expected"), [(1, 0, 8, 13), (1, 0, 200, 1), (1, 0, 201, 0)])
def test_halves_are_rounded_up(of_it: int, least: int, most: int, expected: int) -> None:
    assert scaled(of_it, least, most) == expected


def test_where_all_have_the_same_there_is_nothing_to_scale() -> None:
    assert scores({1: [ago(5)], 2: [ago(5)]}, TODAY) == {1: 100, 2: 100}
    nothing = dict.fromkeys(ActivityKind, 0)
    assert scores({1: [ago(5)], 2: [ago(6)]}, TODAY, nothing) == {1: 0, 2: 0}
    assert scores({}, TODAY) == {}


def test_days_are_those_of_utc() -> None:
    late_in_new_york = datetime(2026, 11, 1, 23, 30, tzinfo=UTC) - timedelta(hours=-5)
    assert age_in_days(late_in_new_york, TODAY) == 0
    assert age_in_days(NOON + timedelta(days=3), TODAY) == 0
    assert age_in_days(NOON - timedelta(hours=13), TODAY) == 1


def test_a_key_is_made_of_kind_and_moment() -> None:
    assert made_key(MEETING, NOON) == made_key(MEETING, NOON.astimezone()) != made_key(LOGIN, NOON)


@given(rosters)
def test_scores_lie_between_0_and_100_and_the_most_active_has_100(roster: dict[int, list[Activity]]) -> None:
    found = scores(roster, TODAY)
    assert found.keys() == roster.keys()
    known = [score for score in found.values() if score is not None]
    assert all(0 <= score <= 100 for score in known)
    assert not known or max(known) == 100
    assert [contact for contact, score in found.items() if score is None] == [c for c, its in roster.items() if not its]


@given(rosters, st.randoms(use_true_random=False))
def test_the_order_of_activities_and_contacts_does_not_matter(
    roster: dict[int, list[Activity]], dice: random.Random
) -> None:
    shuffled = {contact: dice.sample(its, len(its)) for contact, its in dice.sample(list(roster.items()), len(roster))}
    assert scores(shuffled, TODAY) == scores(roster, TODAY)


@given(rosters, st.integers(0, REMEMBERED_DAYS), st.sampled_from(ActivityKind))
def test_who_does_more_is_never_behind_where_they_were(
    roster: dict[int, list[Activity]], age: int, kind: ActivityKind
) -> None:
    contact = next(iter(roster))
    before = scores(roster, TODAY)[contact]
    after = scores(roster | {contact: [*roster[contact], ago(age, kind)]}, TODAY)[contact]
    assert after is not None
    assert after >= (before or 0)


@given(st.integers(0, REMEMBERED_DAYS - HALF_LIFE), st.sampled_from(ActivityKind))
def test_older_counts_less_and_half_after_a_half_life(age: int, kind: ActivityKind) -> None:
    weight = USUAL_WEIGHTS[kind]
    assert points(weight, age) > points(weight, age + HALF_LIFE)
    assert abs(points(weight, age) - 2 * points(weight, age + HALF_LIFE)) <= 2
