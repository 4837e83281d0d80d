"""Which stored account or contact a row is, who is above whom, and which revenue line is which."""

from __future__ import annotations

from sqlalchemy import select, update

from app.accounts.models import Account, Contact, ContactStatus
from app.core.db import reading, transaction
from tests.integration.accounts.stored import Bring, account, contact, counts


def test_an_id_takes_over_who_came_without(bring: Bring) -> None:
    bring("accounts", {"Account ID": ""})
    bring("contacts", {"Contact ID": ""})
    with transaction() as session:
        session.execute(update(Contact).values(status=ContactStatus.OPTED_OUT))
    first = contact("ada@harbour.example")
    assert counts(bring("accounts", {})) == counts(bring("contacts", {})) == (0, 1, 0, 0)
    assert (contact("C1").id, contact("C1").status) == (first.id, ContactStatus.OPTED_OUT)
    assert account("A1").id == first.account_id


def test_who_comes_without_an_id_is_found_by_address_or_name(bring: Bring) -> None:
    bring("accounts", {})
    bring("contacts", {})
    assert counts(bring("accounts", {"Account ID": "", "Account Name": "HARBOUR  lights"})) == (0, 1, 0, 0)
    assert counts(bring("contacts", {"Contact ID": "", "First Name": "Eve"})) == (0, 1, 0, 0)
    assert (account("A1").name, contact("C1").first_name) == ("HARBOUR  lights", "Eve")


def test_one_address_of_several_contacts_is_not_guessed(bring: Bring) -> None:
    bring("accounts", {}, {"Account ID": "A2"})
    bring("contacts", {"Account ID": "A1"}, {"Contact ID": "C2", "Account ID": "A2"})
    result = bring("contacts", {"Contact ID": "", "Account ID": "A1"})
    assert [fault.reason for fault in result.first_faults] == [
        "Email «ada@harbour.example» is that of several contacts (give the Contact ID)"
    ]
    result = bring("accounts", {"Account ID": ""})
    assert [fault.reason for fault in result.first_faults] == [
        "Account Name «harbour lights» is that of several accounts (give the Account ID)"
    ]


def test_two_rows_of_one_stored_contact(bring: Bring) -> None:
    bring("accounts", {})
    bring("contacts", {})
    result = bring("contacts", {"Contact ID": "", "First Name": "Eve"}, {"First Name": "Ida"})
    assert counts(result) == (0, 1, 0, 1)
    assert result.first_faults[0][1:] == (3, "Contact ID «C1» is the same contact as on line 2")


def test_only_the_first_of_an_address_takes_over(bring: Bring) -> None:
    bring("accounts", {})
    bring("contacts", {"Contact ID": ""})
    first = contact("ada@harbour.example").id
    assert counts(bring("contacts", {}, {"Contact ID": "C2"})) == (1, 1, 0, 0)
    assert (contact("C1").id, contact("C2").id > first) == (first, True)


def parents() -> dict[str, str | None]:
    with reading() as session:
        rows = session.execute(select(Account)).scalars().all()
    ids = {row.id: row.external_id for row in rows}
    return {row.external_id: ids.get(row.parent_id or 0) for row in rows}


def test_a_parent_may_come_later_or_be_stored(bring: Bring) -> None:
    dock, quay = {"Account ID": "A2", "Account Name": "Dock"}, {"Account ID": "A3", "Account Name": "Quay"}
    bring("accounts", {"Parent Account": "Dock"}, dock | {"Parent Account": "A3"}, quay)
    assert parents() == {"A1": "A2", "A2": "A3", "A3": None}
    result = bring("accounts", {"Account ID": "A4", "Account Name": "Pier", "Parent Account": "harbour LIGHTS"})
    assert (counts(result), parents()["A4"]) == ((1, 0, 0, 0), "A1")
    assert counts(bring("accounts", {"Parent Account": ""})) == (0, 1, 0, 0)
    assert parents()["A1"] is None


def test_nobody_becomes_their_own_parent(bring: Bring) -> None:
    dock = {"Account ID": "A2", "Account Name": "Dock"}
    bring("accounts", {}, dock | {"Parent Account": "A1"})
    result = bring("accounts", {"Parent Account": "A2"})
    assert [note.reason for note in result.first_notes] == [
        "Parent Account «A2» would make the account its own parent; taken without"
    ]
    assert (counts(result), parents()) == ((0, 0, 1, 0), {"A1": None, "A2": "A1"})


def test_a_new_parent_for_a_stored_account_is_an_update(bring: Bring) -> None:
    bring("accounts", {})
    pier = {"Account ID": "A2", "Account Name": "Pier"}
    assert counts(bring("accounts", {"Parent Account": "Pier"}, pier)) == (1, 1, 0, 0)
    assert counts(bring("accounts", {"Parent Account": "Pier"}, pier)) == (0, 0, 2, 0)
    assert parents() == {"A1": "A2", "A2": None}


def test_a_rejected_row_is_nobodys_parent(bring: Bring) -> None:
    result = bring("accounts", {"Parent Account": "A2"}, {"Account ID": "A2", "Account Name": "", "Country": "ZZ"})
    assert [note.line for note in result.first_notes] == [2]
    assert parents() == {"A1": None}


def test_equal_lines_are_told_apart_by_amount(bring: Bring) -> None:
    bring("accounts", {})
    assert counts(bring("revenue", {"Revenue Amount": "5"}, {"Revenue Amount": "7"})) == (2, 0, 0, 0)
    assert counts(bring("revenue", {"Revenue Amount": "7"}, {"Revenue Amount": "5"})) == (0, 0, 2, 0)


def test_another_currency_than_the_accounts_is_rejected(bring: Bring) -> None:
    bring("accounts", {}, {"Account ID": "A2", "Account Name": "Quay", "Currency": ""})
    result = bring("revenue", {"Revenue Amount": "€5"}, {"Revenue Amount": "€5", "Account Name": "Quay"})
    assert [fault.reason for fault in result.first_faults] == ["Revenue Amount is in EUR, but the account is in USD"]
    assert result.created == 1


def test_a_thousand_equal_lines_are_enough(bring: Bring) -> None:
    bring("accounts", {})
    result = bring("revenue", *[{} for _ in range(1003)])
    assert counts(result) == (1000, 0, 0, 3)
    assert "more than a thousand lines" in result.first_faults[0].reason


def test_an_unknown_account_is_named(bring: Bring) -> None:
    bring("accounts", {})
    result = bring("revenue", {"Account Name": "Nobody", "Revenue Type": "gift"})
    assert "Revenue Type «gift»" in result.first_faults[0].reason
    assert "Account Name «Nobody» is no account" in result.first_faults[0].reason
