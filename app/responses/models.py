"""Tables of what they said: the answer that counts for each invitation, and every revision of it."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Boolean, Computed, ForeignKey, Identity, Index, SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Level, dmu_level
from app.core.db import Base, stored_enum
from app.responses.search_words import WORDS


class ResponseState(enum.StrEnum):
    PARTIAL = "partial"
    COMPLETE = "complete"


class Verdict(enum.StrEnum):
    """Whether a person answered, or a program that opens links for its owner (domain section 10)."""

    HUMAN = "human"
    SUSPECT = "suspect"
    MACHINE = "machine"


class Response(Base):
    """The answer of one invitation as it stands now.

    `drivers` are keys such as `support/response_time`, `comments` and `ratings` are by the keys of their questions.
    `level` and `segments` are those of the invitation; `search_words` are the words of the comments, in the language of
    the answer. `driver_parts` are its finest drivers as `tops parts path`: it counts for 1/(tops·parts) of each.
    """

    __tablename__ = "response"
    __table_args__ = (
        Index("ix_response_counted", "wave_id", "account_id", postgresql_include=["level", "score", "verdict"]),
        Index("ix_response_search_words", "search_words", postgresql_using="gin"),
    )

    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    wave_id: Mapped[int]
    account_id: Mapped[int]
    contact_id: Mapped[int]
    level: Mapped[Level] = mapped_column(dmu_level)
    segments: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    survey_version_id: Mapped[int] = mapped_column(ForeignKey("survey_version.id"))
    state: Mapped[ResponseState] = mapped_column(stored_enum(ResponseState, "response_state"))
    score: Mapped[int] = mapped_column(SmallInteger)
    drivers: Mapped[list[str]] = mapped_column(server_default="[]")
    comments: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    ratings: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    may_contact: Mapped[bool | None] = mapped_column(Boolean)
    language: Mapped[str]
    verdict: Mapped[Verdict] = mapped_column(stored_enum(Verdict, "verdict"), server_default="human")
    evidence: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    answered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    completed_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    search_words: Mapped[str] = mapped_column(TSVECTOR, Computed(WORDS, persisted=True), deferred=True)
    driver_parts: Mapped[list[str]] = mapped_column(
        ARRAY(Text), Computed("driver_parts(drivers)", persisted=True), deferred=True
    )


class ResponseRevision(Base):
    """What one POST said, kept for good in the order it came; not `confirmed` when the page saved it by itself."""

    __tablename__ = "response_revision"
    __table_args__ = (Index("ix_response_revision_invitation_id", "invitation_id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    account_id: Mapped[int]
    said: Mapped[dict[str, Any]]
    confirmed: Mapped[bool] = mapped_column(Boolean, server_default="true")
    evidence: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    language: Mapped[str]
    said_at: Mapped[datetime] = mapped_column(server_default=func.now())
