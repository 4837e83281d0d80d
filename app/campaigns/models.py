"""Tables of when we ask: campaigns, waves, the frozen plan of each wave, and invitations.

`wave_account` and `decision` are a record of what was decided: written once by planning, never changed, and without
foreign keys to accounts and contacts, so that a later deletion or merger cannot rewrite them.
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Identity, Index, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Level, dmu_level
from app.campaigns.cadence import Cadence
from app.campaigns.settings import Kind
from app.core.db import Base, stored_enum
from app.sampling.eligibility import Reason
from app.sampling.sample import Seat


class WaveState(enum.StrEnum):
    DRAFT = "draft"
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


class CampaignState(enum.StrEnum):
    """A scheduled campaign waits for its first wave; a paused one lets nothing leave."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


class Campaign(Base):
    """A programme that asks one survey; a relationship campaign runs in waves.

    Its settings are those of `app.campaigns.settings`. Window, caps and reminders hold for what leaves from now on; the
    others are copied to each wave when it is made. `revision` counts the saves; `trouble` is what keeps the scheduler
    from making or sending the next wave, in words for the admin.
    """

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[Kind] = mapped_column(stored_enum(Kind, "campaign_kind"), server_default="relationship")
    state: Mapped[CampaignState] = mapped_column(stored_enum(CampaignState, "campaign_state"), server_default="running")
    survey_key: Mapped[str]
    survey_version: Mapped[int | None]
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    audience: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    quota: Mapped[dict[str, Any]]
    segment_quotas: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    currency: Mapped[str] = mapped_column(server_default="USD")
    rates: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    cadence: Mapped[Cadence] = mapped_column(stored_enum(Cadence, "cadence"), server_default="by_hand")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    wave_days: Mapped[int] = mapped_column(SmallInteger, server_default="30")
    spread_days: Mapped[int | None] = mapped_column(SmallInteger)
    daily_cap: Mapped[int] = mapped_column(server_default="100")
    account_cap: Mapped[int] = mapped_column(server_default="3")
    window_from: Mapped[int] = mapped_column(SmallInteger, server_default="9")
    window_to: Mapped[int] = mapped_column(SmallInteger, server_default="17")
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    country: Mapped[str | None]
    reminders: Mapped[list[int]] = mapped_column(server_default="[5, 10]")
    goes_by_itself: Mapped[bool] = mapped_column(Boolean, server_default="false")
    sender_name: Mapped[str | None]
    rules: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    trigger: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    trouble: Mapped[str | None]
    revision: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Wave(Base):
    """One round of a relationship campaign.

    `key` seeds the order among equals, `planned_for` is the day the rules reckon from, `send_by` the last day of the
    even spread of its invitations. It goes out on its day only when somebody approved it, unless its campaign goes by
    itself. What left up to `reminded_to` has its reminders in the ledger.
    """

    __tablename__ = "wave"
    __table_args__ = (UniqueConstraint("campaign_id", "key"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    key: Mapped[str]
    name: Mapped[str]
    state: Mapped[WaveState] = mapped_column(stored_enum(WaveState, "wave_state"), server_default="draft")
    survey_version_id: Mapped[int] = mapped_column(ForeignKey("survey_version.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    audience: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    quota: Mapped[dict[str, Any]]
    segment_quotas: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    currency: Mapped[str] = mapped_column(server_default="USD")
    rates: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    planned_for: Mapped[date]
    ends_on: Mapped[date]
    send_by: Mapped[date | None]
    planned_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    reminded_to: Mapped[datetime | None]
    launched_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WaveAccount(Base):
    """An account as a wave found it: value in the wave's currency, quota, level targets and seats given.

    `due_on` is its own day in a wave before reviews or renewals, `occasion_on` the day of the review or renewal.
    """

    __tablename__ = "wave_account"
    __table_args__ = (
        Index("ix_wave_account_occasion", "account_id", postgresql_where=text("occasion_on IS NOT NULL")),
        Index("ix_wave_account_value", "wave_id", text("annual_value DESC NULLS LAST"), "account_id"),
    )

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
    due_on: Mapped[date | None]
    occasion_on: Mapped[date | None]


class LateAccount(Base):
    """An account that a wave before reviews or renewals left out, because it came too late for it."""

    __tablename__ = "late_account"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    occasion_on: Mapped[date]


class Decision(Base):
    """Why one contact was chosen in a wave, or why not.

    No foreign key to the wave either: a million rows a wave, all written by the one deed that holds the wave's lock.
    """

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_outcome", "wave_id", "reason", "seat", "level", "account_id", "contact_id"),)

    # In the order in which planning writes and pages read: the one index grows at its end and serves both.
    wave_id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[Level] = mapped_column(dmu_level)
    seat: Mapped[Seat | None] = mapped_column(stored_enum(Seat, "seat"))
    reason: Mapped[Reason | None] = mapped_column(stored_enum(Reason, "exclusion_reason"))
    rank: Mapped[int | None]


class Place(Base):
    """Where readers of mails are: a zone and a country, empty when nobody knows. It tells when mails may leave."""

    __tablename__ = "place"
    __table_args__ = (UniqueConstraint("zone", "country"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    zone: Mapped[str]
    country: Mapped[str]


class ClosingDay(Base):
    """A day on which we send nothing, beside the public holidays: in one country, or everywhere when it names none."""

    __tablename__ = "closing_day"
    __table_args__ = (UniqueConstraint("day", "country", postgresql_nulls_not_distinct=True),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    day: Mapped[date]
    country: Mapped[str | None]
    name: Mapped[str]


class Invitation(Base):
    """One contact asked once; the level and the segments are those of the day it was planned.

    In a wave of a transactional campaign it follows an event, and a contact may have several.

    The moments below are facts that later stages note down here, so that sending can look at an answer, and planning
    at an open invitation, without reaching downwards. `sent_at` is when its first mail left, or may have; `opened_at`
    when a person first looked at its link, `scanned_at` when a mail gateway last did, `trapped_at` when somebody last
    followed what no person sees.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("contact_id", "wave_id", "trigger_event_id", postgresql_nulls_not_distinct=True),
        Index("ix_invitation_wave_id_account_id", "wave_id", "account_id"),
        Index("ix_invitation_answered_at", "answered_at", postgresql_where=text("answered_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    account_id: Mapped[int]
    contact_id: Mapped[int]
    trigger_event_id: Mapped[int | None]
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
