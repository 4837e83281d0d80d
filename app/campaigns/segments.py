"""What of an account and a contact stays on an invitation, so that reports can tell segments as they were that day.

SQL text, read by those who write invitations; later moves of people and accounts do not change what was noted.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

SEGMENTS = """
    jsonb_strip_nulls(jsonb_build_object(
        'manager', a.manager_name, 'industry', a.industry, 'account_country', a.country, 'country', c.country,
        'language', c.language, 'department', c.department,
        'attributes', nullif(a.attributes, '{}'), 'person', nullif(c.attributes, '{}')))
"""
"""The segments of a contact `c` of an account `a`; `attributes` are the account's, `person` the contact's own."""

_OF = text(f"SELECT {SEGMENTS} FROM account a, contact c WHERE a.id = :account_id AND c.id = :contact_id")


def segments_of(session: Session, account_id: int, contact_id: int) -> dict[str, object]:
    """Return the segments of a contact as they are now."""
    return session.scalar(_OF, {"account_id": account_id, "contact_id": contact_id}) or {}
