"""The end of a campaign: what may still set out then, what ends with it, and what nobody may begin afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from app.campaigns.cadence import Cadence
from app.campaigns.confirming import confirm_wave
from app.campaigns.creating_campaigns import create_campaign
from app.campaigns.making_waves import make_wave_now
from app.campaigns.models import Campaign, CampaignState, Wave, WaveState
from app.campaigns.planning import plan_wave, preview_wave
from app.campaigns.running import approve_wave, start_campaign
from app.campaigns.settings import CampaignSettings
from app.campaigns.upcoming import finish_when_over, make_next_wave
from app.core.db import transaction
from app.core.errors import Refused
from tests.integration.campaigns.test_campaigns import SETTINGS, campaign, trail
from tests.support.company import Person, add_account

pytestmark = pytest.mark.usefixtures("database")

EARLY, LAST, OVER = (datetime(2027, 3, day, 12, tzinfo=UTC) for day in (1, 5, 6))
BY_HAND = replace(SETTINGS, cadence=Cadence.BY_HAND, starts_on=None, ends_on=LAST.date())


def going(settings: CampaignSettings = BY_HAND) -> int:
    """Set a campaign going that has somebody to ask."""
    add_account("A1", 1000, [Person("U1")])
    made = create_campaign(settings, actor="test")
    start_campaign(made, now=EARLY, actor="test")
    return made


def ahead(campaign_id: int, name: str) -> int:
    return make_wave_now(campaign_id, now=EARLY, name=name, day=LAST.date(), actor="test")


def state(wave_id: int) -> WaveState:
    with transaction() as session:
        return session.get_one(Wave, wave_id).state


@pytest.mark.parametrize("with_plan", [False, True])
def test_a_campaign_is_not_finished_around_a_wave_that_was_approved(with_plan: bool) -> None:
    made = going()
    wave_id = ahead(made, "Spring")
    if with_plan:
        plan_wave(wave_id, actor="test")
    approve_wave(wave_id, actor="ana")
    assert not finish_when_over(made, OVER)
    assert campaign(made).state is CampaignState.SCHEDULED
    assert state(wave_id) is (WaveState.PLANNED if with_plan else WaveState.DRAFT)


def test_nor_around_one_that_needs_no_approval() -> None:
    made = going(replace(BY_HAND, goes_by_itself=True))
    ahead(made, "Spring")
    assert not finish_when_over(made, OVER)


@pytest.mark.parametrize("with_plan", [False, True])
def test_a_wave_that_nobody_approved_ends_with_its_campaign_and_the_trail_says_so(with_plan: bool) -> None:
    made = going()
    wave_id = ahead(made, "Spring")
    if with_plan:
        plan_wave(wave_id, actor="test")
    assert not finish_when_over(made, LAST)
    assert finish_when_over(made, OVER)
    assert state(wave_id) is WaveState.FINISHED
    assert trail("wave.stopped") == [{"reason": "its campaign is over"}]
    assert trail("campaign.finished") == [{"waves": [wave_id]}]


def test_an_approved_plan_that_can_set_out_no_more_does_not_keep_its_campaign_open() -> None:
    made = going()
    wave_id = ahead(made, "Spring")
    plan_wave(wave_id, actor="test")
    approve_wave(wave_id, actor="ana")
    assert finish_when_over(made, datetime(2027, 6, 1, tzinfo=UTC))
    assert state(wave_id) is WaveState.FINISHED


@pytest.mark.parametrize("seen", [False, True])
def test_no_wave_of_a_finished_campaign_is_approved_or_confirmed(seen: bool) -> None:
    made = going()
    wave_id = ahead(made, "Spring")
    preview_wave(wave_id, actor="test")
    with transaction() as session:
        session.get_one(Campaign, made).state = CampaignState.FINISHED
        if not seen:
            session.execute(text("UPDATE contact SET status = 'opted_out'"))
    with pytest.raises(Refused, match="«Programme» is finished; none of its waves sets out"):
        approve_wave(wave_id, actor="ana")
    with pytest.raises(Refused, match="«Programme» is finished; none of its waves sets out"):
        confirm_wave(wave_id, revision=1, actor="ana")
    assert state(wave_id) is WaveState.DRAFT


@pytest.mark.parametrize(("ends_on", "made_one"), [(date(2027, 6, 6), False), (date(2027, 6, 7), True)])
def test_a_wave_that_would_begin_after_the_last_day_is_not_made(ends_on: date, made_one: bool) -> None:
    """Its day is Sunday the sixth of June, and people work on Monday the seventh."""
    made = going(replace(SETTINGS, starts_on=date(2027, 3, 6), ends_on=ends_on))
    assert (make_next_wave(made, datetime(2027, 6, 1, tzinfo=UTC)) is not None) is made_one
