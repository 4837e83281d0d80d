"""What mailboxes were asked before, as the contact rules want it; read at the claim, when nobody else claims them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.asked import alone_with
from app.campaigns.contact_rules import LOOK_BACK, Ask, Rules, held_until
from app.campaigns.house_rules import house_rules
from app.campaigns.settings import Kind

# Of the mailbox, whoever bears it by now, and of what may have left too (domain section 3).
_ASKS = text(
    """
    SELECT m.recipient, m.id, m.claimed_at, g.kind
    FROM message m JOIN wave w ON w.id = m.wave_id JOIN campaign g ON g.id = w.campaign_id
    WHERE m.recipient = ANY(:recipients) AND m.number = 0 AND m.claimed_at > now() - CAST(:look_back AS interval)
      AND m.state NOT IN ('failed', 'rejected')
    """
)
_FORGIVEN = text(
    "SELECT email_key, max(granted_at) FROM rule_override WHERE email_key = ANY(:recipients) GROUP BY email_key"
)


class Asked:
    """The surveys that some mailboxes got, with what is claimed for them now; reminders neither count nor wait."""

    def __init__(self, session: Session, rows: Sequence[Any]) -> None:
        self._asks: defaultdict[str, dict[int, Ask]] = defaultdict(dict)
        self._forgiven: dict[str, datetime] = {}
        self._house = Rules()
        mailboxes = {row["email_key"] for row in rows if row["email_key"] and not row["number"]}
        if mailboxes:
            self._read(session, mailboxes)

    def holds_back(self, row: Any) -> bool:
        """Return whether the contact rules speak against this invitation at this moment; a reminder is held by none."""
        if row["number"] or not row["email_key"]:
            return False
        asks = [ask for id, ask in self._asks[row["email_key"]].items() if id != row["id"]]
        if not asks:
            return False
        until = held_until(
            asks,
            kind=Kind(row["kind"]),
            level=row["level"],
            rules=self._house.stricter(row["rules"]),
            now=row["now"],
            zone=row["zone"],
            forgiven_at=self._forgiven.get(row["email_key"]),
        )
        return until is not None

    def add(self, row: Any) -> None:
        """Count an invitation that is claimed now."""
        if not row["number"]:
            self._asks[row["email_key"]][row["id"]] = Ask(row["now"], Kind(row["kind"]))

    def _read(self, session: Session, mailboxes: Collection[str]) -> None:
        recipients = {"recipients": list(mailboxes)}
        alone_with(session, list(mailboxes))
        for mailbox, id, at, kind in session.execute(_ASKS, recipients | {"look_back": LOOK_BACK}):
            self._asks[mailbox][id] = Ask(at, Kind(kind))
        if self._asks:
            self._house = house_rules(session)
            self._forgiven = dict(session.execute(_FORGIVEN, recipients).all())
