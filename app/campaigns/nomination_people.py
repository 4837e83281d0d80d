"""Reads the people of one account as an account manager sees them, and one of them for the form that corrects."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import RowMapping, select, text
from sqlalchemy.orm import Session

from app.accounts.models import Account, Contact
from app.campaigns.nominating import GONE, Nominator
from app.core.errors import NotFound
from app.core.formats import day

PER_PAGE = 50

_PEOPLE = text(
    """
    SELECT c.id, c.first_name, c.last_name, c.email, c.email_key, c.job_title, c.department, c.level::text AS level,
           c.status::text AS status, c.exclusion_reason, c.nominated_at, c.open_case,
           greatest(c.embargoed_until, a.embargoed_until) AS embargoed_until,
           EXISTS (SELECT FROM suppression s WHERE s.email_key = c.email_key AND s.scope = '*') AS suppressed,
           EXISTS (SELECT FROM contact o WHERE o.email_key = c.email_key AND o.external_id < c.external_id) AS double,
           count(*) OVER () AS total
    FROM contact c JOIN account a ON a.id = c.account_id
    WHERE c.account_id = :account_id AND (:contact_id = 0 OR c.id = :contact_id)
    ORDER BY c.status <> 'active', c.level, c.last_name NULLS LAST, c.first_name NULLS LAST, c.id
    LIMIT :limit OFFSET :offset
    """
)


def people_page(session: Session, account_id: int, today: date, page: int) -> tuple[list[dict[str, Any]], int]:
    """Return one page of the people of an account, those who are there first, by level and name; and how many."""
    given = {"account_id": account_id, "contact_id": 0, "limit": PER_PAGE, "offset": (max(page, 1) - 1) * PER_PAGE}
    found = session.execute(_PEOPLE, given).mappings().all()
    if not found and page > 1:
        return people_page(session, account_id, today, 1)
    return [_told(row, today) for row in found], found[0]["total"] if found else 0


def person_of(session: Session, contact_id: int, by: Nominator) -> tuple[Contact, Account]:
    """Return a contact with the account; raises NotFound, also for whoever is in another manager's care."""
    query = select(Contact, Account).join(Account, Account.id == Contact.account_id).where(Contact.id == contact_id)
    row = session.execute(query).one_or_none()
    if row is None or by.care not in (None, (row[1].manager_email or "").lower()):
        raise NotFound(GONE)
    return row[0], row[1]


def standing_of(session: Session, contact: Contact, today: date) -> str | None:
    """Return why nobody may ask a contact, in words, or None."""
    given = {"account_id": contact.account_id, "contact_id": contact.id, "limit": 1, "offset": 0}
    why: str | None = _told(session.execute(_PEOPLE, given).mappings().one(), today)["why"]
    return why


def full_name(row: Any) -> str:
    """Return how a person is called: by name, else by address."""
    return " ".join(filter(None, (row.first_name, row.last_name))) or row.email or "somebody without a name"


def _told(row: RowMapping, today: date) -> dict[str, Any]:
    return {**row, "name": full_name(row), "why": _why_not(row, today)}


def _why_not(row: RowMapping, today: date) -> str | None:
    if row.status == "left":
        return "left the company"
    if row.status == "opted_out":
        return "does not want mail"
    if row.email_key is None:
        return "has no address that mail can go to"
    if row.suppressed or row.status == "suppressed":
        return "mail to this address bounced, or is not wanted"
    if row.double:
        return "shares the address of another contact"
    if row.exclusion_reason:
        return f"left out: {row.exclusion_reason}"
    if row.embargoed_until and row.embargoed_until >= today:
        return f"not before {day(row.embargoed_until)} is over"
    return "has an open case" if row.open_case else None
