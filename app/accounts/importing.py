"""Deed: a CRM export comes in, whole or not at all; every row gets an outcome.

Rows stream into a temporary table while they are read, are held against what is stored, and are written, all in one
transaction: Ctrl-C or a crash leaves nothing half done. What an empty cell and what a missing column do is said in
`merging`. The same file twice changes nothing, not even `updated_at`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy.orm import Session

from app.accounts import findings
from app.accounts.correcting import await_corrections, hold_against, note_words
from app.accounts.csv_files import CsvFile, open_csv
from app.accounts.engaging import work_out
from app.accounts.following import follow_mergers
from app.accounts.judging import judge
from app.accounts.kinds import KINDS, KindName, Row
from app.accounts.merging import TABLES, mark_changes, write
from app.accounts.records import Layout, lay_out
from app.accounts.rejected import RejectedRows
from app.accounts.rows import RowFault
from app.accounts.staging import Progress, stage
from app.accounts.taking_turns import take_turns
from app.core import audit
from app.core.db import Base, driver, transaction

SHOWN = 20
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


@dataclass(frozen=True)
class Order:
    """A file to import; `mapping` is «their header» → our column, `rejected_to` gets the rejected rows with reasons."""

    kind: KindName
    path: Path
    rejected_to: Path | None = None
    mapping: Mapping[str, str] | None = None
    progress: Progress | None = None
    actor: str = "import"


Note = Callable[[Session, ImportResult, Path | None], None]
"""Called in the transaction of an import when all is written, with where its rejected rows stand just now."""


def import_accounts(path: Path, *, dry_run: bool = False, **options: Any) -> ImportResult:
    """Import accounts; `options` are those of an `Order`.

    A dry run has the same result and writes nothing. Raises `QuorumError` when the file as a whole cannot be used.
    """
    return import_file(Order("accounts", path, **options), dry_run=dry_run)


def import_contacts(path: Path, *, dry_run: bool = False, **options: Any) -> ImportResult:
    """Import contacts, as `import_accounts` does accounts; their accounts have to be there already.

    Never takes back an opt-out or a suppression, and never moves the day of the last invitation backwards.
    """
    return import_file(Order("contacts", path, **options), dry_run=dry_run)


def import_revenue(path: Path, *, dry_run: bool = False, **options: Any) -> ImportResult:
    """Import revenue lines, as `import_accounts` does accounts.

    A line is its account, period, type, and which of several such lines of the file it is, in order of amount.
    """
    return import_file(Order("revenue", path, **options), dry_run=dry_run)


def import_activities(path: Path, *, dry_run: bool = False, **options: Any) -> ImportResult:
    """Import activities of contacts, as `import_accounts` does accounts, and work the engagement scores out anew.

    An activity is its contact and its id, else its contact, kind and moment.
    """
    return import_file(Order("activities", path, **options), dry_run=dry_run)


def import_file(order: Order, *, dry_run: bool = False, note: Note | None = None) -> ImportResult:
    """Import one file; a dry run has the same result and writes nothing.

    Raises `QuorumError` when the file as a whole cannot be used.
    """
    with ExitStack() as stack:
        file, layout, rejected = _opened(order, stack)
        with transaction() as session:
            result = _take_in(session, order, file, layout, rejected, writing=not dry_run)
            if note:
                note(session, result, rejected.part if rejected else None)
        if rejected:
            rejected.keep()
    return result


def rehearse(orders: Sequence[Order]) -> list[ImportResult]:
    """Look at several files as if they were imported one after the other, and write nothing.

    Contacts find their accounts in the file beside them, as far as that one would be taken.
    """
    results = []
    with ExitStack() as stack:
        opened = [_opened(order, stack) for order in orders]
        with transaction() as session:
            for number, (order, (file, layout, rejected)) in enumerate(zip(orders, opened, strict=True), 1):
                awaited = any(later.kind in _HELD_AGAINST.get(order.kind, ()) for later in orders[number:])
                results.append(_take_in(session, order, file, layout, rejected, writing=awaited))
                driver(session).execute("DROP TABLE IF EXISTS staged, verdict, node, word")
            session.rollback()
        for _, _, rejected in opened:
            if rejected:
                rejected.keep()
    return results


def _opened(order: Order, stack: ExitStack) -> tuple[CsvFile, Layout[Any], RejectedRows | None]:
    file = open_csv(order.path)
    layout = lay_out(file, KINDS[order.kind], order.mapping)
    rejected = RejectedRows(file, order.rejected_to) if order.rejected_to else None
    return file, layout, stack.enter_context(rejected) if rejected else None


def _take_in(
    session: Session, order: Order, file: CsvFile, layout: Layout[Row], rejected: RejectedRows | None, *, writing: bool
) -> ImportResult:
    connection = driver(session)
    connection.execute(sql.SQL("SET LOCAL work_mem = {}").format(_WORK_MEMORY))
    stage(connection, file, layout, Base.metadata.tables[TABLES[order.kind]], order.progress)
    if writing:
        take_turns(session)
        await_corrections(connection, layout)
    follow_mergers(connection, layout)
    judge(connection, order.kind, parents="parent" in layout.present)
    hold_against(connection, layout)
    mark_changes(connection, layout)
    result = _result(connection, file, order.kind)
    if rejected:
        rejected.write(_rejections(connection, order.kind))
    if writing:
        write(connection, layout)
        note_words(connection, layout)
        if order.kind == "activities":
            work_out(session, datetime.now(UTC))
        if result.created > result.updated + result.unchanged:
            # Autovacuum would give a table that is mostly new its statistics a minute late for planning.
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(TABLES[order.kind])))
        counts = {count: getattr(result, count) for count in _COUNTED}
        audit.record(session, actor=order.actor, deed=f"import {order.kind}", subject=file.name, **counts)
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


_HELD_AGAINST: Mapping[KindName, Collection[KindName]] = {
    "accounts": KINDS,
    "contacts": KINDS.keys() - {"accounts", "revenue"},
    "revenue": frozenset({"revenue"}),
    "activities": frozenset[KindName]({"activities"}),
}
"""Kind of file → the kinds whose rows are judged by what it brings."""

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
