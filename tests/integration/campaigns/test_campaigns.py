"""Campaigns on a real database: set up, changed, going, ended; every change on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from app.campaigns.audience import Audience
from app.campaigns.cadence import Cadence
from app.campaigns.creating import WaveOrder, create_wave, quota_as_json
from app.campaigns.creating_campaigns import Faulty, change_campaign, create_campaign, settings_of
from app.campaigns.models import Campaign, CampaignState, Decision, Wave, WaveState
from app.campaigns.planning import plan_wave
from app.campaigns.running import (
    approve_wave,
    extend_wave,
    finish_campaign,
    pause_campaign,
    resume_campaign,
    start_campaign,
    stop_wave,
)
from app.campaigns.settings import CampaignSettings
from app.core.audit import AuditEntry
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.sampling.quota import QuotaTable
from tests.support.company import TODAY, Person, add_account, draft, launch, planned

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime.now(UTC)
SETTINGS = CampaignSettings(
    "Programme",
    "relationship_nps",
    quota_as_json(QuotaTable.preset("steps")),
    cadence=Cadence.QUARTERLY,
    starts_on=TODAY + timedelta(days=7),
    rates={"EUR": Decimal("1.08")},
    country="DE",
    time_zone="Europe/Berlin",
)


def campaign(campaign_id: int) -> Campaign:
    with transaction() as session:
        return session.get_one(Campaign, campaign_id)


def trail(deed: str) -> list[dict[str, Any]]:
    with transaction() as session:
        return [entry.detail for entry in session.scalars(select(AuditEntry).where(AuditEntry.deed == deed))]


def test_what_is_set_comes_back() -> None:
    add_account("A1", 1000, [Person("U1")], industry="Software")
    chosen = replace(
        SETTINGS,
        audience=Audience.read({"account": {"industry": ["Software"]}, "value": {"from": "1"}}),
        spread_days=5,
        reminders=(3,),
        ends_on=TODAY + timedelta(days=400),
        sender_name="Ana Sand",
    )
    made = campaign(create_campaign(chosen, actor="test", today=TODAY))
    assert settings_of(made) == chosen
    assert made.state is CampaignState.DRAFT
    assert trail("campaign.created")[0]["daily_cap"] == 100


def test_all_faults_are_said_at_once() -> None:
    create_campaign(SETTINGS, actor="test")
    faulty = replace(SETTINGS, survey_key="none_such", daily_cap=0, brand_id=99, currency="XQZ", country="ZZ")
    with pytest.raises(Faulty) as caught:
        create_campaign(faulty, actor="test", today=TODAY)
    assert set(caught.value.faults) == {"name", "survey_key", "daily_cap", "brand_id", "currency", "country"}


def test_a_change_is_on_record_and_never_overwrites_another() -> None:
    made = create_campaign(SETTINGS, actor="test")
    change_campaign(made, replace(SETTINGS, daily_cap=50), revision=1, actor="test")
    assert trail("campaign.changed") == [{"daily_cap": {"from": 100, "to": 50}}]
    with pytest.raises(Refused, match="Somebody else"):
        change_campaign(made, replace(SETTINGS, daily_cap=10), revision=1, actor="test")
    assert campaign(made).daily_cap == 50
    with pytest.raises(NotFound):
        change_campaign(999, SETTINGS, revision=1, actor="test")


def test_a_campaign_goes_its_way() -> None:
    made = create_campaign(SETTINGS, actor="test")
    with pytest.raises(Refused, match="is draft, not scheduled"):
        pause_campaign(made, actor="test")
    start_campaign(made, now=NOW, actor="test")
    assert campaign(made).state is CampaignState.SCHEDULED
    pause_campaign(made, actor="test", reason="budget")
    resume_campaign(made, actor="test")
    assert campaign(made).state is CampaignState.SCHEDULED
    wave_id = create_wave(WaveOrder("q1", "Q1", TODAY, campaign_id=made), actor="test")
    assert finish_campaign(made, actor="test", reason="over") == 1
    with transaction() as session:
        assert session.get_one(Wave, wave_id).state is WaveState.FINISHED
    with pytest.raises(Refused, match="finished"):
        change_campaign(made, SETTINGS, revision=1, actor="test")
    with pytest.raises(Refused, match="finished"):
        create_wave(WaveOrder("q2", "Q2", TODAY, campaign_id=made), actor="test")
    with pytest.raises(Refused, match="finished"):
        finish_campaign(made, actor="test")


def test_a_campaign_that_could_not_be_meant_by_now_does_not_start() -> None:
    made = create_campaign(replace(SETTINGS, starts_on=TODAY - timedelta(days=2)), actor="test")
    with pytest.raises(Faulty, match="is past"):
        start_campaign(made, now=NOW, actor="test")


def test_a_wave_takes_its_settings_from_its_campaign() -> None:
    made = create_campaign(replace(SETTINGS, wave_days=45, spread_days=3), actor="test")
    wave_id = create_wave(WaveOrder("q1", "Q1", date(2027, 4, 1), campaign_id=made), actor="test")
    with transaction() as session:
        wave = session.get_one(Wave, wave_id)
        assert (wave.rates, wave.quota["rows"][1]) == ({"EUR": "1.08"}, ["10000", 3])
        assert wave.ends_on == date(2027, 5, 16)
        assert wave.send_by == date(2027, 4, 5)  # a Thursday and a Friday, then Monday
    add_account("A1", 1000, [Person("U1")])
    plan_wave(wave_id, actor="test")
    change_campaign(made, replace(SETTINGS, rates={}), revision=1, actor="test")
    with transaction() as session:
        assert session.get_one(Wave, wave_id).rates == {"EUR": "1.08"}


def test_a_running_wave_is_extended_and_stopped() -> None:
    add_account("A1", 1000, [Person("U1")])
    wave_id = planned()
    launch(wave_id)
    with transaction() as session:
        ends_on = session.get_one(Wave, wave_id).ends_on
    with pytest.raises(Refused, match="later day"):
        extend_wave(wave_id, ends_on, actor="test")
    with pytest.raises(Refused, match="two years"):
        extend_wave(wave_id, ends_on + timedelta(days=999), actor="test")
    extend_wave(wave_id, ends_on + timedelta(days=20), actor="test")
    with transaction() as session:
        assert session.get_one(Wave, wave_id).ends_on == ends_on + timedelta(days=20)
        closes_on = session.scalar(text("SELECT min(closes_on) FROM invitation"))
    assert closes_on == ends_on + timedelta(days=20)
    with pytest.raises(Refused, match="nothing to approve"):
        approve_wave(wave_id, actor="test")
    with pytest.raises(Refused, match="why"):
        stop_wave(wave_id, actor="test", reason=" ")
    stop_wave(wave_id, actor="test", reason="the survey asks the wrong thing")
    with pytest.raises(Refused, match="over"):
        stop_wave(wave_id, actor="test", reason="again")
    with pytest.raises(Refused, match="over"):
        extend_wave(wave_id, ends_on + timedelta(days=30), actor="test")
    assert [detail["reason"] for detail in trail("wave.stopped")] == ["the survey asks the wrong thing"]


@pytest.mark.parametrize(
    ("audience", "asked"),
    [
        ({}, {"SWD1", "SWU1", "BANKU1", "EMPTYU1"}),
        ({"account": {"industry": ["SOFTWARE"]}}, {"SWD1", "SWU1"}),
        ({"account": {"industry": ["Software", ""]}}, {"SWD1", "SWU1", "EMPTYU1"}),
        ({"account": {"attributes.Straße": ["Große Straße"]}}, {"BANKU1"}),
        ({"contact": {"level": ["user"]}}, {"SWU1", "BANKU1", "EMPTYU1"}),
        ({"account": {"industry": ["Software"]}, "contact": {"level": ["decision_maker"]}}, {"SWD1"}),
        ({"value": {"from": "10800", "to": "10800"}}, {"BANKU1"}),  # 10,000 EUR
        ({"value": {"to": "10000"}}, {"SWD1", "SWU1"}),
    ],
)
def test_a_wave_decides_its_audience_and_nobody_else(audience: dict[str, Any], asked: set[str]) -> None:
    add_account("SW", 5000, [Person("SWD1", level="decision_maker"), Person("SWU1")], industry="Software")  # type: ignore[arg-type] # as the CRM writes it
    add_account(
        "BANK", 10_000, [Person("BANKU1")], industry="Bank", currency="EUR", attributes={"Straße": "große straße"}
    )
    add_account("EMPTY", None, [Person("EMPTYU1")])
    made = create_campaign(replace(SETTINGS, audience=Audience.read(audience)), actor="test")
    wave_id = create_wave(WaveOrder("q1", "Q1", TODAY, campaign_id=made), actor="test")
    plan_wave(wave_id, actor="test")
    with transaction() as session:
        query = "SELECT c.external_id FROM decision d JOIN contact c ON c.id = d.contact_id WHERE d.wave_id = :id"
        assert set(session.scalars(text(query), {"id": wave_id})) == asked
        assert session.scalar(select(Decision.contact_id).limit(1)) is not None


def test_a_wave_by_hand_needs_no_campaign() -> None:
    wave_id = draft()
    with transaction() as session:
        wave = session.get_one(Wave, wave_id)
        made = session.get_one(Campaign, wave.campaign_id)
    assert (made.state, made.cadence) == (CampaignState.RUNNING, Cadence.BY_HAND)
