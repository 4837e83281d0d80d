"""What is said of settings that cannot be meant, each beside its field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.cadence import MONTHS, Cadence, next_occurrence
from app.campaigns.calendar import add_working_days, next_working_day
from app.campaigns.settings import CampaignSettings, Kind, faults

TODAY = date(2027, 1, 4)
GOOD = CampaignSettings(
    "Relationship programme",
    "relationship_nps",
    {"rows": [["1", 1]], "cap": 18},
    cadence=Cadence.QUARTERLY,
    starts_on=date(2027, 1, 11),
    time_zone="Europe/Berlin",
    country="DE",
)


def test_good_settings_have_no_faults():
    assert faults(GOOD, today=TODAY) == {}
    assert faults(replace(GOOD, cadence=Cadence.BY_HAND, starts_on=None), today=TODAY) == {}
    assert faults(replace(GOOD, ends_on=GOOD.starts_on), today=TODAY) == {}


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"name": " "}, "name", "up to 80"),
        ({"name": "x" * 81}, "name", "up to 80"),
        ({"survey_key": ""}, "survey_key", "Choose"),
        ({"currency": "dollars"}, "currency", "three letters"),
        ({"rates": {"EUR": Decimal(0)}}, "rates", "above 0"),
        ({"rates": {"EUR": Decimal("NaN")}}, "rates", "above 0"),
        ({"rates": {"euro": Decimal(1)}}, "rates", "no currency"),
        ({"sender_name": "A\nB"}, "sender_name", "one line"),
        ({"kind": Kind.TRANSACTIONAL}, "cadence", "no cadence"),
        ({"daily_cap": 0}, "daily_cap", "from 1"),
        ({"account_cap": 0}, "account_cap", "from 1"),
        ({"wave_days": 366}, "wave_days", "from 1 to 365"),
        ({"spread_days": 0}, "spread_days", "from 1"),
        ({"reminders": (5, 10, 15)}, "reminders", "at most 2"),
        ({"reminders": (0,)}, "reminders", "from 1"),
        ({"reminders": (10, 5)}, "reminders", "later than"),
        ({"reminders": (5, 5)}, "reminders", "later than"),
        ({"window_from": 17, "window_to": 9}, "window_to", "no hour"),
        ({"window_from": 9, "window_to": 9}, "window_to", "no hour"),
        ({"window_from": -1}, "window_from", "from 0 to 23"),
        ({"window_to": 25}, "window_to", "from 1 to 24"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone", "no time zone"),
        ({"country": "ZZ"}, "country", "no country"),
        ({"starts_on": None}, "starts_on", "from which day"),
        ({"starts_on": date(2027, 1, 3)}, "starts_on", "is past"),
        ({"starts_on": date(1927, 1, 3)}, "starts_on", "this century"),
        ({"ends_on": date(2027, 1, 10)}, "ends_on", "before its first day"),
        # the Saturday's first mail leaves on Monday
        (
            {"starts_on": date(2027, 1, 16), "ends_on": date(2027, 1, 17)},
            "ends_on",
            "first mail, which leaves on 2027-01-18",
        ),
        ({"wave_days": 13}, "reminders", "wave ends on 2027-01-24"),
        (
            {"cadence": Cadence.MONTHLY, "spread_days": 15, "reminders": (5, 10), "wave_days": 60},
            "cadence",
            "2027-02-11",
        ),
        ({"cadence": Cadence.BY_HAND, "starts_on": None, "wave_days": 10}, "reminders", "10 days"),
        ({"reminders": (), "spread_days": 30}, "spread_days", "wave ends"),
    ],
)
def test_each_fault_stands_beside_its_field(change, field, says):
    found = faults(replace(GOOD, **change), today=TODAY)
    assert says in found[field]


def test_a_calendar_that_never_opens_is_said():
    closed = {TODAY + timedelta(days=ahead) for ahead in range(800)}
    assert "no working day" in faults(GOOD, today=TODAY, closed=closed)["country"]


@given(
    st.sampled_from(sorted(MONTHS)),
    st.dates(TODAY, date(2029, 12, 31)),
    st.integers(1, 120),
    st.one_of(st.none(), st.integers(1, 40)),
    st.lists(st.integers(1, 60), max_size=2, unique=True).map(sorted).map(tuple),
)
def test_without_faults_every_mail_leaves_within_its_wave_and_before_the_next(
    cadence, starts_on, days, spread, reminders
):
    settings = replace(
        GOOD, cadence=cadence, starts_on=starts_on, wave_days=days, spread_days=spread, reminders=reminders
    )
    if faults(settings, today=TODAY):
        return
    first = next_working_day(starts_on, "DE")
    last = add_working_days(first, (spread or 1) - 1 + max(reminders, default=0), "DE")
    assert last <= first + timedelta(days=days)
    assert last < next_occurrence(cadence, starts_on, starts_on + timedelta(days=1))
