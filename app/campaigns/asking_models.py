"""Tables of asking one person: the rules of the house, overrides of them, and the events that call for a survey."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import CRM_ID
from app.core.db import Base, stored_enum


class HouseRules(Base):
    """The contact rules that hold for every campaign: one row, or none while they are as the domain has them."""

    __tablename__ = "house_rules"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    rules: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by: Mapped[str]


class RuleOverride(Base):
    """A person with the right let somebody be asked again: what was asked before does not hold them back any more.

    It belongs to the mailbox of that day, as the rules do. Nothing uses it up: the next survey counts again.
    """

    __tablename__ = "rule_override"
    __table_args__ = (Index("ix_rule_override_email_key", "email_key", "granted_at"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    contact_id: Mapped[int]
    email_key: Mapped[str] = mapped_column(CRM_ID)
    reason: Mapped[str]
    granted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    granted_by: Mapped[str]


class EventDecision(enum.StrEnum):
    SCHEDULED = "scheduled"
    REFUSED = "refused"


class TriggerEvent(Base):
    """Something that happened at a customer, and whether a survey follows it: written once for each event.

    `source` and `event_id` name it; `subject` is the ticket or order it is about. `held_until` says when the contact
    rules would allow it, for people who ask why no survey was sent; a refused event is not sent later. A scheduled one
    has its invitation at once, and its mail when `send_at` has come and all was looked at again (`mailed_at`).
    """

    __tablename__ = "trigger_event"
    __table_args__ = (
        UniqueConstraint("source", "event_id"),
        Index("ix_trigger_event_changed_at", "changed_at", "id"),
        Index("ix_trigger_event_contact_id", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
        Index("ix_trigger_event_subject", "campaign_id", "subject", postgresql_where=text("subject IS NOT NULL")),
        Index(
            "ix_trigger_event_send_at",
            "send_at",
            postgresql_where=text("send_at IS NOT NULL AND mailed_at IS NULL AND reason IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(CRM_ID)
    event_id: Mapped[str] = mapped_column(CRM_ID)
    event: Mapped[str]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_by: Mapped[str]
    email: Mapped[str | None]
    subject: Mapped[str | None]
    properties: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    account_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    decision: Mapped[EventDecision] = mapped_column(stored_enum(EventDecision, "event_decision"))
    reason: Mapped[str | None]
    held_until: Mapped[datetime | None]
    send_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
