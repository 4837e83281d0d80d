"""Deed: somebody in the house sets fields of a contact by hand, and later imports from the CRM leave them alone.

The CRM's word counts again as soon as it changes: what it said at the time of the correction is kept beside it, and an
import that still brings the same, as every export does for months, changes nothing. An import that brings something
else wins, and the correction is forgotten. Of whoever was added by hand the CRM has said nothing yet: its first word is
noted down, and what was said by hand stands until that changes. That somebody must not be asked always counts: an
opt-out and a suppression, and a first word that leaves them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.addresses import email_key
from app.accounts.kinds import Row
from app.accounts.models import Contact, ContactCorrection, ContactStatus, Level
from app.accounts.records import Layout

FIELDS = (
    *("first_name", "last_name", "email", "job_title", "level", "language"),
    *("status", "pinned", "exclusion_reason"),
)
"""What can be set by hand; an import holds its own word about any of them against what it said before."""

Values = Mapping[str, str | Level | ContactStatus | bool | None]
Changes = dict[str, tuple[str | None, str | None]]
"""Field → what stood there before, and what does now, as text."""


def correct(session: Session, contact: Contact, values: Values, *, actor: str) -> Changes:
    """Set fields of a contact for good, and return those that changed with what stood there before and what does now.

    The caller has called `await_imports` before it locked the contact.

    A new address brings its key; complaints and unsubscriptions of the old one follow the person, and a bounce stays
    with the old one.
    """
    changes = {
        name: (as_text(getattr(contact, name)), as_text(value))
        for name, value in values.items()
        if getattr(contact, name) != value
    }
    _remember(session, contact, changes, actor)
    for name in changes:
        setattr(contact, name, values[name])
    if "email" in changes:
        _follow(session, contact, email_key(contact.email or ""))
    if changes:
        contact.updated_at = func.now()
        session.flush()
    return changes


def await_imports(session: Session) -> None:
    """Wait for an import that writes contacts, and hold the next one back until the transaction ends.

    Before the row of a contact is locked: an import takes the two in this order, and else both would wait for good.
    """
    session.execute(_CORRECTING)


def unheard(session: Session, contact: Contact, *, actor: str) -> None:
    """Let what a contact was added with by hand stand, whatever the CRM says of the person at first."""
    for name in FIELDS:
        if getattr(contact, name) is not None and name not in ("status", "pinned", "exclusion_reason"):
            session.add(ContactCorrection(contact_id=contact.id, field=name, unheard=True, corrected_by=actor))
    session.flush()


def as_text(value: object) -> str | None:
    """Return a value as the database writes it into text."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _remember(session: Session, contact: Contact, changes: Changes, actor: str) -> None:
    """Keep what the CRM says of each field; what goes back to the CRM's word is no correction any more."""
    known = {
        each.field: each
        for each in session.scalars(select(ContactCorrection).where(ContactCorrection.contact_id == contact.id))
    }
    for name, (before, after) in changes.items():
        kept = known.get(name)
        if kept is not None and not kept.unheard and kept.crm_value == after:
            session.delete(kept)
        elif kept is not None:
            kept.corrected_by, kept.corrected_at = actor, func.now()
        else:
            strange = contact.nominated_at is not None
            word = None if strange else before
            session.execute(
                insert(ContactCorrection).values(
                    contact_id=contact.id, field=name, crm_value=word, unheard=strange, corrected_by=actor
                )
            )


def _follow(session: Session, contact: Contact, key: str | None) -> None:
    if key is not None and contact.email_key is not None and key != contact.email_key:
        session.execute(_FOLLOWING, {"old": contact.email_key, "new": key})
    if contact.status is ContactStatus.SUPPRESSED and key != contact.email_key:
        contact.status = ContactStatus.ACTIVE
    contact.email_key = key


_CORRECTING = text("LOCK TABLE contact_correction IN ROW EXCLUSIVE MODE")
_FOLLOWING = text(
    """
    INSERT INTO suppression (email_key, scope, reason, detail, since_at)
    SELECT :new, scope, reason, detail, since_at FROM suppression
    WHERE email_key = :old AND reason IN ('complaint', 'unsubscribed')
    ON CONFLICT DO NOTHING
    """
)


