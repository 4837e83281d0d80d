"""How far an import is that a worker has, or that waits for one, for its page to show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.accounts.import_models import ImportFile, ImportRun
from app.accounts.import_runs import has_worker
from app.core import progress


class Work(NamedTuple):
    """Lines read and in all, lines a second, seconds left to read; `file` is the one under way.

    `read` tells that all lines of that file are read and are being held against what is stored.
    """

    waiting: bool
    file: str = ""
    read: bool = False
    done: int = 0
    total: int = 0
    rate: float | None = None
    seconds_left: int | None = None


def work_of(session: Session, run: ImportRun, files: Sequence[ImportFile]) -> Work:
    """Return how far the worker is; waiting when there is none yet."""
    standing = progress.standing(f"import-{run.id}")
    if not has_worker(session, run.id):
        return Work(waiting=True)
    if standing is None or not files:
        return Work(waiting=False, file=files[0].name if files else "", total=sum(file.lines for file in files))
    name, read = _under_way(files, standing.done)
    rate = standing.done / standing.seconds if standing.seconds > 0 else None
    left = round((standing.total - standing.done) / rate) if rate else None
    return Work(False, name, read, standing.done, standing.total, rate, left)


def _under_way(files: Sequence[ImportFile], done: int) -> tuple[str, bool]:
    """Return the file that the last line read is of, and whether it was its last one."""
    end = 0
    for file in files:
        end += file.lines
        if done <= end:
            return file.name, done == end
    return files[-1].name, True
