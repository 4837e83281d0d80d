"""The lines of the supervisor's children, as a person reads them."""

from __future__ import annotations

import io
import os
import pty
import re

import pytest

from app.core.supervisor import Supervisor
from tests.support.supervised import (
    FOREVER,
    HASTY,
    lines_after_running,
    run_until,
    shell,
)


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
