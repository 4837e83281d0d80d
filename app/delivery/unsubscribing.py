"""Deeds of a customer who says no, or takes the no back: effective at once, whatever is on its way."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import delete, func, select, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.models import Contact, ContactStatus, Suppression, SuppressionReason
from app.campaigns.models import Invitation
from app.core.db import transaction
from app.delivery.models import Message


class Recipient(NamedTuple):
    """Who holds the link: their language, and whether they said no already."""

    language: str | None
    unsubscribed: bool


def find_recipient(invitation_id: int) -> Recipient | None:
    """Return who was invited, or None when there is no such invitation (any more)."""
    query = (
        select(Contact.language, Invitation.refused_at)
        .select_from(Invitation)
        .outerjoin(Contact, Contact.id == Invitation.contact_id)
        .where(Invitation.id == invitation_id)
    )
    with transaction() as session:
        found = session.execute(query).one_or_none()
    return None if found is None else Recipient(found[0], found[1] is not None)


def unsubscribe(invitation_id: int) -> None:
    """Take a no: the person is opted out, and every address of theirs that we know is suppressed for good.

    Those are the one that was mailed and the one the contact has by now. Doing it twice changes nothing.
    """
    with transaction() as session:
        refused = update(Invitation).where(Invitation.id == invitation_id, Invitation.refused_at.is_(None))
        session.execute(refused.values(refused_at=func.now()))
        said_no = {"reason": SuppressionReason.UNSUBSCRIBED, "detail": f"invitation {invitation_id}"}
        for address in _addresses(session, invitation_id):
            no = insert(Suppression).values(email_key=address, **said_no)
            session.execute(no.on_conflict_do_nothing(index_elements=["email_key"]))
        _move(session, invitation_id, ContactStatus.ACTIVE, ContactStatus.OPTED_OUT)


def resubscribe(invitation_id: int) -> None:
    """Take back an unsubscription; a bounce or complaint on the same address stays."""
    with transaction() as session:
        session.execute(update(Invitation).where(Invitation.id == invitation_id).values(refused_at=None))
        said_no = Suppression.reason == SuppressionReason.UNSUBSCRIBED
        of_theirs = Suppression.email_key.in_(_addresses(session, invitation_id))
        lifted = of_theirs | (Suppression.detail == f"invitation {invitation_id}")
        session.execute(delete(Suppression).where(lifted, said_no))
        _move(session, invitation_id, ContactStatus.OPTED_OUT, ContactStatus.ACTIVE)


def _addresses(session: Session, invitation_id: int) -> set[str]:
    """Return the addresses that were mailed, and the one the contact has now."""
    mailed = select(Message.recipient).where(Message.invitation_id == invitation_id)
    now = (
        select(Contact.email_key)
        .join(Invitation, Invitation.contact_id == Contact.id)
        .where(Invitation.id == invitation_id)
    )
    return {address for address in session.scalars(union(mailed, now)) if address is not None}


def _move(session: Session, invitation_id: int, from_status: ContactStatus, to_status: ContactStatus) -> None:
    contact_id = select(Invitation.contact_id).where(Invitation.id == invitation_id).scalar_subquery()
    moved = update(Contact).where(Contact.id == contact_id, Contact.status == from_status)
    session.execute(moved.values(status=to_status))
