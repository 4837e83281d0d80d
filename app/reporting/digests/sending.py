"""Deed that sends the digests of a week: at most one a manager, whatever dies in between.

A digest is claimed, and the claim committed, before it leaves. One whose worker died stays «sending», for a person to
see; it is not sent again.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts.addresses import email_key
from app.core import audit
from app.core.auth.models import User
from app.core.auth.rights import Right, may
from app.core.db import reading, transaction
from app.core.errors import Refused
from app.core.signing import Signer
from app.delivery.composing import mailbox
from app.delivery.transports import OutcomeUnknown, OutgoingMail, Rejected, Transport, TryLater, make
from app.reporting.digests.content import ManagerDigest, digest_of, digests
from app.reporting.digests.keeping import rhythm_kept
from app.reporting.digests.mail import Links, write
from app.reporting.digests.models import Digest, DigestState, DigestStop
from app.reporting.digests.rhythm import Week, due, week_before
from app.reporting.standing import counted
from app.settings import Settings
from app.surveys.branding import brand_of
from app.surveys.mails import Mail

HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, NRN, AutoReply, RN"}


@dataclass(frozen=True)
class _Post:
    """What sending needs beside the digest."""

    settings: Settings
    transport: Transport
    readers: frozenset[str]
    """Addresses of managers who may open the pages of accounts."""


def send_due(settings: Settings, *, now: datetime, transport: Transport | None = None) -> int:
    """Send the digests whose day and hour have come; return how many left."""
    with reading() as session:
        week = due(rhythm_kept(session), now)
    if week is None:
        return 0
    with counted() as session:
        done = set(session.scalars(select(Digest.manager_email).where(Digest.day == week.day)))
        done |= set(session.scalars(select(DigestStop.manager_email)))
        waiting = [digest for digest in digests(session, week) if digest.manager not in done]
    post = _Post(settings, transport or make(settings), _readers())
    return sum(_send(post, digest, week) for digest in waiting if email_key(digest.manager))


def send_sample(settings: Settings, manager: str, *, to: str, now: datetime, actor: str) -> None:
    """Send the latest digest of a manager to somebody else who wants to see it; raises Refused when it cannot leave."""
    mail = sample(settings, manager, now=now)[2]
    with transaction() as session:
        audit.record(session, actor=actor, deed="digest.tested", subject=f"digest of {manager}", recipient=to)
    try:
        make(settings).send(_outgoing(settings, mail, uuid.uuid4(), to, stop_url=None))
    except (Rejected, TryLater, OutcomeUnknown) as error:
        raise Refused(f"The mail did not leave for sure: {error}.") from error


def sample(settings: Settings, manager: str, *, now: datetime) -> tuple[ManagerDigest, Week, Mail]:
    """Return the latest digest of a manager as it would be, with links that lead nowhere."""
    with reading() as session:
        week = week_before(rhythm_kept(session), now)
    with counted() as session:
        digest = digest_of(session, week, manager)
    return digest, week, write(digest, week, brand_of(settings), stop_url="#", links=lambda one: "#")


def _send(post: _Post, digest: ManagerDigest, week: Week) -> bool:
    id = _claim(digest, week)
    if id is None:
        return False
    attempt_id = uuid.uuid4()
    stop_url = f"{post.settings.public_url}/digest/{Signer(post.settings.secret_key).sign('digest', id)}"
    links = _links(post.settings) if digest.manager in post.readers else None
    mail = write(digest, week, brand_of(post.settings), stop_url=stop_url, links=links)
    try:
        post.transport.send(_outgoing(post.settings, mail, attempt_id, digest.manager, stop_url=stop_url))
    except TryLater:
        _forget(id)
        return False
    except (Rejected, OutcomeUnknown) as error:
        _record(id, DigestState.FAILED, str(error))
        return False
    _record(id, DigestState.SENT)
    return True


def _claim(digest: ManagerDigest, week: Week) -> int | None:
    """Return the id of the digest that this process alone may send; None when there is nothing to send."""
    state = DigestState.SENDING if digest.says_something else DigestState.NOTHING_NEW
    row = insert(Digest).values(manager_email=digest.manager, day=week.day, state=state)
    with transaction() as session:
        id = session.scalar(row.on_conflict_do_nothing().returning(Digest.id))
    return id if digest.says_something else None


def _record(id: int, state: DigestState, reason: str | None = None) -> None:
    sent_at = func.now() if state is DigestState.SENT else None
    with transaction() as session:
        session.execute(update(Digest).where(Digest.id == id).values(state=state, reason=reason, sent_at=sent_at))


def _forget(id: int) -> None:
    """Let the next look offer a digest again that surely did not leave."""
    with transaction() as session:
        session.delete(session.get_one(Digest, id))


def _outgoing(
    settings: Settings, mail: Mail, attempt_id: uuid.UUID, recipient: str, *, stop_url: str | None
) -> OutgoingMail:
    brand = brand_of(settings)
    stop = {"List-Unsubscribe": f"<{stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return OutgoingMail(
        attempt_id=attempt_id,
        recipient=recipient,
        sender=mailbox(brand.sender_name, brand.sender_address),
        reply_to=brand.reply_to,
        subject=mail.subject,
        html=mail.html,
        text=mail.text,
        headers=HEADERS | (stop if stop_url else {}),
        tags={"digest": "1"},
    )


def _links(settings: Settings) -> Links:
    return lambda one: f"{settings.public_url}/accounts/{one.account_id}?wave={one.wave_id}"


def _readers() -> frozenset[str]:
    with reading() as session:
        people: Iterable[User] = session.scalars(select(User)).all()
        return frozenset(user.email.lower() for user in people if may(user.role, Right.LOOK))
