"""Tables of whom we serve: accounts, their revenue, their contacts, and addresses nobody may mail.

The suppression list stands here and not in delivery, which writes it, because choosing people (campaigns) has to read
it too, and a stage reads only what stands above it.
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, stored_enum

CRM_ID = Text(collation="C")
"""Ids sort by code point in the database as they do in Python, so that both choose the same people."""


CONTACT_WORDS = """to_tsvector('simple', translate(
    coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(email, ''), '@._-/+', '      '))"""
"""What `core.searching.words` looks through: the words of a contact's name and address, without language."""

EVERYTHING = "*"
"""The scope of a suppression that holds for every brand."""


class AccountStatus(enum.StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"
    CHURNED = "churned"


class ContactStatus(enum.StrEnum):
    ACTIVE = "active"
    LEFT = "left"
    OPTED_OUT = "opted_out"
    SUPPRESSED = "suppressed"


class Level(enum.StrEnum):
    """Where a contact stands in the decision-making unit of the account."""

    DECISION_MAKER = "decision_maker"
    INFLUENCER = "influencer"
    USER = "user"
    UNKNOWN = "unknown"


class RevenueType(enum.StrEnum):
    ARR = "arr"
    MRR = "mrr"
    ONE_TIME = "one_time"
    OTHER = "other"


class SuppressionReason(enum.StrEnum):
    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    BY_HAND = "by_hand"
    REPEATED_BOUNCE = "repeated_bounce"


dmu_level = stored_enum(Level, "dmu_level")


class Account(Base):
    """A customer company; `annual_value` is what a year of it is worth, None when nobody knows."""

    __tablename__ = "account"
    __table_args__ = (
        Index("ix_account_name_key", "name_key"),
        Index("ix_account_manager_name", "manager_name"),
        Index("ix_account_industry", "industry"),
        Index("ix_account_country", "country"),
        Index("ix_account_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_account_manager", text("lower(manager_email)")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    external_id: Mapped[str] = mapped_column(CRM_ID, unique=True)
    name: Mapped[str]
    name_key: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    industry: Mapped[str | None]
    country: Mapped[str | None]
    time_zone: Mapped[str | None]
    manager_name: Mapped[str | None]
    manager_email: Mapped[str | None]
    renewal_on: Mapped[date | None]
    review_on: Mapped[date | None]
    annual_value: Mapped[Decimal | None]
    currency: Mapped[str | None]
    lifetime_value: Mapped[Decimal | None]
    share_of_wallet: Mapped[Decimal | None] = mapped_column(Numeric(7, 4))
    status: Mapped[AccountStatus] = mapped_column(stored_enum(AccountStatus, "account_status"), server_default="active")
    embargoed_until: Mapped[date | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MergedAccount(Base):
    """An account that another one took in: what bore its number stands with `account_id` now, never with a third one.

    Plans, invitations and answers are a record and keep the old number; its CRM id and name lead later files on.
    """

    __tablename__ = "merged_account"
    __table_args__ = (Index("ix_merged_account_account_id", "account_id"),)

    old_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    external_id: Mapped[str] = mapped_column(CRM_ID, unique=True)
    name: Mapped[str]
    name_key: Mapped[str]
    merged_at: Mapped[datetime] = mapped_column(server_default=func.now())
    merged_by: Mapped[str]


class RevenueLine(Base):
    """What an account paid or pays from one day to another; `ordinal` tells equal lines of a file apart."""

    __tablename__ = "revenue_line"
    __table_args__ = (
        Index("uq_revenue_line_identity", "account_id", "starts_on", "ends_on", "type", "ordinal", unique=True),
        CheckConstraint("ends_on >= starts_on", name="period"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    amount: Mapped[Decimal]
    type: Mapped[RevenueType] = mapped_column(stored_enum(RevenueType, "revenue_type"))
    ordinal: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Contact(Base):
    """A person at an account.

    `email` is as the CRM writes it, `email_key` what two spellings of one mailbox share, None when no mail can be
    sent there. `last_invited_on` (to a relationship survey) and `unanswered` (invitations in a row without an answer)
    are moved by sending and answering; an import may bring their first values. `last_transactional_on` is the day of
    the last survey after an event. `engagement_at` is when the score was worked out from activities; without it the
    score is the CRM's. `nominated_at` is when somebody added the person by hand, until the CRM knows them too.
    """

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_account_id", "account_id"),
        Index("ix_contact_email_key", "email_key", postgresql_where=text("email_key IS NOT NULL")),
        Index("ix_contact_nominated_at", "nominated_at", postgresql_where=text("nominated_at IS NOT NULL")),
        Index("ix_contact_search_words", "search_words", postgresql_using="gin"),
        CheckConstraint("engagement_score BETWEEN 0 AND 100", name="engagement_score"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    external_id: Mapped[str] = mapped_column(CRM_ID, unique=True)
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(CRM_ID)
    job_title: Mapped[str | None]
    department: Mapped[str | None]
    level: Mapped[Level] = mapped_column(dmu_level, server_default="unknown")
    language: Mapped[str | None]
    time_zone: Mapped[str | None]
    country: Mapped[str | None]
    engagement_score: Mapped[int | None] = mapped_column(SmallInteger)
    engagement_at: Mapped[datetime | None]
    nominated_at: Mapped[datetime | None]
    last_invited_on: Mapped[date | None]
    last_transactional_on: Mapped[date | None]
    unanswered: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    status: Mapped[ContactStatus] = mapped_column(stored_enum(ContactStatus, "contact_status"), server_default="active")
    pinned: Mapped[bool] = mapped_column(Boolean, server_default="false")
    exclusion_reason: Mapped[str | None]
    embargoed_until: Mapped[date | None]
    open_case: Mapped[bool] = mapped_column(Boolean, server_default="false")
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    search_words: Mapped[str] = mapped_column(TSVECTOR, Computed(CONTACT_WORDS, persisted=True), deferred=True)


class ContactCorrection(Base):
    """A field of a contact that somebody in the house set by hand, and what the CRM said of it then.

    An import leaves the field alone as long as the CRM says the same. `unheard` holds while the CRM has said nothing
    yet, because the person was added by hand. All values as text; `crm_value` None is an empty cell.
    """

    __tablename__ = "contact_correction"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    crm_value: Mapped[str | None]
    unheard: Mapped[bool] = mapped_column(Boolean, server_default="false")
    corrected_at: Mapped[datetime] = mapped_column(server_default=func.now())
    corrected_by: Mapped[str]


class Suppression(Base):
    """An address nobody may mail, whoever it belongs to: one row for each reason, with its day.

    `scope` is the key of the brand that may not, or `*` for all of them. One row a reason, so that taking one back
    never lifts another.
    """

    __tablename__ = "suppression"

    email_key: Mapped[str] = mapped_column(CRM_ID, primary_key=True)
    scope: Mapped[str] = mapped_column(CRM_ID, primary_key=True, server_default=EVERYTHING)
    reason: Mapped[SuppressionReason] = mapped_column(
        stored_enum(SuppressionReason, "suppression_reason"), primary_key=True
    )
    detail: Mapped[str | None]
    since_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
