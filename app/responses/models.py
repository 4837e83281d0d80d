"""Tables of what they said: the answer that counts for each invitation, and every revision of it."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, SmallInteger, func
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Level, dmu_level
from app.core.db import Base, stored_enum


class ResponseState(enum.StrEnum):
    PARTIAL = "partial"
    COMPLETE = "complete"


class Response(Base):
    """The answer of one invitation as it stands now; `drivers` are keys such as `support/response_time`."""

    __tablename__ = "response"
    __table_args__ = (Index("ix_response_wave_id_account_id", "wave_id", "account_id"),)

    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    wave_id: Mapped[int]
    account_id: Mapped[int]
    contact_id: Mapped[int]
    level: Mapped[Level] = mapped_column(dmu_level)
    survey_version_id: Mapped[int] = mapped_column(ForeignKey("survey_version.id"))
    state: Mapped[ResponseState] = mapped_column(stored_enum(ResponseState, "response_state"))
    score: Mapped[int] = mapped_column(SmallInteger)
    drivers: Mapped[list[str]] = mapped_column(server_default="[]")
    comment: Mapped[str | None]
    language: Mapped[str]
    answered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    completed_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ResponseRevision(Base):
    """What one POST said, kept for good in the order it came."""

    __tablename__ = "response_revision"
    __table_args__ = (Index("ix_response_revision_invitation_id", "invitation_id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    account_id: Mapped[int]
    said: Mapped[dict[str, Any]]
    language: Mapped[str]
    said_at: Mapped[datetime] = mapped_column(server_default=func.now())
