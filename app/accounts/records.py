"""Rows read out of the records of a CSV file. No database.

A value that is there and cannot be read rejects its row, and the reason names every such value of the row at once. A
row that can be read, but whose person cannot be asked, is taken with a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import call, itemgetter
from typing import Any, Generic

from app.accounts.cells import Memo, Unreadable
from app.accounts.columns import Columns, check_mapping, find_columns
from app.accounts.csv_files import CsvFile
from app.accounts.kinds import Field, Kind, Row
from app.accounts.text import shortened, visible
from app.accounts.vocabulary import ACCOUNT_COLUMNS, ACTIVITY_COLUMNS, CONTACT_COLUMNS, REVENUE_COLUMNS

LONGEST_REASON = 2000

Told = tuple[Row | None, str | None, str | None]
"""Row, fault, note. A faulty row still has what could be read of it, and is None if the record itself is broken."""
Read = tuple[int, Row | None, str | None, str | None]
"""The first physical line of the record, then what is `Told` of it."""


@dataclass(frozen=True)
class Layout(Generic[Row]):
    """How the cells of one file become a row: `sources` in the order of its fields, None where there is no column."""

    kind: Kind[Row]
    columns: Columns
    sources: tuple[Field | None, ...]
    present: frozenset[str]


def lay_out(file: CsvFile, kind: Kind[Row], mapping: Mapping[str, str] | None = None) -> Layout[Row]:
    """Find the columns of `kind` in `file`; raises `QuorumError` when one that is needed is missing."""
    check_mapping(mapping or {}, ACCOUNT_COLUMNS, CONTACT_COLUMNS, REVENUE_COLUMNS, ACTIVITY_COLUMNS)
    columns = find_columns(file.header, kind.columns, kind.required, mapping=mapping, file=file.name)
    fields = kind.fields(file.delimiter)
    present = frozenset(name for name, field in fields.items() if field.column in columns.known)
    sources = tuple(fields[name] if name in present else None for name in kind.row._fields if name != "attributes")
    return Layout(kind, columns, sources, present)


def read_rows(file: CsvFile, layout: Layout[Row]) -> Iterator[Read[Row]]:
    """Read every record of `file`, one after the other, so that the size of the file never shows in memory."""
    kind, beyond = layout.kind, len(file.header)
    pick = itemgetter(*(layout.columns.known[field.column] if field else beyond for field in layout.sources))
    readers = [_reader(field) for field in layout.sources]
    attributes, make, plain = _attributes(layout), kind.make, kind.plain
    for line, cells, fault in file.records():
        if fault:
            yield line, None, fault, None
            continue
        cells.append("")
        picked = pick(cells)
        try:
            row = make([*map(call, readers, picked), *attributes(cells)])
        except Unreadable:
            yield line, *_explained(layout, readers, picked)
        else:
            if plain(row):
                yield line, row, None, None
            else:
                yield line, *_judged(layout, row, picked, [])


def _reader(field: Field | None) -> Callable[[str], Any]:
    if field is None:
        return {"": None}.__getitem__
    return Memo(field.read).__getitem__ if field.repeats else field.read


def _attributes(layout: Layout[Row]) -> Callable[[list[str]], tuple[dict[str, str], ...]]:
    columns = layout.columns.attributes.items()
    none = _no_attributes(layout)
    if not columns or not none:
        return lambda cells: none
    return lambda cells: ({name: shown for name, index in columns if (shown := visible(cells[index]))},)


def _judged(layout: Layout[Row], row: Row, picked: Sequence[str], faults: list[str]) -> Told[Row]:
    raw = layout.kind.make([*picked, *_no_attributes(layout)])
    row, more, notes = layout.kind.judge(row, raw, layout.present)
    reason = shortened("; ".join(faults + more), LONGEST_REASON)
    return row, reason or None, None if reason else "; ".join(notes) or None


def _explained(layout: Layout[Row], readers: Sequence[Callable[[str], Any]], picked: Sequence[str]) -> Told[Row]:
    values: list[Any] = []
    faults: dict[str, str] = {}
    for field, reader, cell in zip(layout.sources, readers, picked, strict=True):
        try:
            values.append(reader(cell))
        except Unreadable as error:
            values.append(None)
            faults[field.column if field else ""] = f"«{shortened(cell)}» {error}"
    named = [f"{column} {fault}" for column, fault in faults.items()]
    return _judged(layout, layout.kind.make([*values, *_no_attributes(layout)]), picked, named)


def _no_attributes(layout: Layout[Row]) -> tuple[dict[str, str], ...]:
    return ({},) if "attributes" in layout.kind.row._fields else ()
