"""Tables of how it leaves: the ledger of messages and the outbox of an installation without a mail service."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, SmallInteger, UniqueConstraint, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import CRM_ID
from app.core.db import Base, stored_enum


class MessageState(enum.StrEnum):
    """Where a mail stands; `app/delivery/lifecycle.py` has the legal moves."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Message(Base):
    """One mail of an invitation and the ledger of its sending: claimed and committed before it leaves.

    `recipient` is the normalised address of the claim; a contact may have another one by the time somebody says no.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("invitation_id", "number"),
        Index("ix_message_due", "due_at", "id", postgresql_where=text("state = 'queued'")),
        Index("ix_message_recipient", "recipient", "claimed_at", postgresql_where=text("recipient IS NOT NULL")),
        Index("ix_message_sending", "claimed_at", postgresql_where=text("state = 'sending'")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    wave_id: Mapped[int]
    account_id: Mapped[int]
    number: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    recipient: Mapped[str | None] = mapped_column(CRM_ID)
    state: Mapped[MessageState] = mapped_column(stored_enum(MessageState, "message_state"), server_default="queued")
    reason: Mapped[str | None]
    due_at: Mapped[datetime]
    enqueued_at: Mapped[datetime | None]
    attempt_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    provider_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OutboxMail(Base):
    """A mail as the `outbox` transport kept it instead of sending it."""

    __tablename__ = "outbox_mail"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    attempt_id: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True)
    recipient: Mapped[str]
    subject: Mapped[str]
    headers: Mapped[dict[str, Any]]
    html: Mapped[str]
    text: Mapped[str]
    kept_at: Mapped[datetime] = mapped_column(server_default=func.now())
