"""Tables of what it means: how each account of a wave stands, the totals of each wave, and what has to be told anew.

They hold nothing that the tables of the other stages do not say: `app.reporting.standing` can make all of it again.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import BigInteger, Column, Computed, Index, Integer, Numeric, SmallInteger, Table
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

Few = Annotated[int, mapped_column(SmallInteger)]
Many = Annotated[int, mapped_column(Integer)]

# Answers beyond a target count for nothing (domain section 8).
_WANTED = "target_decision_maker + target_influencer + target_user"
_HEARD = (
    "least(answers_decision_maker, target_decision_maker) + least(answers_influencer, target_influencer)"
    " + least(answers_user, target_user)"
)


class Standing(Base):
    """An account in a wave: what was decided, as it was frozen, and what came of it so far.

    `wanted` and `heard` are the answers wanted on all levels and those of them that are there; `tally` counts by
    «level.disposition» and «level.score», without zeros. An account asked after an event has nothing frozen.
    """

    __tablename__ = "standing"

    wave_id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    annual_value: Mapped[Decimal | None]
    required: Mapped[int | None] = mapped_column(SmallInteger)
    target_decision_maker: Mapped[Few]
    target_influencer: Mapped[Few]
    target_user: Mapped[Few]
    seats_decision_maker: Mapped[Few]
    seats_influencer: Mapped[Few]
    seats_user: Mapped[Few]
    seats_unknown: Mapped[Few]
    shortage: Mapped[Few]
    contacts: Mapped[Many]
    contacts_decision_maker: Mapped[Many]
    contacts_influencer: Mapped[Many]
    contacts_user: Mapped[Many]
    contacts_unknown: Mapped[Many]
    sent_decision_maker: Mapped[Many]
    sent_influencer: Mapped[Many]
    sent_user: Mapped[Many]
    sent_unknown: Mapped[Many]
    answers_decision_maker: Mapped[Many]
    answers_influencer: Mapped[Many]
    answers_user: Mapped[Many]
    answers_unknown: Mapped[Many]
    bounced: Mapped[Many]
    promoters: Mapped[Many]
    passives: Mapped[Many]
    detractors: Mapped[Many]
    promoters_decision_maker: Mapped[Many]
    detractors_decision_maker: Mapped[Many]
    score_sum: Mapped[int]
    score: Mapped[Decimal | None] = mapped_column(Numeric)
    heard_at: Mapped[datetime | None]
    tally: Mapped[dict[str, Any]]
    sent: Mapped[Many] = mapped_column(
        Computed("sent_decision_maker + sent_influencer + sent_user + sent_unknown", persisted=True)
    )
    answers: Mapped[Many] = mapped_column(
        Computed("answers_decision_maker + answers_influencer + answers_user + answers_unknown", persisted=True)
    )
    wanted: Mapped[Few] = mapped_column(Computed(_WANTED, persisted=True))
    heard: Mapped[Few] = mapped_column(Computed(_HEARD, persisted=True))
    coverage: Mapped[Decimal | None] = mapped_column(
        Numeric, Computed(f"({_HEARD})::numeric / nullif({_WANTED}, 0)", persisted=True)
    )


Index(
    "ix_standing_wave_id_annual_value",
    Standing.wave_id,
    Standing.annual_value.desc().nulls_last(),
    Standing.account_id,
)


class Tally(Base):
    """One total of a wave: of a level, or of its accounts where `level` is empty. Counts, or money of the wave."""

    __tablename__ = "tally"

    wave_id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[Decimal] = mapped_column(Numeric)


stirred = Table(
    "stirred",
    Base.metadata,
    Column("wave_id", BigInteger, nullable=False),
    Column("account_id", BigInteger),
)
"""Accounts of a wave of which something changed since their standing was told, all of the wave without an account.

Triggers append to it in the transaction of each change; without a key, so that nobody waits for anybody.
"""
