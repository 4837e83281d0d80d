"""Working days, windows and relative days; the vectors of the domain, and properties over a year of days and zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.calendar import (
    NeverOpen,
    Occasion,
    add_working_days,
    daily_allowance,
    is_country,
    is_working_day,
    is_zone,
    next_send_time,
    next_working_day,
    relative_day,
    working_days_between,
)

ZONES = ("Europe/Paris", "America/Chicago", "Asia/Tokyo", "Australia/Lord_Howe", "America/St_Johns", "UTC")
COUNTRIES = ("DE", "FR", "US", "JP", "XX", None)
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
WINDOWS = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda window: window[0] < window[1])


def test_friday_evening_in_paris_is_monday_morning_after_the_change_of_the_clocks():
    after = datetime(2025, 3, 28, 17, 30, tzinfo=ZoneInfo("Europe/Paris"))
    sent = next_send_time(after, "Europe/Paris", "FR")
    assert sent.isoformat() == "2025-03-31T09:00:00+02:00"
    assert sent.astimezone(UTC).isoformat() == "2025-03-31T07:00:00+00:00"


def test_five_working_days_over_easter():
    assert add_working_days(date(2025, 4, 15), 5, "DE") == date(2025, 4, 24)
    assert add_working_days(date(2025, 4, 24), -5, "DE") == date(2025, 4, 15)


def test_a_moment_inside_the_window_is_kept_and_the_end_of_the_window_is_not():
    inside = datetime(2025, 6, 3, 16, 59, 59, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert next_send_time(inside, "Asia/Tokyo", "JP") == inside
    end = inside + timedelta(seconds=1)
    assert next_send_time(end, "Asia/Tokyo", "JP") == datetime(2025, 6, 4, 9, tzinfo=ZoneInfo("Asia/Tokyo"))


def test_days_a_company_closes_by_itself_are_no_working_days():
    closed = {date(2025, 12, 24), date(2025, 12, 29)}
    assert next_working_day(date(2025, 12, 24), "DE", closed) == date(2025, 12, 30)


def test_an_hour_the_clocks_leap_over_is_the_next_there_is():
    after = datetime(2026, 3, 29, 0, tzinfo=ZoneInfo("Europe/Paris"))
    monday = next_send_time(after, "Europe/Paris", "FR", (2, 3))
    assert monday.isoformat() == "2026-03-30T02:00:00+02:00"


@pytest.mark.parametrize("window", [(9, 9), (17, 9), (-1, 3), (20, 25)])
def test_a_window_without_an_hour_is_said_at_once(window):
    with pytest.raises(NeverOpen):
        next_send_time(datetime(2025, 6, 3, tzinfo=UTC), "UTC", None, window)


def test_a_company_that_never_opens_is_said_and_not_waited_for():
    closed = {date(2025, 1, 1) + timedelta(days=n) for n in range(800)}
    with pytest.raises(NeverOpen):
        next_working_day(date(2025, 1, 1), "DE", closed)
    with pytest.raises(NeverOpen):
        add_working_days(date(2025, 1, 1), 1, "DE", closed)


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(COUNTRIES), WINDOWS)
def test_a_mail_always_leaves_in_the_window_of_a_working_day(after, zone, country, window):
    sent = next_send_time(after, zone, country, window)
    assert sent >= after
    assert is_working_day(sent.date(), country)
    assert window[0] <= sent.hour < window[1] or (sent.hour, sent.minute) == (window[1], 0)
    assert next_send_time(sent, zone, country, window) == sent or window[1] - window[0] == 1


@given(DAYS, st.integers(-40, 40), st.sampled_from(COUNTRIES))
def test_as_many_working_days_lie_between_as_were_added(day, n, country):
    there = add_working_days(day, n, country)
    first, last = sorted((day, there))
    counted = working_days_between(first, last, country)
    assert counted - (is_working_day(day, country) if n else 0) == abs(n) if n else there == day


def test_a_review_is_asked_for_fifteen_working_days_before():
    due = relative_day(Occasion.QBR, date(2025, 6, 30), today=date(2025, 5, 1), country=None)
    assert due == (date(2025, 6, 9), False)


def test_a_renewal_is_asked_for_120_days_before_on_a_working_day():
    on = date(2025, 10, 4)
    assert on - timedelta(days=120) == date(2025, 6, 6)
    assert relative_day(Occasion.RENEWAL, on, today=date(2025, 5, 1), country="DE").on == date(2025, 6, 6)
    rolled = relative_day(Occasion.RENEWAL, on + timedelta(days=1), today=date(2025, 5, 1), country="DE")
    assert rolled == (date(2025, 6, 10), False)  # a Saturday, and Whit Monday is a holiday


def test_what_is_past_is_due_now_unless_too_little_is_left():
    assert relative_day(Occasion.RENEWAL, date(2025, 6, 30), today=date(2025, 6, 14), country=None) == (
        date(2025, 6, 16),
        True,
    )
    assert relative_day(Occasion.RENEWAL, date(2025, 6, 27), today=date(2025, 6, 16), country=None).on is not None
    assert relative_day(Occasion.RENEWAL, date(2025, 6, 26), today=date(2025, 6, 16), country=None) == (None, True)


@pytest.mark.parametrize(
    ("cap", "left", "days", "allowed"),
    [(100, 500, None, 100), (100, 500, 10, 50), (100, 501, 10, 51), (100, 9, 0, 100)],
)
def test_an_end_date_spreads_what_is_left(cap, left, days, allowed):
    assert daily_allowance(cap, left, days) == allowed


def test_zones_and_countries_are_known_or_not():
    assert (is_zone("Europe/Paris"), is_zone("Europe/Nowhere"), is_country("DE"), is_country("XX")) == (
        True,
        False,
        True,
        False,
    )
