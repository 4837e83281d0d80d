"""What every figure shares: a throw-away database, clocks, memory, and one table at the end.

A figure is a ratio of our time to a floor measured in the same run on the same machine, so that it means the same on
a laptop and on a server.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.core import db, queue
from app.core.embedded import running
from app.core.migrating import migrate
from app.settings import Settings


@dataclass(frozen=True)
class Figure:
    """One line of the table: `bound` is the ratio the project promises, as text."""

    name: str
    size: str
    floor: str
    ours: str
    ratio: str
    bound: str
    holds: bool


def timed(deed: Callable[[], object]) -> float:
    """Return the seconds `deed` takes."""
    started = time.perf_counter()
    deed()
    return time.perf_counter() - started


def peak_memory_mb() -> float:
    """Return the most memory this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_own_process(module: str, *arguments: str) -> dict[str, float]:
    """Run `python -m module arguments` and return the JSON object on its last line, so that memory is its own."""
    done = subprocess.run([sys.executable, "-m", module, *arguments], check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


@contextmanager
def database() -> Iterator[str]:
    """Start an embedded PostgreSQL with every table, lend its address, and throw it away."""
    with tempfile.TemporaryDirectory(prefix="qb-") as folder, running(Path(folder), redis=False) as services:
        migrate(services.database_url)
        yield services.database_url


@contextmanager
def installation(**changes: object) -> Iterator[Settings]:
    """Start PostgreSQL and Valkey, connect this process to them, and lend the settings that other processes need."""
    with tempfile.TemporaryDirectory(prefix="qb-") as folder, running(Path(folder)) as services:
        migrate(services.database_url)
        given = {"database_url": services.database_url, "redis_url": services.redis_url, "secret_key": "b" * 64}
        settings = Settings.model_validate(given | changes)
        engine, connection = db.connect(settings.database_url), queue.connect(settings.redis_url)
        yield settings
        connection.close()
        engine.dispose()


def until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until `holds`; raises TimeoutError with `what` when it takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.02)


def show(figures: list[Figure]) -> None:
    """Print the figures as one table on standard output."""
    table = Table(title="Figures", title_justify="left", show_edge=False, pad_edge=False)
    for column in ("figure", "size"):
        table.add_column(column)
    for column in ("floor", "ours", "ratio", "promised"):
        table.add_column(column, justify="right")
    table.add_column("")
    for figure in figures:
        name, size, floor, ours, ratio, bound, holds = asdict(figure).values()
        table.add_row(name, size, floor, ours, ratio, bound, "[green]holds[/]" if holds else "[red]does not hold[/]")
    Console().print(table)
