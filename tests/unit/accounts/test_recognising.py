"""Which kind of file a header belongs to, and what its columns stand for."""

from __future__ import annotations

import pytest

from app.accounts.columns import ATTRIBUTE, LEFT_OUT, find_columns
from app.accounts.kinds import CONTACTS
from app.accounts.recognising import choices, columns_fault, kind_of, meanings, named
from app.core.errors import QuorumError
from tests.support.crm_files import ACCOUNT_HEADER, CONTACT_HEADER, REVENUE_HEADER


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (ACCOUNT_HEADER, "accounts"),
        (CONTACT_HEADER, "contacts"),
        (REVENUE_HEADER, "revenue"),
        (("company", "Annual_Value", "Owner", "Line", "Reason"), "accounts"),
        (("E-Mail", "Vorname", "Company", "Title"), "contacts"),
        (("Kunde", "Umsatz"), None),
        (("Account Name",), "accounts"),  # each of them has it, and one needs nothing else
        (("Mail",), None),
        ((), None),
    ],
)
def test_the_columns_tell_what_a_file_holds(header: tuple[str, ...], kind: str | None) -> None:
    assert kind_of(header) == kind


def test_what_a_column_stands_for_is_told_and_can_be_said() -> None:
    header = ("Kunde", "Email", "ID", "Shoe Size", "Birthday")
    assert columns_fault(header, "contacts", {}, "people.csv") is not None
    assert meanings(header, "contacts", {}) == {
        "Kunde": ATTRIBUTE,
        "Email": "Email",
        "ID": "Contact ID",
        "Shoe Size": ATTRIBUTE,
        "Birthday": ATTRIBUTE,
    }
    mapping, faults = named(header, "contacts", ["Account Name", "Email", ATTRIBUTE, ATTRIBUTE, LEFT_OUT])
    assert mapping == {"Kunde": "Account Name", "ID": ATTRIBUTE, "Birthday": LEFT_OUT}
    assert not faults
    assert columns_fault(header, "contacts", mapping, "people.csv") is None
    assert meanings(header, "contacts", mapping)["ID"] == ATTRIBUTE
    found = find_columns(header, CONTACTS.columns, CONTACTS.required, mapping=mapping, file="people.csv")
    assert found.known == {"Account Name": 0, "Email": 1}
    assert found.attributes == {"ID": 2, "Shoe Size": 3}


def test_two_columns_cannot_stand_for_the_same() -> None:
    header = ("Email", "Work Email", "Company")
    both = (*header, "Title", "Position")
    assert "«Title» and «Position» could both be" in str(columns_fault(both, "contacts", {}, "people.csv"))
    _, faults = named(header, "contacts", ["Email", "Email", "Account Name"])
    assert set(faults) == {1}
    assert "«Email» is Email already" in faults[1]
    _, faults = named(header, "contacts", ["Email", "no such column", "Account Name"])
    assert not faults  # what nobody offered is left to the header


def test_revenue_has_no_attributes() -> None:
    assert ATTRIBUTE not in dict(choices("revenue"))
    assert ATTRIBUTE in dict(choices("contacts"))
    assert meanings(("Account", "Zebra"), "revenue", {})["Zebra"] == LEFT_OUT


def test_a_column_set_aside_is_not_taken_for_another() -> None:
    both = ("Email", "Company", "Customer")
    with pytest.raises(QuorumError, match="could both be Account Name"):
        find_columns(both, CONTACTS.columns, CONTACTS.required, file="people.csv")
    mapping = {"Customer": LEFT_OUT}
    found = find_columns(both, CONTACTS.columns, CONTACTS.required, mapping=mapping, file="people.csv")
    assert (found.known["Account Name"], found.attributes) == (1, {})
