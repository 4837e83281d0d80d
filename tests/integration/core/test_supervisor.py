"""The supervisor with real child processes: its lines, its restarts, and that nobody outlives it."""

from __future__ import annotations

import io
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.supervisor import Pace, Program, Supervisor

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 30.0
HASTY = Pace(first_pause=0.01, grace=0.3)
FOREVER = "while :; do sleep 0.05; done"
DEAF = f"trap '' TERM; echo deaf; {FOREVER}"

SUPERVISING = """
import sys
from app.core.supervisor import Pace, Program, Supervisor

programs = [Program(f"child{i}", ["sh", "-c", script]) for i, script in enumerate(sys.argv[2:])]
with Supervisor(programs, out=sys.stdout, pace=Pace(grace=float(sys.argv[1]))) as supervisor:
    status = supervisor.wait()
sys.exit(status)
"""


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


# Lines


def test_lines_stand_behind_aligned_names() -> None:
    lines = lines_after_running(
        shell(f"echo out; echo err >&2; {FOREVER}"),
        shell(f"echo planning; {FOREVER}", name="scheduler-1"),
        until=lambda text: "err" in text and "planning" in text,
    )
    assert "web         │ out" in lines
    assert "web         │ err" in lines
    assert "scheduler-1 │ planning" in lines


def test_short_names_leave_room_for_our_own() -> None:
    lines = lines_after_running(shell(f"echo up; {FOREVER}"), until=lambda text: "up" in text)
    assert lines == ["web      │ up", "quorum   │ Stopping web. Ctrl-C forces it."]


def test_lines_written_in_pieces_are_never_mixed() -> None:
    def in_pieces(word: str) -> str:
        return f"i=0; while [ $i -lt 40 ]; do printf {word}; sleep 0.001; echo {word}; i=$((i+1)); done; {FOREVER}"

    lines = lines_after_running(
        shell(in_pieces("a")),
        shell(in_pieces("b"), name="worker"),
        until=lambda text: text.count("aa") == text.count("bb") == 40,
    )
    assert set(lines[:-1]) == {"web      │ aa", "worker   │ bb"}


def test_last_words_without_a_line_end_are_printed() -> None:
    lines = lines_after_running(shell("printf 'no end'; exit 1"), until=lambda text: "has ended" in text)
    assert lines[0] == "web      │ no end"


def test_an_endless_line_is_cut_in_pieces() -> None:
    endless = f"head -c 500000 /dev/zero | tr '\\0' x; {FOREVER}"
    lines = lines_after_running(shell(endless), until=lambda text: text.count("x") >= 200_000)
    assert max(map(len, lines)) < 150_000


def test_control_characters_cannot_play_with_the_terminal() -> None:
    lines = lines_after_running(
        shell(f"printf 'a\\033[2Jb\\tc\\377\\r\\n'; {FOREVER}"), until=lambda text: "b" in text.removeprefix("web")
    )
    assert lines[0] == "web      │ a\\x1b[2Jb\tc\ufffd"


def test_a_terminal_that_cannot_show_a_character_gets_another() -> None:
    raw = io.BytesIO()
    with Supervisor(
        [shell(f"echo Größe; {FOREVER}")], out=io.TextIOWrapper(raw, encoding="ascii"), pace=HASTY
    ) as supervisor:
        run_until(supervisor, lambda: b"Gr??e" in raw.getvalue() or b"Gr????e" in raw.getvalue())


def printed_on_a_terminal() -> str:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal, os.fdopen(master, "rb", buffering=0) as screen:
        with Supervisor([shell(f"echo up; {FOREVER}")], out=terminal, pace=HASTY) as supervisor:
            supervisor.wait(timeout=0.5)
        return screen.read(65536).decode()


def test_names_are_coloured_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert re.search(r"\x1b\[\d+mweb     \x1b\[0;2m │\x1b\[0m up", printed_on_a_terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in printed_on_a_terminal()


def test_environment_is_added_to_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "one")
    lines = lines_after_running(
        shell(f'echo "$OURS $THEIRS"; {FOREVER}', THEIRS="two"), until=lambda text: "two" in text
    )
    assert lines[0] == "web      │ one two"


