"""Tables of how it leaves: the ledger of messages, pauses, receipts, and the outbox of those without a mail service."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime
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
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class ReceiptKind(enum.StrEnum):
    """What the mail service tells about a mail; `other` is news without a consequence."""

    SENT = "sent"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"
    OPENED = "opened"
    CLICKED = "clicked"
    OTHER = "other"


class PauseCause(enum.StrEnum):
    """Why nothing leaves: a person's wish, or what made the engine stop by itself."""

    BY_HAND = "by_hand"
    BOUNCES = "bounces"
    COMPLAINTS = "complaints"
    ERRORS = "errors"
    ACCOUNT = "account"
    SENDER = "sender"
    DAILY_QUOTA = "daily_quota"


class Message(Base):
    """One mail of an invitation and the ledger of its sending: claimed and committed before it leaves.

    A mail that keeps to windows and caps has a day and a place, and waits without `due_at` until it is let go, which is
    worked out minute by minute; one without a day leaves at `due_at`, whatever the hour.

    `recipient` is the normalised address of the claim; a contact may have another one by the time somebody says no.
    `claimed_at` stands as long as the mail may have left: one that surely did not leave is given back without it.
    The moments of receipts are noted whether or not they still move the state; `bounce` is permanent or transient.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("invitation_id", "number"),
        Index(
            "ix_message_due",
            "wave_id",
            "due_at",
            "id",
            postgresql_where=text("state = 'queued' AND due_at IS NOT NULL"),
        ),
        Index(
            "ix_message_waiting",
            *("wave_id", "place_id", "number", "due_on", "id"),
            postgresql_where=text("state = 'queued' AND due_at IS NULL"),
        ),
        Index("ix_message_account_id", "account_id", "claimed_at", postgresql_where=text("number = 0")),
        Index("ix_message_recipient", "recipient", "claimed_at", postgresql_where=text("recipient IS NOT NULL")),
        Index("ix_message_sending", "claimed_at", postgresql_where=text("state = 'sending'")),
        Index("ix_message_unknown", "claimed_at", postgresql_where=text("state = 'unknown'")),
        Index("ix_message_wave_id_claimed_at", "wave_id", "claimed_at"),
        Index("ix_message_attempt_id", "attempt_id", unique=True, postgresql_where=text("attempt_id IS NOT NULL")),
        Index("ix_message_provider_id", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    wave_id: Mapped[int]
    account_id: Mapped[int]
    number: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    recipient: Mapped[str | None] = mapped_column(CRM_ID)
    state: Mapped[MessageState] = mapped_column(stored_enum(MessageState, "message_state"), server_default="queued")
    reason: Mapped[str | None]
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    due_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    enqueued_at: Mapped[datetime | None]
    attempt_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    provider_id: Mapped[str | None]
    delivered_at: Mapped[datetime | None]
    delayed_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    bounce: Mapped[str | None]
    complained_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PastAttempt(Base):
    """An attempt of unknown outcome that a person let follow by another one; a receipt may still name it."""

    __tablename__ = "past_attempt"

    attempt_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    claimed_at: Mapped[datetime]
    ended_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Receipt(Base):
    """News of a mail as the mail service told it, once: `key` is what its repetitions share.

    Without `message_id` it names no message of ours: one that is not recorded yet, or somebody else's.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        Index("ix_receipt_message_id", "message_id", postgresql_where=text("message_id IS NOT NULL")),
        Index("ix_receipt_unmatched", "received_at", postgresql_where=text("message_id IS NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(CRM_ID, unique=True)
    kind: Mapped[ReceiptKind] = mapped_column(stored_enum(ReceiptKind, "receipt_kind"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    attempt_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    provider_id: Mapped[str | None]
    bounce: Mapped[str | None]
    detail: Mapped[str | None]
    mailed_at: Mapped[datetime]
    happened_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SendingPause(Base):
    """A time in which nothing leaves: of one wave, or of everything when `wave_id` is None.

    One that is not over holds; one that the engine made by itself is the alert that admins see.
    """

    __tablename__ = "sending_pause"
    __table_args__ = (
        Index(
            "uq_sending_pause_open",
            "wave_id",
            "cause",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("wave.id"))
    cause: Mapped[PauseCause] = mapped_column(stored_enum(PauseCause, "pause_cause"))
    detail: Mapped[str]
    since_at: Mapped[datetime] = mapped_column(server_default=func.now())
    paused_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


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
