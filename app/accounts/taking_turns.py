"""Imports, mergers and deletions of accounts take turns: what is stored must not change between verdict and writing."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

_LOCK = 0x51_69_6D_70_6F_72_74  # «Qimport»


def take_turns(session: Session) -> None:
    """Wait until no other import, merger or deletion runs, and hold the others back until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
