"""Filters of an audience: what is read, what is refused; the database's part is in the integration tests."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.campaigns.audience import EVERYBODY, Audience


def test_what_is_kept_comes_back():
    kept = {
        "account": {"industry": ["Software", ""], "attributes.Tier": ["gold"]},
        "contact": {"level": ["user"]},
        "value": {"from": "10000"},
    }
    audience = Audience.read(kept)
    assert audience.value_from == Decimal(10_000)
    assert audience.as_json() == kept
    assert Audience.read({}) == EVERYBODY
    assert EVERYBODY.as_json() == {}


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        ({"accounts": {}}, "no «accounts»"),
        ({"account": {"annual_value; DROP": ["1"]}}, "no field «annual_value; DROP» of an account"),
        ({"contact": {"email": ["x"]}}, "no field «email» of a contact"),
        ({"contact": {"attributes.": ["x"]}}, "no field"),
        ({"account": {"industry": []}}, "from 1 to 500 values"),
        ({"account": {"industry": "Software"}}, "from 1 to 500 values"),
        ({"account": {"industry": [1]}}, "must be text"),
        ({"account": {"industry": ["a\0b"]}}, "must be text"),
        ({"value": {"from": "lots"}}, "«lots» is no amount"),
        ({"value": {"from": "Infinity"}}, "is no amount"),
        ({"value": {"from": "10", "to": "9"}}, "nobody is between"),
    ],
)
def test_what_cannot_be_meant_is_said(kept, says):
    with pytest.raises(ValueError, match=says):
        Audience.read(kept)


def test_nothing_typed_ever_stands_in_the_sql():
    evil = "'; DROP TABLE account; --"
    audience = Audience.read(
        {
            "account": {f"attributes.{evil}": [evil], "name": [evil]},
            "contact": {f"attributes.{evil}": [evil]},
            "value": {"from": "1", "to": "2"},
        }
    )
    accounts, contacts, parameters = audience.condition(currency=evil, rates={evil: Decimal(1)})
    assert "DROP" not in accounts + contacts
    assert evil in str(parameters)


def test_everybody_is_no_condition():
    assert EVERYBODY.condition(currency="USD", rates={}) == ("true", "true", {})
