"""Deed that examines an installation from end to end, changes nothing, and says what to do about what it finds.

Every check has short timeouts of its own and all run at once; what hangs all the same is reported as hanging. What
belongs to a mail service is asked by its transport (`transports/<name>`: `examine`).
"""

from __future__ import annotations

import ipaddress
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from redis import Redis, RedisError
from rq import Queue, Worker
from rq.cron import CronScheduler
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from app.core import queue
from app.core.migrating import configuration
from app.delivery import transports
from app.delivery.diagnosis import Finding, careful, good, wrong
from app.settings import Settings
from app.surveys.branding import senders

OLDEST_POSTGRESQL = 15
OLDEST_REDIS = 6
ONE_ANSWER_SECONDS = 4
"""How long one question to a service may take."""

ALL_SECONDS = 12
"""How long the whole examination may take; checks run side by side."""

WAITS_TOO_LONG = timedelta(minutes=2)
"""A job, or a due mail, that waits for longer says that the workers are too few or stuck."""

RECEIPT_TAKES = timedelta(minutes=15)
"""After so long a mail that left has told something of itself, if only that it was taken."""

Check = Callable[[Settings], Iterable[Finding]]


def examine(settings: Settings) -> list[Finding]:
    """Return a line for every part of the installation, in the order in which they build on one another."""
    pool = ThreadPoolExecutor(len(CHECKS), thread_name_prefix="doctor")
    begun = {part: pool.submit(_done, check, settings) for part, check in CHECKS.items()}
    wait(begun.values(), timeout=ALL_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    return [finding for part, check in begun.items() for finding in _outcome(part, check)]


def _done(check: Check, settings: Settings) -> list[Finding]:
    return list(check(settings))


def _outcome(part: str, check: Future[list[Finding]]) -> list[Finding]:
    if not check.done():
        return [
            wrong(part, f"no answer within {ALL_SECONDS} seconds", "Look whether a firewall or a name server hangs.")
        ]
    fault = check.exception()
    if fault is not None:
        return [wrong(part, f"the check itself failed with {type(fault).__name__}", "Please report this.")]
    return check.result()


@contextmanager
def _database(settings: Settings) -> Iterator[Connection]:
    options = f"-c timezone=UTC -c statement_timeout={ONE_ANSWER_SECONDS * 1000}"
    engine = create_engine(
        settings.database_url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": ONE_ANSWER_SECONDS, "options": options, "application_name": "quorum doctor"},
    )
    with engine.connect() as connection:
        yield connection


def _redis(settings: Settings) -> Redis:
    return Redis.from_url(
        settings.redis_url, socket_timeout=ONE_ANSWER_SECONDS, socket_connect_timeout=ONE_ANSWER_SECONDS
    )


def check_database(settings: Settings) -> Iterator[Finding]:
    """Look at PostgreSQL: reachable, new enough, at the schema of this version."""
    try:
        with _database(settings) as connection:
            version = int(connection.scalar(text("SHOW server_version_num")) or 0)
            found = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        yield wrong("Database", _why(error), "Look at DATABASE_URL, and whether PostgreSQL runs there.")
        return
    name = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    if version // 10_000 < OLDEST_POSTGRESQL:
        yield wrong("Database", name, f"Quorum needs PostgreSQL {OLDEST_POSTGRESQL} or newer.")
    else:
        yield good("Database", name)
    wanted = ScriptDirectory.from_config(configuration()).get_current_head()
    if found == wanted:
        yield good("Schema", f"{found}, the newest")
    else:
        yield wrong("Schema", f"{found or 'none'}, and this version needs {wanted}", "Run: quorum migrate")


def check_redis(settings: Settings) -> Iterator[Finding]:
    """Look at Redis or Valkey: reachable, new enough, and not throwing keys away when it is full."""
    try:
        server = _redis(settings).info()
    except RedisError as error:
        yield wrong("Redis", f"no answer: {error}", "Look at REDIS_URL, and whether Redis or Valkey runs there.")
        return
    name = f"Valkey {server['valkey_version']}" if "valkey_version" in server else f"Redis {server['redis_version']}"
    policy = server.get("maxmemory_policy", "noeviction")
    if int(str(server["redis_version"]).partition(".")[0]) < OLDEST_REDIS:
        yield wrong("Redis", name, f"Quorum needs Redis {OLDEST_REDIS} or newer, or any Valkey.")
    elif policy != "noeviction":
        yield careful("Redis", f"{name}, drops keys when full ({policy})", "Set its maxmemory-policy to noeviction.")
    else:
        yield good("Redis", name)


def check_processes(settings: Settings) -> Iterator[Finding]:
    """Look for living workers and a living scheduler, and at what waits for them."""
    connection = _redis(settings)
    queues = [Queue(queue.queue_name(settings.queue_prefix, name), connection=connection) for name in queue.QUEUES]
    try:
        workers = len(Worker.all(queue=queues[-1]))  # of one that was killed, Redis forgets after some minutes
        schedulers = [each for each in CronScheduler.all(connection) if _ticks(each, queues[0].name)]
        waiting = [(len(each), _oldest(each)) for each in queues[1:]]
    except RedisError as error:
        yield wrong("Workers", f"nobody can tell: Redis says {error}", "Mend Redis first.")
        return
    yield (
        good("Workers", f"{workers} running")
        if workers
        else wrong("Workers", "none is running, so nothing is sent", "Start one: quorum worker (or all: quorum up)")
    )
    yield (
        good("Scheduler", "running")
        if schedulers
        else wrong("Scheduler", "none is running, so nothing is handed out", "Start one: quorum scheduler")
    )
    jobs = sum(count for count, _ in waiting)
    oldest = min((since for _, since in waiting if since is not None), default=None)
    if oldest is not None and datetime.now(UTC) - oldest > WAITS_TOO_LONG:
        found = f"{jobs:,} jobs wait, the oldest for {_how_long(datetime.now(UTC) - oldest)}"
        yield careful("Queue", found, "Start more workers, or look at what the running ones are doing.")
    else:
        yield good("Queue", f"{jobs:,} jobs wait" if jobs else "nothing waits")


def _ticks(scheduler: CronScheduler, queue_name: str) -> bool:
    """Tell whether it is this installation's; two on one Redis differ in the names of their queues."""
    return any(job.queue_name == queue_name for job in scheduler.get_jobs())


def _oldest(waiting: Queue) -> datetime | None:
    jobs = waiting.get_jobs(0, 1)
    return jobs[0].enqueued_at if jobs else None


_LEDGER = text(
    """
    SELECT count(*) FILTER (WHERE m.state = 'unknown') AS unknown,
           count(*) FILTER (WHERE m.state = 'queued' AND m.due_at < :late AND w.state = 'running') AS late,
           min(m.due_at) FILTER (WHERE m.state = 'queued' AND w.state = 'running') AS oldest
    FROM message m JOIN wave w ON w.id = m.wave_id WHERE m.state IN ('queued', 'unknown')
    """
)


def check_ledger(settings: Settings) -> Iterator[Finding]:
    """Look at the mails themselves: due ones that nobody sends, and ones whose fate is unknown."""
    now = datetime.now(UTC)
    try:
        with _database(settings) as connection:
            found = connection.execute(_LEDGER, {"late": now - WAITS_TOO_LONG}).one()
    except SQLAlchemyError:
        yield wrong("Mails", "nobody can tell: the ledger cannot be read", "Mend database and schema first.")
        return
    if found.late:
        waits = f"{found.late:,} are due and not sent, the oldest for {_how_long(now - found.oldest)}"
        yield careful("Mails", waits, "Look at the page «Sending»: it says what holds them.")
    else:
        yield good("Mails", "none is late")
    if found.unknown:
        yield careful("Unknown mails", f"{found.unknown:,} wait for a decision", "Decide them on «Unknown mails».")


# The newest receipt, and the newest mail that has had its time to bring one.
_NEWS = text(
    """
    SELECT (SELECT received_at FROM receipt ORDER BY id DESC LIMIT 1) AS receipt,
           (SELECT max(sent_at) FROM message WHERE sent_at < :patience) AS mail
    """
)


def check_receipts(settings: Settings) -> Iterator[Finding]:
    """Look whether the mails that left came back as receipts; an outbox has none."""
    if settings.mail_transport == "outbox":
        return
    now = datetime.now(UTC)
    try:
        with _database(settings) as connection:
            newest = connection.execute(_NEWS, {"patience": now - RECEIPT_TAKES}).one()
    except SQLAlchemyError:
        return  # the line about the ledger says so
    if newest.mail and (newest.receipt is None or newest.receipt < newest.mail):
        found = f"none came for the mails of {_how_long(now - newest.mail)} ago"
        advice = "Look at the events of the configuration set, and whether the queue is read or the webhook is reached."
        yield careful("Receipts", found, advice)
    elif newest.receipt:
        yield good("Receipts", f"the last came {_how_long(now - newest.receipt)} ago")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: an address that leads elsewhere is a finding of its own."""


def check_public_url(settings: Settings) -> Iterator[Finding]:
    """Ask for a survey link that cannot exist, at the address customers reach: our own «no such link» must answer."""
    address = settings.public_url
    request = urllib.request.Request(f"{address}/s/x", headers={"User-Agent": "quorum doctor"})  # noqa: S310 - our own
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=ONE_ANSWER_SECONDS) as answer:
            status, ours = answer.status, False
    except urllib.error.HTTPError as error:
        status, ours = error.code, error.code == 404 and error.headers.get("X-Robots-Tag") == "noindex"
        error.close()
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", error)
        yield wrong("Public URL", f"{address} does not answer: {why}", "Look at QUORUM_PUBLIC_URL, DNS and the proxy.")
        return
    if not ours:
        found = f"{address}/s/x answers {status}, and not with Quorum's page"
        yield wrong("Public URL", found, "Let the proxy pass everything at this address to Quorum's web.")
    elif _is_private(address):
        yield careful("Public URL", f"{address} answers, on this network only", "Customers need an address they reach.")
    elif not settings.secure:
        yield careful("Public URL", f"{address} answers, without https", "Put a certificate in front of Quorum.")
    else:
        yield good("Public URL", f"{address} answers")


def _is_private(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host


def check_mail(settings: Settings) -> Iterable[Finding]:
    """Ask the transport how it stands with what it needs, the senders of all brands among it."""
    try:
        addresses = senders(settings)
    except SQLAlchemyError:
        addresses = []  # the line about the database says so
    return transports.examine(settings, addresses)


def _why(error: SQLAlchemyError) -> str:
    said = str(getattr(error, "orig", None) or type(error).__name__).strip()
    return f"no answer: {said.splitlines()[0]}"


def _how_long(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


CHECKS: dict[str, Check] = {
    "Database": check_database,
    "Redis": check_redis,
    "Processes": check_processes,
    "Mails": check_ledger,
    "Receipts": check_receipts,
    "Public URL": check_public_url,
    "Mail": check_mail,
}
"""Name of the part → its check, in the order in which they are shown."""
