"""What a person typed, as the database looks for it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.searching import MOST_WORDS, contains, words


@pytest.mark.parametrize(
    ("typed", "looked_for"),
    [
        ("Maria Silva", "'Maria':* & 'Silva':*"),
        ("maria.silva@company.example", "'maria':* & 'silva':* & 'company':* & 'example':*"),
        ("O'Brien-Smith", "'O':* & 'Brien':* & 'Smith':*"),
        ("王小明 Étienne", "'王小明':* & 'Étienne':*"),
        ("a&b|c !(d):* <-> \\", "'a':* & 'b':* & 'c':* & 'd':*"),
        (" .,;' ", ""),
    ],
)
def test_words_are_split_at_what_is_neither_letter_nor_figure(typed: str, looked_for: str) -> None:
    assert words(typed) == looked_for


@given(st.text(max_size=300))
def test_nothing_that_is_typed_can_be_anything_but_words(typed: str) -> None:
    found = words(typed)
    assert re.fullmatch(r"(?:'[^'\\\x00-\x2f]+':\*(?: & |$))*", found)
    assert found.count(":*") <= MOST_WORDS


def test_wildcards_are_taken_literally() -> None:
    assert contains("50%_\\") == r"%50\%\_\\%"
