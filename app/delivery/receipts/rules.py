"""What a receipt changes: the state of its mail, the moments of it, and who is not mailed any more. Pure rules.

Whatever the order and however often they are told, the same receipts leave the same mail: states only move forward,
the first moment of a kind wins, and a permanent bounce outweighs a transient one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from app.delivery.lifecycle import after_event
from app.delivery.models import ReceiptKind

RETRIED_FOR = timedelta(minutes=5)
"""So long a receipt that names no message of ours is held against the ledger again; then it is kept apart."""

TRANSIENT_IN_A_ROW = 3
"""So many mails in a row to an address that came back for a passing reason, and it is not mailed any more."""

_PROOF = frozenset({ReceiptKind.OPENED, ReceiptKind.CLICKED, ReceiptKind.OTHER})
"""News that says no more than that the mail left."""


class Fate(NamedTuple):
    """What is known of one mail."""

    state: str
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    delayed_at: datetime | None = None
    bounced_at: datetime | None = None
    bounce: str | None = None
    complained_at: datetime | None = None


class News(NamedTuple):
    """What one receipt says."""

    kind: ReceiptKind
    bounce: str | None
    mailed_at: datetime
    happened_at: datetime


def told(fate: Fate, news: News) -> Fate:
    """Return the fate of a mail after one more receipt."""
    kind, at = news.kind, news.happened_at
    state = after_event(fate.state, "sent" if kind in _PROOF else kind.value)
    fate = fate._replace(state=state or fate.state, sent_at=fate.sent_at or news.mailed_at)
    if kind is ReceiptKind.DELIVERED:
        return fate._replace(delivered_at=_first(fate.delivered_at, at))
    if kind is ReceiptKind.DELAYED:
        return fate._replace(delayed_at=max(fate.delayed_at or at, at))
    if kind is ReceiptKind.BOUNCED:
        bounce = "permanent" if "permanent" in (fate.bounce, news.bounce) else "transient"
        return fate._replace(bounced_at=_first(fate.bounced_at, at), bounce=bounce)
    if kind is ReceiptKind.COMPLAINED:
        return fate._replace(complained_at=_first(fate.complained_at, at))
    return fate


def _first(known: datetime | None, at: datetime) -> datetime:
    return min(known or at, at)
