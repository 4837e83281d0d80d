"""Deed: activities of contacts are taken in as programs tell them, batch by batch; and those of one contact are read.

Files go through `importing`. The scores follow at night, or when a file came in; see `engaging`.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.activity_models import Activity
from app.accounts.engagement import REMEMBERED_DAYS, ActivityKind, made_key
from app.core import audit
from app.core.db import transaction

EARLY = timedelta(days=1)
"""How far ahead of ours another clock may be."""
SHOWN = 20


class Told(NamedTuple):
    """An activity as a program tells it: whose by the CRM's id or by address, and perhaps an id of its own."""

    person_id: str | None
    email_key: str | None
    kind: ActivityKind
    happened_at: datetime
    id: str | None = None

    @property
    def key(self) -> str:
        """Return what tells it from the contact's other activities."""
        return self.id or made_key(self.kind, self.happened_at)


class Outcome(enum.StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CONTACT_UNKNOWN = "contact_unknown"
    IN_THE_FUTURE = "in_the_future"
    TOO_OLD = "too_old"
    REPEATED = "repeated"


REFUSED = {
    Outcome.CONTACT_UNKNOWN: "is of a contact that is not known; tell contacts first",
    Outcome.IN_THE_FUTURE: "lies in the future",
    Outcome.TOO_OLD: "was more than three years ago, which counts for nothing any more",
    Outcome.REPEATED: "is the same activity as one before it in this request",
}
"""Outcomes that leave nothing behind, in words."""


class Taken(NamedTuple):
    """What became of one activity."""

    outcome: Outcome
    contact_id: int | None


# The CRM's id first, then the address: of several who share one, the contact that is asked.
_WHOSE = text(
    """
    SELECT t.n, coalesce(by_id.id, by_key.id)
    FROM unnest(CAST(:ids AS text[]), CAST(:emails AS text[])) WITH ORDINALITY AS t(person_id, email_key, n)
    LEFT JOIN contact by_id ON by_id.external_id = t.person_id COLLATE "C"
    LEFT JOIN LATERAL (SELECT c.id FROM contact c WHERE c.email_key = t.email_key COLLATE "C"
                       ORDER BY c.external_id LIMIT 1) by_key ON by_id.id IS NULL
    ORDER BY t.n
    """
)
_TAKE = text(
    """
    INSERT INTO activity AS a (contact_id, key, kind, happened_at)
    SELECT * FROM unnest(CAST(:contacts AS bigint[]), CAST(:keys AS text[]), CAST(:kinds AS activity_kind[]),
                         CAST(:moments AS timestamptz[])) t(contact_id, key, kind, happened_at)
    ORDER BY contact_id, key
    ON CONFLICT (contact_id, key) DO UPDATE
        SET kind = excluded.kind, happened_at = excluded.happened_at, updated_at = now()
        WHERE (a.kind, a.happened_at) IS DISTINCT FROM (excluded.kind, excluded.happened_at)
    RETURNING contact_id, key, xmax = 0 AS created
    """
)


def take_activities(told: Sequence[Told], *, now: datetime, actor: str) -> list[Taken]:
    """Keep activities and return what became of each, in their order; telling one twice changes nothing.

    One that was told before with another kind or moment is set right.
    """
    with transaction() as session:
        whose = _whose(session, told)
        outcomes = [_refusal(each, contact, now) for each, contact in zip(told, whose, strict=True)]
        first: dict[tuple[int | None, str], int] = {}
        for number, (each, contact, refused) in enumerate(zip(told, whose, outcomes, strict=True)):
            if refused is None and first.setdefault((contact, each.key), number) != number:
                outcomes[number] = Outcome.REPEATED
        wanted = [number for number, refused in enumerate(outcomes) if refused is None]
        written = _write(session, [(whose[number], told[number]) for number in wanted])
        for number in wanted:
            outcomes[number] = written.get((whose[number], told[number].key), Outcome.UNCHANGED)
        if written:
            counts = Counter(outcome.value for outcome in written.values())
            audit.record(session, actor=actor, deed="activities.told", subject="activities", **counts)
        return [Taken(outcome or Outcome.UNCHANGED, contact) for outcome, contact in zip(outcomes, whose, strict=True)]


def recent_activities(session: Session, contact_id: int) -> Sequence[Activity]:
    """Return the latest activities of a contact, the newest first."""
    of_it = select(Activity).where(Activity.contact_id == contact_id)
    return session.scalars(of_it.order_by(Activity.happened_at.desc(), Activity.id.desc()).limit(SHOWN)).all()


def _whose(session: Session, told: Sequence[Told]) -> list[int | None]:
    given = {"ids": [each.person_id for each in told], "emails": [each.email_key for each in told]}
    return [contact for _, contact in session.execute(_WHOSE, given)]


def _refusal(told: Told, contact: int | None, now: datetime) -> Outcome | None:
    if told.happened_at > now + EARLY:
        return Outcome.IN_THE_FUTURE
    if told.happened_at < now - timedelta(days=REMEMBERED_DAYS):
        return Outcome.TOO_OLD
    return Outcome.CONTACT_UNKNOWN if contact is None else None


def _write(session: Session, rows: Sequence[tuple[int | None, Told]]) -> dict[tuple[int | None, str], Outcome]:
    """Write activities and return what became of those that were not there already just so."""
    given = {
        "contacts": [contact for contact, _ in rows],
        "keys": [told.key for _, told in rows],
        "kinds": [told.kind.value for _, told in rows],
        "moments": [told.happened_at for _, told in rows],
    }
    found = session.execute(_TAKE, given)
    return {(contact, key): Outcome.CREATED if created else Outcome.UPDATED for contact, key, created in found}
