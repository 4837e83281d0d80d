"""The vectors of the domain rules, section 6, and what holds for every set of answers."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surveys.metrics import BANDS, METRICS, display, rounded

NPS, CES, CSAT, ENPS = (METRICS[key] for key in ("nps", "ces", "csat", "enps"))

any_metric = st.sampled_from(list(METRICS.values()))


@st.composite
def answered(draw):
    metric = draw(any_metric)
    return metric, draw(st.lists(st.sampled_from(metric.scale), min_size=metric.score_from, max_size=60))


def test_the_net_promoter_score_and_its_interval():
    score = NPS.score({10: 7, 9: 5, 8: 4, 7: 2, 6: 1, 0: 1})
    assert (display(score.value), display(score.low, 2), display(score.high, 2)) == ("50", "15.02", "71.94")
    assert score.n == 20


def test_an_interval_is_cut_off_at_the_end_of_the_scale():
    score = NPS.score([10] * 5)
    assert (display(score.value), display(score.low, 2), display(score.high)) == ("100", "17.49", "100")


def test_a_negative_score_is_rounded_once_with_a_true_minus_sign():
    score = NPS.score(Counter({9: 2, 7: 1, 3: 4}))
    assert score.value == Fraction(-200, 7)
    assert (display(score.value), display(score.value, 3)) == ("\N{MINUS SIGN}29", "\N{MINUS SIGN}28.571")


def test_customer_effort_is_a_mean_and_a_share_of_easy_answers():
    score = CES.score(dict(zip(range(1, 8), (80, 210, 140, 110, 160, 180, 120), strict=True)))
    assert (display(score.value, 2), display(score.share)) == ("4.08", "46")
    assert score.low < score.value < score.high


def test_satisfaction_is_a_share_with_a_wilson_interval():
    score = CSAT.score({5: 50, 4: 24, 3: 13, 2: 10, 1: 10})
    assert [display(figure, 2) for figure in (score.value, score.low, score.high)] == ["69.16", "59.87", "77.12"]


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.key)
def test_no_answers_no_score(metric):
    assert metric.score([]) is None
    assert metric.score({metric.scale[0]: 0}) is None


def test_employees_get_a_score_only_when_nobody_can_be_singled_out():
    assert ENPS.score([10] * 4) is None
    assert ENPS.score([10] * 5).value == 100
    assert ENPS.detail_from == 8


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("nps", "DDDDDDDPPAA"),
        ("enps", "DDDDDDDPPAA"),
        ("ces", "DDDPAAA"),
        ("csat", "DDPAA"),
    ],
)
def test_bands(key, expected):
    letters = {"detractor": "D", "passive": "P", "promoter": "A"}
    assert "".join(letters[METRICS[key].band(answer)] for answer in METRICS[key].scale) == expected


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.key)
def test_an_answer_off_the_scale_is_refused_with_the_scale(metric):
    for answer in (metric.scale[0] - 1, metric.scale[-1] + 1):
        with pytest.raises(ValueError, match=f"run from {metric.scale[0]} to {metric.scale[-1]}"):
            metric.score([answer])


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="fewer than 0"):
        NPS.score({9: -1, 3: 2})


@given(answered())
def test_a_score_lies_in_its_interval_and_that_on_the_scale(case):
    metric, answers = case
    score = metric.score(answers)
    lowest, highest = {"ces": (1, 7), "csat": (0, 100)}.get(metric.key, (-100, 100))
    assert lowest <= score.low <= score.value <= score.high <= highest
    assert score.n == len(answers)


@given(answered(), st.randoms())
def test_order_and_form_of_the_answers_do_not_matter(case, random):
    metric, answers = case
    shuffled = random.sample(answers, len(answers))
    assert metric.score(answers) == metric.score(shuffled) == metric.score(Counter(answers))


@given(answered(), st.data())
def test_a_better_answer_never_lowers_the_score(case, data):
    metric, answers = case
    place = data.draw(st.integers(0, len(answers) - 1))
    better = list(answers)
    better[place] = data.draw(st.integers(answers[place], metric.scale[-1]))
    assert metric.score(better).value >= metric.score(answers).value


@given(answered(), st.integers(2, 20))
def test_more_of_the_same_answers_never_widen_the_interval(case, times):
    metric, answers = case
    once, often = metric.score(answers), metric.score(answers * times)
    assert once.value == often.value
    assert often.high - often.low <= once.high - once.low


@given(any_metric)
def test_bands_rise_with_the_answer(metric):
    places = [BANDS.index(metric.band(answer)) for answer in metric.scale]
    assert places == sorted(places)
    assert set(places) == {0, 1, 2}


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (Fraction(1, 2), 0, "1"),
        (Fraction(-1, 2), 0, "\N{MINUS SIGN}1"),
        (Fraction(-49, 100), 0, "0"),
        (Fraction(5, 2), 0, "3"),
        (Decimal("-0.05"), 1, "\N{MINUS SIGN}0.1"),
        (Decimal("-0.04"), 1, "0.0"),
        (0, 2, "0.00"),
        (7, 0, "7"),
        (Fraction(10**18 * 3 + 1, 3), 2, "1000000000000000000.33"),
    ],
)
def test_display_rounds_half_away_from_zero_and_never_shows_minus_zero(value, digits, shown):
    assert display(value, digits) == shown


@given(st.fractions(), st.integers(0, 6))
def test_rounding_is_never_off_by_more_than_half_a_step_and_symmetric(value, digits):
    assert abs(Fraction(rounded(value, digits)) - value) <= Fraction(1, 2 * 10**digits)
    assert Fraction(rounded(-value, digits)) == -Fraction(rounded(value, digits))
    assert not (rounded(value, digits).is_zero() and rounded(value, digits).is_signed())
