"""Deed of each night: forgets receipts that nobody needs any more; what they did to mails and addresses stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from app.core.db import transaction

_BATCH = 10_000

# They came in the order of their ids, so a look at the oldest is enough however many there are.
_PRUNE = text(
    """
    WITH oldest AS (SELECT id, received_at FROM receipt ORDER BY id LIMIT :batch)
    DELETE FROM receipt r USING oldest o WHERE r.id = o.id AND o.received_at < :before
    """
)


def prune_receipts(now: datetime, *, days: int) -> int:
    """Delete the receipts that came more than `days` days before `now`; return how many.

    A mail service tells its news again for two weeks at most (the longest that SQS keeps a message); the settings allow
    no fewer days than are far beyond that, so that no repetition is ever taken for news.
    """
    pruned = 0
    while True:
        with transaction() as session:
            parameters = {"batch": _BATCH, "before": now - timedelta(days=days)}
            count: int = session.execute(_PRUNE, parameters).rowcount  # type: ignore[attr-defined] # of a DELETE
        pruned += count
        if count < _BATCH:
            return pruned
