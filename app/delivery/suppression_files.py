"""Deeds that take the suppression list in and out as CSV; what was written out comes back as it was."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.addresses import email_key
from app.accounts.columns import find_columns
from app.accounts.csv_files import open_csv
from app.accounts.models import EVERYTHING, Suppression, SuppressionReason
from app.accounts.text import squashed
from app.core import audit
from app.core.db import reading, transaction
from app.core.safe_csv import safe_cell
from app.delivery.suppressing import Entry, looked_for, scopes, suppress

HEADER = ("Email", "Reason", "Scope", "Since", "Detail")
SHOWN = 20
LONGEST_DETAIL = 500
ROWS_AT_ONCE = 5_000

_SPELLINGS = {
    "Email": ("Email Address", "Mail", "Address", "Recipient"),
    "Reason": ("Suppression Reason", "Type", "Status"),
    "Scope": ("Brand", "List"),
    "Since": ("Date", "Created", "Created At", "Suppressed At", "Suppressed On", "Last Update Time", "Last Updated"),
    "Detail": ("Details", "Note", "Notes", "Comment", "Description"),
}
_REASONS = {
    squashed(word): reason
    for reason, words in {
        SuppressionReason.HARD_BOUNCE: "hard bounce, hard bounced, bounce, bounced, permanent, invalid",
        SuppressionReason.REPEATED_BOUNCE: "repeated bounce, soft bounce, soft bounced, transient",
        SuppressionReason.COMPLAINT: "complaint, complained, spam, spam complaint, spam report, abuse",
        SuppressionReason.UNSUBSCRIBED: "unsubscribed, unsubscribe, opted out, opt out, optout, opt-out",
        SuppressionReason.BY_HAND: "by hand, manual, blocked, block, other",
    }.items()
    for word in words.split(", ")
}


class ImportOutcome(NamedTuple):
    """What became of the rows; `known` ones were on the list already, `rejected` holds (line, why)."""

    rows: int
    added: int
    known: int
    rejected: list[tuple[int, str]]


class _Reader:
    """Reads rows into entries; a row that cannot be used is rejected with its reason."""

    def __init__(self, cell: Callable[[list[str], str], str], known_scopes: set[str]) -> None:
        self._cell, self._scopes = cell, known_scopes

    def entry(self, cells: list[str]) -> Entry:
        """Return what a row says; raises ValueError with the reason to reject it."""
        key = email_key(self._cell(cells, "Email"))
        if key is None:
            raise ValueError("this is not a mail address")
        scope = self._cell(cells, "Scope") or EVERYTHING
        if scope not in self._scopes:
            raise ValueError("there is no brand with this key; write * for all brands")
        said, detail = self._cell(cells, "Reason"), self._cell(cells, "Detail")
        reason = _REASONS.get(squashed(said), SuppressionReason.BY_HAND)
        if said and squashed(said) not in _REASONS:  # an unknown word for no is a no all the same
            detail = f"{said}: {detail}" if detail else said
        return Entry(key, reason, scope, detail[:LONGEST_DETAIL] or None, _moment(self._cell(cells, "Since")))


def import_suppressions(path: Path, *, actor: str, dry_run: bool = False) -> ImportOutcome:
    """Put the addresses of a CSV file on the list; nothing is ever taken off it.

    Raises QuorumError when the file as a whole cannot be used.
    """
    file = open_csv(path)
    known = find_columns(file.header, _SPELLINGS, [("Email",)], file=file.name).known

    def cell(cells: list[str], column: str) -> str:
        return _unguarded(cells[known[column]]) if column in known else ""

    rows, added, rejected, waiting = 0, 0, [], []
    with transaction() as session:
        reader = _Reader(cell, scopes(session))
        for line, cells, fault in file.records():
            rows += 1
            try:
                if fault:
                    raise ValueError(fault)
                waiting.append(reader.entry(cells))
            except ValueError as reason:
                rejected.append((line, str(reason)))
            if len(waiting) >= ROWS_AT_ONCE:
                added += suppress(session, waiting)
                waiting.clear()
        added += suppress(session, waiting)
        outcome = ImportOutcome(rows, added, rows - added - len(rejected), rejected)
        if dry_run:
            session.rollback()
        else:
            counts = {"rows": rows, "added": added, "rejected": len(rejected)}
            audit.record(session, actor=actor, deed="suppression.imported", subject=file.name, **counts)
    return outcome


def export_suppressions(out: TextIO) -> int:
    """Write the whole list as CSV, oldest first; return how many rows."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    rows = 0
    with reading() as session:
        for row in stream_suppressions(session):
            writer.writerow([safe_cell(cell) for cell in row])
            rows += 1
    return rows


def stream_suppressions(
    session: Session, *, search: str = "", reason: SuppressionReason | None = None, scope: str | None = None
) -> Iterator[tuple[object, ...]]:
    """Yield the wanted rows of the list as cells of `HEADER`, oldest first, without holding them."""
    columns = (
        Suppression.email_key,
        Suppression.reason,
        Suppression.scope,
        Suppression.since_at,
        Suppression.detail,
    )
    query = select(*columns).where(*looked_for(search=search, reason=reason, scope=scope))
    query = query.order_by(Suppression.since_at, Suppression.email_key)
    for address, why, held, since_at, detail in session.execute(query.execution_options(yield_per=ROWS_AT_ONCE)):
        yield address, why.value, held, since_at.isoformat(timespec="seconds"), detail


def _unguarded(cell: str) -> str:
    """Return a cell without the apostrophe that keeps spreadsheet programs from running it."""
    cell = cell.strip()
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and safe_cell(cell[1:]) == cell else cell


def _moment(said: str) -> datetime | None:
    if not said:
        return None
    try:
        moment = datetime.fromisoformat(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("this is not a date; write it as 2026-11-02") from None
