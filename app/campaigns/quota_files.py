"""Quota tables that admins keep as CSV: annual value at least, contacts. Reads a file, decides nothing about people."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, TypeVar

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


T = TypeVar("T")


class _Record(NamedTuple):
    """A line of the file that is not blank, split into clean cells."""

    line: int
    cells: list[str]


class _Layout(NamedTuple):
    """Where in a row value and contacts stand, and how many cells it may have."""

    value: int = 0
    contacts: int = 1
    width: int = 2


class _Row(NamedTuple):
    line: int
    value: Decimal
    contacts: int


def read_quota(path: Path, cap: int | None = None) -> QuotaTable:
    """Return the quota table in the CSV file at `path`, whose header may be missing.

    Without a `cap` the table may ask for as many as it says. Raises QuorumError, naming every line that cannot be
    meant and what would be right.
    """
    rows = _rows(path)
    faults = [f"line {rows[number - 1].line} {fault}" for number, fault in row_faults(_pairs(rows))]
    if faults:
        raise _refused(path, faults)
    return QuotaTable(_pairs(rows), cap or max(DEFAULT_CAP, rows[-1].contacts))


def typed_cells(path: Path) -> list[tuple[str, str]]:
    """Return value and contacts of each row of the CSV file at `path`, as far as they can be read, for a form.

    What cannot be read stays as it stands there, so that its fault shows beside it. Raises QuorumError for a file in
    which no rows can be told.
    """
    delimiter, records = _records(path)
    amount = money(delimiter)
    header = _header(path, records[0], amount) if records else None
    body, layout = records[1:] if header else records, header or _Layout()
    if not body:
        raise _refused(path, [f"there are no rows; {_EXAMPLE}"])
    rows = []
    for line, cells in body:
        if len(cells) > layout.width:
            raise _refused(path, [f"line {line}: there are {len(cells)} cells, not {layout.width}; {_EXAMPLE}"])
        padded = [*cells, *[""] * layout.width]
        rows.append((_as_plain(padded[layout.value], amount), padded[layout.contacts]))
    return rows


def _as_plain(cell: str, amount: Reader[Decimal | None]) -> str:
    """Return an amount as the form reads it, whatever sign parts its thousands in this file."""
    try:
        value = amount(cell)
    except Unreadable:
        return cell
    return "" if value is None else f"{value:f}".removesuffix(".00")


def _pairs(rows: Sequence[_Row]) -> tuple[tuple[Decimal | int, int], ...]:
    return tuple((int(value) if value == int(value) else value, contacts) for _, value, contacts in rows)


def _rows(path: Path) -> list[_Row]:
    delimiter, records = _records(path)
    amount = money(delimiter)
    header = _header(path, records[0], amount) if records else None
    body = records[1:] if header else records
    if not body:
        raise _refused(path, [f"there are no rows; {_EXAMPLE}"])
    rows, faults = [], []
    for record in body:
        try:
            rows.append(_row(record, header or _Layout(), amount))
        except Unreadable as error:
            faults.append(f"line {record.line}: {error}")
    if faults:
        raise _refused(path, faults)
    return rows


def _records(path: Path) -> tuple[str, list[_Record]]:
    encoding = encoding_of(path)
    if path.stat().st_size > LONGEST_FILE:
        raise _refused(path, [f"it is too long for a quota table; {_EXAMPLE}"])
    with path.open(encoding=encoding, newline="") as file:
        lines = file.readlines()
    delimiter = _delimiter(lines)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        records = [_Record(reader.line_num, _clean(cells)) for cells in reader]
    except csv.Error as error:
        raise _refused(path, [f"line {reader.line_num} cannot be read ({error}); {_EXAMPLE}"]) from None
    return delimiter, [record for record in records if record.cells]


def _clean(cells: Iterable[str]) -> list[str]:
    cleaned = [visible(cell) for cell in cells]
    while cleaned and not cleaned[-1]:
        cleaned.pop()
    return cleaned


def _delimiter(lines: Iterable[str]) -> str:
    """Return what parts the cells; a comma may stand within an amount, the others never do."""
    first = next((line for line in lines if line.strip()), "")
    return next((sign for sign in ";\t" if sign in first), ",")


def _header(path: Path, first: _Record, amount: Reader[Decimal | None]) -> _Layout | None:
    """Return where value and contacts stand when `first` is a header, None when it is a row like the others."""
    if any(_is_amount(cell, amount) for cell in first.cells):
        return None
    names = [squashed(cell) for cell in first.cells]
    value, contacts = (next((names.index(one) for one in known if one in names), None) for known in (_VALUE, _CONTACTS))
    if value is None or contacts is None:
        found = ", ".join(f"«{shortened(cell)}»" for cell in first.cells[:10])
        raise _refused(path, [f"line {first.line}: {found} is neither a row nor a known header; {_EXAMPLE}"])
    return _Layout(value, contacts, len(names))


def _is_amount(cell: str, amount: Reader[Decimal | None]) -> bool:
    try:
        return amount(cell) is not None
    except Unreadable:
        return False


def _row(record: _Record, layout: _Layout, amount: Reader[Decimal | None]) -> _Row:
    line, cells = record
    if len(cells) > layout.width:
        raise Unreadable(f"there are {len(cells)} cells, not {layout.width} (is a comma within an amount?); {_EXAMPLE}")
    if len(cells) <= max(layout.value, layout.contacts):
        raise Unreadable(f"a cell is missing; {_EXAMPLE}")
    value = _cell("annual value", cells[layout.value], amount)
    return _Row(line, value, _cell("number of contacts", cells[layout.contacts], count))


def _cell(name: str, cell: str, read: Reader[T | None]) -> T:
    try:
        found = read(cell)
    except Unreadable as error:
        raise Unreadable(f"the {name} «{shortened(cell)}» {error}") from None
    if found is None:
        raise Unreadable(f"the {name} is empty; {_EXAMPLE}")
    return found


def _refused(path: Path, faults: Sequence[str]) -> QuorumError:
    more = f" (and {len(faults) - SHOWN_FAULTS} more)" if len(faults) > SHOWN_FAULTS else ""
    return QuorumError(f"{path.name}: {'; '.join(faults[:SHOWN_FAULTS])}{more}.")
