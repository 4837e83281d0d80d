"""Deeds that plan a wave: work out its preview, freeze it, or both in one go.

One transaction holds each. A crash leaves everything as it was; a second planner waits at the wave's lock and looks
again then. Memory does not grow with the roster: accounts are decided one at a time and copied in by blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.campaigns.drawing import Drawing
from app.campaigns.freezing import PlanWriter
from app.campaigns.models import Wave, WaveState
from app.campaigns.occasions import keep_late, note_days
from app.campaigns.plan_models import WavePlan
from app.campaigns.tallying import Tally, tally
from app.core import audit
from app.core.db import driver, transaction
from app.core.errors import NotFound, Refused

Progress = Callable[[int, int], None]
"""Called with the accounts decided so far and in all."""

PROGRESS_EVERY = 500
TABLES = ("decision", "wave_account", "exclusion_cost", "late_account")
MOST_CHOICES = 200

_DELETE = "DELETE FROM {table} WHERE wave_id = :wave_id"
_DELETE_SOME = f"{_DELETE} AND account_id = ANY(:accounts)"

_CHOICES = """
    SELECT a.{column}, count(*) FROM wave_account f JOIN account a ON a.id = f.account_id
    WHERE f.wave_id = :wave_id AND a.{column} <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most}
"""
_COLUMNS = {"manager": "manager_name", "country": "country"}


@dataclass
class Totals:
    """What a plan came to; `chosen` people are asked, `shortage` seats stay empty."""

    accounts: int
    contacts: int
    chosen: int
    shortage: int


def preview_wave(wave_id: int, *, actor: str, progress: Progress | None = None) -> Totals:
    """Decide every contact of every account of the audience for a draft wave, in place of the preview it has.

    Nobody is invited. Raises NotFound for an unknown wave and Refused for one whose plan is frozen.
    """
    with transaction() as session:
        wave = draft_wave(session, wave_id)
        totals = work_out(session, wave, actor=actor, progress=progress)
        audit.record(session, actor=actor, deed="wave.previewed", subject=f"wave {wave_id}", **asdict(totals))
        return totals


def plan_wave(wave_id: int, *, actor: str, progress: Progress | None = None) -> Totals:
    """Decide a draft wave afresh, write its invitations and freeze it, with nobody looking at it in between.

    Raises NotFound for an unknown wave and Refused for one that was planned before.
    """
    with transaction() as session:
        wave = draft_wave(session, wave_id)
        one_at_a_time(session)
        totals = work_out(session, wave, actor=actor, progress=progress, invite=True)
        freeze(session, wave, totals, actor=actor)
        return totals


def draft_wave(session: Session, wave_id: int, *, wait: bool = True) -> Wave:
    """Return a wave whose plan may still change, locked; without `wait` Refused while somebody works on it."""
    try:
        lock: Any = True if wait else {"nowait": True}
        wave = session.get(Wave, wave_id, with_for_update=lock, populate_existing=True)
    except OperationalError as busy:
        raise Refused("This wave is being worked out just now. Try again when it is there.") from busy
    if wave is None:
        raise NotFound(f"There is no wave {wave_id}.")
    if wave.state is not WaveState.DRAFT:
        when = f" on {wave.planned_at:%d %B %Y}" if wave.planned_at else ""
        raise Refused(f"«{wave.name}» was planned{when}; a plan is never changed afterwards.")
    return wave


def one_at_a_time(session: Session) -> None:
    """Let one plan be frozen at a time: the snapshot of the next one has to hold the invitations of this one."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("plan_wave"))))


