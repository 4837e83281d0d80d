"""Tables of imports in the browser: each with its files, what became of their rows, and the columns people named.

The files themselves stand in the database as well, in pieces, until they are taken or forgotten: any worker of any
machine can go on with an import that another one left.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Identity, Index, LargeBinary, SmallInteger, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, stored_enum


class ImportState(enum.StrEnum):
    """How far an import is; one that looks or takes has a worker, or waits for one."""

    ASKING = "asking"
    LOOKING = "looking"
    LOOKED = "looked"
    TAKING = "taking"
    TAKEN = "taken"
    STOPPED = "stopped"
    FAILED = "failed"
    DROPPED = "dropped"


class ImportRun(Base):
    """Files that somebody brought together, for a purpose that the deeds of it know.

    `taking` tells whether they were only looked at or are (to be) taken. `begun_at` stands while a worker has it;
    `tries` counts the workers since somebody last asked; `trouble` says in words why it failed. Once `forgotten_at` is
    set, its counts are all that is left.
    """

    __tablename__ = "import_run"
    __table_args__ = (Index("ix_import_run_made_at", "made_at"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    purpose: Mapped[str] = mapped_column(server_default="crm")
    state: Mapped[ImportState] = mapped_column(stored_enum(ImportState, "import_state"))
    taking: Mapped[bool] = mapped_column(Boolean, server_default="false")
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    made_by: Mapped[str]
    taken_by: Mapped[str | None]
    queued_at: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    stop_asked: Mapped[bool] = mapped_column(Boolean, server_default="false")
    trouble: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]


class ImportFile(Base):
    """One file of an import; `kind` is accounts, contacts or revenue, None while nobody knows.

    `mapping` is «their header» → our column, `sample` the first row of cells. `fault` says why it cannot be used as it
    is. `outlook` is what a dry run found, `outcome` what became of it: counts, and the first faults and notes.
    """

    __tablename__ = "import_file"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"), index=True)
    ordinal: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str]
    kind: Mapped[str | None]
    size: Mapped[int]
    lines: Mapped[int]
    header: Mapped[list[str]] = mapped_column(server_default="[]")
    sample: Mapped[list[str]] = mapped_column(server_default="[]")
    mapping: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    fault: Mapped[str | None]
    outlook: Mapped[dict[str, Any] | None]
    outcome: Mapped[dict[str, Any] | None]


class ImportPiece(Base):
    """A piece of a file: of the one that was given, or of the rows that were rejected."""

    __tablename__ = "import_piece"

    file_id: Mapped[int] = mapped_column(ForeignKey("import_file.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ColumnMapping(Base):
    """What somebody said a header stands for in files of one kind, kept for the next file; `header` is squashed."""

    __tablename__ = "column_mapping"

    kind: Mapped[str] = mapped_column(primary_key=True)
    header: Mapped[str] = mapped_column(primary_key=True)
    ours: Mapped[str]
