"""CRM exports into the database: every row gets an outcome, and the same file twice changes nothing."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.accounts.importing import ImportResult, import_accounts, import_contacts
from app.accounts.models import AccountStatus, Contact, ContactStatus, Level, RevenueLine, RevenueType
from app.core.audit import AuditEntry
from app.core.db import reading, transaction
from app.core.errors import QuorumError
from tests.integration.accounts.stored import Bring, account, contact, counts, everything
from tests.support.crm_files import ACCOUNT, CONTACT, write_csv

pytestmark = pytest.mark.usefixtures("database")


def test_accounts_contacts_and_revenue_come_in_whole(bring: Bring) -> None:
    assert counts(bring("accounts", {"Region": 'back\\slash "quote"'})) == (1, 0, 0, 0)
    assert counts(bring("contacts", {"Pinned": "yes", "Unanswered": "2", "Shoe Size": "42"})) == (1, 0, 0, 0)
    assert counts(bring("revenue", {}, {"Revenue Type": "MRR"})) == (2, 0, 0, 0)
    stored = account()
    assert (stored.name_key, stored.annual_value, stored.share_of_wallet, stored.renewal_on, stored.attributes) == (
        "harbour lights",
        Decimal(440016),
        Decimal("0.72"),
        date(2027, 1, 23),
        {"Region": 'back\\slash "quote"'},
    )
    ada = contact()
    assert (ada.account_id, ada.email_key, ada.level, ada.engagement_score, ada.last_invited_on) == (
        stored.id,
        "ada@harbour.example",
        Level.DECISION_MAKER,
        44,
        date(2026, 2, 27),
    )
    assert (ada.pinned, ada.open_case, ada.unanswered, ada.attributes) == (True, False, 2, {"Shoe Size": "42"})
    with reading() as session:
        lines = session.execute(select(RevenueLine).order_by(RevenueLine.id)).scalars().all()
    assert [(line.account_id, line.amount, line.type) for line in lines] == [
        (stored.id, Decimal(440016), RevenueType.ARR),
        (stored.id, Decimal(440016), RevenueType.MRR),
    ]


def test_the_same_files_twice_change_nothing(bring: Bring) -> None:
    def all_three() -> list[tuple[int, int, int, int]]:
        return [
            counts(bring("accounts", {"Parent Account": "A2"}, {"Account ID": "A2", "Account Name": "Quay"})),
            counts(bring("contacts", {"Segment": "gold"}, {"Contact ID": "", "Email": "bo@x.example"}, {})),
            counts(bring("revenue", {}, {}, {"Revenue Amount": "5"})),
        ]

    assert all_three() == [(2, 0, 0, 0), (2, 0, 0, 1), (3, 0, 0, 0)]
    before = everything()
    assert all_three() == [(0, 0, 2, 0), (0, 0, 2, 1), (0, 0, 3, 0)]
    assert everything() == before


def test_a_change_is_an_update_and_moves_updated_at(bring: Bring) -> None:
    bring("accounts", {}, {"Account ID": "A2", "Account Name": "Quay"})
    bring("contacts", {}, {"Contact ID": "C2"})
    first = contact()
    assert counts(bring("contacts", {"Account Name": "Quay"}, {"Contact ID": "C2"})) == (0, 1, 1, 0)
    moved = contact()
    assert (moved.account_id, moved.id, moved.created_at) == (account("A2").id, first.id, first.created_at)
    assert moved.updated_at > first.updated_at
    assert counts(bring("accounts", {"Annual Value": "5"}, {"Account ID": "A2", "Account Name": "Quay"})) == (
        0,
        1,
        1,
        0,
    )
    bring("revenue", {})
    assert counts(bring("revenue", {"Revenue Amount": "7"})) == (0, 1, 0, 0)


def test_only_columns_of_the_file_are_written(bring: Bring) -> None:
    bring("accounts", {"Region": "West", "Tier": "1"})
    bring("contacts", {"Region": "West", "Tier": "1", "Pinned": "yes"})
    bring("accounts", {"Account ID": "A1", "Account Name": "Harbour Lights", "Tier": "2"}, only=True)
    bring("contacts", {"Contact ID": "C1", "Account ID": "A1", "Tier": "2"}, only=True)
    assert account().attributes == contact().attributes == {"Region": "West", "Tier": "2"}
    assert (account().annual_value, account().status) == (Decimal(440016), AccountStatus.ACTIVE)
    assert (contact().email_key, contact().level, contact().pinned) == (
        "ada@harbour.example",
        Level.DECISION_MAKER,
        True,
    )


def test_an_empty_cell_clears_what_is_stored(bring: Bring) -> None:
    bring("accounts", {"Region": "West"})
    bring("contacts", {"Region": "West", "Pinned": "yes", "Open Case": "yes"})
    emptied = dict.fromkeys(CONTACT.keys() - {"Contact ID", "Account Name"}, "")
    bring("contacts", emptied | {"Region": "", "Pinned": "", "Open Case": ""})
    ada = contact()
    assert (ada.first_name, ada.email, ada.email_key, ada.time_zone, ada.engagement_score) == (None,) * 5
    assert (ada.level, ada.pinned, ada.open_case, ada.attributes) == (Level.UNKNOWN, False, False, {})
    assert (ada.last_invited_on, ada.status) == (date(2026, 2, 27), ContactStatus.ACTIVE)
    bring("accounts", {"Annual Value": "", "Region": "", "Status": ""})
    assert (account().annual_value, account().attributes, account().status) == (None, {}, AccountStatus.ACTIVE)


@pytest.mark.parametrize(
    ("stored", "cell", "kept"),
    [
        ("opted_out", "active", "opted_out"),
        ("opted_out", "left", "opted_out"),
        ("opted_out", "", "opted_out"),
        ("opted_out", "bounced", "opted_out"),
        ("suppressed", "active", "suppressed"),
        ("suppressed", "opted out", "opted_out"),
        ("left", "active", "active"),
        ("left", "", "left"),
        ("active", "opted out", "opted_out"),
    ],
)
def test_an_import_never_takes_back_an_opt_out(stored: str, cell: str, kept: str, bring: Bring) -> None:
    bring("accounts", {})
    bring("contacts", {})
    with transaction() as session:
        session.execute(update(Contact).values(status=ContactStatus(stored)))
    result = bring("contacts", {"Status": cell})
    assert contact().status == kept
    assert result.updated == (stored != kept)


@pytest.mark.parametrize(
    ("cell", "unanswered", "expected"),
    [
        ("2026-02-26", "0", (date(2026, 2, 27), 3)),
        ("2026-02-27", "0", (date(2026, 2, 27), 3)),
        ("", "0", (date(2026, 2, 27), 3)),
        ("2026-02-28", "0", (date(2026, 2, 28), 0)),
        ("2026-02-28", "", (date(2026, 2, 28), 3)),
    ],
)
def test_the_last_invitation_never_moves_backwards(
    cell: str, unanswered: str, expected: tuple[date, int], bring: Bring
) -> None:
    bring("accounts", {})
    bring("contacts", {"Unanswered": "3"})
    bring("contacts", {"Last Invited": cell, "Unanswered": unanswered})
    assert (contact().last_invited_on, contact().unanswered) == expected


def test_a_dry_run_counts_the_same_and_writes_nothing(bring: Bring) -> None:
    bring("accounts", {})
    bring("contacts", {}, {"Contact ID": "C2"})
    before = everything()
    rows = [{"First Name": "Eve"}, {"Contact ID": "C2"}, {"Contact ID": "C3"}, {"Country": "ZZ"}, {"Email": "x"}]
    dry = bring("contacts", *rows, dry_run=True)
    assert everything() == before
    assert counts(dry) == (1, 1, 1, 2)
    assert bring("contacts", *rows) == dry
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 3


def test_the_trail_says_who_imported_what(bring: Bring) -> None:
    bring("accounts", {}, {}, actor="ana@quorum.example")
    with reading() as session:
        entry = session.execute(select(AuditEntry)).scalar_one()
    assert (entry.actor, entry.deed, entry.subject) == ("ana@quorum.example", "import accounts", "accounts.csv")
    assert entry.detail == {"rows": 2, "created": 1, "updated": 0, "unchanged": 0, "rejected": 1, "noted": 0}


def test_rejected_rows_come_back_with_their_reasons(bring: Bring, tmp_path: Path) -> None:
    bring("accounts", {})
    source = tmp_path / "contacts.csv"
    header = "Contact ID;Account Name;First Name;Phone;Note"
    rows = [
        "C1;Harbour Lights;Ada;+49 30 1234;-12.5",
        "C2;Harbour Lights;=1+1;+49 30 1234;-12.5",
        'C3;Nobody;"Two\nlines";-cmd|x;@here',
        "C4;Harbour Lights;too;many;cells;=here",
        "C5;short",
        'C6;Harbour Lights;"Bo" by;;',
    ]
    source.write_text("\n".join([header, *rows]), encoding="cp1252")
    target = tmp_path / "rejected.csv"
    result = import_contacts(source, rejected_to=target)
    assert counts(result) == (1, 0, 0, 5)
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    with target.open(encoding="utf-8-sig", newline="") as file:
        head, *back = list(csv.reader(file, delimiter=";"))
    assert head == [*header.split(";"), "Line", "Reason"]
    assert [row[:6] for row in back] == [
        ["C2", "Harbour Lights", "'=1+1", "+49 30 1234", "-12.5", "3"],
        ["C3", "Nobody", "Two\nlines", "'-cmd|x", "'@here", "4"],
        ["C4", "Harbour Lights", "too", "many", "cells", "6"],
        ["C5", "short", "", "", "", "7"],
        [rows[5], "", "", "", "", "8"],
    ]
    assert [row[6] for row in back] == [fault.reason for fault in result.first_faults]
    assert back[2][7:] == ["'=here"]
    assert target.stat().st_mode & 0o077 == 0, "it holds people, and is for whoever imported them"


def test_mended_rows_go_in_without_the_added_columns(bring: Bring, tmp_path: Path) -> None:
    bring("accounts", {})
    target = tmp_path / "rejected.csv"
    bring("contacts", {"Country": "ZZ", "Segment": "gold"}, rejected_to=target)
    target.write_text(target.read_text(encoding="utf-8-sig").replace(",ZZ,", ",DE,"), encoding="utf-8")
    again = tmp_path / "again.csv"
    assert counts(import_contacts(target, rejected_to=again)) == (1, 0, 0, 0)
    assert contact().attributes == {"Segment": "gold"}
    assert again.read_text(encoding="utf-8-sig").strip() == target.read_text().splitlines()[0]


def test_the_file_of_rejected_rows_is_whole_or_not_there(bring: Bring, tmp_path: Path) -> None:
    source = write_csv(tmp_path / "accounts.csv", [ACCOUNT])
    for target, sentence in [
        (source, "the file they come from"),
        (tmp_path, "a folder"),
        (tmp_path / "none" / "rejected.csv", "No such file or directory"),
    ]:
        with pytest.raises(QuorumError, match=sentence):
            import_accounts(source, rejected_to=target)
    assert everything()[0] == []


class StoppedError(BaseException):
    """As Ctrl-C, which comes at any moment."""


def test_an_import_that_is_stopped_leaves_nothing(bring: Bring, tmp_path: Path) -> None:
    def stop(done: int, size: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        bring("accounts", {}, progress=stop, rejected_to=tmp_path / "rejected.csv")
    assert everything()[0] == []
    assert [path.name for path in tmp_path.iterdir()] == ["accounts.csv"]
    assert counts(bring("accounts", {})) == (1, 0, 0, 0)


def test_a_file_that_cannot_be_used_changes_nothing(bring: Bring, tmp_path: Path) -> None:
    with pytest.raises(QuorumError, match="«Account Name»"):
        bring("accounts", {"Account ID": "A1"}, only=True)
    with pytest.raises(QuorumError, match="There is no file"):
        import_accounts(tmp_path / "none.csv")
    with pytest.raises(QuorumError, match="calls Parent Account «Konzern»"):
        bring("accounts", {}, mapping={"Konzern": "Parent Account"})
    assert everything() == [[], [], []]


def test_only_a_header_is_an_import_of_nothing(tmp_path: Path) -> None:
    assert counts(import_accounts(write_csv(tmp_path / "a.csv", [], list(ACCOUNT)))) == (0, 0, 0, 0)


def test_progress_reaches_the_end(bring: Bring, tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    bring("accounts", {}, progress=lambda done, size: said.append((done, size)))
    size = (tmp_path / "accounts.csv").stat().st_size
    assert said[-1] == (size, size)


def test_one_connection_serves_files_of_every_shape(bring: Bring) -> None:
    for _ in range(4):  # after five times psycopg prepares a query, and the server then holds it to its columns
        results = [bring("accounts", {}, {}), bring("contacts", {}, {}), bring("revenue", {"Account Name": "Nobody"})]
        assert [len(result.first_faults) for result in results] == [1, 1, 1]


def test_two_imports_at_once_take_turns(bring: Bring, tmp_path: Path) -> None:
    bring("accounts", {})
    people = write_csv(tmp_path / "people.csv", [CONTACT | {"Contact ID": f"C{number}"} for number in range(500)])
    both_have_read = threading.Barrier(2)
    results: list[ImportResult] = []

    def wait(done: int, size: int) -> None:
        if done == size:
            both_have_read.wait(timeout=30)

    threads = [
        threading.Thread(target=lambda: results.append(import_contacts(people, progress=once(wait)))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(map(counts, results)) == [(0, 0, 500, 0), (500, 0, 0, 0)]


def once(deed: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """Return `deed` as it acts when the last bytes are read, and not again."""
    acted: list[bool] = []

    def act(done: int, size: int) -> None:
        if done == size and not acted:
            acted.append(True)
            deed(done, size)

    return act
