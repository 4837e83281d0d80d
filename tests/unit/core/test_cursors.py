"""Opaque cursors: they come back as they were, and nothing else is taken for one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.api.cursors import START, Cursor, read_cursor


@given(st.builds(Cursor, st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)), st.integers(0, 2**63 - 1)))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_cursor_comes_back(cursor: Cursor) -> None:
    assert read_cursor(str(cursor)) == cursor
    assert str(cursor).isascii()


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "ü",
        encoded("[]"),
        encoded("{}"),
        encoded('["2026-11-02", "1"]'),
        encoded('["2026-11-02T00:00:00", 1]'),
        encoded('["2026-11-02T00:00:00Z", -1]'),
        encoded('["2026-11-02T00:00:00Z", true]'),
        encoded(f'["2026-11-02T00:00:00Z", {2**63}]'),
        encoded("[" * 5000),
    ],
)
def test_nothing_else_is_a_cursor(text: str) -> None:
    with pytest.raises(ValueError, match="no cursor of ours"):
        read_cursor(text)


def test_a_list_begins_before_everything() -> None:
    assert read_cursor(str(START)) == START
