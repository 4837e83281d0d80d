"""Deeds of a customer who says no, or takes the no back: effective at once, whatever is on its way."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, union, update
from sqlalchemy.orm import Session

from app.accounts.models import EVERYTHING, Contact, ContactStatus, Suppression, SuppressionReason
from app.campaigns.models import Invitation, Wave
from app.core.db import reading, transaction
from app.delivery.models import Message
from app.delivery.suppressing import Entry, suppress
from app.surveys.models import StoredBrand, SurveyVersion

_SAID_NO = SuppressionReason.UNSUBSCRIBED


@dataclass(frozen=True)
class Recipient:
    """Who holds the link, whose survey they were sent, and what they said no to already.

    `brand_key` is None for mails of the only brand there is. Somebody who complained is not asked again, whatever
    button they press: a complaint went to their mail provider, and only a person here can look into it.
    """

    language: str | None
    brand_id: int | None
    brand_key: str | None
    from_everything: bool
    from_brand: bool
    complained: bool

    @property
    def unsubscribed(self) -> bool:
        """Whether they get no more surveys of this brand."""
        return self.from_everything or self.from_brand


def find_recipient(invitation_id: int) -> Recipient | None:
    """Return who was invited, or None when there is no such invitation (any more)."""
    brand_id_of = func.coalesce(Wave.brand_id, SurveyVersion.brand_id)
    default = brand_id_of.is_(None) & StoredBrand.is_default
    query = (
        select(Contact.language, brand_id_of, StoredBrand.key, Invitation.refused_at, _complaint())
        .select_from(Invitation)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .outerjoin(StoredBrand, or_(StoredBrand.id == brand_id_of, default))
        .outerjoin(Contact, Contact.id == Invitation.contact_id)
        .where(Invitation.id == invitation_id)
    )
    with reading() as session:
        found = session.execute(query).one_or_none()
        if found is None:
            return None
        language, brand_id, key, refused_at, complained = found
        scopes = _scopes(session, invitation_id)
        several = (session.scalar(select(func.count()).select_from(StoredBrand)) or 0) > 1
    return Recipient(
        language=language,
        brand_id=brand_id,
        brand_key=key if several else None,
        from_everything=EVERYTHING in scopes or (refused_at is not None and key not in scopes),
        from_brand=key in scopes,
        complained=complained,
    )


def unsubscribe(invitation_id: int, *, scope: str = EVERYTHING) -> None:
    """Take a no to everything, or to the brand whose key is the scope; doing it twice changes nothing.

    Every address of theirs that we know is suppressed for good: the one that was mailed and the one the contact has by
    now. A no to everything is the person's too, whatever address they get.
    """
    with transaction() as session:
        refused = update(Invitation).where(Invitation.id == invitation_id, Invitation.refused_at.is_(None))
        session.execute(refused.values(refused_at=func.now()))
        detail = _detail(invitation_id)
        suppress(session, [Entry(one, _SAID_NO, scope, detail) for one in _addresses(session, invitation_id)])
        if scope == EVERYTHING:
            _move(session, invitation_id, ContactStatus.ACTIVE, ContactStatus.OPTED_OUT)


def resubscribe(invitation_id: int) -> None:
    """Take back every unsubscription; a bounce or a complaint of the same address stays."""
    with transaction() as session:
        again = update(Invitation).where(Invitation.id == invitation_id, ~_complaint())
        session.execute(again.values(refused_at=None))
        of_theirs = Suppression.email_key.in_(_addresses(session, invitation_id))
        lifted = of_theirs | (Suppression.detail == _detail(invitation_id))
        session.execute(delete(Suppression).where(lifted, Suppression.reason == _SAID_NO))
        _move(session, invitation_id, ContactStatus.OPTED_OUT, ContactStatus.ACTIVE)


def _detail(invitation_id: int) -> str:
    return f"invitation {invitation_id}"


def _complaint() -> ColumnElement[bool]:
    return exists().where(Message.invitation_id == Invitation.id, Message.complained_at.is_not(None))


def _scopes(session: Session, invitation_id: int) -> set[str]:
    """Return what the person unsubscribed from."""
    of_theirs = Suppression.email_key.in_(_addresses(session, invitation_id))
    return set(session.scalars(select(Suppression.scope).where(of_theirs, Suppression.reason == _SAID_NO)))


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
