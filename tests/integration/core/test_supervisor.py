"""The supervisor with real child processes: its restarts, and its end."""

from __future__ import annotations

import io
import os
import re
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.supervisor import Pace, Supervisor
from tests.support.supervised import (
    DEADLINE_SECONDS,
    DEAF,
    FOREVER,
    HASTY,
    eventually,
    is_alive,
    lines_after_running,
    run_until,
    shell,
)


def test_environment_is_added_to_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "one")
    lines = lines_after_running(
        shell(f'echo "$OURS $THEIRS"; {FOREVER}', THEIRS="two"), until=lambda text: "two" in text
    )
    assert lines[0] == "web      │ one two"


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
