"""What somebody in the house says of a contact stands until the CRM changes its own word."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.accounts.correcting import Values, correct, unheard
from app.accounts.models import (
    Account,
    Contact,
    ContactCorrection,
    ContactStatus,
    Level,
    Suppression,
    SuppressionReason,
)
from app.core.db import reading, transaction
from tests.integration.accounts.stored import Bring, contact, counts, everything


@pytest.fixture
def crm(bring: Bring) -> Bring:
    """A CRM that knows one contact, who is a decision maker there."""
    bring("accounts", {})
    bring("contacts", {})
    return bring


def say(external_id: str = "C1", **values: str | Level | ContactStatus | bool | None) -> None:
    with transaction() as session:
        found = session.execute(select(Contact).where(Contact.external_id == external_id)).scalar_one()
        given: Values = values
        correct(session, found, given, actor="ida@vendor.example")


def corrections() -> dict[str, str | None]:
    with reading() as session:
        return {each.field: each.crm_value for each in session.scalars(select(ContactCorrection))}


@pytest.mark.parametrize(
    ("field", "value", "column", "other"),
    [
        ("level", Level.USER, "Job Level", ("Influencer", Level.INFLUENCER)),
        ("email", "a.byrne@harbour.example", "Email", ("ada2@harbour.example", "ada2@harbour.example")),
        ("last_name", "Byrne-Hall", "Last Name", ("Hall", "Hall")),
        ("job_title", None, "Job Title", ("CFO", "CFO")),
        ("language", "pt-BR", "Language", ("de", "de")),
        ("status", ContactStatus.LEFT, "Status", ("Do not mail", ContactStatus.OPTED_OUT)),
    ],
)
def test_the_crm_wins_only_when_it_changed(
    crm: Bring, field: str, value: object, column: str, other: tuple[str, object]
) -> None:
    say(**{field: value})  # type: ignore[arg-type]  # one of the values a field takes
    before = everything()
    assert counts(crm("contacts", {})) == (0, 0, 1, 0)
    assert everything() == before
    assert getattr(contact(), field) == value
    assert counts(crm("contacts", {column: other[0]})) == (0, 1, 0, 0)
    assert (getattr(contact(), field), corrections()) == (other[1], {})
    crm("contacts", {})
    assert getattr(contact(), field) != value


def test_a_dry_run_tells_the_same_and_changes_no_word(crm: Bring) -> None:
    say(level=Level.USER)
    assert counts(crm("contacts", {"Job Level": "Influencer"}, dry_run=True)) == (0, 1, 0, 0)
    assert corrections() == {"level": "decision_maker"}
    assert counts(crm("contacts", {}, dry_run=True)) == (0, 0, 1, 0)


def test_an_import_without_the_column_says_nothing_about_it(crm: Bring) -> None:
    say(level=Level.USER, exclusion_reason="In a dispute")
    only = {"Contact ID": "C1", "Account Name": "Harbour Lights", "First Name": "Ada"}
    assert counts(crm("contacts", only, only=True)) == (0, 0, 1, 0)
    assert counts(crm("contacts", {"Exclusion Reason": "", "Pinned": "", "Status": ""})) == (0, 0, 1, 0)
    assert contact().exclusion_reason == "In a dispute"
    assert counts(crm("contacts", {"Exclusion Reason": "Asked us not to"})) == (0, 1, 0, 0)
    assert contact().exclusion_reason == "Asked us not to"


def test_the_crm_agreeing_ends_a_correction(crm: Bring) -> None:
    say(level=Level.USER)
    crm("contacts", {"Job Level": "User"})
    assert corrections() == {}
    crm("contacts", {"Job Level": "Influencer"})
    assert contact().level is Level.INFLUENCER


def test_going_back_to_the_crms_word_is_no_correction(crm: Bring) -> None:
    say(level=Level.USER)
    say(level=Level.INFLUENCER)
    assert corrections() == {"level": "decision_maker"}
    say(level=Level.DECISION_MAKER)
    assert corrections() == {}


def test_a_row_without_an_id_is_still_the_person_whose_address_was_corrected(crm: Bring) -> None:
    row = {"Contact ID": "", "Email": "bo@harbour.example"}
    crm("contacts", row)
    say("bo@harbour.example", email="bo.hill@harbour.example")
    assert counts(crm("contacts", row)) == (0, 0, 1, 0)
    assert contact("bo@harbour.example").email_key == "bo.hill@harbour.example"


def test_a_new_address_takes_the_persons_word_along_and_leaves_the_bounce_behind(crm: Bring) -> None:
    with transaction() as session:
        for reason in (SuppressionReason.HARD_BOUNCE, SuppressionReason.UNSUBSCRIBED):
            session.add(Suppression(email_key="ada@harbour.example", reason=reason))
    say(status=ContactStatus.SUPPRESSED)
    say(email="a.byrne@harbour.example")
    assert (contact().status, contact().email_key) == (ContactStatus.ACTIVE, "a.byrne@harbour.example")
    with reading() as session:
        known = session.scalars(select(Suppression.reason).where(Suppression.email_key == "a.byrne@harbour.example"))
        assert known.all() == [SuppressionReason.UNSUBSCRIBED]


def add_by_hand() -> None:
    with transaction() as session:
        account = session.scalars(select(Account.id)).one()
        key = "cy@harbour.example"
        made = Contact(account_id=account, external_id=key, email=key, email_key=key, last_name="Hall")
        made.level, made.nominated_at = Level.DECISION_MAKER, datetime.now(UTC)
        session.add(made)
        session.flush()
        unheard(session, made, actor="ida@vendor.example")


def test_who_was_added_by_hand_becomes_one_with_whom_the_crm_brings(crm: Bring) -> None:
    add_by_hand()
    before = contact("cy@harbour.example")
    crm("contacts", {})
    assert contact("cy@harbour.example").nominated_at is not None
    theirs = {"Contact ID": "C7", "Email": "Cy@Harbour.example", "Job Level": "User", "Last Name": "Hall"}
    assert counts(crm("contacts", theirs)) == (0, 1, 0, 0)
    merged = contact("C7")
    assert (merged.id, merged.nominated_at, merged.level) == (before.id, None, Level.DECISION_MAKER)
    assert merged.department == "Procurement"
    assert corrections()["level"] == "user"
    assert counts(crm("contacts", theirs)) == (0, 0, 1, 0)
    crm("contacts", theirs | {"Job Level": "Influencer"})
    assert contact("C7").level is Level.INFLUENCER
