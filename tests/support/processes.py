"""Programs of ours as real processes: started, waited for by what they say, and always ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.core.installation import as_environment
from app.settings import Settings

QUORUM = [sys.executable, "-m", "app.cli"]
ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120


def environment(settings: Settings | None = None, **more: str) -> dict[str, str]:
    """Return the environment of a child: ours without settings of Quorum, plus those given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("QUORUM_")}
    inherited.pop("DATABASE_URL", None)
    inherited.pop("REDIS_URL", None)
    given = as_environment(settings) if settings else {}
    return {**inherited, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **given, **more}


@contextmanager
def running(*arguments: str, env: Mapping[str, str], cwd: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run `quorum` with these arguments while the block runs; it is killed at the end if it still lives."""
    process = subprocess.Popen(
        [*QUORUM, *arguments], env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Press Ctrl-C, and return the exit code and what was said on stderr."""
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, said


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until `holds`, and fail with `what` when it takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen within {PATIENCE_SECONDS} s"
        time.sleep(0.05)
