"""Runs several programs as one: what `quorum up` and `quorum demo` stand on.

Here: starting, watching, restarting and stopping child processes, and printing their lines. Not here: which programs
those are, and when they count as ready.

    with Supervisor(programs, out=sys.stderr) as supervisor:
        while not web_answers():
            if (status := supervisor.wait(timeout=0.2)) is not None:
                return status
        print_summary()
        return supervisor.wait()

There is no thread: children are read, watched and restarted while `wait` runs, so call it often, and all from one
thread.

No child outlives the supervisor, even after `kill -9`. Each is started by a few lines of shell that leave a keeper
beside it, in the same process group. The keeper reads a pipe of which only the supervisor holds the other end. When the
kernel closes that end, the keeper asks its program to end and, after the same grace, kills the whole group. Being a
member of the group, it cannot hit a stranger who got the same number. PR_SET_PDEATHSIG would need code between fork
and exec, fires when the *thread* that forked ends, and sends one signal to one process: SIGTERM may go unheeded, and
SIGKILL leaves the grandchildren behind, with the port of the web among them.
"""

from __future__ import annotations

import math
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import cycle
from types import FrameType, TracebackType
from typing import IO, Self, TextIO

from app.core.signals import ENDING, handling

_KEEPER = """
grace=$1; shift
exec 3<&0
{
    trap '' HUP INT TERM
    read -r _
    kill -TERM $$
    while [ "$grace" -gt 0 ] && kill -0 $$; do sleep 1; grace=$((grace - 1)); done
    kill -KILL 0
} <&3 3<&- >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
"""
_TICK_SECONDS = 0.2
_LAST_WAIT_SECONDS = 5.0  # for the kernel to clear away what was killed
_CHUNK = 64 * 1024  # bytes; a longer line is cut in pieces
_LAST_READS = 16  # what a pipe can hold; more comes from somebody who has left the group
_NAME_WIDTH = 8
_COLOURS = ("36", "32", "35", "33", "34")
_OWN_NAME = "quorum"
_VISIBLE = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code != ord("\t")}


