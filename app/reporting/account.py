"""One account as a wave found it: its people by level, why each is asked or not, and what they said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core.errors import NotFound
from app.reporting.board import ANSWERS, DISPOSITION, HEARING

_ROW = text(
    f"""
    SELECT h.*, (h.heard_decision_maker + h.heard_influencer + h.heard_user)::numeric / nullif(h.wanted, 0) AS coverage
    FROM ({HEARING}) h WHERE h.account_id = :account_id
    """
)
_PEOPLE = text(
    f"""
    SELECT d.contact_id, d.level, d.seat, d.reason, d.rank, c.external_id, c.first_name, c.last_name, c.job_title,
           c.department, c.exclusion_reason, i.id AS invitation_id, i.sent_at, r.score, r.comments, r.drivers,
           r.language, r.answered_at, CASE WHEN i.id IS NULL THEN NULL ELSE {DISPOSITION} END AS disposition
    FROM decision d
    LEFT JOIN contact c ON c.id = d.contact_id
    LEFT JOIN invitation i ON i.wave_id = d.wave_id AND i.contact_id = d.contact_id
    LEFT JOIN {ANSWERS} r ON r.invitation_id = i.id
    LEFT JOIN message m ON m.invitation_id = i.id AND m.number = 0
    WHERE d.wave_id = :wave_id AND d.account_id = :account_id
    ORDER BY d.level, d.seat IS NULL, d.rank NULLS LAST, d.contact_id
    """
)
_REVENUE = text(
    "SELECT starts_on, ends_on, amount, type FROM revenue_line WHERE account_id = :account_id"
    " ORDER BY starts_on DESC, type, ordinal"
)


@dataclass(frozen=True)
class AccountSheet:
    """An account, its line in a wave (None when the wave did not know it), its people and its revenue."""

    account: Account
    parent: Account | None
    standing: dict[str, Any] | None
    people: list[dict[str, Any]]
    revenue: list[dict[str, Any]]


def account_sheet(session: Session, account_id: int, wave_id: int | None) -> AccountSheet:
    """Return the sheet of an account for a wave; raises NotFound."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound("There is no such account (any more).")
    parameters = {"wave_id": wave_id, "account_id": account_id}
    standing = session.execute(_ROW, parameters).mappings().one_or_none()
    return AccountSheet(
        account=account,
        parent=session.get(Account, account.parent_id) if account.parent_id else None,
        standing=dict(standing) if standing else None,
        people=[dict(row) for row in session.execute(_PEOPLE, parameters).mappings()],
        revenue=[dict(row) for row in session.execute(_REVENUE, parameters).mappings()],
    )
