"""Buckets of value, their midpoints, and what they let nobody see."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.buckets import Bucket, Buckets
from app.accounts.discretion import in_words

BUCKETS = Buckets.between(10_000, 100_000, 1_000_000)

values = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
bounds = st.lists(st.integers(1, 10**8), min_size=1, max_size=12, unique=True).map(lambda found: sorted(found))


@pytest.mark.parametrize(
    ("value", "words", "midpoint"),
    [
        ("-5", "nothing or less", "0"),
        ("0", "nothing or less", "0"),
        ("0.01", "below US$10,000", "5000.005"),
        ("9999.99", "below US$10,000", "5000.005"),
        ("10000", "US$10,000 to US$100,000", "55000"),
        ("99999.99", "US$10,000 to US$100,000", "55000"),
        ("100000", "US$100,000 to US$1,000,000", "550000"),
        ("1000000", "US$1,000,000 and more", "1000000"),
        ("6055836", "US$1,000,000 and more", "1000000"),
    ],
)
def test_a_value_lies_in_one_bucket(value: str, words: str, midpoint: str) -> None:
    bucket = BUCKETS.of(Decimal(value))
    assert in_words(bucket, "USD") == words
    assert bucket.midpoint == Decimal(midpoint)


@given(bounds, values)
def test_the_bucket_of_a_value_holds_it_and_its_midpoint(bounds: list[int], value: Decimal) -> None:
    buckets = Buckets.between(*bounds)
    low, high = bucket = buckets.of(value)
    assert low is None or low <= value
    assert high is None or value < high
    if low is not None:
        assert buckets.of(bucket.midpoint) == bucket
    assert bucket in buckets.all()


@given(bounds, values, values)
def test_two_values_of_a_bucket_cannot_be_told_apart(bounds: list[int], one: Decimal, other: Decimal) -> None:
    buckets = Buckets.between(*bounds)
    same = buckets.of(one) == buckets.of(other)
    assert same == (buckets.of(one).midpoint == buckets.of(other).midpoint)
    assert same == (in_words(buckets.of(one)) == in_words(buckets.of(other)))


def test_there_is_one_midpoint_a_bucket() -> None:
    assert BUCKETS.midpoints() == [bucket.midpoint for bucket in BUCKETS.all()]
    assert BUCKETS.all()[0] == Bucket(None, Decimal("0.01"))
