"""Tables of what contacts did, and what it counts for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, SmallInteger, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.engagement import ActivityKind
from app.accounts.models import CRM_ID
from app.core.db import Base, stored_enum


class Activity(Base):
    """Something a contact did; `key` tells it from the contact's others, so that telling it twice changes nothing.

    Several contacts may share a key: a meeting of three people is an activity of each.
    """

    __tablename__ = "activity"
    __table_args__ = (UniqueConstraint("contact_id", "key"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(CRM_ID)
    kind: Mapped[ActivityKind] = mapped_column(stored_enum(ActivityKind, "activity_kind"))
    happened_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class EngagementWeights(Base):
    """What an activity of each kind counts: one row, or none while the weights are those that ship.

    `worked_out_at` is when the scores were last worked out, `contacts` how many had one then.
    """

    __tablename__ = "engagement_weights"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    weights: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    revision: Mapped[int] = mapped_column(server_default="1")
    worked_out_at: Mapped[datetime | None]
    contacts: Mapped[int] = mapped_column(server_default="0")
