"""Deed: a CRM export comes in, whole or not at all; every row gets an outcome.

Rows stream into a temporary table while they are read, are held against what is stored, and are written, all in one
transaction: Ctrl-C or a crash leaves nothing half done. What an empty cell and what a missing column do is said in
`merging`. The same file twice changes nothing, not even `updated_at`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from app.accounts import findings
from app.accounts.csv_files import CsvFile, open_csv
from app.accounts.judging import judge
from app.accounts.kinds import ACCOUNTS, CONTACTS, REVENUE, Kind, KindName, Row
from app.accounts.merging import TABLES, mark_changes, write
from app.accounts.records import lay_out
from app.accounts.rejected import RejectedRows
from app.accounts.rows import RowFault
from app.accounts.staging import Progress, stage
from app.core import audit
from app.core.db import Base, driver, transaction

SHOWN = 20
_LOCK = 0x51_69_6D_70_6F_72_74  # «Qimport»
_WORK_MEMORY = "64MB"  # for joins of a million rows, which PostgreSQL's default of 4 MB would send to disk


@dataclass(frozen=True)
class ImportResult:
    """What became of the rows of one file; `rows` = created + updated + unchanged + rejected."""

    kind: KindName
    rows: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    noted: int
    first_faults: list[RowFault]
    first_notes: list[RowFault]


def import_accounts(
    path: Path,
    *,
    dry_run: bool = False,
    rejected_to: Path | None = None,
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    actor: str = "import",
) -> ImportResult:
    """Import accounts; `mapping` is «their header» → our column, `rejected_to` gets the rejected rows with reasons.

    A dry run has the same result and writes nothing. Raises `QuorumError` when the file as a whole cannot be used.
    """
    return _import(ACCOUNTS, path, dry_run, rejected_to, mapping, progress, actor)


def import_contacts(
    path: Path,
    *,
    dry_run: bool = False,
    rejected_to: Path | None = None,
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    actor: str = "import",
) -> ImportResult:
    """Import contacts, as `import_accounts` does accounts; their accounts have to be there already.

    Never takes back an opt-out or a suppression, and never moves the day of the last invitation backwards.
    """
    return _import(CONTACTS, path, dry_run, rejected_to, mapping, progress, actor)


def import_revenue(
    path: Path,
    *,
    dry_run: bool = False,
    rejected_to: Path | None = None,
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    actor: str = "import",
) -> ImportResult:
    """Import revenue lines, as `import_accounts` does accounts.

    A line is its account, period, type, and which of several such lines of the file it is, in order of amount.
    """
    return _import(REVENUE, path, dry_run, rejected_to, mapping, progress, actor)


def _import(
    kind: Kind[Row],
    path: Path,
    dry_run: bool,
    rejected_to: Path | None,
    mapping: Mapping[str, str] | None,
    progress: Progress | None,
    actor: str,
) -> ImportResult:
    file = open_csv(path)
    layout = lay_out(file, kind, mapping)
    with ExitStack() as stack:
        rejected = stack.enter_context(RejectedRows(file, rejected_to)) if rejected_to else None
        with transaction() as session:
            connection = driver(session)
            connection.execute(sql.SQL("SET LOCAL work_mem = {}").format(_WORK_MEMORY))
            stage(connection, file, layout, Base.metadata.tables[TABLES[kind.name]], progress)
            if not dry_run:
                # Imports take turns from here: what is stored must not change between the verdict and the writing.
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            judge(connection, kind.name, parents="parent" in layout.present)
            mark_changes(connection, layout)
            result = _result(connection, file, kind.name)
            if rejected:
                rejected.write(_rejections(connection, kind.name))
            if not dry_run:
                write(connection, layout)
                if result.created > result.updated + result.unchanged:
                    # Autovacuum would give a table that is mostly new its statistics a minute late for planning.
                    connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(TABLES[kind.name])))
                counts = {count: getattr(result, count) for count in _COUNTED}
                audit.record(session, actor=actor, deed=f"import {kind.name}", subject=file.name, **counts)
        if rejected:
            rejected.keep()
    return result


def _result(connection: psycopg.Connection[Any], file: CsvFile, kind: KindName) -> ImportResult:
    with connection.cursor(row_factory=dict_row) as cursor:
        # Never prepared: the columns of these tables differ from one kind of file to the next.
        counts = cursor.execute(_COUNTS).fetchone() or {}
        rejected = cursor.execute(_FIRST_REJECTED, (SHOWN,), prepare=False).fetchall()
        noted = cursor.execute(_FIRST_NOTED, (SHOWN,), prepare=False).fetchall()
    return ImportResult(
        kind=kind,
        **counts,
        first_faults=[RowFault(file.name, row["line"], findings.rejection(kind, row)) for row in rejected],
        first_notes=[RowFault(file.name, row["line"], findings.note(row)) for row in noted],
    )


def _rejections(connection: psycopg.Connection[Any], kind: KindName) -> Iterator[tuple[int, str]]:
    with connection.cursor("rejected", row_factory=dict_row) as cursor:
        for row in cursor.execute(_REJECTED):
            yield row["line"], findings.rejection(kind, row)


_COUNTED = ("rows", "created", "updated", "unchanged", "rejected", "noted")
_COUNTS = """
SELECT count(*) AS rows,
       count(*) FILTER (WHERE deed = 'create') AS created,
       count(*) FILTER (WHERE deed = 'update') AS updated,
       count(*) FILTER (WHERE deed = 'same') AS unchanged,
       count(*) FILTER (WHERE deed = 'reject') AS rejected,
       count(*) FILTER (WHERE noted) AS noted
FROM verdict
"""
_FIRST_REJECTED = """
SELECT * FROM (SELECT * FROM verdict WHERE deed = 'reject' ORDER BY line LIMIT %s) v JOIN staged USING (line)
ORDER BY line
"""
_FIRST_NOTED = """
SELECT * FROM (SELECT * FROM verdict WHERE noted ORDER BY line LIMIT %s) v JOIN staged USING (line)
ORDER BY line
"""
_REJECTED = "SELECT * FROM verdict JOIN staged USING (line) WHERE deed = 'reject' ORDER BY line"
