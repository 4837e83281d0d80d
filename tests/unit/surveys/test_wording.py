"""A text finds the alternative its values can fill, and values cannot do harm in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surveys.wording import Text, fill

GREETING = Text.model_validate({"en": ["{first_name} of {account},", "Hello {first_name},", "Hello from {company},"]})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"first_name": "Maria", "account": "Nordwind"}, "Maria of Nordwind,"),
        ({"first_name": "Maria"}, "Hello Maria,"),
        ({"first_name": "Maria", "account": None}, "Hello Maria,"),
        ({"first_name": " \t", "account": "Nordwind"}, "Hello from Halden,"),
        ({}, "Hello from Halden,"),
    ],
)
def test_the_first_alternative_that_can_be_filled_is_used(values, expected):
    assert fill(GREETING, "en", {**values, "company": "Halden"}) == expected


def test_braces_in_a_value_stay_what_they_are():
    assert fill(GREETING, "en", {"first_name": "{account}", "company": "Halden"}) == "Hello {account},"


def test_a_value_cannot_break_the_line_or_turn_the_writing_round():
    name = "Maria\r\nBcc: all@halden.example\u202e\x00"
    assert fill(GREETING, "en", {"first_name": name, "company": "x"}) == "Hello Maria Bcc: all@halden.example,"


def test_without_a_company_nothing_is_made_up():
    with pytest.raises(LookupError, match="company"):
        fill(GREETING, "en", {})


@given(st.dictionaries(st.sampled_from(["first_name", "account", "product"]), st.none() | st.text()))
def test_whatever_is_missing_there_is_neither_a_brace_nor_a_second_line(values):
    known = {name: value.replace("{", "").replace("}", "") if value else value for name, value in values.items()}
    filled = fill(GREETING, "en", {**known, "company": "Halden"})
    assert not set("{}\r\n\0") & set(filled)
    assert filled.endswith(",")
    assert "  " not in filled
