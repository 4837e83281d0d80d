"""Writes the sample company: three files such as a CRM exports, for the same import that real ones take.

The same day and seed always give the same bytes. What the customers are is written in `customers.yaml`; chance only
fills in people, histories and the last digits of amounts.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from app.demo.contacts import Row, staff, with_troubles
from app.demo.customers import Customer, countries, customers, vendor
from app.demo.names import letters

ACCOUNT_COLUMNS = (
    *("Account ID", "Account Name", "Parent Account", "Industry", "Country", "Account Manager"),
    *("Account Manager Email", "Renewal Date", "Annual Value", "Currency", "Lifetime Value", "Share of Wallet"),
    "Status",
)
CONTACT_COLUMNS = (
    *("Contact ID", "First Name", "Last Name", "Email", "Account Name", "Job Title", "Department", "Job Level"),
    *("Language", "Time Zone", "Country", "Engagement Score", "Last Invited", "Status"),
    *("Unanswered", "Pinned", "Exclusion Reason", "Embargoed Until", "Open Case"),
)
REVENUE_COLUMNS = ("Account Name", "Revenue Start Date", "Revenue End Date", "Revenue Amount", "Revenue Type")

PILOT_FEE = 12_000
YEARS_IN_EXPORT = 3


class CompanyFiles(NamedTuple):
    """Where the three files are."""

    accounts: Path
    contacts: Path
    revenue: Path


def write_company(folder: Path, *, today: date, seed: int = 7) -> CompanyFiles:
    """Write accounts.csv, contacts.csv and revenue.csv into `folder`, with dates around `today`."""
    accounts, contacts, revenue = [], [], []
    for number, customer in enumerate(customers(), start=1):
        chance = _chance(seed, customer.name)
        renewal = _renewal(customer, today, chance)
        yearly, once = _subscription(customer, renewal, chance), _one_time(customer, renewal, chance)
        account = {"Account ID": f"AC-{number:04}"} | _account(customer, renewal, chance)
        accounts.append(account | _worth(yearly, once))
        contacts.extend(staff(customer, today, chance))
        revenue.extend(yearly[-YEARS_IN_EXPORT:] + once)
    active = {customer.name for customer in customers() if customer.is_active}
    contacts = with_troubles(contacts, active, today, _chance(seed, "troubles"))
    numbered = [{"Contact ID": f"CT-{number:05}"} | row for number, row in enumerate(contacts, start=1)]
    files = CompanyFiles(*(folder / f"{name}.csv" for name in CompanyFiles._fields))
    _write(files.accounts, ACCOUNT_COLUMNS, accounts)
    _write(files.contacts, CONTACT_COLUMNS, numbered)
    _write(files.revenue, REVENUE_COLUMNS, revenue)
    return files


def _chance(seed: int, topic: str) -> random.Random:
    """Return the dice for one topic, so that a change to one customer leaves all others as they were."""
    return random.Random(f"{seed} {topic}")  # noqa: S311  sample figures, no secrets


def _account(customer: Customer, renewal: date, chance: random.Random) -> Row:
    manager = chance.choice(countries()[customer.country].managers)
    return {
        "Account Name": customer.name,
        "Parent Account": customer.parent,
        "Industry": customer.industry,
        "Country": customer.country,
        "Account Manager": manager,
        "Account Manager Email": f"{'.'.join(map(letters, manager.split()))}@{vendor().domain}",
        "Renewal Date": renewal.isoformat() if customer.is_active else "",
        "Currency": customer.currency,
        "Share of Wallet": "" if chance.random() < 0.35 else f"{chance.uniform(0.05, 0.95):.2f}",
        "Status": customer.status,
    }


def _renewal(customer: Customer, today: date, chance: random.Random) -> date:
    """Return the day after the current contract year; within 120 days only where the story says so."""
    if not customer.is_active:
        days = -chance.randint(40, 300)
    else:
        days = chance.randint(9, 118) if customer.renews_soon else chance.randint(125, 360)
    day = today + timedelta(days=days)
    return day.replace(day=min(day.day, 28))  # so that the same day is there in every year


def _subscription(customer: Customer, renewal: date, chance: random.Random) -> list[Row]:
    """Return one line for each contract year, the current one last; it is worth the annual value."""
    if customer.value is None:
        return []
    amount = customer.value * chance.uniform(0.97, 1.03)
    lines = []
    for years in range(1, chance.randint(3, 10)):
        start, following = (renewal.replace(year=renewal.year - ago) for ago in (years, years - 1))
        lines.append(_line(customer, start, following - timedelta(days=1), amount, "ARR"))
        amount /= chance.uniform(0.96, 1.22)
    return lines[::-1]


def _one_time(customer: Customer, renewal: date, chance: random.Random) -> list[Row]:
    """Return what a customer pays beside: now and then a project; a pilot pays its fee."""
    if customer.value is not None and chance.random() < 0.7:
        return []
    amount = PILOT_FEE if customer.value is None else customer.value * chance.uniform(0.06, 0.25)
    start = renewal - timedelta(days=chance.randint(200, 360))
    return [_line(customer, start, start + timedelta(days=chance.randint(0, 90)), amount, "One Time")]


def _line(customer: Customer, start: date, end: date, amount: float, kind: str) -> Row:
    cells = (customer.name, start.isoformat(), end.isoformat(), str(round(amount)), kind)
    return dict(zip(REVENUE_COLUMNS, cells, strict=True))


def _worth(yearly: list[Row], once: list[Row]) -> Row:
    """Return what the revenue lines come to: the current year, and all years since the customer came."""
    paid = sum(int(line["Revenue Amount"]) for line in yearly + once)
    return {"Annual Value": yearly[-1]["Revenue Amount"] if yearly else "", "Lifetime Value": str(paid)}


def _write(path: Path, columns: Iterable[str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        writer.writerows(rows)
