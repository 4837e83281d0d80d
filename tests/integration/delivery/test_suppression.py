"""The suppression list: reasons of their own, files in and out, people freed for a written reason, in step with SES."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from app.accounts.importing import import_accounts, import_contacts
from app.accounts.models import SuppressionReason
from app.campaigns.planning import plan_wave
from app.core.db import reading, transaction
from app.core.errors import NotFound, QuorumError, Refused
from app.delivery.suppressing import Entry, add, entries, lift, said_no_meanwhile, suppress
from app.delivery.suppression_files import export_suppressions, import_suppressions
from app.delivery.suppression_syncing import lift_everywhere, sync
from app.delivery.transports.ses.client import forget
from app.delivery.unsubscribing import unsubscribe
from tests.support.company import Person, add_account, draft
from tests.support.fake_ses import FakeSes
from tests.support.receipts import claimed, row, rows, suppressed
from tests.support.settings import settings

pytestmark = pytest.mark.usefixtures("database")
COMPLAINT, BOUNCE, NO = SuppressionReason.COMPLAINT, SuppressionReason.HARD_BOUNCE, SuppressionReason.UNSUBSCRIBED
BRAND = """
    INSERT INTO brand (key, name, sender_name, sender_address, reply_to, postal_address, colour, footer, is_default)
    SELECT key, key, key, 'a@b.example', 'a@b.example', 'Street', '#1f2937', '', key = 'north'
    FROM unnest(ARRAY['north', 'south']) key
