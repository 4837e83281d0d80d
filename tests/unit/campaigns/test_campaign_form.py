"""What a person types about a campaign becomes settings, and goes back into the form as it was."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.audience import Audience
from app.campaigns.audience_form import TYPED, read_audience, read_segments, typed_segments
from app.campaigns.cadence import Cadence
from app.campaigns.campaign_form import (
    AFTER_EVENT,
    FIELDS,
    FOLDED,
    RHYTHMS,
    Ground,
    beside_fields,
    read_campaign,
    typed_campaign,
)
from app.campaigns.contact_rules import Rules
from app.campaigns.settings import CampaignSettings, Kind

STEPS: dict[str, Any] = {"rows": [["1", 1], ["10000", 3]], "cap": 18, "table": "steps"}
OWN: dict[str, Any] = {"rows": [["1", 2]], "cap": 9, "table": "7"}
GROUND = Ground({"steps": STEPS, "7": OWN}, Rules())
SETTINGS = CampaignSettings("Programme", "relationship_nps", STEPS, cadence=Cadence.QUARTERLY)

words = st.text("aBc9 Äß中ش", min_size=1, max_size=12).map(str.strip).filter(bool)
campaigns = st.builds(
    CampaignSettings,
    name=words,
    survey_key=words,
    quota=st.sampled_from([STEPS, OWN]),
    survey_version=st.none() | st.integers(1, 99),
    brand_id=st.none() | st.integers(1, 99),
    audience=st.builds(
        Audience,
        account=st.dictionaries(st.sampled_from(["industry", "attributes.tier"]), st.just(("Rail", "")), max_size=2),
        contact=st.dictionaries(st.sampled_from(["level", "country"]), st.just(("user",)), max_size=2),
        value_from=st.none() | st.integers(0, 999).map(Decimal),
        value_to=st.none() | st.integers(1000, 10**9).map(Decimal),
    ),
    segment_quotas=st.lists(
        st.fixed_dictionaries(
            {"field": st.just("industry"), "values": st.lists(words, min_size=1, max_size=3), "quota": st.just(OWN)}
        ),
        max_size=2,
    ),
    currency=st.sampled_from(["USD", "EUR"]),
    rates=st.dictionaries(st.sampled_from(["GBP", "CHF"]), st.sampled_from([Decimal("1.08"), Decimal(2)])),
    cadence=st.sampled_from(Cadence),
    starts_on=st.none() | st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    ends_on=st.none() | st.dates(date(2030, 1, 1), date(2031, 1, 1)),
    wave_days=st.integers(1, 365),
    spread_days=st.none() | st.integers(1, 30),
    daily_cap=st.integers(1, 9999),
    account_cap=st.integers(1, 99),
    window_from=st.integers(0, 11),
    window_to=st.integers(12, 24),
    time_zone=st.just("Europe/Berlin"),
    country=st.sampled_from([None, "DE"]),
    reminders=st.sampled_from([(), (5,), (5, 10)]),
    goes_by_itself=st.booleans(),
    sender_name=st.none() | words,
    rules=st.sampled_from([{}, {"any_days": 14}]),
)


@given(campaigns)
def test_what_is_set_comes_back_from_the_form(settings: CampaignSettings) -> None:
    again, faults = read_campaign(typed_campaign(settings), GROUND)
    assert faults == {}
    assert again == settings


def test_a_campaign_after_events_is_one_choice_of_the_same_question() -> None:
    settings, faults = read_campaign(typed_campaign(SETTINGS) | {"when": [AFTER_EVENT]}, GROUND)
    assert (settings.kind, settings.cadence, faults) == (Kind.TRANSACTIONAL, Cadence.BY_HAND, {})
    assert typed_campaign(settings)["when"] == [AFTER_EVENT]
    assert set(RHYTHMS) == {*Cadence, AFTER_EVENT}


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("daily_cap", "many", "«many» is no whole number"),
        ("daily_cap", "", "Give a number such as 100."),
        ("account_cap", "-3", "no whole number"),
        ("wave_days", "9" * 40, "no whole number"),
        ("spread_days", "a week", "no whole number"),
        ("reminder_2", "1.5", "no whole number"),
        ("starts_on", "31/12/2026", "is no day"),
        ("ends_on", "2027-02-30", "is no day"),
        ("when", "never", "Choose one"),
        ("table", "none_such", "Choose one"),
        ("any_days", "3", "stricter than the house"),
        ("rate-EUR", "0", "is no rate"),
        ("value_from", "lots", "«lots»"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(field: str, typed: str, said: str) -> None:
    _, faults = read_campaign(typed_campaign(SETTINGS) | {field: [typed]}, GROUND)
    assert set(faults) == {field}
    assert said in faults[field]


def test_faults_stand_in_the_order_of_the_form() -> None:
    found = beside_fields({"reminders": "c", "cadence": "b", "daily_cap": "d", "name": "a"})
    assert list(found) == ["name", "when", "daily_cap", "reminder_1"]
    assert not set(FIELDS) & set(FOLDED)


def test_ticked_and_typed_values_are_one_choice() -> None:
    ticked = {"account.industry": ["Rail", ""], f"{TYPED}account.industry": [" Shipping \nRAIL\n\n"]}
    audience, faults = read_audience(ticked)
    assert faults == {}
    assert audience == Audience(account={"industry": ("Rail", "", "Shipping")})
    assert read_audience({f"{TYPED}contact.level": ["  "]}) == (Audience(), {})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"value_from": ["100"], "value_to": ["1"]}, "value_to"),
        ({"value_to": ["nothing"]}, "value_to"),
        ({"account.password": ["x"]}, "audience"),
        ({f"{TYPED}account.name": ["\n".join(map(str, range(501)))]}, "account.name"),
    ],
)
def test_an_audience_that_cannot_be_meant_is_told_at_its_field(given: dict[str, list[str]], field: str) -> None:
    audience, faults = read_audience(given)
    assert audience is None
    assert set(faults) == {field}


def test_segments_say_which_row_is_wrong() -> None:
    given = {
        "segment-field": ["industry", "", "country", "shoe_size", ""],
        "segment-values": ["Rail\nBanking", "x", "", "43", ""],
        "segment-table": ["7", "7", "7", "7", "7"],
    }
    kept, faults = read_segments(typed_segments(given), {"7": OWN})
    assert set(faults) == {"segment-2", "segment-3", "segment-4"}
    assert kept[0] == {"field": "industry", "values": ["Rail", "Banking"], "quota": OWN}
    _, faults = read_segments(typed_segments(given), {})
    assert "Choose the quota table" in faults["segment-1"]


def test_who_may_not_see_values_leaves_them_as_they_are() -> None:
    hidden = CampaignSettings(
        "Programme", "relationship_nps", STEPS, audience=Audience(value_from=Decimal(5000)), cadence=Cadence.YEARLY
    )
    typed = typed_campaign(hidden, sees_values=False)
    assert "value_from" not in typed
    ground = Ground(GROUND.tables, GROUND.house, hidden, sees_values=False)
    settings, _ = read_campaign(typed | {"account.industry": ["Rail"], "value_from": ["1"]}, ground)
    assert settings.audience == Audience(account={"industry": ("Rail",)}, value_from=Decimal(5000))


def test_rows_that_are_of_no_table_are_kept() -> None:
    rows = {"rows": [["1", 4]], "cap": 4}
    kept = CampaignSettings("Programme", "relationship_nps", rows)
    settings, faults = read_campaign(typed_campaign(kept), Ground(GROUND.tables, GROUND.house, kept))
    assert (settings.quota, faults) == (rows, {})
