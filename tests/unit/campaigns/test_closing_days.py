"""Closing days as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from app.campaigns.closing_days import Closing, named_days, read_closing, read_lines

TODAY = date(2026, 11, 22)
GOOD = {"first": "2026-12-24", "last": "2027-01-01", "country": "", "name": " Company   holidays "}


def test_a_form_is_read() -> None:
    closing, faults = read_closing(GOOD, TODAY)
    assert not faults
    assert closing == Closing(date(2026, 12, 24), date(2027, 1, 1), None, "Company holidays")
    assert len(closing.days) == 9
    single, _ = read_closing(GOOD | {"last": "", "country": "germany"}, TODAY)
    assert single == Closing(date(2026, 12, 24), date(2026, 12, 24), "DE", "Company holidays")


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"first": ""}, "first", "Give a day"),
        ({"first": "24.12.2026"}, "first", "Give a day"),
        ({"last": "2026-13-01"}, "last", "or nothing"),
        ({"last": "2026-12-01"}, "last", "before the first"),
        ({"first": "2026-11-01", "last": "2026-11-21"}, "first", "is over already"),
        ({"first": "2037-01-01", "last": ""}, "last", "next 10 years"),
        ({"first": "9999-12-31", "last": ""}, "last", "next 10 years"),
        ({"last": "2027-12-25"}, "last", "more than 366 days"),
        ({"country": "Atlantis"}, "country", "Choose one"),
        ({"name": "  "}, "name", "Give it a name"),
        ({"name": "x" * 81}, "name", "Give it a name"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(change: dict[str, str], field: str, words: str) -> None:
    closing, faults = read_closing(GOOD | change, TODAY)
    assert closing is None
    assert words in faults[field]
    assert set(faults) == {field}


def test_lines_are_read_and_each_wrong_one_is_named() -> None:
    found, wrong = read_lines("2026-12-24..2026-12-31; Closed; DE\n\n2027-05-14\tBridge day\n", TODAY)
    assert not wrong
    assert [(each.first, each.last, each.country, each.name) for each in found] == [
        (date(2026, 12, 24), date(2026, 12, 31), "DE", "Closed"),
        (date(2027, 5, 14), date(2027, 5, 14), None, "Bridge day"),
    ]
    found, wrong = read_lines("2026-12-24; Closed\nyesterday; Closed; Atlantis\n2026-12-27", TODAY)
    assert [line.partition(":")[0] for line in wrong] == ["Line 2", "Line 2", "Line 3"]
    assert len(read_lines("2026-12-24; x\n" * 501, TODAY)[1]) == 1


def test_the_closings_of_each_day_of_a_period() -> None:
    rows = [{"first": date(2026, 11, 30), "last": date(2026, 12, 2), "name": "a"}]
    rows += [{"first": date(2026, 12, 2), "last": date(2027, 2, 1), "name": "b"}]
    found = named_days(rows, date(2026, 12, 1), date(2026, 12, 31))
    assert [row["name"] for row in found[date(2026, 12, 2)]] == ["a", "b"]
    assert (min(found), max(found), len(found)) == (date(2026, 12, 1), date(2026, 12, 31), 31)
