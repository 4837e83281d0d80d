"""Tables of when we ask: campaigns, waves, the frozen plan of each wave, and invitations.

`wave_account` and `decision` are a record of what was decided: written once by planning, never changed, and without
foreign keys to accounts and contacts, so that a later deletion or merger cannot rewrite them.
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Identity, Index, SmallInteger, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Level, dmu_level
from app.core.db import Base, stored_enum
from app.sampling.eligibility import Reason
from app.sampling.sample import Seat


class WaveState(enum.StrEnum):
    DRAFT = "draft"
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


class Campaign(Base):
    """A programme that asks one survey; a relationship campaign runs in waves."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    survey_key: Mapped[str]
    quota: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Wave(Base):
    """One round of a relationship campaign.

    `key` seeds the order among equals, `planned_for` is the day the rules reckon from.
    """

    __tablename__ = "wave"
    __table_args__ = (UniqueConstraint("campaign_id", "key"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    key: Mapped[str]
    name: Mapped[str]
    state: Mapped[WaveState] = mapped_column(stored_enum(WaveState, "wave_state"), server_default="draft")
    survey_version_id: Mapped[int] = mapped_column(ForeignKey("survey_version.id"))
    quota: Mapped[dict[str, Any]]
    currency: Mapped[str] = mapped_column(server_default="USD")
    rates: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    planned_for: Mapped[date]
    ends_on: Mapped[date]
    planned_at: Mapped[datetime | None]
    launched_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WaveAccount(Base):
    """An account as a wave found it: value in the wave's currency, quota, level targets and seats given."""

    __tablename__ = "wave_account"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(primary_key=True)
    annual_value: Mapped[Decimal | None]
    required: Mapped[int | None] = mapped_column(SmallInteger)
    target_decision_maker: Mapped[int] = mapped_column(SmallInteger)
    target_influencer: Mapped[int] = mapped_column(SmallInteger)
    target_user: Mapped[int] = mapped_column(SmallInteger)
    seats_decision_maker: Mapped[int] = mapped_column(SmallInteger)
    seats_influencer: Mapped[int] = mapped_column(SmallInteger)
    seats_user: Mapped[int] = mapped_column(SmallInteger)
    seats_unknown: Mapped[int] = mapped_column(SmallInteger)
    shortage: Mapped[int] = mapped_column(SmallInteger)
    contacts: Mapped[int]
    value_flagged: Mapped[bool] = mapped_column(Boolean)


class Decision(Base):
    """Why one contact was chosen in a wave, or why not.

    No foreign key to the wave either: a million rows a wave, all written by the one deed that holds the wave's lock.
    """

    __tablename__ = "decision"

    # In the order in which planning writes and pages read: the one index grows at its end and serves both.
    wave_id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[Level] = mapped_column(dmu_level)
    seat: Mapped[Seat | None] = mapped_column(stored_enum(Seat, "seat"))
    reason: Mapped[Reason | None] = mapped_column(stored_enum(Reason, "exclusion_reason"))
    rank: Mapped[int | None]


class Invitation(Base):
    """One contact asked once; the level and the segments are those of the day it was planned.

    The moments below are facts that later stages note down here, so that sending can look at an answer, and planning
    at an open invitation, without reaching downwards. `sent_at` is when its first mail left, or may have; `opened_at` when
    a person first looked at its link, `scanned_at` when a mail gateway last did, `trapped_at` when somebody last followed
    what no person sees.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("contact_id", "wave_id"),
        Index("ix_invitation_wave_id_account_id", "wave_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    account_id: Mapped[int]
    contact_id: Mapped[int]
    level: Mapped[Level] = mapped_column(dmu_level)
    segments: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    turn: Mapped[int]
    closes_on: Mapped[date]
    sent_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    scanned_at: Mapped[datetime | None]
    trapped_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