@dataclass(frozen=True)
class Program:
    """One program to run: `env` is added to the environment of the supervisor.

    Without a `vital` one there is no point in the others; any other is started again for as long as they run.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    vital: bool = True


@dataclass(frozen=True)
class Pace:
    """How patient a supervisor is; all but the count in seconds."""

    first_pause: float = 1.0  # before the first restart; doubled at each further death
    longest_pause: float = 30.0
    steady: float = 60.0  # who lived this long starts over at the first pause
    quick: float = 10.0  # who lived shorter than this died quickly
    quick_deaths: int = 5  # so many in a row of one program, and all are given up
    grace: float = 10.0  # between SIGTERM and SIGKILL


class Supervisor:
    """Runs programs for as long as its `with` block, restarts those that die, and stops all at the end.

    SIGINT, SIGTERM and SIGHUP do not interrupt the block: they make `wait` return. One more while the children are
    being stopped, and they are killed.
    """

    def __init__(self, programs: Sequence[Program], *, out: TextIO | None = None, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._log = _Log(sys.stderr if out is None else out, [program.name for program in programs])
        self._children = [_Child(program) for program in programs]
        self._status: int | None = None
        self._signals = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._selector = stack.enter_context(selectors.DefaultSelector())
            self._wake_end, self._waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            stack.callback(os.close, self._wake_end)
            stack.callback(os.close, self._waker)
            self._selector.register(self._wake_end, selectors.EVENT_READ)
            stack.enter_context(handling(self._on_signal, ENDING))
            stack.callback(self._stop_children)
            self._start_due()
            self._cleanup = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._cleanup.close()

    def wait(self, timeout: float | None = None) -> int | None:
        """Run until the end is asked for, or for `timeout` seconds.

        Returns 0 once a signal or `stop` asked for the end, 1 once a program was given up or nobody reads the output
        any more, and None when the time is over.
        """
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        while self._status is None:
            self._start_due()
            self._turn(min(_TICK_SECONDS, max(0.0, deadline - time.monotonic())))
            if time.monotonic() >= deadline:
                break
        return self._status

    def stop(self) -> None:
        """Make `wait` return 0; may be called from any thread."""
        self._end(0)
        with suppress(BlockingIOError):  # full of wake-up calls already
            os.write(self._waker, b".")

    def say(self, sentence: str) -> None:
        """Print a line of our own among those of the children."""
        self._log.print(_OWN_NAME, *sentence.splitlines())

    def _end(self, status: int) -> None:
        if self._status is None:
            self._status = status

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1
        self.stop()

    def _start_due(self) -> None:
        for child in self._children:
            if self._status is None and not child.is_up and time.monotonic() >= child.due_at:
                self._selector.register(child.start(self._pace), selectors.EVENT_READ, child)

    def _turn(self, timeout: float) -> None:
        """Print what the children write, and see who has died."""
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                os.read(self._wake_end, 1024)
            elif key.data.read():
                self._log.print(key.data.name, *key.data.lines())
            else:
                self._selector.unregister(key.fd)
        for child in self._children:
            if child.is_up and child.has_ended():
                self._bury(child)
        if self._log.unread:
            self._end(1)

    def _bury(self, child: _Child) -> None:
        child.clear_away()
        if child.output in self._selector.get_map():
            self._selector.unregister(child.output)
        self._log.print(child.name, *child.lines(rest=True))
        ending = child.close()
        if self._status is None:
            self._mourn(child, ending)

    def _mourn(self, child: _Child, ending: str) -> None:
        pause = child.count_death(self._pace)
        if child.quick_deaths < self._pace.quick_deaths or not child.is_vital:
            self.say(f"{child.name} has ended ({ending}). It starts again in {pause:g} s.")
            return
        self.say(
            f"{child.name} has ended {child.quick_deaths} times in a row within {self._pace.quick:g} s of its start "
            f"({ending}). Giving up. Its last lines were:"
        )
        self._log.print(_OWN_NAME, *(f"    {line}" for line in child.last_lines))
        self._end(1)

    def _stop_children(self) -> None:
        """Ask all to end, and kill those that have not after the grace or at the next signal."""
        self._end(0)
        signals = self._signals
        if self._up():
            self.say(f"Stopping {', '.join(child.name for child in self._up())}. Ctrl-C forces it.")
        for child in self._up():
            child.ask_to_end()
        deadline = time.monotonic() + self._pace.grace
        while self._up() and self._signals == signals and time.monotonic() < deadline:
            self._turn(min(_TICK_SECONDS, max(0.0, deadline - time.monotonic())))
        for child in self._up():
            self.say(f"{child.name} does not end and is killed.")
            child.kill_group()
        deadline = time.monotonic() + _LAST_WAIT_SECONDS
        while self._up() and time.monotonic() < deadline:
            self._turn(_TICK_SECONDS)

    def _up(self) -> list[_Child]:
        return [child for child in self._children if child.is_up]


class _Child:
    """A program, its present process, and how its past ones fared."""

    def __init__(self, program: Program) -> None:
        self.name = program.name
        self.is_vital = program.vital
        self.due_at = 0.0
        self.quick_deaths = 0
        self.last_lines: deque[str] = deque(maxlen=10)
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths = 0
        self._started_at = 0.0
        self._pending = b""

    @property
    def is_up(self) -> bool:
        return self._process is not None

    @property
    def output(self) -> int:
        """The descriptor of its output."""
        return self._stream().fileno()

    def start(self, pace: Pace) -> int:
        """Start it in a session of its own, where Ctrl-C in the terminal does not reach it; returns its output."""
        self._process = subprocess.Popen(  # noqa: S603 - the shell does not parse the arguments
            ["/bin/sh", "-c", _KEEPER, self.name, str(math.ceil(pace.grace)), *self._program.argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
            env={"PYTHONUNBUFFERED": "1", **os.environ, **self._program.env},
        )
        os.set_blocking(self.output, False)
        self._started_at = time.monotonic()
        return self.output

    def read(self) -> bool:
        """Take in what it has written; False when there is nothing more."""
        try:
            chunk = os.read(self.output, _CHUNK)
        except BlockingIOError:
            return False
        self._pending += chunk
        return bool(chunk)

    def lines(self, *, rest: bool = False) -> list[str]:
        """The whole lines taken in and not yet handed out; with `rest` also one without an end."""
        *whole, self._pending = self._pending.split(b"\n")
        if self._pending and (rest or len(self._pending) >= _CHUNK):
            whole.append(self._pending)
            self._pending = b""
        lines = [line.decode(errors="replace").rstrip("\r").translate(_VISIBLE) for line in whole]
        self.last_lines.extend(lines)
        return lines

    def has_ended(self) -> bool:
        """Whether it has ended; its number stays taken until `close`, so that its group is surely its own."""
        return os.waitid(os.P_PID, self._running().pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def ask_to_end(self) -> None:
        """Send SIGTERM to the program only: how its own children are to end is its business."""
        os.kill(self._running().pid, signal.SIGTERM)

    def kill_group(self) -> None:
        os.killpg(self._running().pid, signal.SIGKILL)

    def clear_away(self) -> None:
        """Kill what it has left behind, which could still hold its port, and take in its last output."""
        self.kill_group()
        for _ in range(_LAST_READS):
            if not self.read():
                break

    def close(self) -> str:
        """Let go of the ended process; returns how it has ended."""
        with self._running() as process:
            code = process.wait()
        self._process = None
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

    def count_death(self, pace: Pace) -> float:
        """Keep count; returns the pause until the next start in seconds."""
        lived = time.monotonic() - self._started_at
        self._deaths = 1 if lived >= pace.steady else self._deaths + 1
        self.quick_deaths = self.quick_deaths + 1 if lived < pace.quick else 0
        pause = min(pace.longest_pause, pace.first_pause * 2.0 ** min(self._deaths - 1, 32))
        self.due_at = time.monotonic() + pause
        return pause

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def _stream(self) -> IO[bytes]:
        stream = self._running().stdout
        assert stream is not None
        return stream


class _Log:
    """Prints whole lines, each behind the name of who wrote it."""

    def __init__(self, out: TextIO, names: Sequence[str]) -> None:
        self.unread = False
        self._out = out
        self._width = max(_NAME_WIDTH, *map(len, names), 0)
        colourful = out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._colours = dict(zip(names, cycle(_COLOURS), strict=False)) if colourful else {}
        self._is_colourful = colourful

    def print(self, name: str, *lines: str) -> None:
        """Print the lines; once nobody takes them any more, only note that."""
        if not lines or self.unread:
            return
        prefix = self._prefix(name)
        text = "".join(f"{prefix}{line}".rstrip() + "\n" for line in lines)
        encoding = self._out.encoding or "utf-8"
        try:
            self._out.write(text.encode(encoding, "replace").decode(encoding))
            self._out.flush()
        except OSError:
            self.unread = True

    def _prefix(self, name: str) -> str:
        padded = f"{name:<{self._width}}"
        if not self._is_colourful:
            return f"{padded} │ "
        return f"\x1b[{self._colours.get(name, '1')}m{padded}\x1b[0;2m │\x1b[0m "
