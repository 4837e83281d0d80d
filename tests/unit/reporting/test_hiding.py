"""A sheet without names tells nobody who said what."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reporting.hiding import coarse_score, named_most, unattributed
from app.surveys.metrics import METRICS


def test_a_score_stands_for_five_people_at_least() -> None:
    assert coarse_score(Counter({9: 2, 3: 2}), "nps") is None
    assert coarse_score(Counter({9: 2, 8: 1, 3: 2}), "nps") == {"n": 5, "value": "0"}


@pytest.mark.parametrize(
    ("metric", "counts", "value"),
    [
        ("nps", {10: 5}, "60 or more"),
        ("nps", {10: 4, 8: 1}, "60 or more"),
        ("nps", {0: 6}, "\N{MINUS SIGN}60 or less"),
        ("nps", {10: 3, 8: 2, 2: 1}, "33"),
        ("csat", {5: 5}, "80 or more"),
        ("csat", {1: 5}, "20 or less"),
        ("ces", {7: 5}, "5.8 or more"),
        ("ces", {1: 5}, "2.2 or less"),
        ("ces", {4: 5}, "4.0"),
    ],
)
def test_a_score_at_the_end_of_its_scale_does_not_tell_what_everybody_said(
    metric: str, counts: dict[int, int], value: str
) -> None:
    assert coarse_score(Counter(counts), metric) == {"n": sum(counts.values()), "value": value}


@given(st.sampled_from(["nps", "csat"]), st.integers(5, 18))
def test_unanimous_praise_looks_like_praise_with_one_exception(metric: str, people: int) -> None:
    top, middle = METRICS[metric].scale[-1], METRICS[metric].passive_from
    shown = [coarse_score(Counter(counts), metric) for counts in ({top: people}, {top: people - 1, middle: 1})]
    assert shown[0] == shown[1]


def test_comments_stand_in_an_order_that_tells_nothing() -> None:
    people = [{"quotes": ["Zu langsam."]}, {"quotes": []}, {"quotes": ["always there", "Been fine"]}]
    assert unattributed(people) == ["always there", "Been fine", "Zu langsam."]
    assert unattributed(reversed(people)) == unattributed(people)


def test_reasons_are_counted_once_a_person() -> None:
    people = [{"reasons": ["Price", "Price", "Support"]}, {"reasons": ["Support"]}, {"reasons": []}]
    assert named_most(people) == [("Support", 2), ("Price", 1)]
