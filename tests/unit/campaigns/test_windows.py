"""Places, their open hours and their days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.calendar import is_working_day
from app.campaigns.windows import Closures, Whereabouts, is_open, local_day, midnight, working_days_after

PARIS, AUCKLAND = Whereabouts("Europe/Paris", "FR"), Whereabouts("Pacific/Auckland", "NZ")
NINE_TO_FIVE = (9, 17)
NONE = Closures()


@pytest.mark.parametrize(
    ("place", "moment", "expected"),
    [
        (PARIS, "2025-03-28T07:59:59", False),
        (PARIS, "2025-03-28T08:00:00", True),
        (PARIS, "2025-03-28T15:59:59", True),
        (PARIS, "2025-03-28T16:00:00", False),
        (PARIS, "2025-03-31T07:00:00", True),  # summer time began on Sunday
        (PARIS, "2025-03-30T08:00:00", False),
        (PARIS, "2025-04-21T08:00:00", False),  # Easter Monday
        (Whereabouts("Europe/Paris", ""), "2025-04-21T08:00:00", True),
        (Whereabouts("Europe/Atlantis", ""), "2025-04-21T09:00:00", True),  # keeps UTC
    ],
)
def test_open_hours(place, moment, expected):
    assert is_open(datetime.fromisoformat(f"{moment}+00:00"), place, NINE_TO_FIVE, NONE) is expected


def test_closing_days_hold_in_their_country_or_everywhere():
    day = date(2026, 12, 28)
    noon = datetime(2026, 12, 28, 11, tzinfo=UTC)
    assert not is_open(noon, PARIS, NINE_TO_FIVE, Closures.of([("FR", day)]))
    assert not is_open(noon, PARIS, NINE_TO_FIVE, Closures.of([(None, day)]))
    assert not is_open(noon, PARIS, NINE_TO_FIVE, Closures.of([(None, day), ("FR", date(2026, 12, 29))]))
    assert is_open(noon, PARIS, NINE_TO_FIVE, Closures.of([("DE", day)]))


def test_a_window_without_an_hour_and_a_year_without_a_day_are_closed():
    monday = datetime(2025, 6, 2, 10, tzinfo=UTC)
    assert not is_open(monday, PARIS, (12, 12), NONE)
    never = Closures.of((None, date(2025, 6, 1) + timedelta(days=ahead)) for ahead in range(800))
    assert not is_open(monday, PARIS, NINE_TO_FIVE, never)
    assert working_days_after(date(2025, 6, 2), 3, PARIS, never) == date(2025, 6, 5)


def test_the_day_is_the_readers():
    late = datetime(2026, 5, 4, 22, tzinfo=UTC)
    assert (local_day(late, PARIS), local_day(late, AUCKLAND)) == (date(2026, 5, 5), date(2026, 5, 5))
    assert midnight(late, PARIS) == datetime(2026, 5, 4, 22, tzinfo=UTC)
    assert midnight(late, AUCKLAND) == datetime(2026, 5, 4, 12, tzinfo=UTC)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    st.sampled_from([PARIS, AUCKLAND, Whereabouts("America/St_Johns", "CA"), Whereabouts("Asia/Tokyo", "JP")]),
    st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda window: window[0] < window[1]),
)
def test_open_means_inside_the_window_of_a_working_day(moment, place, window):
    local = moment.astimezone(place.clock)
    inside = window[0] <= local.hour < window[1] and is_working_day(local.date(), place.country)
    assert is_open(moment, place, window, NONE) is inside
    assert timedelta(0) <= moment - midnight(moment, place) < timedelta(hours=25)
