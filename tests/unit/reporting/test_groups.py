"""Groups side by side: sums over sums, answers instead of lone scores, and what an anonymous survey leaves out."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.reporting.anonymity import anonymity
from app.reporting.groups import Group, added, judged

NAMED = anonymity("nps", finished=False)


def group(value: str, *scores: int, **more: object) -> Group:
    return Group(value, answers=len(scores), scores={score: scores.count(score) for score in set(scores)}, **more)  # type: ignore[arg-type]


def test_rates_are_sums_over_sums() -> None:
    small = group("a", 9, sent=1, target=1, heard=1, revenue=Decimal(10), revenue_heard=Decimal(10))
    large = group("b", 9, sent=9, target=3, heard=0, revenue=Decimal(90))
    whole = added("", [small, large])
    assert (whole.response, whole.coverage, whole.of_revenue) == (Fraction(1, 5), Fraction(1, 4), Fraction(1, 10))


def test_where_nobody_was_asked_there_is_no_rate() -> None:
    nobody = Group("a")
    assert (nobody.response, nobody.coverage, nobody.of_revenue) == (None, None, None)


def test_one_answer_is_an_answer_and_no_score() -> None:
    [lone] = judged([group("a", 3)], "nps", NAMED)
    assert (lone.score, lone.lone) == (None, 3)
    [unnamed] = judged([group("a", 3)], "enps", anonymity("enps", finished=True))
    assert (unnamed.score, unnamed.lone) == (None, None)


def test_few_answers_are_flagged() -> None:
    assert [group("a", *[9] * n).small for n in (0, 1, 9, 10)] == [False, True, True, False]


scores = st.lists(st.integers(0, 10), max_size=12)


@given(st.lists(scores, max_size=5))
def test_groups_together_have_the_score_of_all_answers(given_scores: list[list[int]]) -> None:
    groups = [group(str(place), *each) for place, each in enumerate(given_scores)]
    [whole] = judged([added("", groups)], "nps", NAMED)
    everything = [score for each in given_scores for score in each]
    [expected] = judged([group("", *everything)], "nps", NAMED)
    assert (whole.score, whole.answers) == (expected.score, len(everything))


@given(st.lists(scores, max_size=6))
def test_an_anonymous_survey_shows_no_small_group(given_scores: list[list[int]]) -> None:
    groups = [group(str(place), *each) for place, each in enumerate(given_scores)]
    for found in judged(groups, "enps", anonymity("enps", finished=True)):
        assert found.lone is None
        assert found.score is None or found.answers >= 5
    assert all(found.score is None for found in judged(groups, "enps", anonymity("enps", finished=False)))
