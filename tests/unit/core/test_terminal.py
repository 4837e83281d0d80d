"""What the commands share on a terminal; a pseudo-terminal shows what a person would see."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.errors import QuorumError
from app.core.terminal import PIPED_WIDTH, console, error_console, fail, output, plain_console, printable, progress

ROOT = Path(__file__).parents[3]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
ERASE_LINE = "\x1b[2K"
WORK = """
from app.core.terminal import progress
with progress("Reading [all]", unit={unit!r}) as report:
    report(500_000, 2_000_000)
    report(2_000_000, 2_000_000)
print("done")
"""


def run(code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `code` with both streams in a pipe."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=_environ(environ), capture_output=True, text=True, check=False
    )


def seen(code: str, **environ: str) -> str:
    """Run `code` in a pseudo-terminal of its own and return what appeared there."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=_environ(environ), stdin=slave, stdout=slave, stderr=slave
    ) as process:
        os.close(slave)
        shown = b"".join(iter(lambda: _read(master), b""))
        os.close(master)
    assert process.returncode is not None
    return shown.decode()


def _read(master: int) -> bytes:
    try:
        return os.read(master, 4096)
    except OSError:  # Linux says so when the last writer has closed
        return b""


def _environ(environ: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
    return {**kept, "TERM": "xterm-256color", **environ}


def test_an_error_is_one_paragraph_on_stderr_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "There is no file [bold]a.csv[/] :smile: " + "and so on " * 30
    with pytest.raises(SystemExit) as left:
        fail(QuorumError(sentence))
    shown = capsys.readouterr()
    assert (left.value.code, shown.out) == (2, "")
    assert shown.err == f"Error: {sentence}\n"


def test_no_error_can_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        fail("column «\x1b[2J\x07a\u202eb\u200b\r»\ttwice\nsecond\xa0line")
    assert capsys.readouterr().err == "Error: column «[2Jab » twice\nsecond line\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain", "plain"), ("Zoë 北京", "Zoë 北京"), ("a\x1b]0;b\x07", "a]0;b"), ("a\nb", "a\nb"), ("", "")],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_pipe_gets_plain_text_of_a_fixed_width() -> None:
    done = run(
        "from app.core.terminal import console, error_console\n"
        "console.print('[red]result[/] 42 :smile:'); error_console.print('[red]word[/]'); print(console.width)"
    )
    assert (done.stdout, done.stderr) == (f"result 42 :smile:\n{PIPED_WIDTH}\n", "word\n")


@pytest.mark.parametrize(("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_is_for_terminals_that_want_it(environ: dict[str, str], coloured: bool) -> None:
    shown = seen("from app.core.terminal import console\nconsole.print('[red]result[/]')", **environ)
    assert ("\x1b[31m" in shown) == coloured
    assert "result" in shown


def test_a_terminal_without_a_letter_shows_another() -> None:
    code = "from app.core.terminal import console\nconsole.print('Zoë ○')"
    assert "Zo? ?" in seen(code, PYTHONIOENCODING="ascii")


@pytest.mark.parametrize(
    ("unit", "figures"), [("accounts", "2,000,000 of 2,000,000 accounts"), ("bytes", "2.0/2.0 MB")]
)
def test_progress_is_shown_on_a_terminal_and_gone_afterwards(unit: str, figures: str) -> None:
    raw = seen(WORK.format(unit=unit))
    assert ERASE_LINE in raw.rpartition("━")[2]
    shown = ESCAPE.sub("", raw)
    assert "Reading [all]" in shown
    assert figures in shown
    assert shown.rstrip().endswith("done")


def test_progress_is_silent_in_a_pipe() -> None:
    done = run(WORK.format(unit="accounts"))
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_progress_goes_to_stderr_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert (console.stderr, error_console.stderr) == (False, True)
    with progress("Reading", unit="bytes") as report:
        report(1, 2)
    assert capsys.readouterr().out == ""


def test_results_are_utf_8_whatever_the_locale() -> None:
    code = (
        "from app.core.terminal import output, plain_console\n"
        "with output(None) as out:\n    out.write('Zoë\\r\\n'); plain_console(out).print('[b]○[/b]')\nprint('later')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=_environ({"PYTHONIOENCODING": "ascii"}),
        capture_output=True,
        check=True,
    )
    assert done.stdout == "Zoë\r\n○\nlater\n".encode()


def test_results_can_go_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    with output(path) as out:
        out.write("Zoë\r\n")
        plain_console(out).print("[red]○[/red]")
    assert path.read_bytes() == "Zoë\r\n○\n".encode()


def test_a_file_that_cannot_be_written_is_an_error_for_people(tmp_path: Path) -> None:
    with (
        pytest.raises(QuorumError, match=r"plan\.csv cannot be written: No such file or directory\."),
        output(tmp_path / "nowhere" / "plan.csv"),
    ):
        pass
