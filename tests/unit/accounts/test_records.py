"""Rows out of files: which column is which, what rejects a row, what is only noted."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.accounts.columns import check_mapping, find_columns
from app.accounts.csv_files import open_csv
from app.accounts.kinds import ACCOUNTS, CONTACTS, REVENUE, Kind
from app.accounts.models import AccountStatus, ContactStatus, Level, RevenueType
from app.accounts.records import lay_out, read_rows
from app.accounts.rows import AccountRow, ContactRow, RevenueRow
from app.accounts.text import squashed
from app.core.errors import QuorumError
from tests.support.crm_files import ACCOUNT, CONTACT, REVENUE_LINE, write_csv

KINDS: list[Kind[Any]] = [ACCOUNTS, CONTACTS, REVENUE]
SAMPLES: dict[str, Mapping[str, str]] = {"accounts": ACCOUNT, "contacts": CONTACT, "revenue": REVENUE_LINE}


def one(folder: Path, kind: Kind[Any], row: Mapping[str, str], mapping: Mapping[str, str] | None = None) -> Any:
    """Read the only row of a file; returns it with its fault and note."""
    file = open_csv(write_csv(folder / "export.csv", [row]))
    (_, found, fault, note) = next(read_rows(file, lay_out(file, kind, mapping)))
    return found, fault, note


def test_an_account(tmp_path: Path) -> None:
    row, fault, note = one(tmp_path, ACCOUNTS, ACCOUNT | {"Parent Account": "Old  Harbour", "Region": "West"})
    assert (fault, note) == (None, None)
    assert row == AccountRow(
        external_id="A1",
        name="Harbour Lights",
        name_key="harbour lights",
        parent="Old  Harbour",
        parent_key="old harbour",
        industry="shipping",
        country="US",
        time_zone=None,
        manager_name="Ida Quill",
        manager_email="ida.quill@vendor.example",
        renewal_on=date(2027, 1, 23),
        review_on=None,
        annual_value=Decimal(440016),
        currency="USD",
        lifetime_value=Decimal(3520128),
        share_of_wallet=Decimal("0.72"),
        status=AccountStatus.ACTIVE,
        embargoed_until=None,
        attributes={"Region": "West"},
    )


def test_a_contact(tmp_path: Path) -> None:
    more = {"Pinned": "yes", "Open Case": "no", "Unanswered": "2", "Embargoed Until": "2026-12-01", "Shoe Size": "42"}
    row, fault, note = one(tmp_path, CONTACTS, CONTACT | more | {"Exclusion Reason": "asked by her boss"})
    assert (fault, note) == (None, None)
    assert row == ContactRow(
        external_id="C1",
        account_id=None,
        account_name="Harbour Lights",
        account_key="harbour lights",
        first_name="Ada",
        last_name="Byrne",
        email="ada@harbour.example",
        email_key="ada@harbour.example",
        job_title="VP Procurement",
        department="Procurement",
        level=Level.DECISION_MAKER,
        language="en",
        time_zone="America/Chicago",
        country="US",
        engagement_score=44,
        last_invited_on=date(2026, 2, 27),
        unanswered=2,
        status=ContactStatus.ACTIVE,
        pinned=True,
        exclusion_reason="asked by her boss",
        embargoed_until=date(2026, 12, 1),
        open_case=False,
        attributes={"Shoe Size": "42"},
    )


def test_a_revenue_line(tmp_path: Path) -> None:
    row, fault, _ = one(tmp_path, REVENUE, REVENUE_LINE | {"Revenue Amount": "€440,016.00", "Revenue Type": ""})
    assert fault is None
    assert row == RevenueRow(
        account_id=None,
        account_name="Harbour Lights",
        account_key="harbour lights",
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
        amount=Decimal(440016),
        currency="EUR",
        type=RevenueType.OTHER,
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_spelling_of_a_column_is_read(kind: Kind[Any]) -> None:
    own = {squashed(column) for column in kind.columns}
    others = [squashed(name) for also in kind.columns.values() for name in also]
    assert len(others) == len(set(others)), "one spelling, one column"
    assert not own & set(others)
    for column, also in kind.columns.items():
        for name in (column, column.upper(), column.replace(" ", "_"), column.replace(" ", ""), *also):
            assert find_columns([name], kind.columns, (), file="x.csv").known == {column: 0}


def test_our_own_name_goes_before_another_spelling() -> None:
    found = find_columns(["Id", "Contact ID"], CONTACTS.columns, (), file="x.csv")
    assert found == ({"Contact ID": 1}, {"Id": 0})


def test_two_other_spellings_are_not_guessed_between() -> None:
    with pytest.raises(QuorumError, match="«Mail» and «Work Email» could both be Email; say which with a mapping"):
        find_columns(["Mail", "Work Email"], CONTACTS.columns, (), file="x.csv")
    found = find_columns(["Mail", "Work Email"], CONTACTS.columns, (), mapping={"work email": "email"}, file="x.csv")
    assert found == ({"Email": 1}, {"Mail": 0})


def test_a_mapping_names_columns_in_any_language(tmp_path: Path) -> None:
    german = {"Kunde": "Harbour Lights", "Adresse": "ada@harbour.example"}
    row, fault, _ = one(tmp_path, CONTACTS, german, {"Kunde": "Account Name", "ADRESSE": "e-mail address"})
    assert fault is None
    assert (row.account_name, row.external_id) == ("Harbour Lights", "ada@harbour.example")


def test_a_mapping_that_leads_nowhere_is_refused() -> None:
    def found(mapping: dict[str, str]) -> dict[str, int]:
        check_mapping(mapping, CONTACTS.columns, ACCOUNTS.columns)
        return find_columns(["Kunde", "Email"], CONTACTS.columns, (), mapping=mapping, file="x.csv").known

    assert found({"kunde": "account_name", "Wert": "Annual Value"}) == {"Account Name": 0, "Email": 1}
    assert found({"Adresse": "Email"}) == {"Email": 1}, "another file has it under that name"
    with pytest.raises(QuorumError, match="a column «Shoe Size»; there are: Contact ID"):
        found({"Kunde": "Shoe Size"})
    with pytest.raises(QuorumError, match=r"calls Account Name «Firma», which is no column of x\.csv"):
        found({"Firma": "Account Name"})
    with pytest.raises(QuorumError, match="two columns for Email"):
        found({"Kunde": "Email", "Email": "Email"})


@pytest.mark.parametrize(
    ("kind", "without"),
    [
        (ACCOUNTS, ["Account Name"]),
        (CONTACTS, ["Account Name"]),
        (CONTACTS, ["Contact ID", "Email"]),
        (REVENUE, ["Revenue Start Date"]),
        (REVENUE, ["Revenue Amount"]),
    ],
)
def test_a_missing_column_is_named(kind: Kind[Any], without: list[str], tmp_path: Path) -> None:
    row = {column: cell for column, cell in SAMPLES[kind.name].items() if column not in without}
    with pytest.raises(QuorumError) as caught:
        one(tmp_path, kind, row)
    for part in ("export.csv", *without, *kind.columns[without[0]], *row, "mapping"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "changes", "reasons"),
    [
        (ACCOUNTS, {"Account Name": " "}, ["Account Name is empty"]),
        (ACCOUNTS, {"Annual Value": "1.234"}, ["Annual Value «1.234» can mean 1234 or 1.234"]),
        (ACCOUNTS, {"Annual Value": "€5"}, ["Annual Value «€5» is in EUR, but Currency is USD"]),
        (ACCOUNTS, {"Lifetime Value": "5 CHF", "Currency": ""}, ["is in CHF, but Currency is empty"]),
        (ACCOUNTS, {"Status": "married"}, ["Status «married» is none of: active, inactive, churned"]),
        (CONTACTS, {"Contact ID": "", "Email": ""}, ["neither Contact ID nor a valid Email"]),
        (CONTACTS, {"Contact ID": "", "Email": "ada@"}, ["neither Contact ID nor a valid Email"]),
        (CONTACTS, {"Account Name": ""}, ["Account Name is empty"]),
        (CONTACTS, {"Email": "=cmd@x.example"}, ["Email «=cmd@x.example» looks like a spreadsheet formula"]),
        (CONTACTS, {"Email": "a" * 400}, ["Email «aaaa", "has 400 characters (at most 320"]),
        (CONTACTS, {"Contact ID": "9" * 201}, ["Contact ID «9999", "at most 200"]),
        (
            CONTACTS,
            {"Last Invited": "2026-02-30", "Time Zone": "Mars/Olympus", "Engagement Score": "high", "Job Title": "=1"},
            ["Last Invited «2026-02-30»", "Time Zone «Mars", "Engagement Score «high»", "Job Title «=1»"],
        ),
        (CONTACTS, {"Language": "xx", "Account Name": ""}, ["Language «xx»", "Account Name is empty"]),
        (REVENUE, {"Revenue Start Date": ""}, ["Revenue Start Date is empty"]),
        (REVENUE, {"Revenue End Date": "2025-01-01"}, ["2025-01-01 is before Revenue Start Date 2026"]),
        (REVENUE, {"Revenue Amount": "", "Revenue Type": "gift"}, ["Revenue Amount is empty", "Revenue Type «gift»"]),
    ],
)
def test_a_row_is_rejected_with_all_its_faults(
    kind: Kind[Any], changes: dict[str, str], reasons: list[str], tmp_path: Path
) -> None:
    _, fault, note = one(tmp_path, kind, {**SAMPLES[kind.name], **changes})
    assert all(reason in fault for reason in reasons)
    assert fault.count("«") <= len(reasons)
    assert note is None


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        (ACCOUNTS, {"Annual Value": ""}, "no Annual Value, so the quota is unknown"),
        (CONTACTS, {"Email": ""}, "no Email, so this contact cannot be asked"),
        (CONTACTS, {"Email": "ada@"}, "Email «ada@» is no valid address, so this contact cannot be asked"),
        (CONTACTS, {"Job Level": "Wizard"}, "Job Level «Wizard» is not known; taken as unknown"),
        (CONTACTS, {"Job Level": "unknown"}, None),
        (CONTACTS, {"Job Level": " "}, None),
        (CONTACTS, {"First Name": "A\x07da\u200b", "Last Name": ""}, None),
    ],
)
def test_a_row_is_taken_with_a_note(
    kind: Kind[Any], changes: dict[str, str], expected: str | None, tmp_path: Path
) -> None:
    _, fault, note = one(tmp_path, kind, {**SAMPLES[kind.name], **changes})
    assert (fault, note) == (None, expected)


def test_a_column_that_is_not_there_is_no_cause_for_a_note(tmp_path: Path) -> None:
    assert one(tmp_path, ACCOUNTS, {"Account Name": "Harbour Lights"})[1:] == (None, None)
    assert one(tmp_path, CONTACTS, {"Account ID": "A1", "Contact ID": "C1"})[1:] == (None, None)


def test_who_has_no_id_is_known_by_address_or_name(tmp_path: Path) -> None:
    account, *_ = one(tmp_path, ACCOUNTS, ACCOUNT | {"Account ID": "", "Account Name": " Harbour  LIGHTS"})
    contact, *_ = one(tmp_path, CONTACTS, CONTACT | {"Contact ID": "", "Email": "Ada@HARBOUR.example"})
    assert (account.external_id, contact.external_id) == ("harbour lights", "ada@harbour.example")


def test_a_broken_record_says_so_and_has_no_row(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("Contact ID,Account Name\nC1\nC2,Harbour Lights\n")
    file = open_csv(path)
    broken, good = read_rows(file, lay_out(file, CONTACTS))
    assert broken == (2, None, "the row has 1 cells, the header has 2", None)
    assert good[0] == 3
    assert good[1] is not None
    assert good[1].external_id == "C2"
