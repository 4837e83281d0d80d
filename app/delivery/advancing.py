"""Deed of the scheduler: makes the next wave of each campaign, and plans and launches those whose day has come."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.campaigns.models import Wave, WaveState
from app.campaigns.planning import plan_wave
from app.campaigns.upcoming import (
    SCHEDULER,
    finish_when_over,
    going,
    make_next_wave,
    note_trouble,
    waves_whose_day_has_come,
)
from app.core.db import engine, reading, transaction
from app.core.errors import QuorumError
from app.delivery.launching import launch_wave

log = logging.getLogger(__name__)


def advance(now: datetime) -> int:
    """Bring every campaign up to `now`; return how many waves set out. What hinders one campaign hinders no other."""
    with _alone() as alone:
        if not alone:
            return 0
        with reading() as session:
            campaigns = going(session)
        return sum(_advance_safely(campaign_id, now) for campaign_id in campaigns)


@contextmanager
def _alone() -> Iterator[bool]:
    """Say whether no other process advances; held over many transactions, because plans are made in between."""
    lock = func.hashtext("advance")
    with engine().connect() as connection:
        alone = bool(connection.scalar(select(func.pg_try_advisory_lock(lock))))
        try:
            yield alone
        finally:
            connection.execute(select(func.pg_advisory_unlock(lock)))


def _advance_safely(campaign_id: int, now: datetime) -> int:
    try:
        return _advance_or_say_why(campaign_id, now)
    except (SQLAlchemyError, psycopg.Error) as error:
        # Neither its words nor its traceback: they hold the values of the statement.
        kind = type(getattr(error, "orig", None) or error).__name__
        log.error("campaign %s: the database failed (%s); the next look tries again", campaign_id, kind)
        return 0


def _advance_or_say_why(campaign_id: int, now: datetime) -> int:
    try:
        launched = _advance(campaign_id, now)
    except QuorumError as trouble:
        log.warning("campaign %s: its wave did not set out; the admin sees why", campaign_id)
        note_trouble(campaign_id, str(trouble))
        return 0
    note_trouble(campaign_id, None)
    return launched


def _advance(campaign_id: int, now: datetime) -> int:
    if finish_when_over(campaign_id, now):
        return 0
    make_next_wave(campaign_id, now)
    due = waves_whose_day_has_come(campaign_id, now)
    for wave_id in due:
        with transaction() as session:
            state = session.scalar(select(Wave.state).where(Wave.id == wave_id))
        if state is WaveState.DRAFT:
            plan_wave(wave_id, actor=SCHEDULER)
        launch_wave(wave_id, now=now, actor=SCHEDULER)
    return len(due)
