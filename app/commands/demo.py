"""`quorum demo`: everything up with a sample company, a wave sent, some answers given, and the links to look at."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click

from app.commands.services import programs, wait_for_web
from app.core.errors import QuorumError
from app.core.installation import DEFAULT_HOME, opened
from app.core.ports import checked, is_free
from app.core.supervisor import Supervisor
from app.core.terminal import console, error_console
from app.demo import staging
from app.settings import Settings

DEFAULT_PORT = 8080
PORTS_TRIED = 50
LINKS_PRINTED = 20


@click.command("demo")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port of the web; the first free one from 8080 unless given."
)
@click.option(
    "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="Folder for the demo's services."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON once all is up.")
def demo(port: int | None, folder: Path | None, as_json: bool) -> None:
    """Show the whole way once: import, plan, send, answer, coverage. Stays up until Ctrl-C."""
    with ExitStack() as held:
        raise SystemExit(_run(checked(port) if port else _first_free(held), folder, as_json))


def _run(port: int, folder: Path | None, as_json: bool) -> int:
    home = folder or Path(os.environ.get("QUORUM_HOME", DEFAULT_HOME)) / "demo"
    environ = {
        "QUORUM_BRAND_FILE": str(staging.BRAND),
        **os.environ,
        "QUORUM_HOME": str(home),
        "QUORUM_PORT": str(port),
        "QUORUM_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with opened(environ, say=error_console.print, migrating=True) as settings:
        return _show(settings, as_json)


def _show(settings: Settings, as_json: bool) -> int:
    _say("Getting the sample company and its wave ready …")
    with staging.alone():
        password = staging.admin_password(settings.home)
        wave_id = staging.prepare(datetime.now(UTC).date())
    with Supervisor(programs(settings), out=sys.stderr) as supervisor:
        status = wait_for_web(supervisor, settings)
        if status is None:
            _say("Seeing that the wave is in the outbox …")
            staging.send(wave_id)
            status = _until(supervisor, lambda: staging.unsent(wave_id) == 0)
        if status is not None:
            return status
        with staging.alone():
            staging.answer(wave_id)
        _print(settings, wave_id, password, as_json)
        return supervisor.wait() or 0


def _until(supervisor: Supervisor, done: Callable[[], bool]) -> int | None:
    """Keep the children running until `done`; return the supervisor's status if it ends before that."""
    while not done():
        status = supervisor.wait(timeout=0.2)
        if status is not None:
            return status
    return None


def _print(settings: Settings, wave_id: int, password: str, as_json: bool) -> None:
    links = staging.survey_urls(wave_id, settings, LINKS_PRINTED)
    if as_json:
        urls = {
            "admin_url": f"{settings.public_url}/",
            "admin_email": staging.ADMIN_EMAIL,
            "admin_password": password,
            "outbox_url": f"{settings.public_url}/outbox",
            "survey_urls": links,
        }
        click.echo(json.dumps(urls))
        sys.stdout.flush()
        return
    lines = (
        ("Admin", f"{settings.public_url}/"),
        ("", f"{staging.ADMIN_EMAIL}  {password}"),
        ("Outbox", f"{settings.public_url}/outbox"),
        ("A survey", links[0] if links else "all answered"),
    )
    console.print("\nQuorum is up. Answer the survey and watch the coverage rise on the board.\n", style="bold")
    for label, value in lines:
        console.print(f"  {label:<10}{value}", highlight=False, markup=False, soft_wrap=True)
    console.print("\nStop it with Ctrl-C.", style="dim")


def _say(sentence: str) -> None:
    error_console.print(sentence, style="dim", highlight=False)


def _first_free(held: ExitStack) -> int:
    for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED):
        if is_free(port) and _is_ours(port, held):
            return port
    raise QuorumError(f"All ports from {DEFAULT_PORT} on are taken. Name a free one with --port.")


def _is_ours(port: int, held: ExitStack) -> bool:
    """Claim a port among demos of this machine, since the web takes it only some seconds later.

    The claim is a name without a file, which the kernel gives to one process and takes back when that one ends.
    """
    claim = held.enter_context(socket.socket(socket.AF_UNIX))
    try:
        claim.bind(f"\0quorum-demo-{port}")
    except OSError:
        return False
    return True
