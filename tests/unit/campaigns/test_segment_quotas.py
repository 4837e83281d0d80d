"""Which quota table holds for an account."""

from __future__ import annotations

from typing import Any

import pytest

from app.campaigns.creating import quota_as_json
from app.campaigns.segment_quotas import MOST_SEGMENTS, Quotas
from app.sampling.quota import QuotaTable

HOUSE, ONE, TWO = QuotaTable.preset("logarithmic"), QuotaTable(((1, 1),)), QuotaTable(((1, 2),))


def segment(field: str, *values: str, table: QuotaTable = ONE) -> dict[str, Any]:
    return {"field": field, "values": list(values), "quota": quota_as_json(table)}


def quotas(*segments: dict[str, Any]) -> Quotas:
    return Quotas.read(quota_as_json(HOUSE), segments)


@pytest.mark.parametrize(
    ("account", "table"),
    [
        ({"industry": "BANKING", "country": "DE"}, ONE),
        ({"industry": "Rail", "country": "de"}, TWO),
        ({"industry": "Rail", "country": "FR"}, HOUSE),
        ({"industry": None, "country": "DE"}, ONE),
        ({"industry": "Rail", "country": "FR", "attributes": {"Tier": "gold"}}, TWO),
        ({"industry": "Rail", "country": "FR", "attributes": {"Tier": None}}, HOUSE),
    ],
)
def test_the_first_segment_that_matches_wins(account: dict[str, Any], table: QuotaTable) -> None:
    found = quotas(
        segment("industry", "Banking", ""),
        segment("country", "DE", "AT", table=TWO),
        segment("attributes.Tier", "Gold", table=TWO),
    )
    assert found.of(account) == table


def test_without_segments_there_is_one_table() -> None:
    assert quotas().of({}) == HOUSE
    assert quotas().numbered() == [(None, HOUSE)]
    assert quotas().number_sql(parameters := {}) == "NULL::int"
    assert parameters == {}


@pytest.mark.parametrize(
    ("kept", "sentence"),
    [
        (segment("password_hash", "x"), "There is no field «password_hash» of an account."),
        (segment("attributes.", "x"), "There is no field «attributes.» of an account."),
        (segment("industry"), "Give from 1 to 500 values of «industry»."),
        ({"field": "industry", "values": [3], "quota": {}}, "The values of «industry» must be text."),
        ({"field": "industry", "values": ["x\0"], "quota": {}}, "The values of «industry» must be text."),
        ({"field": "industry", "values": ["Rail"]}, "Choose the quota table of «industry: Rail»."),
        ({}, "There is no field «None» of an account."),
    ],
)
def test_what_cannot_be_meant(kept: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError) as raised:
        quotas(kept)
    assert str(raised.value) == sentence


def test_there_is_an_end_to_segments() -> None:
    with pytest.raises(ValueError, match=f"There are {MOST_SEGMENTS + 1} segments"):
        quotas(*[segment("industry", "Rail")] * (MOST_SEGMENTS + 1))


def test_no_value_of_a_segment_gets_into_the_query() -> None:
    sql = quotas(segment("attributes.o'ne", "'; DROP")).number_sql(parameters := {})
    assert "DROP" not in sql
    assert "o'ne" not in sql
    assert set(map(str, parameters.values())) == {"o'ne", '["\'; DROP"]'}
