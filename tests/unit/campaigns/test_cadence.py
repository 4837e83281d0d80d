"""When waves begin and what they are called, over years of any first day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.cadence import MONTHS, Cadence, next_occurrence, wave_key, wave_name

DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
OF_THE_CALENDAR = st.sampled_from(sorted(MONTHS))


@pytest.mark.parametrize(
    ("cadence", "starts_on", "after", "expected"),
    [
        (Cadence.QUARTERLY, date(2027, 1, 11), date(2027, 1, 11), date(2027, 1, 11)),
        (Cadence.QUARTERLY, date(2027, 1, 11), date(2027, 1, 12), date(2027, 4, 11)),
        (Cadence.QUARTERLY, date(2027, 1, 11), date(2020, 1, 1), date(2027, 1, 11)),
        (Cadence.MONTHLY, date(2027, 1, 31), date(2027, 2, 1), date(2027, 2, 28)),
        (Cadence.MONTHLY, date(2027, 1, 31), date(2027, 3, 1), date(2027, 3, 31)),
        (Cadence.YEARLY, date(2024, 2, 29), date(2025, 1, 1), date(2025, 2, 28)),
        (Cadence.YEARLY, date(2024, 2, 29), date(2028, 1, 1), date(2028, 2, 29)),
        (Cadence.HALF_YEARLY, date(2026, 10, 1), date(2026, 12, 1), date(2027, 4, 1)),
        (Cadence.BEFORE_REVIEW, date(2027, 3, 10), date(2027, 3, 1), date(2027, 3, 10)),
        (Cadence.BEFORE_REVIEW, date(2027, 3, 10), date(2027, 3, 11), date(2027, 3, 15)),
        (Cadence.BY_HAND, date(2027, 3, 10), date(2027, 3, 11), None),
    ],
)
def test_next_occurrence(cadence, starts_on, after, expected):
    assert next_occurrence(cadence, starts_on, after) == expected


@pytest.mark.parametrize(
    ("cadence", "day", "name", "key"),
    [
        (Cadence.QUARTERLY, date(2027, 1, 11), "Q1 2027", "q1-2027"),
        (Cadence.MONTHLY, date(2027, 1, 31), "January 2027", "january-2027"),
        (Cadence.HALF_YEARLY, date(2027, 7, 1), "H2 2027", "h2-2027"),
        (Cadence.YEARLY, date(2027, 7, 1), "2027", "2027"),
        (Cadence.BEFORE_RENEWAL, date(2027, 1, 1), "Week 53, 2026", "week-53-2026"),
        (Cadence.BY_HAND, date(2027, 7, 1), "2027-07-01", "2027-07-01"),
    ],
)
def test_names(cadence, day, name, key):
    assert (wave_name(cadence, day), wave_key(cadence, day)) == (name, key)


@given(OF_THE_CALENDAR, DAYS, DAYS)
def test_the_next_wave_is_the_first_of_all_on_or_after_the_day(cadence, starts_on, after):
    following = next_occurrence(cadence, starts_on, after)
    assert following >= max(starts_on, after)
    assert following <= max(starts_on, after) + timedelta(days=31 * MONTHS[cadence])
    assert next_occurrence(cadence, starts_on, following) == following
    assert (following.year * 12 + following.month - starts_on.year * 12 - starts_on.month) % MONTHS[cadence] == 0


@given(st.sampled_from(sorted(set(Cadence) - {Cadence.BY_HAND})), DAYS)
def test_no_two_waves_of_a_campaign_have_one_key(cadence, starts_on):
    keys, day = [], starts_on
    for _ in range(30):
        keys.append(wave_key(cadence, day))
        day = next_occurrence(cadence, starts_on, day + timedelta(days=1))
    assert len(set(keys)) == len(keys)
