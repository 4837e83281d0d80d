"""Rows on their way into the database: a temporary table that takes them as they come, and decides nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from operator import getitem, itemgetter
from types import UnionType
from typing import Any, get_args, get_type_hints

import psycopg
from psycopg import sql
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from app.accounts.cells import REMEMBERED
from app.accounts.csv_files import CsvFile
from app.accounts.kinds import Row
from app.accounts.records import Layout, Read, read_rows

BLOCK = 250
"""Rows that go to the server at once: some 40 kB, enough for a socket, and little enough for a processor's cache."""
_WITHOUT_COLUMN = frozenset({"external_id", "currency", "type", "key", "attributes"})
"""Fields that can be filled although the file has no column of that name."""
_IDS = frozenset({"account_id", "parent", "person_id", "person_key"})

Progress = Callable[[int, int], None]
"""Told now and then: bytes read, bytes of the file."""


def stage(
    connection: psycopg.Connection[Any], file: CsvFile, layout: Layout[Row], table: Table, progress: Progress | None
) -> None:
    """Stream the rows of `file`, faulty ones too, into the temporary table `staged` of the running transaction."""
    texts, others = _present(layout)
    connection.execute(_definition(layout, table))
    rows, write = read_rows(file, layout), _writer(layout.kind.row._fields, texts, others)
    with connection.cursor().copy(_copy(["line", "fault", "note", *texts, *others])) as copy:
        while block := list(islice(rows, BLOCK)):
            copy.write(write(block))
            if progress:
                progress(file.position, file.size)
    connection.execute("ANALYZE staged")


def _present(layout: Layout[Row]) -> tuple[list[str], list[str]]:
    """Return the fields that there is something for: texts, which go as they are, and all others."""
    hints = get_type_hints(layout.kind.row)
    filled = [name for name in hints if name in layout.present or name in _WITHOUT_COLUMN]
    texts = [name for name in filled if _is_text(hints[name])]
    return texts, [name for name in filled if name not in texts]


def _is_text(hint: Any) -> bool:
    parts = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return all(isinstance(part, type) and issubclass(part, str | None) for part in parts)


def _definition(layout: Layout[Row], table: Table) -> sql.Composed:
    """A field that the table has keeps its type, so that the server reads each date and number only once."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its dialects untyped
    types = {column.name: column.type.compile(dialect) for column in table.columns}
    fields = {name: types.get(name, "TEXT") for name in layout.kind.row._fields}
    fields |= dict.fromkeys(fields.keys() & _IDS, 'TEXT COLLATE "C"')  # as the ids they are compared with
    columns = {"line": "BIGINT", "fault": "TEXT", "note": "TEXT", **fields}
    definitions = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns.items()]
    return sql.SQL("CREATE TEMPORARY TABLE staged ({}) ON COMMIT DROP").format(sql.SQL(", ").join(definitions))


def _copy(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("COPY staged ({}) FROM STDIN (NULL '')").format(sql.SQL(", ").join(map(sql.Identifier, columns)))


def _writer(
    fields: Sequence[str], texts: Sequence[str], others: Sequence[str]
) -> Callable[[Sequence[Read[Row]]], bytes]:
    """Return what turns rows into COPY's text: no cell holds a tab or line break, and an empty one is NULL."""
    pick_texts = itemgetter(*(fields.index(name) for name in texts))
    pick_others = itemgetter(*(fields.index(name) for name in others), 0)  # one more, for a tuple in any case
    shown = [_Json() if name == "attributes" else _Shown() for name in others]
    nothing = "\t" * (len(texts) + len(others) - 1)

    def write(block: Sequence[Read[Row]]) -> bytes:
        lines = []
        for line, row, fault, note in block:
            values = nothing
            if row is not None:
                rendered = "\t".join([text or "" for text in pick_texts(row)])
                values = "\t".join([rendered, *map(getitem, shown, pick_others(row))])
            lines.append(f"{line}\t{fault or ''}\t{note or ''}\t{values}\n")
        return "".join(lines).replace("\\", "\\\\").encode()

    return write


class _Shown(dict[Any, str]):
    """Dates and numbers of one column as COPY writes them."""

    def __missing__(self, value: Any) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        return self.setdefault(value, "" if value is None else str(value))


class _Json:
    def __getitem__(self, value: Mapping[str, str]) -> str:
        return json.dumps(value, ensure_ascii=False) if value else "{}"
