"""Finds receipts for people: those of an address, a message or an id of the mail service. Reads only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.accounts.addresses import email_key

LARGEST_ID = 2**63 - 1

# Whole addresses and ids only: each is one look at an index, however many receipts there are.
_FOUND = text(
    """
    SELECT r.id, r.kind, r.provider_id, r.bounce, r.detail, r.happened_at, r.received_at, r.message_id, m.recipient,
           count(*) OVER () AS total
    FROM receipt r LEFT JOIN message m ON m.id = r.message_id
    WHERE r.message_id IN (
              SELECT id FROM message WHERE recipient = :address UNION ALL SELECT id FROM message WHERE id = :message_id
              UNION ALL SELECT id FROM message WHERE provider_id = :search
              UNION ALL SELECT id FROM message WHERE attempt_id = CAST(:attempt AS uuid))
       OR r.message_id IS NULL AND (r.provider_id = :search OR r.attempt_id = CAST(:attempt AS uuid))
    ORDER BY r.received_at DESC, r.id DESC LIMIT :limit OFFSET :offset
    """
)


def find_receipts(session: Session, search: str, *, limit: int, offset: int = 0) -> Sequence[RowMapping]:
    """Return what the mail service told, newest first; each row carries the `total`.

    `search` is a whole address, the number of a message, the mail service's id of a mail, or our id of an attempt.
    """
    values = {"search": search, "address": email_key(search), "message_id": _number(search)}
    asked = {"attempt": _attempt(search), "limit": limit, "offset": offset}
    return session.execute(_FOUND, values | asked).mappings().all()


def _number(search: str) -> int | None:
    if search.isascii() and search.isdecimal() and len(search) < 20 and int(search) <= LARGEST_ID:
        return int(search)
    return None


def _attempt(search: str) -> str | None:
    try:
        return str(uuid.UUID(search))
    except ValueError:
        return None
