"""What the database counts of a quota table is what the pure rules say, account by account."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.accounts.buckets import Buckets
from app.accounts.models import AccountStatus, Level, Suppression, SuppressionReason
from app.campaigns.audience import Audience
from app.campaigns.creating import quota_as_json
from app.campaigns.models import Wave
from app.campaigns.planning import plan_wave
from app.campaigns.quota_trying import Ground, accounts, compared, differing, histogram, supply_of
from app.campaigns.segment_quotas import Quotas, Segment
from app.core.db import reading, transaction
from app.sampling.quota import Levels, QuotaTable, in_currency, required_contacts, split, targets
from tests.support.company import Person, add_account, draft, three_levels

TODAY = date(2026, 11, 2)
PLAIN = Ground(TODAY, "USD")
EMPTY = text("TRUNCATE account, contact, suppression CASCADE")


class Customer(NamedTuple):
    value: Decimal | None
    currency: str | None
    industry: str | None
    active: bool
    people: Levels
    unknown: int


values = st.none() | st.decimals(-10, 2_000_000, places=2) | st.sampled_from([Decimal("0.99"), Decimal(10) ** 17])
few = st.integers(0, 3)
customers = st.builds(
    Customer,
    value=values,
    currency=st.sampled_from(["USD", "EUR", "GBP", None]),
    industry=st.sampled_from(["Rail", "RAIL", "Banking", None]),
    active=st.booleans() | st.just(True),
    people=st.builds(Levels, few, few, few),
    unknown=few,
)


@st.composite
def tables(draw: st.DrawFn) -> QuotaTable:
    bounds = sorted(draw(st.sets(st.integers(0, 10**6) | st.decimals(0, 10**6, places=2), min_size=1, max_size=6)))
    people = sorted(draw(st.lists(st.integers(1, 25), min_size=len(bounds), max_size=len(bounds))))
    return QuotaTable(tuple(zip(bounds, people, strict=True)), draw(st.integers(1, 20)))


segments = st.builds(Segment, st.just("industry"), st.sampled_from([("rail",), ("",), ("x",)]), tables())
quotas = st.builds(
    Quotas,
    tables() | st.sampled_from([QuotaTable.preset("logarithmic"), QuotaTable.preset("upper_bounds")]),
    st.lists(segments, max_size=2).map(tuple),
)
grounds = st.builds(
    Ground,
    today=st.just(TODAY),
    currency=st.sampled_from(["USD", "EUR"]),
    rates=st.dictionaries(st.sampled_from(["EUR", "GBP", "USD"]), st.decimals("0.01", 100, places=4)),
    buckets=st.none() | st.just(Buckets.between(10_000, 100_000)),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(roster=st.lists(customers, max_size=8), one=quotas, other=quotas, ground=grounds)
def test_the_database_counts_what_the_rules_say(
    database: str, roster: list[Customer], one: Quotas, other: Quotas, ground: Ground
) -> None:
    with transaction() as session:
        session.execute(EMPTY)
    ids = [_add(f"A{number}", customer) for number, customer in enumerate(roster)]
    active = {found: customer for found, customer in zip(ids, roster, strict=True) if customer.active}
    with reading() as session:
        lines = {line["required"]: line for line in histogram(session, one, ground).lines}
        page = accounts(session, one, ground).rows
        short = {row["id"] for row in accounts(session, one, ground, only="short").rows}
        sums = compared(session, one, other, ground)
        changed = {row["id"]: row["change"] for row in differing(session, one, other, ground, only="all", page=1).rows}

    required = {found: _required(customer, one, ground) for found, customer in active.items()}
    after = {found: _required(customer, other, ground) for found, customer in active.items()}
    assert {row["id"]: row["required_a"] for row in page} == required
    assert {row["id"]: supply_of(row) for row in page} == {found: active[found].people for found in active}
    assert {number: line["accounts"] for number, line in lines.items()} == Counter(required.values())
    for number, line in lines.items():
        there = [active[found] for found in active if required[found] == number]
        assert _line(line) == _counted(there, 1 if number is None else number)
    assert short == {found for found in active if _shortage(active[found], required[found])}
    assert changed == {found: after[found] - required[found] for found in active if after[found] != required[found]}
    assert sums["wanted_a"] == sum(_wanted(number) for number in required.values())
    assert sums["seats_b"] == sum(_wanted(after[found]) - _shortage(active[found], after[found]) for found in active)
    assert sums["gaining"] == sum(change > 0 for change in changed.values())
    assert sums["lost"] == -sum(change for change in changed.values() if change < 0)


def _add(external_id: str, customer: Customer) -> int:
    people = three_levels(external_id, *customer.people)
    people += [Person(f"{external_id}X{number}", Level.UNKNOWN) for number in range(customer.unknown)]
    status = AccountStatus.ACTIVE if customer.active else AccountStatus.CHURNED
    account_id = add_account(external_id, None, people, status=status, industry=customer.industry)
    with transaction() as session:
        session.execute(
            text("UPDATE account SET annual_value = :value, currency = :currency WHERE id = :id"),
            {"value": customer.value, "currency": customer.currency, "id": account_id},
        )
    return account_id


def _required(customer: Customer, chosen: Quotas, ground: Ground) -> int | None:
    value = customer.value
    if ground.buckets is not None and value is not None:
        value = ground.buckets.of(value).midpoint
    worth = in_currency(value, customer.currency, ground.currency, ground.rates)
    if worth is not None and abs(worth) >= Decimal(10) ** 18:
        worth = None
    return required_contacts(worth, chosen.of({"industry": customer.industry}))


def _wanted(required: int | None) -> int:
    return 1 if required is None else required


def _shortage(customer: Customer, required: int | None) -> int:
    return split(_wanted(required), customer.people, customer.unknown).shortage


def _counted(there: list[Customer], wanted: int) -> dict[str, int]:
    short = [split(wanted, customer.people, customer.unknown).shortage for customer in there]
    wished = targets(wanted)
    return {
        "wanted": wanted * len(there),
        "seats": wanted * len(there) - sum(short),
        "people": sum(sum(each.people) + each.unknown for each in there),
        "accounts_short": sum(number > 0 for number in short),
        **{f"target_{level}": getattr(wished, level) * len(there) for level in Levels._fields},
        **{
            f"missing_{level}": sum(max(getattr(wished, level) - getattr(each.people, level), 0) for each in there)
            for level in Levels._fields
        },
    }


def _line(line: Any) -> dict[str, int]:
    return {name: int(value) for name, value in line.items() if name not in ("required", "accounts")}


def test_only_people_who_can_be_asked_count(database: str) -> None:
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    facts: dict[str, dict[str, Any]] = {
        "open": {"open_case": True},
        "left": {"email": None, "email_key": None},
        "excluded": {"exclusion_reason": "on leave"},
        "embargoed": {"embargoed_until": TODAY},
        "again": {"embargoed_until": yesterday},
        "double1": {"email": "same@company.example", "email_key": "same@company.example"},
        "double2": {"email": "same@company.example", "email_key": "same@company.example"},
        "suppressed": {"email": "no@company.example", "email_key": "no@company.example"},
    }
    add_account("A", 5_000, [Person(name, Level.USER, more=more) for name, more in facts.items()])
    add_account("B", 5_000, three_levels("B", 1, 0, 0), embargoed_until=tomorrow)
    with transaction() as session:
        session.add(Suppression(email_key="no@company.example", scope="*", reason=SuppressionReason.COMPLAINT))
    with reading() as session:
        rows = accounts(session, Quotas(QuotaTable.preset("steps")), PLAIN).rows
    assert [(row["external_id"], row["user"], row["people"]) for row in rows] == [("A", 2, 2), ("B", 0, 0)]


def test_the_audience_of_a_campaign_is_what_counts(database: str) -> None:
    add_account("A", 50_000, three_levels("A", 2, 2, 2), industry="Rail")
    add_account("B", 50_000, three_levels("B", 2, 2, 2), industry="Banking")
    ground = Ground(TODAY, "USD", audience=Audience(account={"industry": ("rail",)}, contact={"level": ("user",)}))
    with reading() as session:
        [row] = accounts(session, Quotas(QuotaTable.preset("steps")), ground).rows
    assert (row["external_id"], row["people"], row["user"]) == ("A", 2, 2)


def test_pages_and_numbers_lead_to_accounts(database: str) -> None:
    for number in range(60):
        add_account(f"A{number:02}", 1_000 + number, [])
    add_account("Z", 50_000, [])
    table = Quotas(QuotaTable.preset("steps"))
    with reading() as session:
        assert [row["external_id"] for row in accounts(session, table, PLAIN, only="3").rows] == ["Z"]
        second = accounts(session, table, PLAIN, page=2)
        assert (second.total, second.page, len(second.rows)) == (61, 2, 11)
        assert accounts(session, table, PLAIN, page=9).page == 1
        assert accounts(session, table, PLAIN, only="9999").rows == []


def test_a_wave_is_planned_with_the_table_of_each_segment(database: str) -> None:

    add_account("A", 100_000, three_levels("A", 3, 3, 3), industry="rail")
    add_account("B", 100_000, three_levels("B", 3, 3, 3), industry="Banking")
    wave_id = draft(quota=QuotaTable.preset("steps"))
    with transaction() as session:
        wave = session.get_one(Wave, wave_id)
        rail = {"field": "industry", "values": ["Rail"], "quota": quota_as_json(QuotaTable(((1, 2),)))}
        wave.segment_quotas = [rail]
    plan_wave(wave_id, actor="test")
    planned = text("SELECT a.external_id, f.required FROM wave_account f JOIN account a ON a.id = f.account_id")
    with reading() as session:
        assert {row[0]: row[1] for row in session.execute(planned)} == {"A": 2, "B": 6}
