"""What `quorum plan` makes of two files is what an import makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from app.accounts.importing import import_accounts, import_contacts
from app.accounts.models import Account, Contact
from app.accounts.roster import load_roster
from app.core.db import reading, transaction
from tests.support.crm_files import ACCOUNT_ROWS, CONTACT_ROWS, write_csv

Rows = Sequence[Mapping[str, str]]


@pytest.mark.usefixtures("database")
@given(accounts=st.lists(ACCOUNT_ROWS, max_size=6), contacts=st.lists(CONTACT_ROWS, max_size=10))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_roster_says_what_an_import_does(accounts: Rows, contacts: Rows, tmp_path: Path) -> None:
    with transaction() as session:
        session.execute(text("TRUNCATE account, contact, revenue_line CASCADE"))
    paths = (
        write_csv(tmp_path / "accounts.csv", accounts, ACCOUNT_COLUMNS),
        write_csv(tmp_path / "contacts.csv", contacts, CONTACT_COLUMNS),
    )
    roster = load_roster(*paths)
    results = [import_accounts(paths[0]), import_contacts(paths[1])]
    assert roster.rejected == [fault for result in results for fault in result.first_faults]
    assert roster.noted == [note for result in results for note in result.first_notes]
    assert stored_as_in(roster.contacts) == stored_contacts()
    dry = [import_accounts(paths[0], dry_run=True), import_contacts(paths[1], dry_run=True)]
    assert [result.unchanged for result in dry] == [result.created for result in results]


ACCOUNT_COLUMNS = ("Account ID", "Account Name", "Parent Account", "Annual Value", "Currency", "Status")
CONTACT_COLUMNS = (
    *("Contact ID", "Email", "Account ID", "Account Name", "Job Level", "Time Zone", "Unanswered", "Pinned"),
    "Segment",
)


def stored_as_in(contacts: Mapping[str, Sequence[Any]]) -> set[tuple[Any, ...]]:
    return {
        (
            account,
            row.external_id,
            row.email_key,
            row.level,
            row.status,
            row.unanswered,
            row.pinned,
            str(row.attributes),
        )
        for account, rows in contacts.items()
        for row in rows
    }


def stored_contacts() -> set[tuple[Any, ...]]:
    columns = (
        Contact.external_id,
        Contact.email_key,
        Contact.level,
        Contact.status,
        Contact.unanswered,
        Contact.pinned,
    )
    with reading() as session:
        query = select(Account.external_id, *columns, Contact.attributes).join(
            Contact, Contact.account_id == Account.id
        )
        return {(*row[:-1], str(row[-1])) for row in session.execute(query)}
