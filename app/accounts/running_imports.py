"""Deed of a worker: an import is looked at, or its files are taken one after the other, each whole or not at all.

A worker holds a lock for as long as it has an import. One that dies leaves its file as it was and the import without a
lock: the scheduler finds it and another worker goes on.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.accounts import kept_files
from app.accounts.import_models import ImportFile, ImportRun, ImportState
from app.accounts.import_runs import AT_WORK, KEPT_FOR, LOCK, enqueue_run, erase, files, find
from app.accounts.importing import ImportResult, Order, import_file, rehearse
from app.accounts.staging import Progress
from app.core import progress
from app.core.db import reading, transaction
from app.core.errors import QuorumError

MOST_TRIES = 3
"""Workers that may die over an import before somebody has to look at it."""

_OUR_FAULT = "It ended by a fault of ours; the log of the worker says where. Nothing of the file under way was taken."
_SECOND = 1.0

_STALLED = text(
    """
    UPDATE import_run r SET queued_at = now(), begun_at = NULL
    WHERE r.state IN ('looking', 'taking')
      AND (r.begun_at < now() - interval '1 minute'
           OR r.begun_at IS NULL AND r.queued_at < now() - interval '10 minutes')
      AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = :lock AND l.objid = r.id
                      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
    RETURNING r.id
    """
)


class Stopped(QuorumError):
    """Somebody asked the import to stop."""


def run_import(run_id: int) -> None:
    """Do what is to be done of an import; nothing when another worker has it, or it is at rest."""
    with transaction() as holding:
        if not holding.scalar(select(func.pg_try_advisory_xact_lock(LOCK, run_id))):
            return
        run = _begin(run_id)
        if run is None:
            return
        try:
            with progress.shown(f"import-{run_id}") as note:
                (_take if run.taking else _look)(run_id, note)
        except Stopped:
            _end(run_id, ImportState.STOPPED)
        except QuorumError as fault:
            _end(run_id, ImportState.FAILED, str(fault))
        except Exception:
            _end(run_id, ImportState.FAILED, _OUR_FAULT)
            raise
        else:
            _end(run_id, ImportState.TAKEN if run.taking else ImportState.LOOKED)


def resume_stalled() -> int:
    """Queue imports anew whose worker died or that the queue lost; return how many."""
    with transaction() as session:
        ids = session.scalars(_STALLED, {"lock": LOCK}).all()
        runs = [find(session, run_id) for run_id in ids]
    for run in runs:
        enqueue_run(run)
    return len(runs)


def forget_old(now: datetime) -> int:
    """Delete the files and rejected rows of imports that are older than `KEPT_FOR`; return how many imports."""
    old = select(ImportRun).where(
        ImportRun.made_at < now - KEPT_FOR, ImportRun.forgotten_at.is_(None), ImportRun.state.not_in(AT_WORK)
    )
    with transaction() as session:
        runs = session.scalars(old.with_for_update(skip_locked=True)).all()
        for run in runs:
            if run.state is not ImportState.TAKEN:
                run.state, run.ended_at = ImportState.DROPPED, now
            erase(session, run)
    return len(runs)


def _begin(run_id: int) -> ImportRun | None:
    with transaction() as session:
        run = session.scalar(select(ImportRun).where(ImportRun.id == run_id).with_for_update())
        if run is None or run.state not in AT_WORK:
            return None
        run.begun_at, run.tries = datetime.now(UTC), run.tries + 1
        if run.tries > MOST_TRIES:
            run.state, run.ended_at = ImportState.FAILED, run.begun_at
            run.trouble = f"{MOST_TRIES} workers ended over it one after the other; their log says more."
            return None
        return run


def _end(run_id: int, state: ImportState, trouble: str | None = None) -> None:
    with transaction() as session:
        run = find(session, run_id)
        run.state, run.trouble, run.ended_at = state, trouble, datetime.now(UTC)


def _look(run_id: int, note: Progress) -> None:
    with tempfile.TemporaryDirectory(prefix="quorum-import-") as folder:
        orders = list(_orders(run_id, note, Path(folder)))
        results = rehearse([order for _, order in orders])
        with transaction() as session:
            for (file_id, order), result in zip(orders, results, strict=True):
                file = session.get_one(ImportFile, file_id)
                file.outlook = asdict(result)
                _keep_rejected(session, file_id, result, order.rejected_to)


def _take(run_id: int, note: Progress) -> None:
    with tempfile.TemporaryDirectory(prefix="quorum-import-") as folder:
        for file_id, order in _orders(run_id, note, Path(folder)):
            import_file(order, note=_noted(file_id))
            order.path.unlink()


def _noted(file_id: int) -> Callable[[Session, ImportResult, Path | None], None]:
    """Return what keeps the outcome in the transaction of the import itself, so that the two never differ."""

    def note(session: Session, result: ImportResult, rejected: Path | None) -> None:
        file = session.get_one(ImportFile, file_id)
        if _stop_asked(session, file.run_id):
            raise Stopped
        file.outcome = asdict(result)
        _keep_rejected(session, file_id, result, rejected)
        kept_files.drop(session, file_id, kept_files.GIVEN)

    return note


def _keep_rejected(session: Session, file_id: int, result: ImportResult, path: Path | None) -> None:
    kept_files.drop(session, file_id, kept_files.REJECTED)
    if path and result.rejected:
        kept_files.keep(session, file_id, kept_files.REJECTED, path)


def _orders(run_id: int, note: Progress, folder: Path) -> Iterator[tuple[int, Order]]:
    """Yield what is left to do, each file written out just before."""
    with reading() as session:
        run, found = find(session, run_id), files(session, run_id)
    before, total = 0, sum(file.lines for file in found)
    for file in found:
        if not (run.taking and file.outcome):
            own = folder / str(file.id)
            own.mkdir()
            kept_files.write_out(file.id, own / file.name)
            order = Order(
                kind=file.kind,  # type: ignore[arg-type]  # none is queued before its kind is known
                path=own / file.name,
                rejected_to=own / "rejected",
                mapping=file.mapping,
                progress=_watched(file, before, total, note),
                actor=run.taken_by or run.made_by,
            )
            yield file.id, order
        before += file.lines


def _watched(file: ImportFile, before: int, total: int, note: Progress) -> Progress:
    """Return what turns bytes read of a file into lines of all files, and stops the import when somebody asked."""
    looked_at = 0.0

    def watch(done: int, size: int) -> None:
        nonlocal looked_at
        if time.monotonic() - looked_at < _SECOND and done < size:
            return
        looked_at = time.monotonic()
        note(before + file.lines * done // max(size, 1), total)
        with reading() as session:
            if _stop_asked(session, file.run_id):
                raise Stopped

    return watch


def _stop_asked(session: Session, run_id: int) -> bool:
    return bool(session.scalar(select(ImportRun.stop_asked).where(ImportRun.id == run_id)))
