"""Coverage to the digit of the domain's section 8."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.reporting.coverage import coverage, heard, level_coverage, revenue_coverage
from app.sampling.quota import Levels

levels = st.builds(Levels, *[st.integers(0, 30)] * 3)


def test_more_users_never_make_up_for_a_silent_decision_maker() -> None:
    assert coverage(Levels(0, 1, 9), Levels(3, 3, 3)) == Fraction(4, 9)


def test_where_nobody_is_wanted_there_is_no_figure() -> None:
    assert coverage(Levels(1, 1, 1), Levels(0, 0, 0)) is None
    assert level_coverage(3, 0) is None


def test_the_revenue_vector_of_the_domain() -> None:
    values = (6055836, 5822390, 5409264, 5379792, 5345004)
    silent = [(value, False, Fraction(0)) for value in values]
    found = revenue_coverage([*silent, (5340779, True, coverage(Levels(1, 1, 0), Levels(4, 4, 3)))])
    assert f"{float(found.heard or 0):.2%}" == "16.01%"
    assert f"{float(found.weighted or 0):.2%}" == "2.91%"


def test_unknown_values_are_left_out_and_counted() -> None:
    found = revenue_coverage([(None, True, Fraction(1)), (100, False, Fraction(0)), (300, True, Fraction(1, 3))])
    assert found == (Fraction(3, 4), Fraction(1, 4), 1)


def test_without_any_revenue_there_is_no_share() -> None:
    assert revenue_coverage([(None, True, Fraction(1)), (0, True, Fraction(1)), (-5, True, None)]) == (None, None, 1)


@given(levels, levels)
def test_coverage_is_a_share_and_full_only_when_every_level_is(responded: Levels, target: Levels) -> None:
    value = coverage(responded, target)
    if value is not None:
        assert 0 <= value <= 1
        assert (value == 1) == (heard(responded, target) == target)


@given(levels, levels, st.integers(0, 2))
def test_one_more_answer_never_lowers_it(responded: Levels, target: Levels, level: int) -> None:
    more = Levels(*(answers + (place == level) for place, answers in enumerate(responded)))
    assert (coverage(more, target) or 0) >= (coverage(responded, target) or 0)
