"""Deed that deletes an account with its people and its revenue; what was planned, sent and answered stays on record."""

from __future__ import annotations

from sqlalchemy import delete, func, select

from app.accounts.models import Account, Contact
from app.accounts.taking_turns import take_turns
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound


def delete_account(account_id: int, *, actor: str) -> int:
    """Delete an account and return how many people went with it.

    Mails that wait for them no longer leave, which the claim sees. Addresses on the suppression list stay there.
    Raises NotFound.
    """
    with transaction() as session:
        take_turns(session)
        account = session.get(Account, account_id, with_for_update=True)
        if account is None:
            raise NotFound("There is no such account (any more).")
        people = session.scalar(select(func.count()).where(Contact.account_id == account_id)) or 0
        session.execute(delete(Account).where(Account.id == account_id))
        audit.record(
            session,
            actor=actor,
            deed="account.deleted",
            subject=f"account {account_id}",
            name=account.name,
            external_id=account.external_id,
            people=people,
        )
        return people
