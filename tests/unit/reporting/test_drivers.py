"""Drivers to the digit of the domain's section 9, and sums that always agree with the score."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reporting.drivers import Drivers, Part, Said, contributions, parts, points, top_of
from app.surveys.metrics import METRICS

NAMED = ("support", "support/speed", "support/tone", "product", "product/fit", "price", "price/", "/", "")


def account(value: int | None, *answers: tuple[int, list[str]]) -> list[Said]:
    return [Said(score, tuple(drivers), value, len(answers)) for score, drivers in answers]


VECTOR = [
    *account(1_000_000, (9, ["Support"]), (6, ["Support", "Product"]), (3, ["Product"])),
    *account(200_000, (10, ["AM"]), (9, ["Support", "AM"])),
    *account(50_000, (8, ["Product"]), (2, [])),
    *account(10_000, (5, ["Impl"]), (4, ["Impl"]), (6, ["Impl"])),
]


def test_the_vector_of_the_domain() -> None:
    found = contributions("nps", VECTOR)
    points_of = {top: found.contribution(driver) for top, driver in found.tops.items()}
    assert points_of == {"Support": 10, "Product": -15, "AM": 15, "Impl": -30, "": -10}
    net = {top: round(float(driver.net), 2) for top, driver in found.tops.items()}
    assert net == {"Support": 216_666.67, "Product": -500_000, "AM": 150_000, "Impl": -10_000, "": -25_000}
    assert found.total == -30


def test_a_child_implies_its_parent_once() -> None:
    assert parts(["support", "support/speed"]) == parts(["support/speed"]) == (Part("support/speed", 1, 1),)


def test_a_parent_by_itself_is_unspecified_and_none_is_none() -> None:
    assert parts(["support"]) == (Part("support/", 1, 1),)
    assert parts([]) == parts([""]) == (Part("", 1, 1),)


def test_tier_two_splits_the_share_of_its_parent() -> None:
    assert set(parts(["support/speed", "support/tone", "price"])) == {
        Part("support/speed", 2, 2),
        Part("support/tone", 2, 2),
        Part("price/", 2, 1),
    }


answers = st.lists(
    st.builds(
        Said,
        st.integers(0, 10),
        st.lists(st.sampled_from(NAMED), max_size=6).map(tuple),
        st.none() | st.integers(0, 10**7),
        st.integers(1, 18),
    ),
    min_size=1,
    max_size=30,
)


def sum_of(found: Drivers, drivers: object) -> Fraction:
    return sum((found.contribution(driver) for driver in drivers), Fraction(0))  # type: ignore[attr-defined]


@given(answers)
def test_contributions_add_up_to_the_score_to_the_digit(said: list[Said]) -> None:
    found = contributions("nps", said)
    score = METRICS["nps"].score([each.score for each in said])
    assert score is not None
    assert score.value == found.total == sum_of(found, found.tops.values()) == sum_of(found, found.paths.values())


@given(answers)
def test_a_driver_is_the_sum_of_what_stands_under_it(said: list[Said]) -> None:
    found = contributions("nps", said)
    for top, driver in found.tops.items():
        under = [found.paths[path] for path in found.paths if top_of(path) == top]
        assert found.contribution(driver) == sum_of(found, under)
        assert driver.net == sum((each.net for each in under), Fraction(0))


@given(answers)
def test_revenue_is_neither_lost_nor_made(said: list[Said]) -> None:
    found = contributions("nps", said)
    carried = sum((Fraction(each.value) / each.of_account for each in said if each.value is not None), Fraction(0))
    assert sum((driver.revenue.of() for driver in found.paths.values()), Fraction(0)) == carried


@given(answers)
def test_an_answer_counts_once_for_a_driver_however_finely_it_named_it(said: list[Said]) -> None:
    found = contributions("nps", said)
    for top, driver in found.tops.items():
        named = [each for each in said if top in {top_of(part.path) for part in parts(each.drivers)}]
        assert driver.answers.of() == len(named)
        assert driver.valued.of() == sum(each.value is not None for each in named)


@pytest.mark.parametrize(("metric", "scores"), [("csat", (5, 4, 3, 1)), ("ces", (7, 5, 4, 1))])
def test_surveys_without_a_minus_count_the_share_that_is_content(metric: str, scores: tuple[int, ...]) -> None:
    said = [Said(score, ("speed",) if score > 3 else (), None, 1) for score in scores]
    found = contributions(metric, said)
    score = METRICS[metric].score(scores)
    assert score is not None
    assert found.total == (score.share if metric == "ces" else score.value) == 50
    assert points(metric)["detractor"] == 0
    assert sum_of(found, found.tops.values()) == 50


def test_no_answers_have_no_total() -> None:
    assert contributions("nps", []).total is None
