"""Mails that were claimed and may have left, and what a mail service tells about them."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, text

from app.core.db import transaction
from app.delivery.claiming import claim
from app.delivery.models import Message, ReceiptKind
from app.delivery.receipts.events import Event
from tests.support.company import launched

START = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)

_numbers = itertools.count(1)


class Mail(NamedTuple):
    """A claimed message as the mail service knows it."""

    id: int
    invitation_id: int
    attempt_id: uuid.UUID
    recipient: str

    @property
    def provider_id(self) -> str:
        return f"ses-{self.id}"

    def news(self, kind: str, minutes: int = 1, **changes: Any) -> Event:
        """Return one event about this mail, which repeats under no other key."""
        told = Event(
            key=f"test {next(_numbers)}",
            kind=ReceiptKind(kind),
            attempt_id=self.attempt_id,
            provider_id=self.provider_id,
            bounce="permanent" if kind == "bounced" else None,
            detail=None,
            mailed_at=START,
            happened_at=START + timedelta(minutes=minutes),
        )
        return told._replace(**changes)


def claimed(mails: int = 18) -> list[Mail]:
    """Launch a wave (a multiple of 18 mails) and claim all of them, as a worker does right before it sends."""
    launched(mails)
    with transaction() as session:
        attempts = {id: uuid.uuid4() for id in session.scalars(select(Message.id).order_by(Message.id))}
    found = claim(attempts)
    assert len(found) == mails
    return [Mail(one.id, one.letter.invitation_id, one.attempt_id, one.letter.email) for one in found]


def row(statement: str, **values: Any) -> dict[str, Any]:
    """Return the one row a query gives."""
    with transaction() as session:
        return dict(session.execute(text(statement), values).mappings().one())


def rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return the rows a query gives."""
    with transaction() as session:
        return [tuple(one) for one in session.execute(text(statement), values)]


def suppressed() -> list[tuple[Any, ...]]:
    """Return (address, scope, reason) of everything on the suppression list."""
    return rows("SELECT email_key, scope, reason::text FROM suppression ORDER BY email_key, scope, reason::text")
