"""`quorum up | web | worker | scheduler | receipts | migrate`: the processes of an installation."""

from __future__ import annotations

import logging
import os
import sys
import time
import urllib.error
import urllib.request

import click

from app import create_app
from app.core.errors import Refused
from app.core.installation import as_environment, opened
from app.core.migrating import migrate as migrate_database
from app.core.ports import checked
from app.core.queue import nudge
from app.core.serving import serve
from app.core.supervisor import Program, Supervisor
from app.core.terminal import console, error_console
from app.settings import Settings


def _environment(port: int | None = None, home: str | None = None) -> dict[str, str]:
    chosen = {"QUORUM_PORT": str(port) if port else None, "QUORUM_HOME": home}
    return {**os.environ, **{name: value for name, value in chosen.items() if value}}


@click.command("up")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web; QUORUM_PORT or 8080 unless given.")
@click.option("--dir", "home", type=click.Path(file_okay=False), help="Folder of the embedded services.")
def up(port: int | None, home: str | None) -> None:
    """Run everything: migrations, web, workers, scheduler, and the services that are not given. Ctrl-C stops it."""
    with opened(_environment(port, home), say=error_console.print, migrating=True) as settings:
        checked(settings.port, settings.host)
        status = _run(settings)
    raise SystemExit(status)


def _run(settings: Settings) -> int:
    with Supervisor(programs(settings), out=sys.stderr) as supervisor:
        status = wait_for_web(supervisor, settings)
        if status is not None:
            return status
        console.print(f"Quorum is up: {settings.public_url}\nStop it with Ctrl-C.", highlight=False)
        return supervisor.wait() or 0


@click.command("web")
def web() -> None:
    """Run the web server alone."""
    with opened(os.environ, say=error_console.print) as settings:
        serve(lambda: create_app(settings), settings)


@click.command("worker")
@click.option("--burst", is_flag=True, help="Hand out what is due, do all there is to do, and stop.")
def worker(burst: bool) -> None:
    """Run one worker."""
    from workers.main import work

    with opened(os.environ, say=error_console.print) as settings:
        os.environ.update(as_environment(settings))
        if burst:
            nudge("workers.jobs.dispatch")  # there may be no scheduler to do it
        work(burst=burst)


@click.command("scheduler")
def scheduler() -> None:
    """Run the scheduler."""
    from workers.main import schedule

    with opened(os.environ, say=error_console.print) as settings:
        os.environ.update(as_environment(settings))
        schedule()


@click.command("receipts")
def receipts() -> None:
    """Read receipts of mails from the queue in SQS and apply them."""
    from app.delivery.receipts.polling import Poller

    with opened(os.environ, say=error_console.print) as settings:
        if not settings.ses_queue_url:
            raise Refused("QUORUM_SES_QUEUE_URL names no queue, so there is nothing to read receipts from.")
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        Poller(settings).run()


@click.command("migrate")
def migrate() -> None:
    """Bring the database to the schema of this version."""
    with opened(os.environ, say=error_console.print, migrating=False) as settings:
        migrate_database(settings.database_url)
    console.print("The database is at the newest schema.", highlight=False)


def programs(settings: Settings) -> list[Program]:
    """Return the processes of a whole installation."""
    environment = as_environment(settings)

    def program(name: str, command: str, *, vital: bool = False) -> Program:
        return Program(name, [sys.executable, "-m", "app.cli", command], environment, vital)

    workers = [program(f"worker {number}", "worker") for number in range(1, settings.workers + 1)]
    # Answers need the web alone: with Redis away, workers and scheduler come back in their own time.
    found = [program("web", "web", vital=True), *workers, program("scheduler", "scheduler")]
    return [*found, program("receipts", "receipts")] if settings.ses_queue_url else found


def wait_for_web(supervisor: Supervisor, settings: Settings) -> int | None:
    """Return None once the web answers, or the supervisor's status if it ends before that."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - where to ask, not to bind
    while True:
        status = supervisor.wait(timeout=0.1)
        if status is not None or _answers(f"http://{host}:{settings.port}/readyz"):
            return status


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        time.sleep(0.05)
        return False