# What an import does with corrections: steps of its transaction, before and between judging, marking and writing.


def await_corrections(connection: psycopg.Connection[Any], layout: Layout[Row]) -> None:
    """Wait for those who are correcting contacts, and let the next ones wait until all is written; readers never do."""
    if layout.kind.name == "contacts":
        connection.execute("LOCK TABLE contact_correction IN SHARE ROW EXCLUSIVE MODE")


def hold_against(connection: psycopg.Connection[Any], layout: Layout[Row]) -> None:
    """Put what was corrected in place of what the staged rows say, wherever the CRM says the same as before.

    Rows of contacts only; `word` gets what the CRM says of each corrected field, for `note_words`.
    """
    fields = [name for name in FIELDS if name in layout.present]
    if layout.kind.name != "contacts" or not fields:
        return
    connection.execute("DROP TABLE IF EXISTS word")
    connection.execute(_WORDS, {"fields": fields}, prepare=False)
    for name in fields:
        pairs = [name, "email_key"] if name == "email" else [name]
        kept = sql.SQL(", ").join(
            sql.SQL("{} = k.{}").format(sql.Identifier(each), sql.Identifier(each)) for each in pairs
        )
        connection.execute(_HELD.format(kept=kept), {"field": name}, prepare=False)


def note_words(connection: psycopg.Connection[Any], layout: Layout[Row]) -> None:
    """Note down what the CRM said, forget the corrections it has overruled, and that it did not know somebody."""
    if layout.kind.name != "contacts":
        return
    connection.execute(_KNOWN)
    if any(name in layout.present for name in FIELDS):
        connection.execute(_OVERRULED)
        connection.execute(_HEARD)


# An empty status says nothing; an empty level is an unknown one, an empty tick a no. Whoever takes an exclusion of the
# CRM back has read its reason, so the same reason leaves nobody out again; an opt-out is not theirs to take back.
_WORDS = """
CREATE TEMPORARY TABLE word ON COMMIT DROP AS
SELECT t.line, t.contact_id, t.field, t.told,
       CASE WHEN t.field = 'status' AND t.told IN ('opted_out', 'suppressed') THEN false
            WHEN t.field = 'exclusion_reason' AND t.unheard AND t.told IS NOT NULL THEN false
            ELSE t.unheard OR t.told IS NOT DISTINCT FROM t.crm_value OR (t.field = 'status' AND t.told IS NULL)
       END AS holds
FROM (
    SELECT v.line, n.contact_id, n.field, n.crm_value, n.unheard,
           CASE n.field WHEN 'level' THEN coalesce(to_jsonb(s) ->> n.field, 'unknown')
                        WHEN 'pinned' THEN coalesce(to_jsonb(s) ->> n.field, 'false')
                        ELSE to_jsonb(s) ->> n.field END AS told
    FROM contact_correction n
    JOIN verdict v ON v.target = n.contact_id AND v.deed = 'same'
    JOIN staged s ON s.line = v.line
    WHERE n.field = ANY(CAST(%(fields)s AS text[]))
) t
"""
_HELD = sql.SQL(
    """UPDATE staged s SET {kept} FROM word w JOIN contact k ON k.id = w.contact_id
       WHERE w.holds AND w.field = %(field)s AND s.line = w.line"""
)
_OVERRULED = """
DELETE FROM contact_correction n USING word w WHERE n.contact_id = w.contact_id AND n.field = w.field AND NOT w.holds
"""
_HEARD = """
UPDATE contact_correction n SET crm_value = w.told, unheard = false
FROM word w WHERE n.contact_id = w.contact_id AND n.field = w.field AND n.unheard
"""
_KNOWN = """
UPDATE contact k SET nominated_at = NULL FROM verdict v
WHERE v.target = k.id AND v.deed <> 'reject' AND k.nominated_at IS NOT NULL
"""
