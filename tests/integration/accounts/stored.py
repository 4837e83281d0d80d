"""What a test looks up after an import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, text

from app.accounts.importing import ImportResult
from app.accounts.models import Account, Contact
from app.core.db import reading

Bring = Callable[..., ImportResult]


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    assert result.rows == result.created + result.updated + result.unchanged + result.rejected
    return result.created, result.updated, result.unchanged, result.rejected


def contact(external_id: str = "C1") -> Contact:
    with reading() as session:
        return session.execute(select(Contact).where(Contact.external_id == external_id)).scalar_one()


def account(external_id: str = "A1") -> Account:
    with reading() as session:
        return session.execute(select(Account).where(Account.external_id == external_id)).scalar_one()


def everything() -> list[Any]:
    """Return all that is stored of accounts, contacts and revenue, with ids and times."""
    with reading() as session:
        return [
            session.execute(text(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id")).scalars().all()
            for table in ("account", "contact", "revenue_line")
        ]
