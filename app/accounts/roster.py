"""Accounts and contacts of two files held against each other in memory: what an import makes of them, with no database.

The outcome of every row is the one that an import into an empty database gives; a test holds the two together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.accounts import findings
from app.accounts.csv_files import CsvFile, open_csv
from app.accounts.hierarchy import circles
from app.accounts.kinds import ACCOUNTS, CONTACTS, Kind, Row
from app.accounts.models import AccountStatus, ContactStatus, Level
from app.accounts.records import Read, lay_out, read_rows
from app.accounts.rows import AccountRow, ContactRow, RowFault

Progress = Callable[[int, int], None]
REPORTED_EACH = 1000
"""Rows between two words about progress."""


@dataclass(frozen=True)
class Roster:
    """Accounts and their contacts in the order of the files; `contacts` has every account's `external_id` as a key."""

    accounts: list[AccountRow] = field(default_factory=list)
    contacts: dict[str, list[ContactRow]] = field(default_factory=dict)
    rejected: list[RowFault] = field(default_factory=list)
    noted: list[RowFault] = field(default_factory=list)


def load_roster(
    accounts_path: Path,
    contacts_path: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Roster:
    """Read both files; `mapping` is «their header» → our column, for either file.

    Status, level, `unanswered`, `pinned` and `open_case` are filled as the database fills them, and never None.
    Raises `QuorumError` when a file as a whole cannot be used.
    """
    accounts, contacts = open_csv(accounts_path), open_csv(contacts_path)
    roster = Roster()
    _take_accounts(roster, accounts.name, _reads(accounts, ACCOUNTS, mapping, progress))
    _take_contacts(roster, contacts.name, _reads(contacts, CONTACTS, mapping, progress))
    return roster


def _reads(
    file: CsvFile, kind: Kind[Row], mapping: Mapping[str, str] | None, progress: Progress | None
) -> Iterator[Read[Row]]:
    for number, read in enumerate(read_rows(file, lay_out(file, kind, mapping))):
        if progress and not number % REPORTED_EACH:
            progress(file.position, file.size)
        yield read
    if progress:
        progress(file.size, file.size)


def _take_accounts(roster: Roster, file: str, reads: Iterator[Read[AccountRow]]) -> None:
    taken: dict[int, tuple[AccountRow, str | None]] = {}
    first: dict[str, int] = {}
    for line, row, fault, note in reads:
        found = {"fault": fault} | _fields(row)
        if row is not None:
            found["repeats"] = first.get(row.external_id)
        if reason := findings.rejection("accounts", found):
            roster.rejected.append(RowFault(file, line, reason))
        elif row is not None:
            first[row.external_id], taken[line] = line, (row, note)
    _settle_parents(roster, file, taken)


def _settle_parents(roster: Roster, file: str, taken: Mapping[int, tuple[AccountRow, str | None]]) -> None:
    faults = _parent_faults({line: row for line, (row, _) in taken.items()})
    for line, (row, note) in taken.items():
        fault = faults.get(line)
        if sentence := findings.note({"note": note, "parent": row.parent, "parent_fault": fault}):
            roster.noted.append(RowFault(file, line, sentence))
        above = row._replace(parent=None, parent_key=None) if fault else row
        roster.accounts.append(above._replace(status=row.status or AccountStatus.ACTIVE))
        roster.contacts[row.external_id] = []


def _parent_faults(rows: Mapping[int, AccountRow]) -> dict[int, str]:
    lines = {row.external_id: line for line, row in rows.items()}
    names = _by_name(rows.values())
    parents: dict[int, int] = {}
    faults: dict[int, str] = {}
    for line, row in rows.items():
        bearers = [row.parent] if row.parent in lines else names.get(row.parent_key or "", [])
        if len(bearers) == 1:
            parents[line] = lines[bearers[0]]
        elif row.parent:
            faults[line] = "several" if bearers else "unknown"
    return faults | dict.fromkeys(circles(parents), "circle")


def _take_contacts(roster: Roster, file: str, reads: Iterator[Read[ContactRow]]) -> None:
    names = _by_name(roster.accounts)
    first: dict[str, int] = {}
    addresses: dict[str | None, int] = {}
    for line, row, fault, note in reads:
        found = {"fault": fault} | _fields(row)
        bearers = _bearers(roster, names, row) if row is not None else []
        if row is not None:
            found |= {"account": bearers[0] if len(bearers) == 1 else None, "several": len(bearers) > 1}
            found["repeats"] = first.get(row.external_id)
        if reason := findings.rejection("contacts", found):
            roster.rejected.append(RowFault(file, line, reason))
        elif row is not None:
            first[row.external_id] = line
            same_address = addresses.setdefault(row.email_key, line) if row.email_key else line
            if sentence := findings.note({"note": note, "same_address": same_address if same_address < line else None}):
                roster.noted.append(RowFault(file, line, sentence))
            roster.contacts[bearers[0]].append(_completed(row))


def _fields(row: AccountRow | ContactRow | None) -> dict[str, Any]:
    return {} if row is None else row._asdict()


def _by_name(rows: Iterable[AccountRow]) -> dict[str, list[str]]:
    names = defaultdict(list)
    for row in rows:
        names[row.name_key].append(row.external_id)
    return names


def _bearers(roster: Roster, names: Mapping[str, list[str]], row: ContactRow) -> list[str]:
    if row.account_id:
        return [row.account_id] if row.account_id in roster.contacts else []
    return names.get(row.account_key or "", [])


def _completed(row: ContactRow) -> ContactRow:
    return row._replace(
        level=row.level or Level.UNKNOWN,
        unanswered=row.unanswered or 0,
        status=row.status or ContactStatus.ACTIVE,
        pinned=bool(row.pinned),
        open_case=bool(row.open_case),
    )
