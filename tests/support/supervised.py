"""Small programs for the supervisor to look after, and waiting for what becomes of them."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path

from app.core.supervisor import Pace, Program, Supervisor

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 30.0
HASTY = Pace(first_pause=0.01, grace=0.3)
FOREVER = "while :; do sleep 0.05; done"
DEAF = f"trap '' TERM; echo deaf; {FOREVER}"


def shell(script: str, name: str = "web", **env: str) -> Program:
    return Program(name, ["sh", "-c", script], env)


def eventually(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def run_until(supervisor: Supervisor, is_so: Callable[[], bool]) -> None:
    assert eventually(lambda: supervisor.wait(timeout=0.02) is not None or is_so())
    assert is_so()


def lines_after_running(*programs: Program, until: Callable[[str], bool]) -> list[str]:
    out = io.StringIO()
    with Supervisor(programs, out=out, pace=HASTY) as supervisor:
        run_until(supervisor, lambda: until(out.getvalue()))
    return out.getvalue().splitlines()


def is_alive(pid: int) -> bool:
    """Whether the process runs: an orphan that nobody reaps has ended too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
