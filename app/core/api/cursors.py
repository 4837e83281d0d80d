"""Opaque cursors: where a list was read up to. Pure.

A list is read by the moment of each row's last change and its id, the oldest change first, without counting and without
skipping, so that a cursor can be kept for the next day's sync.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

LAG = timedelta(seconds=10)
"""Changes so young are not told yet: another one, begun earlier, might still be committed before them."""

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Cursor(NamedTuple):
    """The last row that was read."""

    changed_at: datetime
    id: int

    def __str__(self) -> str:
        raw = json.dumps([self.changed_at.astimezone(UTC).isoformat(), self.id], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")


START = Cursor(BEGINNING, 0)


def read_cursor(text: str) -> Cursor:
    """Return the cursor that was written as `text`; raises ValueError for what we never wrote."""
    try:
        moment, id = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        cursor = Cursor(datetime.fromisoformat(moment), id)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise ValueError("is no cursor of ours; give the `next` of an earlier answer as it was") from None
    if cursor.changed_at.tzinfo is None or type(id) is not int or not 0 <= id < 2**63:
        raise ValueError("is no cursor of ours; give the `next` of an earlier answer as it was")
    return cursor
