"""What account managers say of people while an import writes stands afterwards, and nobody waits for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import select, text

from app.accounts.deleting import delete_account
from app.accounts.importing import ImportResult, import_contacts
from app.accounts.models import Contact, ContactStatus, Level
from app.campaigns.nominating import exclude_person, remove_person, say_left
from app.campaigns.nominating_models import Nomination
from app.core.db import reading, transaction
from tests.support.company import add_account, people
from tests.support.crm_files import write_csv
from tests.support.nominations import EVERYBODY, NOW, name_somebody, round_of, stored

_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
THEIRS = {"Account Name": "Company A1", "Last Name": "Byrne", "Department": "New one", "Exclusion Reason": ""}


@pytest.fixture
def account(database: str) -> int:
    return add_account("A1", 10_000, people("P", Level.USER, 1))


def bring(folder: Path, *rows: dict[str, str]) -> ImportResult:
    return import_contacts(write_csv(folder / "contacts.csv", [THEIRS | row for row in rows]))


def person(external_id: str = "P000") -> Contact:
    with reading() as session:
        return session.scalars(select(Contact).where(Contact.external_id == external_id)).one()


def until(count: int, done: Callable[[], bool] = lambda: False) -> None:
    """Wait until so many wait for each other, or it is done."""
    deadline = monotonic() + 60
    while not done():
        with reading() as session:  # what others do is seen once a transaction
            if session.scalars(_WAITING).one() >= count:
                return
        assert monotonic() < deadline, "nobody waited"


@contextmanager
def import_held_up(account: int, folder: Path) -> Iterator[tuple[ThreadPoolExecutor, Future[ImportResult]]]:
    """Hold an import of P000 up when all is judged and nothing of P000 is written yet."""
    rows = [{"Contact ID": "P000", "Status": "Active"}, {"Contact ID": "NEW", "Status": "Active"}]
    with ThreadPoolExecutor(2) as others, transaction() as session:
        session.add(Contact(account_id=account, external_id="NEW"))
        session.flush()
        running = others.submit(bring, folder, *rows)
        until(1)
        yield others, running
        session.rollback()
        running.result()


def leave(round_id: int, contact_id: int) -> None:
    say_left(round_id, contact_id, left=True, by=EVERYBODY, now=NOW)


def leave_out(round_id: int, contact_id: int) -> None:
    exclude_person(round_id, contact_id, "In a dispute", by=EVERYBODY, now=NOW)


@pytest.mark.parametrize(
    ("deed", "field", "said"), [(leave, "status", ContactStatus.LEFT), (leave_out, "exclusion_reason", "In a dispute")]
)
def test_what_is_said_while_an_import_writes_stands(
    account: int, tmp_path: Path, deed: Callable[[int, int], None], field: str, said: Any
) -> None:
    round_id, contact_id = round_of(), person().id
    with import_held_up(account, tmp_path) as (others, running):
        late = others.submit(deed, round_id, contact_id)
        until(2, late.done)
        assert person().department is None, "whoever reads does not wait"
    late.result()
    assert (running.result().updated, getattr(person(), field)) == (1, said)
    assert person().department == "New one"
    assert bring(tmp_path, {"Contact ID": "P000", "Status": "Active"}).unchanged == 1


def named_and_back(account: int) -> int:
    """Name a person who is said to have left, and to be there after all; return the contact's id."""
    round_id = round_of()
    contact_id = name_somebody(round_id, account)
    for left in (True, False):
        say_left(round_id, contact_id, left=left, by=EVERYBODY, now=NOW)
    return contact_id


@pytest.mark.parametrize(
    ("word", "status"), [("Do not mail", ContactStatus.OPTED_OUT), ("Suppressed", ContactStatus.SUPPRESSED)]
)
def test_whoever_the_crm_says_must_not_be_asked_is_not(
    account: int, tmp_path: Path, word: str, status: ContactStatus
) -> None:
    contact_id = named_and_back(account)
    bring(tmp_path, {"Contact ID": "C7", "Email": "ada@company.example", "Status": word})
    assert (stored(contact_id).status, stored(contact_id).external_id) == (status, "C7")


def test_a_first_word_of_the_crm_leaves_out_who_was_taken_in_again_by_hand(account: int, tmp_path: Path) -> None:
    round_id = round_of()
    contact_id = name_somebody(round_id, account)
    leave_out(round_id, contact_id)
    row = {"Contact ID": "C7", "Email": "ada@company.example", "Exclusion Reason": "Asked us not to"}
    bring(tmp_path, row)
    assert stored(contact_id).exclusion_reason == "Asked us not to"


@pytest.mark.parametrize("deleted", ["person", "account"])
def test_the_record_keeps_no_name_of_people_who_were_deleted(account: int, deleted: str) -> None:
    round_id, other = round_of(), person().id
    contact_id = name_somebody(round_id, account)
    leave_out(round_id, contact_id)
    leave_out(round_id, other)
    if deleted == "person":
        remove_person(round_id, contact_id, by=EVERYBODY, now=NOW)
    else:
        delete_account(account, actor="test")
    with reading() as session:
        lines = session.scalars(select(Nomination).order_by(Nomination.id)).all()
    for line in lines:
        if deleted == "account" or line.contact_id == contact_id:
            assert [*line.before.values(), *line.after.values(), line.reason] == [None] * (
                len(line.before) + len(line.after) + 1
            )
    assert {"first_name", "email"} <= lines[0].after.keys()
    assert (lines[2].reason is None) == (deleted == "account"), "of others all is kept"
