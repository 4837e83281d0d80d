"""A quota table as a person types it: rows «from value → people» and a cap, each fault beside its row. Pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from app.accounts.amounts import money
from app.accounts.cells import Unreadable, count
from app.accounts.text import shortened
from app.sampling.quota import DEFAULT_CAP, QuotaTable, row_faults

LONGEST_NAME = 80
MOST_ROWS = 200
HIGHEST_CAP = 1000

_amount = money(",")

Faults = dict[str, str]
"""Name of a field → what is wrong and what would be right; the fields of row 3 are `value-3` and `people-3`."""


class TypedRow(NamedTuple):
    """One row as it stands in the form."""

    value: str = ""
    people: str = ""


@dataclass(frozen=True)
class TypedTable:
    """A table as it stands in the form; rows with nothing in them are no rows."""

    name: str = ""
    rows: tuple[TypedRow, ...] = ()
    cap: str = str(DEFAULT_CAP)

    @classmethod
    def of(cls, name: str, table: QuotaTable) -> TypedTable:
        """Return a table as the form shows it."""
        rows = tuple(TypedRow(f"{Decimal(value):f}", str(people)) for value, people in table.rows)
        return cls(name, rows, str(table.cap))


class _Row(NamedTuple):
    number: int
    value: Decimal | None
    people: int | None


def read_table(typed: TypedTable) -> tuple[QuotaTable | None, Faults]:
    """Return the table that is meant, or None and what is wrong; the name is looked at by `name_fault`."""
    faults: Faults = {}
    rows = list(_rows(typed.rows, faults))
    cap = _whole(typed.cap, "cap", f"Give the most people to ask of an account, from 1 to {HIGHEST_CAP}.", faults)
    if cap == 0:
        faults["cap"] = f"Give the most people to ask of an account, from 1 to {HIGHEST_CAP}."
    if not rows:
        faults["value-1"] = "Write at least one row: from which value on, and how many people."
    if len(rows) > MOST_ROWS:
        faults["rows"] = f"There are {len(rows)} rows; a quota table has at most {MOST_ROWS}."
    faults |= {field: fault for field, fault in _together(rows) if field not in faults}
    if faults or cap is None:
        return None, faults
    return QuotaTable(tuple((_plain(row.value), row.people or 0) for row in rows), cap), {}


def name_fault(name: str) -> str | None:
    """Return what is wrong with the name of a table, or None."""
    if 1 <= len(name.strip()) <= LONGEST_NAME and name.isprintable():
        return None
    return f"Give the table a name of up to {LONGEST_NAME} characters, such as «Key accounts»."


def _rows(typed: Iterable[TypedRow], faults: Faults) -> Iterator[_Row]:
    for number, row in enumerate(typed, start=1):
        if row.value.strip() or row.people.strip():
            people = _whole(row.people, f"people-{number}", "Write how many people, such as 3.", faults)
            yield _Row(number, _value(row.value, number, faults), people)


def _value(cell: str, number: int, faults: Faults) -> Decimal | None:
    field = f"value-{number}"
    try:
        value = _amount(cell)
    except Unreadable as error:
        faults[field] = f"«{shortened(cell)}» {error}."
        return None
    if value is None:
        faults[field] = "Write from which value on so many people are asked, such as 10000."
    elif value < 0:
        faults[field] = "A value below 0 asks one person whatever the table says; begin at 0 or 1."
    else:
        return value
    return None


def _whole(cell: str, field: str, missing: str, faults: Faults) -> int | None:
    try:
        number = count(cell)
    except Unreadable as error:
        faults[field] = f"«{shortened(cell)}» {error}."
        return None
    if number is None:
        faults[field] = missing
    return number


def _together(rows: Sequence[_Row]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong between rows; one that cannot be read is passed over, so that its neighbours are held."""
    read = [row for row in rows if row.value is not None and row.people is not None]
    if read and read[0] is rows[0] and _plain(read[0].value) > 1:
        first = f"{read[0].value:,f}".removesuffix(".00")
        yield f"value-{read[0].number}", f"Values below {first} are in no row; let the first row begin at 1."
    pairs = tuple((_plain(row.value), row.people or 0) for row in read)
    for place, fault in row_faults(pairs):
        row, above = read[place - 1], read[place - 2]
        if (row.people or 0) < 1:
            yield f"people-{row.number}", "Nobody is asked here; write at least 1."
        elif place > 1 and row.value == above.value:
            yield f"value-{row.number}", f"This value stands in row {above.number} already; each value has one row."
        else:
            field = "value" if fault.startswith("starts") else "people"
            yield f"{field}-{row.number}", f"This row {fault}."


def _plain(value: Decimal | None) -> Decimal | int:
    return 0 if value is None else int(value) if value == int(value) else value
