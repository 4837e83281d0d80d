"""Deed that deletes an account with its people and its revenue; what was planned, sent and answered stays on record.

Who was named in a round of nominations stays there without name, address and reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

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
        people = session.scalars(select(Contact.id).where(Contact.account_id == account_id)).all()
        forget_nominated(session, people)
        session.execute(delete(Account).where(Account.id == account_id))
        audit.record(
            session,
            actor=actor,
            deed="account.deleted",
            subject=f"account {account_id}",
            name=account.name,
            external_id=account.external_id,
            people=len(people),
        )
        return len(people)


def forget_nominated(session: Session, people: Sequence[int]) -> None:
    """Leave of these contacts only which fields were set in the record of nominations, and by whom."""
    session.execute(_FORGOTTEN, {"people": list(people)})


# By the name of the table: nominations belong to a later stage, and whatever deletes people has to reach them.
_FORGOTTEN = text(
    """
    UPDATE nomination SET
        before = (SELECT coalesce(jsonb_object_agg(name, NULL), '{}') FROM jsonb_object_keys(before) name),
        after = (SELECT coalesce(jsonb_object_agg(name, NULL), '{}') FROM jsonb_object_keys(after) name),
        reason = NULL
    WHERE contact_id = ANY(CAST(:people AS bigint[]))
    """
)