# Deaths


def test_a_child_that_dies_starts_again_and_it_is_said(tmp_path: Path) -> None:
    once = f"test -e {tmp_path}/seen && echo back && {FOREVER}; touch {tmp_path}/seen; exit 3"
    lines = lines_after_running(shell(once), until=lambda text: "back" in text)
    assert lines[0] == "quorum   │ web has ended (exit status 3). It starts again in 0.01 s."
    assert lines[1] == "web      │ back"


def test_a_killed_child_is_said_to_be_killed() -> None:
    lines = lines_after_running(shell("kill -KILL $$"), until=lambda text: "has ended" in text)
    assert "killed by SIGKILL" in lines[0]


def test_quick_deaths_in_a_row_end_all_with_the_last_lines() -> None:
    out = io.StringIO()
    programs = [shell(f"echo calm; {FOREVER}"), shell("echo 'port 80 is taken'; exit 7", name="worker")]
    with Supervisor(programs, out=out, pace=HASTY) as supervisor:
        assert supervisor.wait(timeout=DEADLINE_SECONDS) == 1
    said = [line.removeprefix("quorum   │ ") for line in out.getvalue().splitlines() if line.startswith("quorum")]
    assert [re.search(r"in ([\d.]+) s\.", sentence)[1] for sentence in said[:4]] == ["0.01", "0.02", "0.04", "0.08"]  # type: ignore[index] # a sentence without is a failure
    assert "worker has ended 5 times in a row" in said[4]
    assert "exit status 7" in said[4]
    assert said[5] == "    port 80 is taken"
    assert said[-1] == "Stopping web. Ctrl-C forces it."


def test_who_is_not_vital_is_started_again_for_ever() -> None:
    out = io.StringIO()
    hopeless = replace(shell("exit 7", name="worker"), vital=False)
    with Supervisor([shell(FOREVER), hopeless], out=out, pace=HASTY) as supervisor:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while out.getvalue().count("It starts again") < 8:
            assert supervisor.wait(timeout=0.1) is None
            assert time.monotonic() < deadline
    assert "Giving up" not in out.getvalue()


def test_deaths_that_are_not_quick_never_end_the_rest() -> None:
    out = io.StringIO()
    patient = Pace(first_pause=0.01, longest_pause=0.02, quick=0.0)
    with Supervisor([shell("exit 1")], out=out, pace=patient) as supervisor:
        run_until(supervisor, lambda: out.getvalue().count("has ended") > 6)
        assert supervisor.wait(timeout=0) is None
    assert "0.02 s" in out.getvalue()
    assert "0.04 s" not in out.getvalue()


def test_a_long_life_starts_over_at_the_first_pause() -> None:
    out = io.StringIO()
    forgiving = Pace(first_pause=0.01, steady=0.0, quick=0.0)
    with Supervisor([shell("exit 1")], out=out, pace=forgiving) as supervisor:
        run_until(supervisor, lambda: out.getvalue().count("in 0.01 s") > 3)


def test_what_a_dead_child_left_behind_is_cleared_away_before_it_starts_again(tmp_path: Path) -> None:
    leaving = f"test -e {tmp_path}/pid && echo again && {FOREVER}; sleep 600 & echo $! > {tmp_path}/pid; exit 1"
    lines_after_running(shell(leaving), until=lambda text: "again" in text)
    left_behind = int((tmp_path / "pid").read_text())
    assert eventually(lambda: not is_alive(left_behind))


# The end


def test_children_are_asked_to_end_and_heard_to_the_last() -> None:
    lines = lines_after_running(
        shell(f"trap 'echo goodbye; exit' TERM; echo up; {FOREVER}"), until=lambda text: "up" in text
    )
    assert lines[-1] == "web      │ goodbye"


def test_a_child_that_does_not_heed_is_killed_after_the_grace() -> None:
    lines = lines_after_running(shell(f"echo $$; {DEAF}"), until=lambda text: "deaf" in text)
    assert lines[-1] == "quorum   │ web does not end and is killed."
    assert not is_alive(int(lines[0].split()[-1]))


