"""Two files held against each other without a database."""

from pathlib import Path

import pytest

from app.accounts.models import ContactStatus, Level
from app.accounts.roster import Roster, load_roster
from app.core.errors import QuorumError
from tests.support.crm_files import ACCOUNT, CONTACT, write_csv


def load(folder: Path, accounts: list[dict[str, str]], contacts: list[dict[str, str]]) -> Roster:
    return load_roster(
        write_csv(folder / "accounts.csv", [ACCOUNT | row for row in accounts]),
        write_csv(folder / "contacts.csv", [CONTACT | row for row in contacts]),
    )


def test_contacts_stand_under_their_account(tmp_path: Path) -> None:
    roster = load(
        tmp_path,
        [{}, {"Account ID": "A2", "Account Name": "Ölmühle"}],
        [{}, {"Contact ID": "C2", "Email": "bo@x.example", "Account Name": "ÖLMÜHLE", "Status": "", "Job Level": ""}],
    )
    assert [row.external_id for row in roster.accounts] == ["A1", "A2"]
    ids = {account: [row.external_id for row in rows] for account, rows in roster.contacts.items()}
    assert ids == {"A1": ["C1"], "A2": ["C2"]}
    bo = roster.contacts["A2"][0]
    assert (bo.status, bo.level, bo.unanswered, bo.pinned, bo.open_case) == (
        ContactStatus.ACTIVE,
        Level.UNKNOWN,
        0,
        False,
        False,
    )
    assert roster.rejected == roster.noted == []


def test_an_id_that_came_before_is_rejected_and_names_the_line(tmp_path: Path) -> None:
    roster = load(tmp_path, [{}, {"Account Name": "Other"}], [{"Language": "xx"}, {}, {}])
    assert roster.rejected == [
        ("accounts.csv", 3, "Account ID «A1» is the same account as on line 2"),
        ("contacts.csv", 2, "Language «xx» is no language (write its ISO code, such as en or pt-BR)"),
        ("contacts.csv", 4, "Contact ID «C1» is the same contact as on line 3"),
    ]


def test_without_ids_names_and_addresses_come_only_once(tmp_path: Path) -> None:
    roster = load(
        tmp_path,
        [{"Account ID": ""}, {"Account ID": "", "Account Name": "HARBOUR  lights"}],
        [{"Contact ID": ""}, {"Contact ID": "", "Email": "ADA@harbour.example "}],
    )
    assert roster.rejected == [
        ("accounts.csv", 3, "Account Name «harbour lights» is the same account as on line 2"),
        ("contacts.csv", 3, "Email «ada@harbour.example» is the same contact as on line 2"),
    ]


def test_an_unknown_account_rejects_with_the_other_faults(tmp_path: Path) -> None:
    roster = load(tmp_path, [{}], [{"Account Name": "Nobody", "Country": "ZZ"}])
    assert [fault.reason for fault in roster.rejected] == [
        "Country «ZZ» is no country (write its ISO code, such as US or DE); "
        "Account Name «Nobody» is no account that is known (import accounts first)"
    ]


def test_a_name_that_two_accounts_bear_is_not_guessed(tmp_path: Path) -> None:
    roster = load(tmp_path, [{}, {"Account ID": "A2"}], [{}, {"Contact ID": "C2", "Account ID": "A2"}])
    assert roster.rejected == [
        ("contacts.csv", 2, "Account Name «Harbour Lights» is that of several accounts (give the Account ID)")
    ]
    assert [row.external_id for row in roster.contacts["A2"]] == ["C2"]


def test_a_shared_address_is_noted(tmp_path: Path) -> None:
    roster = load(tmp_path, [{}], [{}, {"Contact ID": "C2", "Email": " ADA@harbour.example"}])
    assert roster.noted == [("contacts.csv", 3, "Email is also that of line 2, and only one of the two can be asked")]


def test_parents_that_are_not_there_are_noted(tmp_path: Path) -> None:
    roster = load(
        tmp_path,
        [
            {"Parent Account": "Mill"},
            {"Account ID": "A2", "Account Name": "Mill", "Parent Account": "A1"},
            {"Account ID": "A3", "Account Name": "Quay", "Parent Account": "Nobody"},
            {"Account ID": "A4", "Account Name": "Quay", "Parent Account": "Quay"},
            {"Account ID": "A5", "Account Name": "Dock", "Parent Account": "A4"},
        ],
        [{}],
    )
    assert [(fault.line, fault.reason) for fault in roster.noted] == [
        (2, "Parent Account «Mill» would make the account its own parent; taken without"),
        (3, "Parent Account «A1» would make the account its own parent; taken without"),
        (4, "Parent Account «Nobody» is no account that is known; taken without"),
        (5, "Parent Account «Quay» is the name of several accounts (give the Account ID); taken without"),
    ]
    assert [row.parent for row in roster.accounts] == [None, None, None, None, "A4"]


def test_a_mapping_may_serve_one_file_or_the_other(tmp_path: Path) -> None:
    accounts = write_csv(tmp_path / "accounts.csv", [{"Kunde": "Mill", "Wert": "5"}])
    contacts = write_csv(tmp_path / "contacts.csv", [{"Kunde": "Mill", "Adresse": "bo@x.example"}])
    mapping = {"Kunde": "Account Name", "Wert": "Annual Value", "Adresse": "Email"}
    roster = load_roster(accounts, contacts, mapping=mapping)
    assert [row.email for row in roster.contacts["mill"]] == ["bo@x.example"]
    assert roster.accounts[0].annual_value == 5
    with pytest.raises(QuorumError, match="calls Industry «Firma»"):
        load_roster(accounts, contacts, mapping=mapping | {"Firma": "Industry"})


def test_progress_comes_to_its_end(tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    accounts, contacts = write_csv(tmp_path / "a.csv", [ACCOUNT]), write_csv(tmp_path / "c.csv", [CONTACT])
    load_roster(accounts, contacts, progress=lambda done, size: said.append((done, size)))
    sizes = [accounts.stat().st_size, contacts.stat().st_size]
    assert [size for done, size in said if done == size][-1] == sizes[1]
    assert {size for _, size in said} == set(sizes)
