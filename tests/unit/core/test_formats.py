"""Figures, money and dates as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.formats import day, level_name, moment, money, money_short, number, percent

MINUS = "\u2212"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (number(1284), "1,284"),
        (number(Fraction(-200, 7)), f"{MINUS}29"),
        (number(2.5), "3"),
        (number(-2.5), f"{MINUS}3"),
        (number(Fraction(-1, 3)), "0"),
        (number(4.075, 2), "4.08"),
        (percent(Fraction(4, 9), 1), "44.4%"),
        (percent(Fraction(1, 200)), "1%"),
        (percent(0), "0%"),
        (percent(Fraction(-29, 1000), 1), f"{MINUS}2.9%"),
        (money(Decimal("6055836.50"), "EUR"), "€6,055,837"),
        (money(Decimal("-12.5"), "EUR", 2), f"{MINUS}€12.50"),
        (money(1284, None), "1,284"),
        (money_short(41_234_567, "EUR"), "€41.2M"),
        (money_short(950, "EUR"), "€950"),
        (day(date(2026, 11, 2)), "2 Nov 2026"),
        (moment(datetime(2026, 11, 2, 14, 5, tzinfo=UTC)), "2 Nov 2026, 14:05 UTC"),
        (moment(datetime(2026, 11, 2, 23, 30, tzinfo=UTC), "Europe/Paris"), "3 Nov 2026, 00:30 CET"),
        (moment(datetime(2026, 7, 2, 14, 5, tzinfo=UTC), "Asia/Dubai"), "2 Jul 2026, 18:05 UTC+04"),
        (level_name("decision_maker"), "Decision maker"),
        (level_name("influencer", many=True), "Influencers"),
    ],
)
def test_as_people_write_it(written: str, expected: str) -> None:
    assert written == expected


def test_nothing_is_a_dash_and_not_a_zero() -> None:
    assert {number(None), percent(None), money(None, "EUR"), money_short(None, "EUR")} == {"—"}
    assert {day(None), moment(None), level_name(None)} == {"—"}


@given(st.fractions(min_value=-(10**9), max_value=10**9), st.integers(0, 3))
def test_rounding_is_half_away_from_zero_and_never_minus_zero(value: Fraction, digits: int) -> None:
    written = Fraction(number(value, digits).replace(",", "").replace(MINUS, "-"))
    gap = abs(written) - abs(value)
    assert abs(gap) <= Fraction(1, 2 * 10**digits)
    assert gap != Fraction(-1, 2 * 10**digits)
    assert MINUS not in number(value, digits) or written < 0
    assert written == 0 or (written > 0) == (value > 0)
