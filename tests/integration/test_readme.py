"""Every command in the README is run, in its order, in an empty folder."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.processes import QUORUM, ROOT, environment, interrupted, running

README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]
LASTING = ("quorum up", "make demo")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """An empty folder; each command starts and stops the services, as it does for whoever follows the README."""
    with tempfile.TemporaryDirectory(prefix="qr-") as path:
        yield Path(path)


def test_the_readme_has_commands() -> None:
    assert "make demo" in COMMANDS
    assert any(command.startswith("quorum import") for command in COMMANDS)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in LASTING])
def test_a_command_does_what_it_says(folder: Path, command: str) -> None:
    name, *arguments = shlex.split(command)
    assert name == "quorum"
    done = subprocess.run(
        [*QUORUM, *arguments], cwd=folder, env=environment(), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_the_mails_have_left(folder: Path) -> None:
    report = [*QUORUM, "report", "q4", "--json"]
    done = subprocess.run(report, cwd=folder, env=environment(), capture_output=True, text=True, timeout=120)
    figures = json.loads(done.stdout)
    assert figures["sent"] > 400
    assert figures["answered"] == 0
    assert figures["coverage"] == 0


def test_quorum_up_comes_up_and_stops_with_ctrl_c(folder: Path) -> None:
    assert "quorum up" in COMMANDS
    port = str(free_port())
    with running("up", env=environment(QUORUM_PORT=port), cwd=folder) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"Quorum is up: http://127.0.0.1:{port}")
        code, said = interrupted(process)
    assert code == 0, said
    assert "Traceback" not in said


def test_make_knows_the_targets_the_readme_names() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in ("demo", "test", "setup"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert "quorum demo" in makefile


def test_links_and_pictures_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
