"""Rates to the digit of the domain's section 7."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.reporting.rates import (
    Dispositions,
    bounce_rate,
    completion_rate,
    participation_rate,
    response_rate,
    response_rate_of_delivered,
)

VECTOR = Dispositions(roster=20, complete=7, partial=1, break_off=1, bounced=2, silent=7)
RATES = (response_rate, response_rate_of_delivered, bounce_rate, completion_rate, participation_rate)


def test_the_vector_of_the_domain() -> None:
    assert VECTOR.sent == 18
    shown = [f"{float(rate(VECTOR) or 0):.1%}" for rate in RATES]
    assert shown == ["44.4%", "50.0%", "11.1%", "77.8%", "40.0%"]


def test_nothing_asked_is_no_rate_and_not_zero() -> None:
    assert [rate(Dispositions()) for rate in RATES] == [None] * 5


def test_what_never_left_is_not_asked_and_unknown_is() -> None:
    counts = Dispositions(complete=1, not_sent=5, unknown=1)
    assert counts.sent == 2
    assert response_rate(counts) == Fraction(1, 2)


counts = st.builds(Dispositions, *[st.integers(0, 1000)] * 9)


@given(counts, counts)
def test_levels_add_up(one: Dispositions, other: Dispositions) -> None:
    both = one + other
    assert both.sent == one.sent + other.sent
    assert both.answered == one.answered + other.answered
    assert both.roster == one.roster + other.roster


@given(counts)
def test_rates_of_what_was_sent_stay_between_none_and_all(counted: Dispositions) -> None:
    for rate in (response_rate, response_rate_of_delivered, bounce_rate, completion_rate):
        value = rate(counted)
        assert value is None or 0 <= value <= 1
