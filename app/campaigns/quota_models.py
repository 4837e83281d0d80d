"""The table of quota tables that an installation keeps by name; those that ship are in `sampling.presets`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class KeptTable(Base):
    """A quota table with a name; `revision` counts the saves. An archived one is offered to no further campaign."""

    __tablename__ = "quota_table"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    quota: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(server_default="1")
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
