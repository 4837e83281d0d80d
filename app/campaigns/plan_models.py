"""Tables of a plan beside its decisions: what it came to, what exclusions cost it, and whom people set by hand."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, SmallInteger, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, stored_enum


class WavePlan(Base):
    """What a wave's plan came to: a preview that may still change while the wave is a draft, frozen afterwards.

    `revision` counts its changes, so that nobody confirms what somebody else changed meanwhile. `totals` are counted
    once (see `tallying`), `choices` are the managers and countries one may look for. `terms` are the settings of the
    wave it was worked out with, `trail_to` the last line of the audit trail that it knows of. `changed` says what a
    try to confirm it found changed, empty when nothing.
    """

    __tablename__ = "wave_plan"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    revision: Mapped[int]
    worked_out_at: Mapped[datetime] = mapped_column(server_default=func.now())
    worked_out_by: Mapped[str]
    trail_to: Mapped[int] = mapped_column(server_default="0")
    totals: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    choices: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    terms: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    changed: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class ExclusionCost(Base):
    """What an account of a plan would have without the exclusions by its managers; only accounts that have any.

    `excluded` people are left out by hand, of whom `missed` would be asked; the seats are those without exclusions.
    """

    __tablename__ = "exclusion_cost"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(primary_key=True)
    excluded: Mapped[int]
    missed: Mapped[int]
    seats_decision_maker: Mapped[int] = mapped_column(SmallInteger)
    seats_influencer: Mapped[int] = mapped_column(SmallInteger)
    seats_user: Mapped[int] = mapped_column(SmallInteger)
    seats_unknown: Mapped[int] = mapped_column(SmallInteger)
    shortage: Mapped[int] = mapped_column(SmallInteger)


class Act(enum.StrEnum):
    """A pinned contact is asked before others of the same level; an excluded one is not asked."""

    PIN = "pin"
    EXCLUDE = "exclude"


class HandPick(Base):
    """Somebody pinned or excluded a contact, for one wave or, without `wave_id`, for good; and maybe took it back.

    A record: it keeps the number of a contact that is deleted. What holds for good stands in the contact as well.
    """

    __tablename__ = "hand_pick"
    __table_args__ = (
        Index(
            "uq_hand_pick_standing",
            "contact_id",
            "wave_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("ix_hand_pick_wave_id", "wave_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    contact_id: Mapped[int]
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("wave.id"))
    act: Mapped[Act] = mapped_column(stored_enum(Act, "hand_pick_act"))
    reason: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    made_by: Mapped[str]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