def work_out(
    session: Session, wave: Wave, *, actor: str, progress: Progress | None = None, invite: bool = False
) -> Totals:
    """Decide a wave in the caller's transaction, in place of what was decided before."""
    accounts = session.scalar(select(func.count()).select_from(Account)) or 0
    if not accounts:
        raise Refused("There are no accounts to plan for. Bring them first, with: quorum import")
    trail_to = session.scalar(select(func.max(audit.AuditEntry.id))) or 0
    _forget(session, wave)
    drawing = Drawing(session, wave)
    with PlanWriter(wave, driver(session), invite=invite) as writer:
        for done, drawn in enumerate(drawing.all(), start=1):
            writer.add(drawn)
            if progress and done % PROGRESS_EVERY == 0:
                progress(done, accounts)
    if progress:
        progress(accounts, accounts)
    if drawing.dated is not None:
        note_days(session, wave, drawing.dated)
        keep_late(session, wave, drawing.dated)
    return _keep(session, wave, trail_to, actor)


def resample(session: Session, wave: Wave, account_ids: list[int]) -> None:
    """Decide some accounts of a preview again, in the caller's transaction; the others are left as they are."""
    plan = session.get_one(WavePlan, wave.id)
    before = tally(session, wave.id, account_ids)
    for table in TABLES:
        session.execute(text(_DELETE_SOME.format(table=table)), {"wave_id": wave.id, "accounts": account_ids})
    drawing = Drawing(session, wave)
    with PlanWriter(wave, driver(session), invite=False) as writer:
        for drawn in drawing.only(account_ids):
            writer.add(drawn)
    if drawing.dated is not None:
        these = [one for one in drawing.dated if one.account_id in set(account_ids)]
        note_days(session, wave, these)
        keep_late(session, wave, these)
    totals = plan.totals | {name: plan.totals.get(name, 0) - n for name, n in before.items()}
    for name, added in tally(session, wave.id, account_ids).items():
        totals[name] = totals.get(name, 0) + added
    plan.totals = totals
    plan.revision += 1
    session.flush()


def freeze(session: Session, wave: Wave, totals: Totals, *, actor: str) -> None:
    """Note that a wave's plan is never changed again; its invitations are there."""
    wave.state, wave.planned_at = WaveState.PLANNED, func.now()
    audit.record(session, actor=actor, deed="wave.planned", subject=f"wave {wave.id}", **asdict(totals))


def totals_of(plan: WavePlan) -> Totals:
    """Return what a plan came to."""
    counted = Tally(plan.totals)
    return Totals(counted["accounts"], counted.contacts, counted.chosen, counted["shortage"])


def terms_of(wave: Wave) -> dict[str, Any]:
    """Return the settings of a wave that its plan depends on, as they are kept with the plan."""
    return {
        "audience": wave.audience,
        "quota": wave.quota,
        "segment_quotas": wave.segment_quotas,
        "currency": wave.currency,
        "rates": wave.rates,
        "planned_for": wave.planned_for.isoformat(),
    }


def _forget(session: Session, wave: Wave) -> None:
    if session.get(WavePlan, wave.id) is not None:
        for table in TABLES:
            session.execute(text(_DELETE.format(table=table)), {"wave_id": wave.id})


def _keep(session: Session, wave: Wave, trail_to: int, actor: str) -> Totals:
    """Count what was worked out, and keep it with the moment it speaks of: the beginning of this transaction."""
    session.flush()
    plan = session.get(WavePlan, wave.id)
    if plan is None:
        plan = WavePlan(wave_id=wave.id, revision=0)
        session.add(plan)
    plan.revision += 1
    plan.worked_out_at, plan.worked_out_by, plan.trail_to = func.now(), actor, trail_to
    plan.totals = dict(tally(session, wave.id))
    plan.choices = {name: _choices(session, wave.id, column) for name, column in _COLUMNS.items()}
    plan.terms, plan.changed = terms_of(wave), {}
    session.flush()
    return totals_of(plan)


def _choices(session: Session, wave_id: int, column: str) -> list[str]:
    query = text(_CHOICES.format(column=column, most=MOST_CHOICES))
    return [value for value, _ in session.execute(query, {"wave_id": wave_id})]
