"""The rows that an import brings, as values. The tables they go to are in `models`; nothing here reads a file."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from app.accounts.engagement import ActivityKind
from app.accounts.models import AccountStatus, ContactStatus, Level, RevenueType


class RowFault(NamedTuple):
    """Why a row was rejected, or what was noted about it; `file` is a name without folders."""

    file: str
    line: int
    reason: str


class AccountRow(NamedTuple):
    """An account; `external_id` is the CRM's id, else the `name_key`, `parent` names another account by id or name."""

    external_id: str
    name: str
    name_key: str
    parent: str | None
    parent_key: str | None
    industry: str | None
    country: str | None
    time_zone: str | None
    manager_name: str | None
    manager_email: str | None
    renewal_on: date | None
    review_on: date | None
    annual_value: Decimal | None
    currency: str | None
    lifetime_value: Decimal | None
    share_of_wallet: Decimal | None
    status: AccountStatus | None
    embargoed_until: date | None
    attributes: dict[str, str]


class ContactRow(NamedTuple):
    """A contact; `external_id` is the CRM's id, else the `email_key`; the account is named by id or by name."""

    external_id: str
    account_id: str | None
    account_name: str | None
    account_key: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    email_key: str | None
    job_title: str | None
    department: str | None
    level: Level | None
    language: str | None
    time_zone: str | None
    country: str | None
    engagement_score: int | None
    last_invited_on: date | None
    unanswered: int | None
    status: ContactStatus | None
    pinned: bool | None
    exclusion_reason: str | None
    embargoed_until: date | None
    open_case: bool | None
    attributes: dict[str, str]


class RevenueRow(NamedTuple):
    """What an account pays from one day to another; `currency` is only held against the account's."""

    account_id: str | None
    account_name: str | None
    account_key: str | None
    starts_on: date
    ends_on: date
    amount: Decimal
    currency: str | None
    type: RevenueType


class ActivityRow(NamedTuple):
    """What a contact did; the contact is named by the CRM's id or by address, `key` is its id or made of what it is."""

    person_id: str | None
    person_email: str | None
    person_key: str | None
    key: str | None
    kind: ActivityKind
    happened_at: datetime
