"""Accounts and contacts made by hand, with everything at rest but what a test names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.accounts.models import AccountStatus, ContactStatus, Level
from app.accounts.roster import Roster
from app.accounts.rows import AccountRow, ContactRow

_NO_ACCOUNT = AccountRow._make([None] * len(AccountRow._fields))
_NO_CONTACT = ContactRow._make([None] * len(ContactRow._fields))


def account(id: str, value: Any = 10_000, **traits: Any) -> AccountRow:
    """Make an active account in US dollars."""
    rest = {"name": f"Company {id}", "annual_value": value, "currency": "USD", "status": AccountStatus.ACTIVE}
    return _NO_ACCOUNT._replace(external_id=id, attributes={}, **{**rest, **traits})


def contact(id: str, level: Level = Level.USER, **traits: Any) -> ContactRow:
    """Make somebody who may be asked."""
    address = f"{id.lower()}@company.example"
    rest: dict[str, Any] = {"email": address, "email_key": address, "status": ContactStatus.ACTIVE, "unanswered": 0}
    rest |= {"pinned": False, "open_case": False, "attributes": {}}
    return _NO_CONTACT._replace(external_id=id, level=level, **{**rest, **traits})


def roster(*branches: tuple[AccountRow, Iterable[ContactRow]], **faults: Any) -> Roster:
    """Put accounts and their contacts together."""
    return Roster(
        accounts=[one for one, _ in branches],
        contacts={one.external_id: list(people) for one, people in branches},
        **faults,
    )
