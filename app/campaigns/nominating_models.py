"""Tables of nominations: the rounds in which account managers look at their accounts, and what they did in them."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, stored_enum


class Deed(enum.StrEnum):
    """What somebody did to the list of an account."""

    ADDED = "added"
    CORRECTED = "corrected"
    LEFT = "left"
    CAME_BACK = "came_back"
    EXCLUDED = "excluded"
    READMITTED = "readmitted"
    REMOVED = "removed"
    DONE = "done"
    NOBODY = "nobody"
    REOPENED = "reopened"


class Word(enum.StrEnum):
    """What somebody says of an account as a whole."""

    DONE = "done"
    NOBODY = "nobody"


class NominationRound(Base):
    """A time in which account managers name the people to ask: before a wave, or for a campaign as a whole.

    It lasts to the end of `closes_on` in the zone of its campaign, or until `closed_at`. `revision` counts the saves.
    """

    __tablename__ = "nomination_round"
    __table_args__ = (CheckConstraint("(wave_id IS NULL) <> (campaign_id IS NULL)", name="one_ground"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("wave.id", ondelete="CASCADE"), index=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), index=True)
    closes_on: Mapped[date]
    closed_at: Mapped[datetime | None]
    message: Mapped[str | None]
    revision: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[str]


class NominationAnswer(Base):
    """What was said of an account as a whole in a round: it is done, or there is nobody more."""

    __tablename__ = "nomination_answer"

    round_id: Mapped[int] = mapped_column(ForeignKey("nomination_round.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True)
    word: Mapped[Word] = mapped_column(stored_enum(Word, "nomination_word"))
    said_at: Mapped[datetime] = mapped_column(server_default=func.now())
    said_by: Mapped[str]


class Nomination(Base):
    """One deed of a round, with what stood there before and after: written once.

    Without foreign keys to accounts and contacts: it is a record of the round, and outlives both. Of a person who was
    deleted only the names of the fields stay.
    """

    __tablename__ = "nomination"
    __table_args__ = (
        Index("ix_nomination_round_id", "round_id", "id"),
        Index("ix_nomination_contact_id", "contact_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("nomination_round.id", ondelete="CASCADE"))
    account_id: Mapped[int]
    contact_id: Mapped[int | None]
    deed: Mapped[Deed] = mapped_column(stored_enum(Deed, "nomination_deed"))
    before: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    after: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    reason: Mapped[str | None]
    done_at: Mapped[datetime] = mapped_column(server_default=func.now())
    done_by: Mapped[str]