def test_an_error_in_the_block_ends_the_children_too() -> None:
    out = io.StringIO()

    def fail_once_up() -> None:
        with Supervisor([shell(f"echo $$; {FOREVER}")], out=out, pace=HASTY) as supervisor:
            run_until(supervisor, lambda: "\n" in out.getvalue())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_once_up()
    assert not is_alive(int(out.getvalue().splitlines()[0].split()[-1]))


def test_another_thread_may_stop_it() -> None:
    with Supervisor([shell(FOREVER)], out=io.StringIO(), pace=HASTY) as supervisor:
        threading.Thread(target=supervisor.stop).start()
        assert supervisor.wait(timeout=DEADLINE_SECONDS) == 0


def test_the_handlers_of_the_program_are_given_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with Supervisor([shell(FOREVER)], out=io.StringIO(), pace=HASTY):
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_it_ends_when_nobody_reads_its_lines() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with (
        os.fdopen(writer, "w") as out,
        Supervisor([shell(f"echo up; {FOREVER}")], out=out, pace=HASTY) as supervisor,
    ):
        assert supervisor.wait(timeout=DEADLINE_SECONDS) == 1
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())  # so that closing the file can write out its rest


# Signals to a supervisor in a process of its own


class Running:
    """A supervisor in a session of its own, as in a terminal."""

    def __init__(self, *scripts: str, grace: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISING, str(grace), *scripts],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def read_until(self, end: str) -> str:
        assert self.process.stdout is not None
        read = ""
        while end not in read and (line := self.process.stdout.readline()):
            read += line
        assert end in read
        return read

    def press_ctrl_c(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def rest(self) -> str:
        return self.process.communicate(timeout=DEADLINE_SECONDS)[0]


@pytest.fixture
def supervising() -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*scripts: str, grace: float = 10.0) -> Running:
        started.append(Running(*scripts, grace=grace))
        return started[-1]

    yield start
    for running in started:
        with running.process:
            running.process.kill()


def test_ctrl_c_reaches_the_children_as_a_request_only(supervising: Callable[..., Running]) -> None:
    running = supervising(f"trap 'echo interrupted' INT; trap 'echo asked; exit' TERM; echo up; {FOREVER}")
    running.read_until("up")
    running.press_ctrl_c()
    rest = running.rest()
    assert "asked" in rest
    assert "interrupted" not in rest
    assert running.process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_end_it_as_well(supervising: Callable[..., Running], number: signal.Signals) -> None:
    running = supervising(f"echo up; {FOREVER}")
    running.read_until("up")
    running.process.send_signal(number)
    running.rest()
    assert running.process.returncode == 0


def test_a_second_ctrl_c_forces_the_end(supervising: Callable[..., Running]) -> None:
    running = supervising(DEAF, grace=10 * DEADLINE_SECONDS)
    running.read_until("deaf")
    running.press_ctrl_c()
    running.read_until("Stopping")
    running.press_ctrl_c()
    assert "is killed" in running.rest()
    assert running.process.returncode == 0


def test_nobody_outlives_a_killed_supervisor(supervising: Callable[..., Running]) -> None:
    obedient = f"echo pid $$; {FOREVER}"
    with_offspring = f"sh -c '{FOREVER}' & echo pid $!; echo pid $$; {FOREVER}"
    deaf = f"trap '' TERM; echo pid $$; {FOREVER}"
    running = supervising(obedient, with_offspring, deaf, grace=1.0)
    read = ""
    while read.count("pid") < 4:
        read += running.read_until("pid")
    pids = [int(pid) for pid in re.findall(r"pid (\d+)", read)]
    assert all(is_alive(pid) for pid in pids)
    running.process.kill()
    assert eventually(lambda: not any(is_alive(pid) for pid in pids))


def test_children_of_a_killed_supervisor_may_end_in_order(supervising: Callable[..., Running], tmp_path: Path) -> None:
    running = supervising(f"trap 'touch {tmp_path}/asked; exit' TERM; echo up; {FOREVER}")
    running.read_until("up")
    running.process.kill()
    assert eventually((tmp_path / "asked").exists)
