"""The audit trail: who did what to what, and when. Written in the same transaction as the deed itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Identity, Index, func
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.db import Base


class AuditEntry(Base):
    """One deed; `actor` is an admin's address or the command that acted, `detail` never holds answers."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_at", "at"), Index("ix_audit_entry_subject_id", "subject", "id"))

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor: Mapped[str]
    deed: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


def record(session: Session, *, actor: str, deed: str, subject: str, **detail: Any) -> None:
    """Add a line to the trail inside the caller's transaction."""
    session.add(AuditEntry(actor=actor, deed=deed, subject=subject, detail=detail))
