"""Deeds of imports in the browser: files are brought, their columns named, looked at, taken, stopped and dropped.

What a worker does with them is in `running_imports`. Each deed says who did it and holds the row of the import, so that
two people never take the same files twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from redis import RedisError
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.accounts import kept_files
from app.accounts.csv_files import CsvFile, open_csv
from app.accounts.import_models import ColumnMapping, ImportFile, ImportRun, ImportState
from app.accounts.kinds import KINDS, KindName
from app.accounts.recognising import columns_fault, kind_of
from app.accounts.text import shortened, squashed, visible
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, QuorumError, Refused
from app.core.queue import WORK, enqueue

log = logging.getLogger(__name__)

CRM = "crm"
SUPPRESSION = "suppression"
"""What files are brought for; the second is an affair of delivery."""

JOB = "workers.jobs.import_files"
LOCK = 0x69_6D_70  # «imp»: the class of the locks that workers hold while they have an import
KEPT_FOR = timedelta(days=14)
"""How long files that nobody took, and rejected rows, are kept."""

AT_WORK = (ImportState.LOOKING, ImportState.TAKING)
AT_REST = (ImportState.ASKING, ImportState.LOOKED, ImportState.STOPPED, ImportState.FAILED)
"""States in which an import waits for a person."""

SAMPLE = 60
"""Characters of a cell that are shown where columns are named."""

UNKNOWN_KIND = "Its columns do not tell what it holds; say which kind of file it is."


class Brought(NamedTuple):
    """Files that were brought: the import they make, or None, and why others cannot be used, by name."""

    run_id: int | None
    faults: dict[str, str]


def bring(paths: Sequence[Path], *, actor: str) -> Brought:
    """Keep CSV files as one import and look at them as soon as their columns are known.

    A file that cannot be used at all is left out and named with its reason.
    """
    opened, faults = [], {}
    for path in paths:
        try:
            opened.append(open_csv(path))
        except QuorumError as fault:
            faults[path.name] = str(fault)
    if not opened:
        return Brought(None, faults)
    with transaction() as session:
        run = ImportRun(state=ImportState.ASKING, made_by=actor)
        session.add(run)
        session.flush()
        for ordinal, file in enumerate(opened):
            _keep(session, run.id, ordinal, file)
        _look_if_known(session, run)
    enqueue_run(run)
    return Brought(run.id, faults)


def name_columns(run_id: int, kinds: Mapping[int, KindName | None], mappings: Mapping[int, Mapping[str, str]]) -> bool:
    """Say of what kind files are and what their columns stand for, and remember it; tell whether all is known now.

    A file of no kind is left out and deleted; one at least has to stay.
    """
    with transaction() as session:
        run = _held(session, run_id, AT_REST)
        if run.taking:
            raise Refused("Some rows of these files are taken already; bring the files once more to read them anew.")
        for file in files(session, run_id):
            kind = kinds.get(file.id)
            if kind:
                file.kind, file.mapping = kind, dict(mappings.get(file.id, {}))
                _remember(session, kind, file.header, file.mapping)
            elif file.id in kinds:
                session.delete(file)
        session.flush()
        if not files(session, run_id):
            raise Refused("All files would be left out; drop the import instead.")
        _look_if_known(session, run)
    enqueue_run(run)
    return run.state is ImportState.LOOKING


def take(run_id: int, *, actor: str) -> None:
    """Let a worker take the rows of an import that was looked at."""
    with transaction() as session:
        run = _held(session, run_id, (ImportState.LOOKED,))
        run.taken_by, run.taking = actor, True
        _queue(run, ImportState.TAKING)
    enqueue_run(run)


def go_on(run_id: int) -> None:
    """Let a worker go on where an import was stopped or failed; what is taken already stays."""
    with transaction() as session:
        run = _held(session, run_id, (ImportState.STOPPED, ImportState.FAILED))
        _queue(run, ImportState.TAKING if run.taking else ImportState.LOOKING)
    enqueue_run(run)


def stop(run_id: int) -> None:
    """Stop an import: at once when no worker has it, else within moments; the file under way is left as it was."""
    with transaction() as session:
        run = _held(session, run_id, AT_WORK)
        run.stop_asked = True
        if not has_worker(session, run_id):
            run.state, run.ended_at = ImportState.STOPPED, datetime.now(UTC)


def drop(run_id: int, *, actor: str) -> None:
    """Delete the files of an import that nobody wants taken; what was taken of it stays."""
    with transaction() as session:
        run = _held(session, run_id, AT_REST)
        run.state, run.ended_at = ImportState.DROPPED, datetime.now(UTC)
        erase(session, run)
        names = [file.name for file in files(session, run_id)]
        audit.record(session, actor=actor, deed="import dropped", subject=f"import {run_id}", files=names)


def erase(session: Session, run: ImportRun) -> None:
    """Delete all that an import holds of people and companies; its counts stay."""
    kept_files.forget(session, run.id, kept_files.GIVEN, kept_files.REJECTED)
    for file in session.scalars(select(ImportFile).where(ImportFile.run_id == run.id)):
        file.sample = []
        file.outlook, file.outcome = _counts_only(file.outlook), _counts_only(file.outcome)
    run.forgotten_at = datetime.now(UTC)


def find(session: Session, run_id: int, purpose: str = CRM) -> ImportRun:
    """Return an import; raises NotFound."""
    run = session.get(ImportRun, run_id)
    if run is None or run.purpose != purpose:
        raise NotFound("There is no such import.")
    return run


def files(session: Session, run_id: int) -> list[ImportFile]:
    """Return the files of an import in the order in which they are taken: accounts first."""
    order = [*KINDS, None]
    found = session.scalars(select(ImportFile).where(ImportFile.run_id == run_id).order_by(ImportFile.ordinal))
    return sorted(found, key=lambda file: order.index(file.kind))  # type: ignore[arg-type]  # a kind is one of KINDS


def has_worker(session: Session, run_id: int) -> bool:
    """Tell whether a worker has this import just now."""
    return bool(session.scalar(_HELD, {"lock": LOCK, "run_id": run_id}))


def remembered(session: Session, kind: KindName, header: Iterable[str]) -> dict[str, str]:
    """Return what people said of these headers in files of that kind before."""
    query = select(ColumnMapping.header, ColumnMapping.ours).where(ColumnMapping.kind == kind)
    kept = {row.header: row.ours for row in session.execute(query)}
    return {name: kept[squashed(visible(name))] for name in header if squashed(visible(name)) in kept}


def _said(session: Session) -> dict[str, set[str]]:
    """Return what people have called columns of each kind of file."""
    said: dict[str, set[str]] = {}
    for row in session.scalars(select(ColumnMapping)):
        said.setdefault(row.kind, set()).add(row.header)
    return said


def _keep(session: Session, run_id: int, ordinal: int, file: CsvFile) -> None:
    kind = kind_of(file.header, _said(session))
    _, cells, _ = next(file.records(), (0, [], None))
    row = ImportFile(
        run_id=run_id,
        ordinal=ordinal,
        name=file.name,
        kind=kind,
        size=file.size,
        lines=0,
        header=file.header,
        sample=[shortened(cell, SAMPLE) for cell in cells],
        mapping=remembered(session, kind, file.header) if kind else {},
    )
    session.add(row)
    session.flush()
    row.lines = kept_files.keep(session, row.id, kept_files.GIVEN, file.path)


def _look_if_known(session: Session, run: ImportRun) -> None:
    session.flush()
    known = True
    for file in files(session, run.id):
        kind: KindName | None = file.kind  # type: ignore[assignment]  # a kind is one of KINDS
        file.outlook = None
        file.fault = columns_fault(file.header, kind, file.mapping, file.name) if kind else UNKNOWN_KIND
        known = known and file.fault is None
    if known:
        _queue(run, ImportState.LOOKING)
    else:
        run.state = ImportState.ASKING


def _remember(session: Session, kind: KindName, header: Sequence[str], mapping: Mapping[str, str]) -> None:
    said = {squashed(visible(theirs)): ours for theirs, ours in mapping.items()}
    unsaid = [key for key in map(squashed, map(visible, header)) if key not in said]
    session.execute(delete(ColumnMapping).where(ColumnMapping.kind == kind, ColumnMapping.header.in_(unsaid)))
    for key, ours in said.items():
        session.merge(ColumnMapping(kind=kind, header=key, ours=ours))


def _queue(run: ImportRun, state: ImportState) -> None:
    run.state, run.queued_at, run.begun_at = state, datetime.now(UTC), None
    run.tries, run.stop_asked, run.trouble, run.ended_at = 0, False, None, None


def enqueue_run(run: ImportRun) -> None:
    """Tell the workers; with Redis away, the scheduler finds the import a little later."""
    if run.state in AT_WORK:
        try:
            enqueue(WORK, JOB, run.id)
        except RedisError:
            log.warning("Redis is away; import %d waits for the scheduler", run.id)


def _held(session: Session, run_id: int, states: Sequence[ImportState]) -> ImportRun:
    run = session.scalar(select(ImportRun).where(ImportRun.id == run_id, ImportRun.purpose == CRM).with_for_update())
    if run is None:
        raise NotFound("There is no such import.")
    if run.state not in states:
        raise Refused("This import has moved on meanwhile, perhaps by somebody else's hand; look at it again.")
    return run


def _counts_only(found: dict[str, object] | None) -> dict[str, object] | None:
    return found and {name: value for name, value in found.items() if isinstance(value, int)}


_HELD = text(
    """
    SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = :lock AND objid = :run_id
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
    """
)
