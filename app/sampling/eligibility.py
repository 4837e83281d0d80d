"""Who may be asked at all, and the first reason why not.

Rules: domain section 3. The reasons stand in the order in which they are given.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


class Reason(enum.StrEnum):
    """Why a contact is not asked; the first that holds, in this order."""

    ACCOUNT_INACTIVE = "account_inactive"
    CONTACT_LEFT = "contact_left"
    OPTED_OUT = "opted_out"
    SUPPRESSED = "suppressed"
    INVALID_EMAIL = "invalid_email"
    DUPLICATE_EMAIL = "duplicate_email"
    EXCLUDED_BY_MANAGER = "excluded_by_manager"
    EMBARGOED = "embargoed"
    OPEN_CASE = "open_case"
    OPEN_INVITATION = "open_invitation"
    CONTACTED_RECENTLY = "contacted_recently"
    NOT_NEEDED = "not_needed"


class Person(NamedTuple):
    """What the rules look at in a contact; `id` is the CRM's.

    `status` is active, left, opted_out or suppressed. `deliverable` says that mail can go to the address, `duplicate`
    that a contact with a lower id has the same one. `last_invited_on` is the day of the last relationship survey sent,
    `last_transactional_on` of the last one after an event; those up to `forgiven_on` no longer hold the person back.
    """

    id: str
    level: str
    status: str = "active"
    department: str | None = None
    engagement: int | None = None
    last_invited_on: date | None = None
    unanswered: int = 0
    pinned: bool = False
    deliverable: bool = True
    duplicate: bool = False
    exclusion_reason: str | None = None
    embargoed_until: date | None = None
    open_case: bool = False
    open_invitation: bool = False
    last_transactional_on: date | None = None
    forgiven_on: date | None = None

    @property
    def asked_on(self) -> date | None:
        """The day of the last survey of either kind."""
        days = [day for day in (self.last_invited_on, self.last_transactional_on) if day is not None]
        return max(days, default=None)


@dataclass(frozen=True)
class ContactRules:
    """How many days must lie between a relationship invitation and the last one, and the last survey of any kind."""

    relationship_days: int = 80
    any_days: int = 7


_STATUS_REASONS = {
    "left": Reason.CONTACT_LEFT,
    "opted_out": Reason.OPTED_OUT,
    "suppressed": Reason.SUPPRESSED,
}


def exclusion(person: Person, *, today: date, rules: ContactRules, account_active: bool = True) -> Reason | None:
    """Return the first reason not to ask this person on `today`, or None when they may be asked."""
    if not account_active:
        return Reason.ACCOUNT_INACTIVE
    return _STATUS_REASONS.get(person.status) or _address_fault(person) or _hold(person, today, rules)


def _address_fault(person: Person) -> Reason | None:
    if not person.deliverable:
        return Reason.INVALID_EMAIL
    return Reason.DUPLICATE_EMAIL if person.duplicate else None


def _hold(person: Person, today: date, rules: ContactRules) -> Reason | None:
    if person.exclusion_reason:
        return Reason.EXCLUDED_BY_MANAGER
    if person.embargoed_until is not None and today <= person.embargoed_until:
        return Reason.EMBARGOED
    if person.open_case:
        return Reason.OPEN_CASE
    if person.open_invitation:
        return Reason.OPEN_INVITATION
    if _is_recent(person.last_invited_on, max(rules.relationship_days, rules.any_days), person.forgiven_on, today):
        return Reason.CONTACTED_RECENTLY
    if _is_recent(person.last_transactional_on, rules.any_days, person.forgiven_on, today):
        return Reason.CONTACTED_RECENTLY
    return None


def _is_recent(last: date | None, days: int, forgiven_on: date | None, today: date) -> bool:
    if last is None or (forgiven_on is not None and last <= forgiven_on):
        return False
    return (today - last).days < days
