"""Who an event is about: the contact that is known, or one made for it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.accounts.addresses import email_key
from app.accounts.models import Account, Contact
from app.accounts.text import name_key, visible
from app.campaigns.sources import Company, Event


class Known(NamedTuple):
    """A contact and its account."""

    contact: Contact
    account: Account


def known_person(session: Session, event: Event) -> Known | None:
    """Return the person by the CRM's id, else by address: at the account that is named, else the oldest id."""
    if event.person.id is not None:
        found = _first(session, event, Contact.external_id == event.person.id)
        if found is not None:
            return found
    key = email_key(event.person.email or "")
    return _first(session, event, Contact.email_key == key) if key is not None else None


def known_account(session: Session, company: Company) -> Account | None:
    """Return the account by the CRM's id, else by a name that only one account has."""
    if company.id is not None:
        return session.scalar(select(Account).where(Account.external_id == company.id))
    if company.name is None:
        return None
    found = session.scalars(select(Account).where(Account.name_key == name_key(company.name)).limit(2)).all()
    return found[0] if len(found) == 1 else None


def new_person(session: Session, event: Event, account: Account) -> Known | None:
    """Add the person to an account; the next import of the CRM finds them by id or address. None without an address."""
    person = event.person
    key = email_key(person.email or "")
    if key is None:
        return None
    contact = Contact(
        account_id=account.id,
        external_id=person.id or f"{event.source}:{key}",
        email=visible(person.email or ""),
        email_key=key,
        first_name=visible(person.first_name) if person.first_name else None,
        last_name=visible(person.last_name) if person.last_name else None,
        language=person.language,
        time_zone=person.time_zone,
    )
    session.add(contact)
    session.flush()
    session.refresh(contact)
    return Known(contact, account)


def _first(session: Session, event: Event, condition: object) -> Known | None:
    query = select(Contact, Account).join(Account, Account.id == Contact.account_id).where(condition)  # type: ignore[arg-type]  # an expression
    named = or_(Account.external_id == event.company.id, Account.name_key == name_key(event.company.name or ""))
    row = session.execute(query.order_by(named.desc().nulls_last(), Contact.external_id).limit(1)).one_or_none()
    return None if row is None else Known(row[0], row[1])
