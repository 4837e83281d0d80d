"""Deed that merges one account into another, for a customer who stands in the CRM twice.

People, revenue lines and daughters move; what else is known of the account that stays is left as it is. What was
planned, sent and answered under the old number stays on record under it.
"""

from __future__ import annotations

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.accounts.models import Account, Contact, MergedAccount, RevenueLine
from app.accounts.taking_turns import take_turns
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused


def account_today(of: str) -> str:
    """Return the SQL that joins the account `a` under whose name the rows of table `of` stand today."""
    return f"""
    LEFT JOIN merged_account k ON k.old_id = {of}.account_id
    LEFT JOIN account a ON a.id = coalesce(k.account_id, {of}.account_id)
"""


TODAYS_ACCOUNT = account_today("i")
"""The same for an invitation `i`."""

ITS_IDS = """(
    SELECT CAST(:account_id AS bigint) UNION ALL SELECT old_id FROM merged_account WHERE account_id = :account_id
)"""
"""SQL: the ids that an account has had, those of accounts merged into it among them."""

_ABOVE = text(
    """
    WITH RECURSIVE above AS (
        SELECT parent_id AS id FROM account WHERE id = :below
        UNION SELECT a.parent_id FROM account a JOIN above ON a.id = above.id
    )
    SELECT EXISTS (SELECT FROM above WHERE id = :above)
    """
)
# Equal lines of both accounts are two lines: they are counted on from the last one there is.
_LINES = text(
    """
    UPDATE revenue_line r SET account_id = :into_id, updated_at = now(), ordinal = r.ordinal + coalesce((
        SELECT max(o.ordinal) + 1 FROM revenue_line o
        WHERE (o.account_id, o.starts_on, o.ends_on, o.type) = (:into_id, r.starts_on, r.ends_on, r.type)), 0)
    WHERE r.account_id = :account_id
    """
)


def todays_account(session: Session, account_id: int | None) -> int | None:
    """Return the account that what is on record under `account_id` stands with today."""
    merged = select(MergedAccount.account_id).where(MergedAccount.old_id == account_id)
    return session.scalar(merged) or account_id


def merge_accounts(account_id: int, into_id: int, *, actor: str) -> int:
    """Merge an account into another one and return how many people moved.

    Raises NotFound, and Refused when both are the same one or their revenue is in two currencies.
    """
    with transaction() as session:
        take_turns(session)
        old, into = _both(session, account_id, into_id)
        _check_currencies(session, old, into)
        _lift_out(session, old, into)
        people = session.execute(
            update(Contact).where(Contact.account_id == account_id).values(account_id=into_id, updated_at=func.now())
        ).rowcount  # type: ignore[attr-defined] # of an UPDATE
        session.execute(update(Account).where(Account.parent_id == account_id).values(parent_id=into_id))
        session.execute(_LINES, {"account_id": account_id, "into_id": into_id})
        _remember(session, old, into, actor)
        session.delete(old)
        audit.record(
            session,
            actor=actor,
            deed="account.merged",
            subject=f"account {account_id}",
            name=old.name,
            external_id=old.external_id,
            into=into_id,
            into_name=into.name,
            people=people,
        )
        return int(people)


def _both(session: Session, account_id: int, into_id: int) -> tuple[Account, Account]:
    if account_id == into_id:
        raise Refused("An account cannot be merged into itself. Choose the other one.")
    wanted = select(Account).where(Account.id.in_((account_id, into_id))).order_by(Account.id).with_for_update()
    found = {account.id: account for account in session.scalars(wanted)}
    if len(found) < 2:
        raise NotFound("There is no such account (any more).")
    return found[account_id], found[into_id]


def _check_currencies(session: Session, old: Account, into: Account) -> None:
    lines = session.scalar(select(func.count()).where(RevenueLine.account_id == old.id))
    if lines and old.currency != into.currency:
        raise Refused(
            f"The revenue of «{old.name}» is in {old.currency or 'no known currency'}, that of «{into.name}» in"
            f" {into.currency or 'no known currency'}: amounts of two currencies are never added."
        )


def _lift_out(session: Session, old: Account, into: Account) -> None:
    """Let the account that stays stand where the old one stood, if it is below it: nothing may be its own parent."""
    if session.scalar(_ABOVE, {"below": into.id, "above": old.id}):
        into.parent_id = old.parent_id
        session.flush()


def _remember(session: Session, old: Account, into: Account, actor: str) -> None:
    session.execute(update(MergedAccount).where(MergedAccount.account_id == old.id).values(account_id=into.id))
    session.add(
        MergedAccount(
            old_id=old.id,
            account_id=into.id,
            external_id=old.external_id,
            name=old.name,
            name_key=old.name_key,
            merged_by=actor,
        )
    )
    session.flush()
