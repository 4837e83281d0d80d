"""A wave without a plan follows its campaign; one with a plan, or with terms of its own, does not. Waves made ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.campaigns.audience import Audience
from app.campaigns.cadence import Cadence
from app.campaigns.creating_campaigns import Faulty, Overtaken, change_campaign, create_campaign
from app.campaigns.making_waves import make_wave_now
from app.campaigns.models import Campaign, CampaignState, Wave, WaveState
from app.campaigns.planning import plan_wave
from app.campaigns.running import approve_wave, finish_campaign, start_campaign, stop_wave
from app.campaigns.settings import Kind
from app.campaigns.upcoming import going, make_next_wave, waves_whose_day_has_come
from app.campaigns.wave_terms import settle_terms
from app.core.db import transaction
from app.core.errors import Refused
from app.surveys.models import SurveyVersion
from tests.integration.campaigns.test_campaigns import NOW, SETTINGS, campaign, trail
from tests.support.company import TODAY, Person, add_account

pytestmark = pytest.mark.usefixtures("database")

RAIL = Audience(account={"industry": ("Rail",)})


@pytest.fixture
def made(database: str) -> int:
    """A quarterly campaign that is a draft, with somebody to ask."""
    add_account("A1", 1000, [Person("U1")], industry="Rail")
    return create_campaign(replace(SETTINGS, country=None, starts_on=date(2027, 1, 4)), actor="test", today=TODAY)


def wave(wave_id: int) -> Wave:
    with transaction() as session:
        return session.get_one(Wave, wave_id)


def ahead(campaign_id: int, **more: object) -> int:
    return make_wave_now(campaign_id, now=NOW, actor="test", **more)  # type: ignore[arg-type]  # name and day


def change(campaign_id: int, **changes: object) -> None:
    settings = replace(SETTINGS, country=None, starts_on=date(2027, 1, 4), **changes)
    change_campaign(campaign_id, settings, revision=campaign(campaign_id).revision, actor="test", today=TODAY)


def test_what_changes_is_carried_to_a_wave_without_a_plan(made: int) -> None:
    wave_id = ahead(made)
    assert (wave(wave_id).key, wave(wave_id).planned_for) == ("q1-2027", date(2027, 1, 4))
    change(made, audience=RAIL, wave_days=60, spread_days=4, currency="EUR")
    found = wave(wave_id)
    assert found.audience == {"account": {"industry": ["Rail"]}}
    assert (found.ends_on, found.send_by, found.currency) == (date(2027, 3, 5), date(2027, 1, 7), "EUR")


def test_what_a_wave_was_given_alone_stays(made: int) -> None:
    wave_id = ahead(made)
    settle_terms(wave_id, table="upper_bounds", rates={"GBP": Decimal("1.3")}, actor="test")
    change(made, rates={}, audience=RAIL)
    found = wave(wave_id)
    assert (found.quota["table"], found.rates, found.audience) == ("upper_bounds", {"GBP": "1.3"}, RAIL.as_json())


def test_a_campaign_may_keep_to_a_version_of_its_survey(made: int) -> None:
    def asked(wave_id: int) -> int:
        with transaction() as session:
            return session.get_one(SurveyVersion, wave(wave_id).survey_version_id).version

    wave_id = ahead(made)
    with transaction() as session:
        first = session.scalars(select(SurveyVersion).where(SurveyVersion.version == 1)).one()
        newest = SurveyVersion(key=first.key, version=2, definition=first.definition, mails=first.mails)
        session.add(newest)
    change(made, survey_version=2)
    assert asked(wave_id) == 2
    change(made, survey_version=1)
    assert asked(wave_id) == 1
    stop_wave(wave_id, actor="test", reason="wrong survey")
    assert asked(ahead(made)) == 1
    with pytest.raises(Faulty) as refused:
        change(made, survey_version=3)
    assert dict(refused.value.faults) == {
        "survey_version": "There is no version 3; the newest one is 2. Leave it empty to ask the newest one."
    }


def test_a_wave_with_a_plan_stays_as_it_is(made: int) -> None:
    wave_id = ahead(made)
    plan_wave(wave_id, actor="test")
    change_campaign(
        made, replace(SETTINGS, audience=RAIL, starts_on=date(2027, 2, 1)), revision=1, actor="test", today=TODAY
    )
    assert (wave(wave_id).audience, wave(wave_id).planned_for) == ({}, date(2027, 1, 4))


def test_another_first_day_or_rhythm_moves_the_wave(made: int) -> None:
    wave_id = ahead(made)
    settings = replace(SETTINGS, country=None, cadence=Cadence.MONTHLY, starts_on=date(2027, 2, 6))
    change_campaign(made, settings, revision=1, actor="test", today=TODAY)
    found = wave(wave_id)
    assert (found.key, found.name) == ("february-2027", "February 2027")
    assert found.planned_for == date(2027, 2, 8), "the sixth is a Saturday"
    assert found.ends_on == date(2027, 2, 8) + timedelta(days=30)


def test_the_kind_of_a_campaign_never_changes_and_a_stale_form_is_refused(made: int) -> None:
    with pytest.raises(Refused, match="cannot become"):
        change(made, kind=Kind.TRANSACTIONAL, cadence=Cadence.BY_HAND)
    change(made, daily_cap=7)
    with pytest.raises(Overtaken):
        change_campaign(made, SETTINGS, revision=1, actor="test")


def test_a_wave_made_ahead_is_the_one_the_scheduler_would_make(made: int) -> None:
    wave_id = ahead(made)
    with pytest.raises(Refused, match="is there already"):
        ahead(made)
    start_campaign(made, now=NOW, actor="test")
    assert make_next_wave(made, NOW.replace(year=2026, month=12, day=30)) is None
    stop_wave(wave_id, actor="test", reason="wrong survey")
    assert wave(ahead(made)).key == "q2-2027"


def test_without_a_rhythm_a_wave_has_the_name_and_day_it_is_given(database: str) -> None:
    by_hand = replace(SETTINGS, cadence=Cadence.BY_HAND, starts_on=None, ends_on=TODAY + timedelta(days=300))
    made = create_campaign(by_hand, actor="test")
    for day, said in ((TODAY - timedelta(days=1), "past"), (TODAY + timedelta(days=301), "ends on")):
        with pytest.raises(Refused, match=said):
            ahead(made, day=day)
    with pytest.raises(Refused, match="80 characters"):
        ahead(made, name="x" * 81)
    found = wave(ahead(made, name="After the fair", day=TODAY + timedelta(days=20)))
    assert (found.name, found.key) == ("After the fair", "after-the-fair")
    finish_campaign(made, actor="test")
    with pytest.raises(Refused, match="finished"):
        ahead(made)


def test_the_first_approval_sets_a_draft_going(made: int) -> None:
    wave_id = ahead(made)
    plan_wave(wave_id, actor="test")
    approve_wave(wave_id, actor="ana")
    assert campaign(made).state is CampaignState.SCHEDULED
    assert trail("campaign.started") == [{}]
    with transaction() as session:
        session.get_one(Campaign, made).starts_on = TODAY
        session.get_one(Wave, wave_id).planned_for = TODAY
    assert waves_whose_day_has_come(made, NOW) == [wave_id]
    assert wave(wave_id).state is WaveState.PLANNED


def test_a_wave_by_hand_that_is_approved_goes_on_its_day_and_no_other(database: str) -> None:
    add_account("A1", 1000, [Person("U1")])
    made = create_campaign(replace(SETTINGS, cadence=Cadence.BY_HAND, starts_on=None), actor="test")
    wave_id = ahead(made, name="Spring", day=TODAY + timedelta(days=20))
    start_campaign(made, now=NOW, actor="test")
    later = NOW + timedelta(days=24)
    with transaction() as session:
        assert going(session) == [made]
    assert waves_whose_day_has_come(made, later) == []
    approve_wave(wave_id, actor="ana")
    assert waves_whose_day_has_come(made, NOW) == []
    assert waves_whose_day_has_come(made, later) == [wave_id]
    assert make_next_wave(made, later) is None
