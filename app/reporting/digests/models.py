"""Tables of the weekly mail to account managers: when it goes, to whom it went, and who wants none."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import Boolean, Identity, SmallInteger, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, stored_enum


class DigestState(enum.StrEnum):
    """Nothing leaves before its claim is committed: a worker that dies leaves a digest `sending`, never two mails."""

    SENDING = "sending"
    SENT = "sent"
    NOTHING_NEW = "nothing_new"
    FAILED = "failed"


class DigestRhythm(Base):
    """When digests leave, one row or none; Monday is weekday 0. Without a row they do not."""

    __tablename__ = "digest_rhythm"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    switched_on: Mapped[bool] = mapped_column(Boolean)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    hour: Mapped[int] = mapped_column(SmallInteger)
    zone: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by: Mapped[str]


class Digest(Base):
    """The digest of one manager on one day, kept without what it said."""

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("manager_email", "day"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    manager_email: Mapped[str]
    day: Mapped[date]
    state: Mapped[DigestState] = mapped_column(stored_enum(DigestState, "digest_state"))
    reason: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]


class DigestStop(Base):
    """A manager who wants no digests, by address in small letters."""

    __tablename__ = "digest_stop"

    manager_email: Mapped[str] = mapped_column(primary_key=True)
    stopped_at: Mapped[datetime] = mapped_column(server_default=func.now())
    stopped_by: Mapped[str]
