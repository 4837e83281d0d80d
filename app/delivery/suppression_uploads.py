"""Deeds of suppression files in the browser: kept while they are looked at, then taken or dropped.

They lie where the files of other imports do, and are forgotten with them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import kept_files
from app.accounts.csv_files import open_csv
from app.accounts.import_models import ImportFile, ImportRun, ImportState
from app.accounts.import_runs import SUPPRESSION, erase, find
from app.accounts.rejected import RejectedRows
from app.core.db import reading, transaction
from app.core.errors import Refused
from app.delivery.suppression_files import ImportOutcome, import_suppressions

SHOWN = 1_000


def look_at(path: Path, *, actor: str) -> int:
    """Keep a file of addresses with what taking it would do; return its id. Raises QuorumError for an unusable file."""
    outcome = import_suppressions(path, actor=actor, dry_run=True)
    with transaction() as session:
        run = ImportRun(purpose=SUPPRESSION, state=ImportState.LOOKED, made_by=actor)
        session.add(run)
        session.flush()
        file = ImportFile(run_id=run.id, ordinal=0, name=path.name, size=path.stat().st_size, lines=outcome.rows)
        file.outlook = _told(outcome)
        session.add(file)
        session.flush()
        kept_files.keep(session, file.id, kept_files.GIVEN, path)
        _keep_rejected(session, file.id, path, outcome)
    return run.id


def take(run_id: int, *, actor: str) -> None:
    """Put the addresses of a kept file on the list; what was taken before is refused."""
    _, file = kept(run_id)
    with _claimed(run_id), tempfile.TemporaryDirectory(prefix="quorum-") as folder:
        path = Path(folder) / file.name
        kept_files.write_out(file.id, path)
        outcome = import_suppressions(path, actor=actor)
        with transaction() as session:
            session.get_one(ImportFile, file.id).outcome = _told(outcome)
            kept_files.drop(session, file.id, kept_files.GIVEN)
            _keep_rejected(session, file.id, path, outcome)


def drop(run_id: int) -> None:
    """Delete a kept file that nobody wants taken."""
    with transaction() as session:
        run = _waiting(session, run_id)
        run.state, run.ended_at = ImportState.DROPPED, datetime.now(UTC)
        erase(session, run)


def kept(run_id: int) -> tuple[ImportRun, ImportFile]:
    """Return a file of addresses that was brought; raises NotFound."""
    with reading() as session:
        run = find(session, run_id, SUPPRESSION)
        return run, session.scalars(select(ImportFile).where(ImportFile.run_id == run_id)).one()


@contextmanager
def _claimed(run_id: int) -> Iterator[None]:
    """Hold the file against a second click for as long as the block runs; it counts as taken when that ends well."""
    with transaction() as session:
        run = _waiting(session, run_id)
        yield
        run.state, run.ended_at = ImportState.TAKEN, datetime.now(UTC)


def _waiting(session: Session, run_id: int) -> ImportRun:
    run = find(session, run_id, SUPPRESSION)
    session.refresh(run, with_for_update=True)
    if run.state is not ImportState.LOOKED:
        raise Refused("This file was taken or dropped meanwhile, perhaps by somebody else.")
    return run


def _told(outcome: ImportOutcome) -> dict[str, Any]:
    return {
        "rows": outcome.rows,
        "added": outcome.added,
        "known": outcome.known,
        "rejected": len(outcome.rejected),
        "first_faults": outcome.rejected[:SHOWN],
    }


def _keep_rejected(session: Session, file_id: int, path: Path, outcome: ImportOutcome) -> None:
    kept_files.drop(session, file_id, kept_files.REJECTED)
    if outcome.rejected:
        with RejectedRows(open_csv(path), path.with_name("rejected")) as rejected:
            rejected.write(iter(outcome.rejected))
            kept_files.keep(session, file_id, kept_files.REJECTED, rejected.part)