"""


def listed(*given: Entry) -> None:
    with transaction() as session:
        suppress(session, given)


def status(address: str) -> str:
    return str(row("SELECT status FROM contact WHERE email_key = :a", a=address)["status"])


def test_lifting_needs_a_reason_and_is_on_record() -> None:
    listed(Entry("ann@company.example", BOUNCE), Entry("ann@company.example", COMPLAINT))
    with pytest.raises(Refused, match="why"):
        lift("ann@company.example", why="  ", actor="ada")
    with pytest.raises(NotFound):
        lift("bob@company.example", why="a new mailbox", actor="ada")
    with pytest.raises(QuorumError, match="not a mail address"):
        lift("bob", why="a new mailbox", actor="ada")
    assert lift("Ann@Company.example", why="a new mailbox", actor="ada", reasons=[BOUNCE]) == [BOUNCE]
    assert suppressed() == [("ann@company.example", "*", "complaint")]
    kept = row("SELECT actor, subject, detail FROM audit_entry WHERE deed = 'suppression.lifted'")
    assert (kept["actor"], kept["subject"]) == ("ada", "ann@company.example")
    assert kept["detail"] == {"reasons": ["hard_bounce (*)"], "why": "a new mailbox"}


@pytest.mark.parametrize(
    ("reason", "held", "freed"),
    [(BOUNCE, "suppressed", "active"), (NO, "opted_out", "active"), (BOUNCE, "opted_out", "opted_out")],
)
def test_lifting_frees_whom_nothing_else_holds(reason: SuppressionReason, held: str, freed: str) -> None:
    add_account("A1", 1000, [Person("P1")])
    with transaction() as session:
        session.execute(text(f"UPDATE contact SET status = '{held}'"))
    listed(Entry("p1@company.example", reason))
    lift("p1@company.example", why="she asked for it", actor="ada")
    assert status("p1@company.example") == freed


def test_a_second_reason_goes_on_holding() -> None:
    add_account("A1", 1000, [Person("P1")])
    with transaction() as session:
        session.execute(text("UPDATE contact SET status = 'suppressed'"))
    listed(Entry("p1@company.example", BOUNCE), Entry("p1@company.example", COMPLAINT))
    lift("p1@company.example", why="a new mailbox", actor="ada", reasons=[BOUNCE])
    assert status("p1@company.example") == "suppressed"


def test_an_address_is_added_by_hand_once_and_for_brands_there_are() -> None:
    assert add("Ann@Company.example", actor="ada", detail="on the phone")
    assert not add("ann@company.example", actor="ada")
    with pytest.raises(NotFound, match="no brand"):
        add("ann@company.example", actor="ada", scope="north")
    with reading() as session:
        (one,) = entries(session, limit=10, search="ANN@")
        assert (one["email_key"], one["reason"], one["detail"], one["total"]) == (
            "ann@company.example",
            SuppressionReason.BY_HAND,
            "on the phone",
            1,
        )
        assert entries(session, limit=10, reason=COMPLAINT) == entries(session, limit=10, scope="north") == []


def test_what_was_exported_comes_back_as_it_was(tmp_path: Path) -> None:
    since = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    for reason in SuppressionReason:
        listed(Entry(f"{reason.value.replace('_', '')}@company.example", reason, "*", "said, «no»", since))
    listed(Entry("=sum@company.example", BOUNCE), Entry("+49@company.example", NO, detail="=1+1"))
    out = io.StringIO()
    assert export_suppressions(out) == 7
    assert "\n=sum" not in out.getvalue()
    before = rows("SELECT email_key, scope, reason::text, detail FROM suppression ORDER BY 1, 2, 3")
    with transaction() as session:
        session.execute(text("DELETE FROM suppression"))
    path = tmp_path / "list.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    assert import_suppressions(path, actor="ada") == (7, 7, 0, [])
    assert rows("SELECT email_key, scope, reason::text, detail FROM suppression ORDER BY 1, 2, 3") == before
    assert rows("SELECT DISTINCT since_at FROM suppression WHERE detail = 'said, «no»'") == [(since,)]
    assert import_suppressions(path, actor="ada") == (7, 0, 7, [])


def test_a_file_as_others_write_it(tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text(
        "E-mail Address;Suppression Reason;Created\n"
        "Ann@Company.example;Spam complaint;2026-01-02T03:04:05Z\n"
        "bob@company.example;gone fishing;\n"
        "nobody;Bounce;\n"
        "cid@company.example;Bounce;soon\n"
        "dan@company.example;;\n",
        encoding="utf-8",
    )
    tried = import_suppressions(path, actor="ada", dry_run=True)
    assert suppressed() == []
    outcome = import_suppressions(path, actor="ada")
    assert outcome == tried
    assert (outcome.rows, outcome.added, outcome.known) == (5, 3, 0)
    assert [line for line, _ in outcome.rejected] == [4, 5]
    assert suppressed() == [
        ("ann@company.example", "*", "complaint"),
        ("bob@company.example", "*", "by_hand"),
        ("dan@company.example", "*", "by_hand"),
    ]
    assert rows("SELECT detail FROM suppression WHERE email_key LIKE 'bob%'") == [("gone fishing",)]


def test_a_file_without_addresses_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    path.write_text("Reason\nBounce\n", encoding="utf-8")
    with pytest.raises(QuorumError, match="Email"):
        import_suppressions(path, actor="ada")


def test_a_plan_leaves_out_who_said_no_to_its_brand_and_to_no_other() -> None:
    add_account("A1", 1_000_000_000, [Person(f"P{number}") for number in range(4)])
    with transaction() as session:
        session.execute(text(BRAND))
    for number, scope in enumerate(("north", "south", "*")):
        listed(Entry(f"p{number}@company.example", NO, scope))
    listed(Entry("p0@company.example", BOUNCE))
    wave_id = draft("north")
    plan_wave(wave_id, actor="test")
    found = rows(
        "SELECT c.external_id, d.reason::text FROM decision d JOIN contact c ON c.id = d.contact_id ORDER BY 1"
    )
    assert found == [("P0", "opted_out"), ("P1", None), ("P2", "opted_out"), ("P3", None)]


def test_a_claimed_mail_whose_reader_says_no_does_not_leave() -> None:
    one, two, three, four, *others = claimed()
    assert said_no_meanwhile([one.id, two.id]) == set()
    unsubscribe(one.invitation_id)
    listed(Entry(two.recipient, COMPLAINT), Entry(three.recipient, NO, "elsewhere"))
    assert said_no_meanwhile([mail.id for mail in (one, two, three, four)]) == {one.id, two.id}
    assert said_no_meanwhile([mail.id for mail in others]) == set()


CONTACTS = "Contact ID,Email,Account ID,Status\n"


def bring(folder: Path, *contacts: str, header: str = CONTACTS) -> None:
    accounts = folder / "accounts.csv"
    accounts.write_text("Account ID,Account Name\nA1,Company\n", encoding="utf-8")
    import_accounts(accounts)
    path = folder / "contacts.csv"
    path.write_text(header + "\n".join(contacts) + "\n", encoding="utf-8")
    import_contacts(path)


def test_a_corrected_address_frees_whoever_was_held_back_for_the_old_one(tmp_path: Path) -> None:
    bring(tmp_path, "C1,old@company.example,A1,Bounced", "C2,two@company.example,A1,Bounced")
    assert status("old@company.example") == "suppressed"
    assert suppressed() == [("old@company.example", "*", "by_hand"), ("two@company.example", "*", "by_hand")]
    bring(tmp_path, "C1,new@company.example,A1", header="Contact ID,Email,Account ID\n")
    assert status("new@company.example") == "active"
    bring(tmp_path, "C2,two@company.example,A1,Active")
    assert status("two@company.example") == "suppressed"
    assert ("new@company.example", "*", "by_hand") not in suppressed()


def test_what_a_person_said_follows_them_to_another_address(tmp_path: Path) -> None:
    bring(tmp_path, "C1,old@company.example,A1,Active", "C2,two@company.example,A1,Active")
    listed(Entry("old@company.example", COMPLAINT), Entry("old@company.example", BOUNCE))
    listed(Entry("two@company.example", NO, "north"))
    bring(tmp_path, "C1,new@company.example,A1,Active", "C2,zwei@company.example,A1,Active")
    assert set(suppressed()) == {
        ("old@company.example", "*", "complaint"),
        ("old@company.example", "*", "hard_bounce"),
        ("new@company.example", "*", "complaint"),
        ("two@company.example", "north", "unsubscribed"),
        ("zwei@company.example", "north", "unsubscribed"),
    }


@pytest.fixture
def aws(fake_ses: FakeSes, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSes]:
    for name, value in fake_ses.environment().items():
        monkeypatch.setenv(name, value)
    forget()
    yield fake_ses
    forget()


def test_our_list_and_that_of_ses_come_in_step(database: str, aws: FakeSes) -> None:
    given = settings(database, mail_transport="ses")
    listed(
        Entry("bounced@company.example", BOUNCE),
        Entry("complained@company.example", COMPLAINT),
        Entry("complained@company.example", BOUNCE),
        Entry("unsubscribed@company.example", NO),
    )
    assert sync(given, actor="ada") == (0, 2)
    assert {name: one["Reason"] for name, one in aws.suppressed().items()} == {
        "bounced@company.example": "BOUNCE",
        "complained@company.example": "COMPLAINT",
    }
    with transaction() as session:
        session.execute(text("DELETE FROM suppression"))
    aws.fault("error", status=429, code="TooManyRequestsException", operation="ListSuppressedDestinations")
    assert sync(given, actor="ada") == (2, 0)
    assert sync(given, actor="ada") == (0, 0)
    assert suppressed() == [
        ("bounced@company.example", "*", "hard_bounce"),
        ("complained@company.example", "*", "complaint"),
    ]
    lift_everywhere(given, "bounced@company.example", why="the server is back", actor="ada")
    assert list(aws.suppressed()) == ["complained@company.example"]
    assert sync(given, actor="ada") == (0, 0)


def test_when_ses_does_not_serve_us_the_address_stays_on_the_list(database: str, aws: FakeSes) -> None:
    given = settings(database, mail_transport="ses")
    listed(Entry("ann@company.example", BOUNCE))
    aws.fault("error", status=403, code="AccessDeniedException", operation="DeleteSuppressedDestination")
    with pytest.raises(QuorumError, match="AccessDenied"):
        lift_everywhere(given, "ann@company.example", why="a new mailbox", actor="ada")
    assert suppressed() == [("ann@company.example", "*", "hard_bounce")]
    with pytest.raises(Refused, match="MAIL_TRANSPORT"):
        sync(settings(database), actor="ada")
