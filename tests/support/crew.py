"""Workers and schedulers as real processes that may be killed at any moment, and what they said."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import QUORUM, ROOT

ENDING_SECONDS = 60


class Crew:
    """Processes of one installation; the files in `folder` hold what each of them said."""

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self._env, self._folder = env, folder
        self._started = 0
        self.members: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, command: str, *options: str) -> None:
        """Start `quorum command`."""
        self._started += 1
        with (self._folder / f"{command}-{self._started}.log").open("wb") as log:
            process = subprocess.Popen(
                [*QUORUM, command, *options], env=self._env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.members.append((command, process))

    def kill(self, command: str) -> None:
        """Kill −9 the one of this command that was started first, and wait for its end."""
        found = next(member for member in self.members if member[0] == command)
        self.members.remove(found)
        found[1].send_signal(signal.SIGKILL)
        found[1].wait()

    def replace_dead(self) -> None:
        """Start those anew that have ended by themselves, as whatever watches over them in production does."""
        for command, process in list(self.members):
            if process.poll() is not None:
                self.members.remove((command, process))
                self.start(command)

    def dead(self) -> list[str]:
        """Return the commands that have ended by themselves."""
        return [command for command, process in self.members if process.poll() is not None]

    def end(self) -> list[int]:
        """Tell all to stop as an operator does, and return their exit codes."""
        for _, process in self.members:
            process.terminate()
        return self.wait()

    def wait(self) -> list[int]:
        """Wait until all have ended, and return their exit codes."""
        codes = [process.wait(timeout=ENDING_SECONDS) for _, process in self.members]
        self.members.clear()
        return codes

    def said(self) -> str:
        """Return all that was said, for a failing test to show."""
        return "\n".join(f"--- {log.name}\n{log.read_text()}" for log in sorted(self._folder.glob("*.log")))


@contextmanager
def crew(env: Mapping[str, str], folder: Path) -> Iterator[Crew]:
    """Lend a crew that is killed at the end, whoever of it still lives."""
    lent = Crew(env, folder)
    try:
        yield lent
    finally:
        for _, process in lent.members:
            process.kill()
        for _, process in lent.members:
            process.wait()
