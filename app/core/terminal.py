"""What all commands share on a terminal: results go to stdout, everything else to stderr, and both are quiet in a pipe.

Colour is off where nobody sees it and where `NO_COLOR` is set. Which words are said is each command's own matter.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Column
from rich.text import Text

from app.core.errors import QuorumError

USAGE_EXIT = 2
"""Exit code of a command that could do nothing: a wrong option, a file that cannot be used, an act that is refused."""

PIPED_WIDTH = 120
"""Columns of a table that no terminal sets a width for."""

Report = Callable[[int, int], None]
"""Called now and then with the units done and in all."""


def _console(stream: TextIO, *, stderr: bool) -> Console:
    if stream.isatty() and isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # an old terminal lacks letters; no command stops for that
    return Console(stderr=stderr, highlight=False, emoji=False, width=None if stream.isatty() else PIPED_WIDTH)


console = _console(sys.stdout, stderr=False)
error_console = _console(sys.stderr, stderr=True)


def plain_console(out: TextIO) -> Console:
    """Return a console that writes plain text to a file or a pipe."""
    return Console(file=out, highlight=False, emoji=False, width=PIPED_WIDTH, color_system=None, force_terminal=False)


def fail(error: QuorumError | str) -> NoReturn:
    """Say on stderr what is wrong and leave with exit code 2."""
    error_console.print(Text.assemble(("Error: ", "bold red"), printable(str(error))), soft_wrap=True)
    raise SystemExit(USAGE_EXIT)


def printable(text: str) -> str:
    """Return `text` without the characters that would steer a terminal; line breaks stay."""
    return text if text.isprintable() else "".join(map(_harmless, text))


def _harmless(char: str) -> str:
    if char.isprintable() or char == "\n":
        return char
    return " " if char.isspace() else ""


@contextmanager
def output(path: Path | None) -> Iterator[TextIO]:
    """Lend the file at `path`, or stdout for None, to write results to: UTF-8, whatever the locale, lines as they are.

    Raises QuorumError when it cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", errors="replace", newline="") if path else _stdout() as out:
            yield out
    except BrokenPipeError:
        raise  # whoever reads has seen enough; click ends the command quietly
    except OSError as error:
        raise QuorumError(f"{path or 'The output'} cannot be written: {error.strerror or error}.") from error


@contextmanager
def _stdout() -> Iterator[TextIO]:
    sys.stdout.flush()
    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="replace", newline="")
    try:
        yield stream
    finally:
        stream.detach().flush()


@contextmanager
def progress(title: str, *, unit: str) -> Iterator[Report]:
    """Show on stderr how far long work is: count, rate and time left; nothing at all where stderr is no terminal.

    `unit` is what is counted, in the plural; `bytes` are written as MB.
    """
    if not error_console.is_terminal:
        yield lambda done, total: None
        return
    figures: list[ProgressColumn] = [DownloadColumn(), TransferSpeedColumn()] if unit == "bytes" else [_Count(unit)]
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        *figures,
        TimeRemainingColumn(compact=True),
        console=error_console,
        transient=True,
    ) as bar:
        task = bar.add_task(printable(title), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Count(ProgressColumn):
    """Units done of all, and done a second."""

    def __init__(self, unit: str) -> None:
        super().__init__(Column(no_wrap=True))
        self._unit = unit

    def render(self, task: Task) -> Text:
        rate = f"{task.speed:,.0f}/s" if task.speed else ""
        return Text(f"{task.completed:,.0f} of {task.total or 0:,.0f} {self._unit}  {rate}", style="dim")
