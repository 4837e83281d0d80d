"""A quota table as it is typed, and the fault beside each row."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.quota_form import HIGHEST_CAP, MOST_ROWS, TypedRow, TypedTable, name_fault, read_table
from app.sampling import presets
from app.sampling.quota import QuotaTable


def typed(*rows: tuple[str, str], cap: str = "18") -> TypedTable:
    return TypedTable("Key accounts", tuple(TypedRow(*row) for row in rows), cap)


def test_a_table_is_read_and_empty_rows_are_none() -> None:
    table, faults = read_table(typed(("1", "1"), ("", " "), (" 10,000 ", "3"), ("€100000.50", "6"), ("", "")))
    assert faults == {}
    assert table == QuotaTable(((1, 1), (10_000, 3), (Decimal("100000.50"), 6)))


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ([], {"value-1": "Write at least one row: from which value on, and how many people."}),
        ([("1", "1"), ("", "3")], {"value-2": "Write from which value on so many people are asked, such as 10000."}),
        ([("1", "1"), ("10000", "")], {"people-2": "Write how many people, such as 3."}),
        ([("10000", "3")], {"value-1": "Values below 10,000 are in no row; let the first row begin at 1."}),
        (
            [("1", "3"), ("500", "2")],
            {"people-2": "This row asks for 2 contacts; a higher value never asks for fewer than 3."},
        ),
        (
            [("1", "1"), ("500", "2"), ("400", "3")],
            {"value-3": "This row starts at 400; it must be above 500, the row before."},
        ),
        (
            [("1", "1"), ("", ""), ("500", "2"), ("500.00", "3")],
            {"value-4": "This value stands in row 3 already; each value has one row."},
        ),
        ([("1", "0")], {"people-1": "Nobody is asked here; write at least 1."}),
        ([("1", "two")], {"people-1": "«two» is no whole number from 0 to 1000."}),
        ([("ten", "1")], {"value-1": "«ten» is no amount (write it as 1234567.89)."}),
        ([("-5", "1")], {"value-1": "A value below 0 asks one person whatever the table says; begin at 0 or 1."}),
        (
            [("1", "1"), ("10.000", "2")],
            {"value-2": "«10.000» can mean 10000 or 10.000 (write 10000.00 for the first)."},
        ),
    ],
)
def test_what_cannot_be_meant_is_said_beside_its_row(rows: list[tuple[str, str]], faults: dict[str, str]) -> None:
    assert read_table(typed(*rows)) == (None, faults)


def test_rows_around_one_that_cannot_be_read_are_still_held_against_each_other() -> None:
    _, faults = read_table(typed(("1", "2"), ("x", "3"), ("100", "1")))
    assert set(faults) == {"value-2", "people-3"}


@pytest.mark.parametrize("cap", ["", "0", "-1", "many", str(HIGHEST_CAP + 1)])
def test_a_cap_that_cannot_be_meant(cap: str) -> None:
    assert set(read_table(typed(("1", "1"), cap=cap))[1]) == {"cap"}


def test_a_table_has_an_end() -> None:
    rows = [(str(value), "1") for value in range(1, MOST_ROWS + 2)]
    assert set(read_table(typed(*rows))[1]) == {"rows"}


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "two\nlines"])
def test_a_name_is_short_and_on_one_line(name: str) -> None:
    assert name_fault(name) is not None
    assert name_fault("Key accounts") is None


@pytest.mark.parametrize("name", presets.names())
def test_what_ships_can_be_copied_into_the_form(name: str) -> None:
    table = QuotaTable.preset(name)
    assert read_table(TypedTable.of(name, table)) == (table, {})


cells = st.text(max_size=12) | st.sampled_from(["1", "10000", "1e9", "NaN", "١٢", "9" * 40, "-0", "0"])


@given(st.lists(st.builds(TypedRow, cells, cells), max_size=8), cells)
def test_whatever_is_typed_gives_a_table_or_faults_of_its_own_fields(rows: list[TypedRow], cap: str) -> None:
    table, faults = read_table(TypedTable("x", tuple(rows), cap))
    assert (table is None) == bool(faults)
    fields = {f"{name}-{row + 1}" for row in range(len(rows)) for name in ("value", "people")}
    assert set(faults) <= fields | {"cap", "rows", "value-1"}
