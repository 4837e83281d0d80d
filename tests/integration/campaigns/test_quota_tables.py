"""Quota tables kept by name, and the campaigns that use them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.campaigns.creating import quota_from_json
from app.campaigns.models import Campaign, Wave
from app.campaigns.quota_tables import (
    add_table,
    archive_table,
    bring_back_table,
    change_table,
    chosen_table,
    every_table,
    key_of,
    named_table,
    table_choices,
)
from app.campaigns.wave_terms import settle_terms
from app.core.audit import AuditEntry
from app.core.db import reading, transaction
from app.core.errors import NotFound, Refused
from app.sampling import presets
from app.sampling.quota import QuotaTable
from tests.support.company import add_account, draft, planned

ONE, TWO = QuotaTable(((1, 1),)), QuotaTable(((1, 1), (500, 2)), cap=5)


def campaign(name: str, quota: dict[str, Any], *segments: dict[str, Any]) -> int:
    with transaction() as session:
        made = Campaign(name=name, survey_key="relationship_nps", quota=quota, segment_quotas=list(segments))
        session.add(made)
        session.flush()
        return made.id


def tables() -> dict[str, Any]:
    with reading() as session:
        return {each.name: each for each in every_table(session)}


def copy_of(table_id: int | str) -> dict[str, Any]:
    with reading() as session:
        return chosen_table(session, str(table_id))


def test_what_ships_is_there_and_cannot_be_changed(database: str) -> None:
    found = tables()
    assert [each.key for each in found.values()] == presets.names()
    assert all(each.ships and each.summary for each in found.values())
    assert key_of(copy_of("steps")) == "steps"


def test_a_table_is_kept_and_changed_with_what_uses_it(database: str) -> None:
    table_id = add_table(" Key accounts ", ONE, actor="ana")
    segment = {"field": "industry", "values": ["Rail"], "quota": copy_of(table_id)}
    first, second = campaign("First", copy_of(table_id)), campaign("Second", copy_of("steps"), segment)
    third = campaign("Third", copy_of("steps"))
    kept = tables()["Key accounts"]
    assert kept.used_by == ((first, "First"), (second, "Second"))

    assert change_table(table_id, "Key accounts", TWO, revision=kept.revision, actor="ben") == 2
    with reading() as session:
        assert quota_from_json(session.get_one(Campaign, first).quota) == TWO
        assert quota_from_json(session.get_one(Campaign, second).segment_quotas[0]["quota"]) == TWO
        assert quota_from_json(session.get_one(Campaign, second).quota) == QuotaTable.preset("steps")
        assert key_of(session.get_one(Campaign, third).quota) == "steps"
        entries = select(AuditEntry.actor, AuditEntry.deed, AuditEntry.detail).order_by(AuditEntry.id)
        deeds = session.execute(entries).all()
    assert [deed[:2] for deed in deeds] == [("ana", "quota table added"), ("ben", "quota table changed")]
    assert deeds[1].detail["before"]["quota"]["rows"] == [["1", 1]]
    assert len(tables()["Key accounts"].used_by) == 2


def test_who_saves_second_is_told(database: str) -> None:
    table_id = add_table("Mine", ONE, actor="ana")
    change_table(table_id, "Mine", TWO, revision=1, actor="ana")
    with pytest.raises(Refused, match="Somebody else changed this table meanwhile"):
        change_table(table_id, "Mine", ONE, revision=1, actor="ben")
    assert tables()["Mine"].table == TWO


@pytest.mark.parametrize("name", ["mine", " MINE ", "Logarithmic", "upper bounds"])
def test_a_name_is_given_once(database: str, name: str) -> None:
    add_table("Mine", ONE, actor="ana")
    other = add_table("Other", ONE, actor="ana")
    said = f"There is a quota table «{name.strip()}» already"
    with pytest.raises(Refused, match=said):
        add_table(name, ONE, actor="ana")
    with pytest.raises(Refused, match=said):
        change_table(other, name, ONE, revision=1, actor="ana")
    change_table(other, "OTHER", ONE, revision=1, actor="ana")


def test_an_archived_table_stays_with_those_who_have_it(database: str) -> None:
    table_id = add_table("Old", TWO, actor="ana")
    campaign("First", copy_of(table_id))
    archive_table(table_id, actor="ana")
    key = str(table_id)
    with reading() as session:
        assert key not in dict(table_choices(session))
        assert dict(table_choices(session, keep=key))[key] == "Old"
        assert named_table(session, key).used_by
    bring_back_table(table_id, actor="ana")
    with reading() as session:
        assert key in dict(table_choices(session))


@pytest.mark.parametrize("key", ["", "7", "nothing", "٣", "9" * 30, "-1", "1.0"])
def test_what_is_not_there_is_said(database: str, key: str) -> None:
    with reading() as session, pytest.raises(NotFound):
        named_table(session, key)


def test_a_draft_takes_another_table_and_a_plan_does_not(database: str) -> None:
    table_id = add_table("Mine", TWO, actor="ana")
    wave_id = draft()
    settle_terms(wave_id, table=str(table_id), rates={}, actor="ana")
    with reading() as session:
        assert quota_from_json(session.get_one(Wave, wave_id).quota) == TWO
    change_table(table_id, "Mine", ONE, revision=1, actor="ana")
    with reading() as session:
        assert quota_from_json(session.get_one(Wave, wave_id).quota) == TWO
    with pytest.raises(NotFound):
        settle_terms(77, table="", rates={}, actor="ana")


def test_a_plan_keeps_its_terms(database: str) -> None:
    add_account("A", 1, [])
    wave_id = planned()
    with pytest.raises(Refused, match="«Q4» is planned; its table and rates stay as they are"):
        settle_terms(wave_id, table="steps", rates={}, actor="ana")
