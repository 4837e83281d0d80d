"""Deeds of a customer who says no, or takes the no back: effective at once, whatever is on its way."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import Contact, Suppression, SuppressionReason
from app.campaigns.models import Invitation
from app.core.db import transaction


class Recipient(NamedTuple):
    """Who holds the link: their language, and whether they said no already."""

    language: str | None
    unsubscribed: bool


def find_recipient(invitation_id: int) -> Recipient | None:
    """Return who was invited, or None when the invitation or the contact is gone."""
    query = (
        select(Contact.language, Suppression.reason)
        .select_from(Invitation)
        .join(Contact, Contact.id == Invitation.contact_id)
        .outerjoin(Suppression, Suppression.email_key == Contact.email_key)
        .where(Invitation.id == invitation_id)
    )
    with transaction() as session:
        found = session.execute(query).one_or_none()
    return None if found is None else Recipient(found[0], found[1] is SuppressionReason.UNSUBSCRIBED)


def unsubscribe(invitation_id: int) -> None:
    """Suppress the address for good and close the invitation; doing it twice changes nothing."""
    with transaction() as session:
        address = session.scalar(_address_of(invitation_id))
        if address is None:
            return
        no = {"email_key": address, "reason": SuppressionReason.UNSUBSCRIBED, "detail": f"invitation {invitation_id}"}
        session.execute(insert(Suppression).values(no).on_conflict_do_nothing(index_elements=["email_key"]))
        refused = update(Invitation).where(Invitation.id == invitation_id, Invitation.refused_at.is_(None))
        session.execute(refused.values(refused_at=func.now()))


def resubscribe(invitation_id: int) -> None:
    """Take back an unsubscription; a bounce or complaint on the same address stays."""
    with transaction() as session:
        address = session.scalar(_address_of(invitation_id))
        said_no = Suppression.reason == SuppressionReason.UNSUBSCRIBED
        session.execute(delete(Suppression).where(Suppression.email_key == address, said_no))
        session.execute(update(Invitation).where(Invitation.id == invitation_id).values(refused_at=None))


def _address_of(invitation_id: int) -> Select[str | None]:
    return (
        select(Contact.email_key)
        .join(Invitation, Invitation.contact_id == Contact.id)
        .where(Invitation.id == invitation_id)
    )
