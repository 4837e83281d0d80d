"""Deeds over the suppression list: addresses that nobody may mail, each with its reasons, and who may lift them.

The list belongs to addresses and not to people: a corrected address is a new one. What a person said (a complaint, an
unsubscription) follows them to a new address, which the import of contacts sees to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, RowMapping, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.addresses import email_key
from app.accounts.models import EVERYTHING, Contact, ContactStatus, Suppression, SuppressionReason
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, QuorumError, Refused
from app.core.searching import contains
from app.surveys.models import StoredBrand

LONGEST_WHY = 500
AT_ONCE = 1000
"""Rows that one statement writes."""

_SAID_NO = text(
    """
    SELECT m.id FROM message m
    JOIN invitation i ON i.id = m.invitation_id
    JOIN wave w ON w.id = m.wave_id
    JOIN survey_version v ON v.id = w.survey_version_id
    LEFT JOIN brand b ON b.id = coalesce(w.brand_id, v.brand_id)
                      OR (coalesce(w.brand_id, v.brand_id) IS NULL AND b.is_default)
    WHERE m.id = ANY(:ids) AND (
        i.refused_at IS NOT NULL
        OR EXISTS (SELECT FROM suppression s WHERE s.email_key = m.recipient AND s.scope IN ('*', b.key)))
    """
)


def said_no_meanwhile(message_ids: Sequence[int]) -> set[int]:
    """Return those of the claimed messages that must not leave after all: their reader said no since the claim."""
    with transaction() as session:
        return set(session.scalars(_SAID_NO, {"ids": list(message_ids)}))


class Entry(NamedTuple):
    """A row of the list; without `since_at` it begins now."""

    address: str
    reason: SuppressionReason
    scope: str = EVERYTHING
    detail: str | None = None
    since_at: datetime | None = None


def suppress(session: Session, entries: Iterable[Entry]) -> int:
    """Put normalised addresses on the list inside the caller's transaction; return how many rows are new."""
    rows = [
        {"email_key": one[0], "reason": one[1], "scope": one[2], "detail": one[3], "since_at": one[4] or func.now()}
        for one in sorted(entries, key=lambda one: one[:3])
    ]
    added = 0
    for start in range(0, len(rows), AT_ONCE):
        some = insert(Suppression).values(rows[start : start + AT_ONCE]).on_conflict_do_nothing()
        added += len(session.scalars(some.returning(Suppression.email_key)).all())
    return added


def add(email: str, *, actor: str, scope: str = EVERYTHING, detail: str | None = None) -> bool:
    """Put an address on the list by hand; return whether it was not there by hand before.

    Raises QuorumError for what is no address, NotFound for a brand that there is not.
    """
    key = _key(email)
    with transaction() as session:
        check_scope(session, scope)
        added = suppress(session, [Entry(key, SuppressionReason.BY_HAND, scope, detail)])
        if added:
            audit.record(session, actor=actor, deed="suppression.added", subject=key, scope=scope, detail=detail)
        return bool(added)


def lift(
    email: str,
    *,
    why: str,
    actor: str,
    scope: str | None = None,
    reasons: Collection[SuppressionReason] | None = None,
) -> list[SuppressionReason]:
    """Take an address off the list, wholly or for one scope or some reasons; return the reasons that were lifted.

    People that were held back for the address alone may be asked again. The act and the written reason are on record.
    Raises Refused without a reason, NotFound for an address that is not on the list.
    """
    key, why = _key(email), why.strip()
    if not why:
        raise Refused(f"Say why {key} may be mailed again: somebody or some server said no.")
    with transaction() as session:
        lifted = delete(Suppression).where(Suppression.email_key == key)
        if scope is not None:
            lifted = lifted.where(Suppression.scope == scope)
        if reasons is not None:
            lifted = lifted.where(Suppression.reason.in_(reasons))
        rows = session.execute(lifted.returning(Suppression.scope, Suppression.reason)).all()
        if not rows:
            raise NotFound(f"{key} is not on the suppression list.")
        _free(session, key, {row.reason for row in rows if row.scope == EVERYTHING})
        gone = [f"{row.reason} ({row.scope})" for row in rows]
        audit.record(
            session, actor=actor, deed="suppression.lifted", subject=key, reasons=sorted(gone), why=why[:LONGEST_WHY]
        )
        return sorted({row.reason for row in rows})


def _free(session: Session, key: str, lifted: Collection[SuppressionReason]) -> None:
    """Let people be asked again whose status said no more than what was lifted now."""
    left = set(session.scalars(select(Suppression.reason).where(Suppression.email_key == key)))
    said_no = {SuppressionReason.UNSUBSCRIBED}
    freed = []
    if said_no & set(lifted) and not said_no & left:
        freed.append(ContactStatus.OPTED_OUT)
    if set(lifted) - said_no and not left - said_no:
        freed.append(ContactStatus.SUPPRESSED)
    of_theirs = update(Contact).where(Contact.email_key == key, Contact.status.in_(freed))
    session.execute(of_theirs.values(status=ContactStatus.ACTIVE, updated_at=func.now()))


def entries(
    session: Session,
    *,
    limit: int,
    offset: int = 0,
    search: str = "",
    reason: SuppressionReason | None = None,
    scope: str | None = None,
) -> Sequence[RowMapping]:
    """Return rows of the list, the newest first; each row carries the `total` of those that match."""
    columns = (Suppression.email_key, Suppression.scope, Suppression.reason, Suppression.detail, Suppression.since_at)
    wanted = looked_for(search=search, reason=reason, scope=scope)
    query = select(*columns, func.count().over().label("total")).where(*wanted)
    query = query.order_by(Suppression.since_at.desc(), Suppression.email_key, Suppression.scope, Suppression.reason)
    return session.execute(query.limit(limit).offset(offset)).mappings().all()


def looked_for(
    *, search: str = "", reason: SuppressionReason | None = None, scope: str | None = None
) -> list[ColumnElement[bool]]:
    """Return the conditions for the rows that a person looks for."""
    conditions: list[ColumnElement[bool]] = []
    if search:
        conditions.append(Suppression.email_key.ilike(contains(search.casefold())))
    if reason is not None:
        conditions.append(Suppression.reason == reason)
    if scope is not None:
        conditions.append(Suppression.scope == scope)
    return conditions


def check_scope(session: Session, scope: str) -> None:
    """Raise NotFound unless `scope` is `*` or the key of a brand."""
    if scope not in scopes(session):
        raise NotFound(f"There is no brand «{scope}»; write its key, or * for all brands.")


def scopes(session: Session) -> set[str]:
    """Return what a suppression can hold for: `*`, and the key of each brand."""
    return {EVERYTHING, *session.scalars(select(StoredBrand.key))}


def _key(email: str) -> str:
    key = email_key(email)
    if key is None:
        raise QuorumError(f"«{email[:100]}» is not a mail address that anything can be sent to.")
    return key
