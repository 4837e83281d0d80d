"""Signals to a supervisor in a process of its own: nobody outlives it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.supervised import (
    DEADLINE_SECONDS,
    DEAF,
    FOREVER,
    ROOT,
    eventually,
    is_alive,
)

SUPERVISING = """
import sys
from app.core.supervisor import Pace, Program, Supervisor

programs = [Program(f"child{i}", ["sh", "-c", script]) for i, script in enumerate(sys.argv[2:])]
with Supervisor(programs, out=sys.stdout, pace=Pace(grace=float(sys.argv[1]))) as supervisor:
    status = supervisor.wait()
sys.exit(status)
"""


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
