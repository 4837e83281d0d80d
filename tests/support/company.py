"""Small companies for tests: accounts and contacts with just the facts a test cares about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from app.accounts.models import Account, AccountStatus, Contact, ContactStatus, Level
from app.campaigns.creating import WaveOrder, create_wave
from app.campaigns.planning import plan_wave
from app.core.db import transaction
from app.delivery.launching import launch_wave

TODAY = datetime.now(UTC).date()
"""The real one: the ledger looks at the clock of the database before it lets a mail go."""


@dataclass(frozen=True)
class Person:
    """A contact as a test names it."""

    id: str
    level: Level = Level.USER
    status: ContactStatus = ContactStatus.ACTIVE
    language: str = "en"
    more: dict[str, Any] | None = None


def people(prefix: str, level: Level, count: int) -> list[Person]:
    """Return `count` contacts of one level."""
    return [Person(f"{prefix}{number:03}", level) for number in range(count)]


def add_account(
    external_id: str,
    value: int | None,
    contacts: list[Person],
    *,
    status: AccountStatus = AccountStatus.ACTIVE,
    **more: Any,
) -> int:
    """Add an account with its contacts and return its id."""
    worth = None if value is None else Decimal(value)
    with transaction() as session:
        name = f"Company {external_id}"
        account = Account(external_id=external_id, name=name, name_key=name.casefold(), status=status, **more)
        account.annual_value, account.currency = worth, more.get("currency", "USD")
        session.add(account)
        session.flush()
        session.add_all(_contact(account.id, person) for person in contacts)
        return account.id


def _contact(account_id: int, person: Person) -> Contact:
    address = f"{person.id.lower()}@company.example"
    values = {"email": address, "email_key": address, "first_name": f"First{person.id}", "last_name": "Last"}
    return Contact(
        account_id=account_id,
        external_id=person.id,
        level=person.level,
        status=person.status,
        language=person.language,
        **(values | (person.more or {})),
    )


def draft(key: str = "q4", **more: Any) -> int:
    """Make a draft wave and return its id."""
    return create_wave(WaveOrder(key=key, name=key.upper(), **({"planned_for": TODAY} | more)), actor="test")


def planned(key: str = "q4", **more: Any) -> int:
    """Make a wave, plan it and return its id."""
    wave_id = draft(key, **more)
    plan_wave(wave_id, actor="test")
    return wave_id


def launch(wave_id: int) -> int:
    """Let the mails of a planned wave leave now, whatever hour of the week the test runs in; return how many."""
    return launch_wave(wave_id, now=datetime.now(UTC), actor="test", at_once=True)


def three_levels(prefix: str, decision_makers: int, influencers: int, users: int) -> list[Person]:
    """Return contacts on three levels; ids are `<prefix>D000`, `<prefix>I000`, `<prefix>U000` and on."""
    return [
        *people(f"{prefix}D", Level.DECISION_MAKER, decision_makers),
        *people(f"{prefix}I", Level.INFLUENCER, influencers),
        *people(f"{prefix}U", Level.USER, users),
    ]


_ACCOUNTS = text(
    """
    INSERT INTO account (external_id, name, name_key, annual_value, currency)
    SELECT 'A' || n, 'Company ' || n, 'company ' || n, 1000000000, 'USD' FROM generate_series(1, :accounts) n
    """
)
_CONTACTS = text(
    """
    INSERT INTO contact (account_id, external_id, first_name, last_name, email, email_key, level, language)
    SELECT a.id, a.external_id || 'P' || n, 'First' || n, 'Last', who.email, who.email, 'user', 'en'
    FROM account a, generate_series(1, :each) n,
         LATERAL (SELECT 'p' || n || '@' || lower(a.external_id) || '.example' AS email) who
    """
)
MOST_AN_ACCOUNT = 18
"""Contacts that the default quota invites of the largest account."""


def launched(mails: int) -> int:
    """Make a company in one go, plan a wave and set it going, with that many mails (a multiple of 18); its id."""
    accounts, rest = divmod(mails, MOST_AN_ACCOUNT)
    assert not rest, f"{mails} mails are no multiple of {MOST_AN_ACCOUNT}"
    with transaction() as session:
        session.execute(_ACCOUNTS, {"accounts": accounts})
        session.execute(_CONTACTS, {"each": MOST_AN_ACCOUNT})
    wave_id = planned()
    assert launch(wave_id) == mails
    return wave_id
