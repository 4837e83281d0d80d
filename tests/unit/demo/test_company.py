"""The sample company comes in without a fault, looks like a real CRM, and shows every case the engine knows."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from app.accounts.csv_files import open_csv
from app.accounts.kinds import REVENUE
from app.accounts.models import AccountStatus, Level, RevenueType
from app.accounts.records import lay_out, read_rows
from app.accounts.roster import Roster, load_roster
from app.accounts.rows import AccountRow, ContactRow, RevenueRow
from app.demo.company import CompanyFiles, write_company
from app.sampling.eligibility import ContactRules, Person, Reason, exclusion
from app.sampling.quota import required_contacts
from tests.unit.demo.conftest import TODAY


def revenue_lines(path: Path) -> list[RevenueRow]:
    """Read the revenue file as the import does; a faulty row fails the test that asked for it."""
    file = open_csv(path)
    read = list(read_rows(file, lay_out(file, REVENUE)))
    assert [(line, fault) for line, _, fault, _ in read if fault] == []
    return [row for _, row, _, _ in read if row]


@pytest.fixture(scope="module")
def roster(files: CompanyFiles) -> Roster:
    return load_roster(files.accounts, files.contacts)


@pytest.fixture(scope="module")
def accounts(roster: Roster) -> dict[str, AccountRow]:
    return {row.name: row for row in roster.accounts}


@pytest.fixture(scope="module")
def staff(roster: Roster) -> dict[str, list[ContactRow]]:
    """The contacts by the name of their account."""
    return {row.name: roster.contacts[row.external_id] for row in roster.accounts}


@pytest.fixture(scope="module")
def contacts(staff: dict[str, list[ContactRow]]) -> list[ContactRow]:
    return [row for rows in staff.values() for row in rows]


@pytest.fixture(scope="module")
def revenue(files: CompanyFiles) -> dict[str, list[RevenueRow]]:
    by_account = defaultdict(list)
    for row in revenue_lines(files.revenue):
        by_account[row.account_name].append(row)
    return by_account


def test_same_day_and_seed_same_bytes_and_another_seed_other_people(files: CompanyFiles, tmp_path: Path):
    for name in ("again", "other"):
        (tmp_path / name).mkdir()
    again = write_company(tmp_path / "again", today=TODAY, seed=7)
    other = write_company(tmp_path / "other", today=TODAY, seed=8)
    for first, second, third in zip(files, again, other, strict=True):
        assert first.read_bytes() == second.read_bytes()
        assert first.read_bytes() != third.read_bytes()


@pytest.mark.parametrize(("today", "seed"), [(date(2028, 2, 29), 7), (date(2027, 12, 31), 1), (date(2026, 3, 1), 2)])
def test_no_row_is_rejected_on_any_day_and_notes_are_few(tmp_path: Path, today: date, seed: int):
    written = write_company(tmp_path, today=today, seed=seed)
    roster = load_roster(written.accounts, written.contacts)
    assert roster.rejected == []
    assert len(roster.noted) == 6
    assert {row.account_name for row in revenue_lines(written.revenue)} == {row.name for row in roster.accounts}


def test_the_headers_are_those_of_a_crm(files: CompanyFiles):
    accounts, contacts, revenue = (path.read_text(encoding="utf-8").partition("\n")[0].strip() for path in files)
    assert accounts == (
        "Account ID,Account Name,Parent Account,Industry,Country,Account Manager,Account Manager Email,Renewal Date,"
        "Annual Value,Currency,Lifetime Value,Share of Wallet,Status"
    )
    assert contacts == (
        "Contact ID,First Name,Last Name,Email,Account Name,Job Title,Department,Job Level,Language,Time Zone,"
        "Country,Engagement Score,Last Invited,Status,Unanswered,Pinned,Exclusion Reason,Embargoed Until,Open Case"
    )
    assert revenue == "Account Name,Revenue Start Date,Revenue End Date,Revenue Amount,Revenue Type"


def test_accounts_span_every_size_and_place(accounts: dict[str, AccountRow]):
    values = sorted((row.annual_value for row in accounts.values() if row.annual_value is not None), reverse=True)
    assert len(accounts) == 90
    assert len(values) == 89
    assert 4_000_000 < values[0] < 7_000_000
    assert sum(value > 3_000_000 for value in values) == 6
    assert sum(value < 1_000 for value in values) == 4
    assert Decimal(40_000) < values[len(values) // 2] < Decimal(200_000)
    assert len({row.country for row in accounts.values()}) == 16
    assert len({row.industry for row in accounts.values()}) == 10
    assert len({row.manager_email for row in accounts.values()}) == 8
    assert Counter(row.currency for row in accounts.values()) == {"USD": 89, "EUR": 1}
    assert Counter(row.status for row in accounts.values()) == {
        AccountStatus.ACTIVE: 87,
        AccountStatus.CHURNED: 2,
        AccountStatus.INACTIVE: 1,
    }
    shares = [row.share_of_wallet for row in accounts.values()]
    assert 20 <= shares.count(None) <= 45


def test_groups_have_parents_that_exist_one_of_them_two_steps_up(accounts: dict[str, AccountRow]):
    parents = {row.name: row.parent for row in accounts.values() if row.parent}
    assert set(parents.values()) <= accounts.keys()
    assert len(set(parents.values()) - parents.keys()) == 4
    assert set(parents.values()) & parents.keys()


def test_a_dozen_renewals_are_due_within_120_days(accounts: dict[str, AccountRow]):
    renewals = [row.renewal_on for row in accounts.values() if row.status is AccountStatus.ACTIVE]
    assert all(TODAY < day < TODAY + timedelta(days=366) for day in renewals)
    assert sum(day <= TODAY + timedelta(days=120) for day in renewals) == 12


def test_revenue_lines_add_up_to_the_account(accounts: dict[str, AccountRow], revenue: dict[str, list[RevenueRow]]):
    for name, account in accounts.items():
        yearly = [line for line in revenue[name] if line.type is RevenueType.ARR]
        paid = sum(line.amount for line in revenue[name])
        assert account.lifetime_value >= paid
        if account.annual_value is None:
            assert not yearly
            continue
        assert len(yearly) in (2, 3)
        assert yearly[-1].amount == account.annual_value <= account.lifetime_value
        assert all(later.starts_on - line.ends_on == timedelta(days=1) for line, later in pairwise(yearly))
        if account.status is AccountStatus.ACTIVE:
            assert yearly[-1].starts_on <= TODAY <= yearly[-1].ends_on
            assert yearly[-1].ends_on + timedelta(days=1) == account.renewal_on
    assert sum(line.type is RevenueType.ONE_TIME for lines in revenue.values() for line in lines) > 10


def test_decision_making_units_have_the_gaps_that_real_ones_have(
    accounts: dict[str, AccountRow], staff: dict[str, list[ContactRow]]
):
    levels = {name: Counter(row.level for row in staff[name]) for name in accounts}
    valued = {name: row.annual_value for name, row in accounts.items() if row.annual_value is not None}
    big = [name for name, value in valued.items() if value > 1_000_000]
    assert sum(15 <= len(staff[name]) <= 30 for name in big) == len(big) - 2
    assert all(1 <= len(staff[name]) <= 4 for name, value in valued.items() if value < 10_000)
    assert sum(not levels[name][Level.DECISION_MAKER] for name in big) >= 2
    assert sum(levels[name].keys() == {Level.UNKNOWN} for name in accounts) == 3
    short = [name for name, value in valued.items() if len(staff[name]) < (required_contacts(value) or 0)]
    assert len(short) == 4
    total = Counter(row.level for rows in staff.values() for row in rows)
    assert total[Level.USER] > total[Level.INFLUENCER] > total[Level.DECISION_MAKER] > total[Level.UNKNOWN] > 30


def test_people_are_many_and_from_everywhere(contacts: list[ContactRow]):
    assert len(contacts) == 1000
    languages = Counter(row.language for row in contacts)
    assert languages.most_common(2)[0][0] == "en"
    assert 0.2 < languages["de"] / 1000 < 0.35
    assert len(languages) >= 8
    assert len({row.time_zone for row in contacts}) >= 16
    assert len({row.department for row in contacts if row.department}) == 8
    assert sum(not f"{row.first_name}{row.last_name}".isascii() for row in contacts) > 300
    assert 60 < sum(row.engagement_score is None for row in contacts) < 200
    assert 400 < sum(row.last_invited_on is None for row in contacts) < 600


def test_no_address_can_reach_a_person(accounts: dict[str, AccountRow], contacts: list[ContactRow]):
    addresses = [row.email for row in contacts if row.email] + [row.manager_email for row in accounts.values()]
    assert all(address.isascii() and address.casefold().endswith(".example") for address in addresses)


def test_every_reason_not_to_ask_somebody_occurs(accounts: dict[str, AccountRow], contacts: list[ContactRow]):
    keepers: dict[str, str] = {}
    for row in contacts:
        keepers.setdefault(row.email_key or row.external_id, row.external_id)
    reasons = Counter(
        exclusion(
            person(row, duplicate=keepers[row.email_key or row.external_id] != row.external_id),
            today=TODAY,
            rules=ContactRules(),
            account_active=accounts[row.account_name].status is AccountStatus.ACTIVE,
        )
        for row in contacts
    )
    for reason in set(Reason) - {Reason.OPEN_INVITATION, Reason.NOT_NEEDED}:
        assert reasons[reason] >= 2, reason
    assert reasons[Reason.CONTACTED_RECENTLY] > 50
    assert reasons[None] > 700
    assert sum(bool(row.pinned) for row in contacts) > 3
    assert "In the middle of a contract negotiation" in {row.exclusion_reason for row in contacts}


def person(row: ContactRow, *, duplicate: bool) -> Person:
    return Person(
        id=row.external_id,
        level=row.level,
        status=row.status,
        last_invited_on=row.last_invited_on,
        deliverable=row.email_key is not None,
        duplicate=duplicate,
        exclusion_reason=row.exclusion_reason,
        embargoed_until=row.embargoed_until,
        open_case=bool(row.open_case),
    )


def test_nobody_shares_an_address_but_the_doubles(contacts: list[ContactRow]):
    keys = Counter(row.email_key for row in contacts if row.email_key)
    assert sum(times - 1 for times in keys.values()) == 3
