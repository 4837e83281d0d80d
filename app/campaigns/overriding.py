"""Deed: a person with the right lets a contact be asked again although the contact rules hold them back."""

from __future__ import annotations

from datetime import datetime

from app.accounts.models import Contact
from app.campaigns.asked import alone_with, asks_of
from app.campaigns.asking_models import RuleOverride
from app.campaigns.contact_rules import holds
from app.campaigns.house_rules import house_rules
from app.campaigns.settings import Kind
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused

SHORTEST_REASON = 5
LONGEST_REASON = 500


def override_rules(contact_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """Let what was asked of a contact's mailbox up to now hold nobody back any more, but for the 24 hours.

    It lifts no opt-out, suppression, embargo or exclusion, and nothing uses it up: the next survey counts again.
    Raises NotFound, and Refused without a written reason or where the rules hold nobody back.
    """
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise Refused(f"Write why, in {SHORTEST_REASON} to {LONGEST_REASON} characters: it goes on record.")
    with transaction() as session:
        contact = session.get(Contact, contact_id)
        if contact is None:
            raise NotFound("There is no such contact (any more).")
        if contact.email_key is None:
            raise Refused("There is no address that mail can go to, so there is nothing to override.")
        alone_with(session, [contact.email_key])
        asks = asks_of(session, contact.email_key, now)
        rules = house_rules(session)
        held = [holds(asks, kind=kind, level=contact.level, rules=rules, now=now) for kind in Kind]
        if not any(held):
            raise Refused("The contact rules do not hold this person back, so there is nothing to override.")
        session.add(
            RuleOverride(
                contact_id=contact_id, email_key=contact.email_key, reason=reason, granted_at=now, granted_by=actor
            )
        )
        audit.record(
            session, actor=actor, deed="contact_rules.overridden", subject=f"contact {contact_id}", reason=reason
        )
