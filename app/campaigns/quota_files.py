"""Quota tables that admins keep as CSV: annual value at least, contacts. Reads a file, decides nothing about people."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from app.accounts.amounts import money
from app.accounts.cells import Reader, Unreadable, count
from app.accounts.encodings import encoding_of
from app.accounts.text import shortened, squashed, visible
from app.core.errors import QuorumError
from app.sampling.quota import DEFAULT_CAP, QuotaTable, row_faults

LONGEST_FILE = 1 << 20
SHOWN_FAULTS = 10

_VALUE = ("annualvalueatleast", "annualvalue", "valueatleast", "value", "atleast", "from", "minimum", "revenue")
_CONTACTS = ("contacts", "requiredcontacts", "required", "quota", "people", "seats", "respondents", "n")
_EXAMPLE = "write two columns, «Annual value at least» and «Contacts», in lines such as 10000,3"


class _Record(NamedTuple):
    """A line of the file that is not blank, split into clean cells."""

    line: int
    cells: list[str]


class _Row(NamedTuple):
    line: int
    value: Decimal
    contacts: int


def read_quota(path: Path, cap: int | None = None) -> QuotaTable:
    """Return the quota table in the CSV file at `path`, whose header may be missing.

    Without a `cap` the table may ask for as many as it says. Raises QuorumError, naming every line that cannot be
    meant and what would be right.
    """
    rows = list(_rows(path))
    faults = [f"line {rows[number - 1].line} {fault}" for number, fault in row_faults(_pairs(rows))]
    if faults:
        raise _refused(path, faults)
    return QuotaTable(_pairs(rows), cap or max(DEFAULT_CAP, rows[-1].contacts))


def _pairs(rows: Sequence[_Row]) -> tuple[tuple[Decimal | int, int], ...]:
    return tuple((_whole(row.value), row.contacts) for row in rows)


def _whole(value: Decimal) -> Decimal | int:
    return int(value) if value == int(value) else value


def _rows(path: Path) -> Iterator[_Row]:
    delimiter, records = _records(path)
    places = _places(path, records[0]) if records else None
    body = records[1:] if places else records
    if not body:
        raise _refused(path, [f"it has no rows; {_EXAMPLE}"])
    rows, faults = [], []
    for record in body:
        try:
            rows.append(_row(record, places or (0, 1), money(delimiter)))
        except Unreadable as error:
            faults.append(f"line {record.line}: {error}")
    if faults:
        raise _refused(path, faults)
    yield from rows


def _records(path: Path) -> tuple[str, list[_Record]]:
    encoding = encoding_of(path)
    if path.stat().st_size > LONGEST_FILE:
        raise QuorumError(f"{path.name} is too long to be a quota table; {_EXAMPLE}.")
    with path.open(encoding=encoding, newline="") as file:
        lines = file.readlines()
    delimiter = _delimiter(lines)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        split = ((reader.line_num, [visible(cell) for cell in cells]) for cells in reader)
        return delimiter, [_Record(line, cells) for line, cells in split if any(cells)]
    except csv.Error as error:
        raise _refused(path, [f"line {reader.line_num} cannot be split into cells ({error}); {_EXAMPLE}"]) from None


def _delimiter(lines: Iterable[str]) -> str:
    """Return what parts the cells; a comma may stand within an amount, the others never do."""
    first = next((line for line in lines if line.strip()), "")
    return next((sign for sign in ";\t" if sign in first), ",")


def _places(path: Path, first: _Record) -> tuple[int, int] | None:
    """Return where value and contacts stand if `first` is a header, None if it is a row like the others."""
    if any(any(char.isdigit() for char in cell) for cell in first.cells):
        return None
    names = [squashed(cell) for cell in first.cells]
    value, contacts = (next((names.index(name) for name in known if name in names), None) for known in (_VALUE, _CONTACTS))
    if value is None or contacts is None:
        found = ", ".join(shortened(cell) for cell in first.cells)
        raise _refused(path, [f"line {first.line} has the columns {found}; {_EXAMPLE}"])
    return value, contacts


def _row(record: _Record, places: tuple[int, int], amount: Reader[Decimal | None]) -> _Row:
    cells = record.cells
    if len(cells) <= max(places) or any(cells[max(places) + 1 :]) and places == (0, 1) and len(cells) > 2:
        raise Unreadable(f"there are {len(cells)} cells; {_EXAMPLE}")
    value = _cell("Annual value", cells[places[0]], amount)
    contacts = _cell("Contacts", cells[places[1]], count)
    return _Row(record.line, value, contacts)
