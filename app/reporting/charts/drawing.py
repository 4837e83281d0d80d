"""Orders pictures from the process that draws, and keeps them by what they show.

One such process beside each of ours, started with the first picture and ended after a quiet time or with us. A picture
is never drawn twice for the same rows as long as it is among the latest.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Literal, cast

from app.reporting.charts.inks import Theme

Form = Literal["svg", "png"]

KEPT = 256
QUIET_SECONDS = 300.0
LONGEST_SECONDS = 30.0
"""A picture takes a tenth of a second, the first one a second or two; whoever takes longer is stuck."""
MIMETYPES = {"svg": "image/svg+xml", "png": "image/png"}
EDITION = 1
"""Counts up when charts look different, so that browsers ask again."""


class DrawingError(RuntimeError):
    """A chart that could not be drawn; the message is that of the drawing process."""


@dataclass(frozen=True)
class Order:
    """A picture wanted: a chart of this package by its name, its rows, and how it should look."""

    chart: str
    rows: Sequence[Sequence[Any]]
    theme: Theme = "light"
    form: Form = "svg"

    @property
    def line(self) -> str:
        """Return the order as the drawing process reads it."""
        order = {"chart": self.chart, "rows": self.rows, "theme": self.theme, "form": self.form}
        return json.dumps(order, ensure_ascii=True, separators=(",", ":"))

    @property
    def key(self) -> str:
        """Return what tells this picture from all others: a hash of what it shows."""
        return hashlib.sha256(f"{EDITION} {self.line}".encode()).hexdigest()[:32]


class _Drawer:
    """The drawing process of this process, one order at a time, and the latest pictures."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._quiet: threading.Timer | None = None

    def draw(self, order: Order) -> bytes:
        with self._lock:
            found = self._kept.get(order.key)
            if found is None:
                found = self._ask(order.line)
                self._kept[order.key] = found
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(order.key)
            return found

    def end(self) -> None:
        """End the drawing process, if there is one."""
        with self._lock:
            self._end()

    def _ask(self, line: str) -> bytes:
        self._wait_for_quiet()
        process = self._running()
        limit = threading.Timer(LONGEST_SECONDS, process.kill)
        limit.start()
        try:
            size, found = _exchange(cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout), line)
        except (OSError, ValueError) as gone:
            self._end()
            raise DrawingError("the drawing process ended before its picture was done") from gone
        finally:
            limit.cancel()
        if size < 0:
            raise DrawingError(found.decode(errors="replace"))
        return found

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-m", "app.reporting.charts.engine"]
            self._process = subprocess.Popen(  # noqa: S603 - a module of ours, nothing from outside
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        return self._process

    def _wait_for_quiet(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
        self._quiet = threading.Timer(QUIET_SECONDS, self.end)
        self._quiet.daemon = True
        self._quiet.start()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.stdin and process.stdout:
            with suppress(BrokenPipeError):  # it is gone already, with what was still to be told
                process.stdin.close()
            process.stdout.close()
            process.wait()


def _exchange(told: IO[bytes], source: IO[bytes], line: str) -> tuple[int, bytes]:
    """Send an order and return the size and the bytes of its answer; ValueError when it does not come whole."""
    told.write(line.encode() + b"\n")
    told.flush()
    size = int(source.readline())
    found = source.read(abs(size))
    if len(found) != abs(size):
        raise ValueError("the picture is cut off")
    return size, found


_drawer = _Drawer()
atexit.register(_drawer.end)


def picture(order: Order) -> bytes:
    """Return the picture ordered; raises DrawingError. It may take a second where nothing was drawn for a while."""
    return _drawer.draw(order)


def end_drawing() -> None:
    """End the drawing process of this process; the next picture starts another one."""
    _drawer.end()
