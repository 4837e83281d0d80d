"""Databases for tests: one embedded PostgreSQL a test process, a fresh clone of the newest schema for each test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, NullPool, create_engine, make_url

from app.core.db import connect
from app.core.embedded import running
from app.core.embedded.postgres import Postgres
from app.core.migrating import migrate
from app.surveys.branding import forget_brands
from app.surveys.published import published

TEMPLATE = "quorum_template"
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""What makes a database quick that nobody will miss after a power cut."""


MEMORY, ROOM = Path("/dev/shm"), 8 * 2**30


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL that belongs to this test process alone."""

    engine: Engine
    home: Path

    def url(self, name: str) -> str:
        """Return the address of the database `name`, as `app.core.db.connect` takes it."""
        return self.engine.url.set(database=name).render_as_string(hide_password=False)

    def run(self, *statements: str) -> None:
        """Run statements that cannot stand in a transaction."""
        with self.engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def clone(self) -> str:
        """Make a database with the newest schema and return its name; copying files takes half as long as the log."""
        name = f"test_{uuid4().hex}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        return name

    def restart(self) -> None:
        """Stop the server under whoever is connected, and start it again."""
        server = Postgres(self.home / "postgres")
        server.stop()
        server.ensure()

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


def _in_memory() -> Path | None:
    """Return a folder in memory with room for a few clusters, if there is one: each test copies hundreds of files."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if roomy else None


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Start a PostgreSQL in a folder of its own and make the template that every test clones."""
    # A short name: the path of a socket may not be longer than 107 bytes.
    with (
        tempfile.TemporaryDirectory(prefix="qt-", dir=_in_memory()) as home,
        running(Path(home), redis=False) as services,
    ):
        # From "postgres" and not from the template or a clone, which nobody may use while it is copied or dropped.
        url = make_url(services.database_url).set(database="postgres")
        started = Cluster(create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool), Path(home))
        started.run(*(f"ALTER SYSTEM SET {name} = {value}" for name, value in HASTE.items()), "SELECT pg_reload_conf()")
        started.run(f"CREATE DATABASE {TEMPLATE}")
        migrate(started.url(TEMPLATE))
        yield started


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    """Give the test a database of its own, connected through `app.core.db`; yields its SQLAlchemy address."""
    with fresh_database(cluster) as url:
        yield url


@contextmanager
def fresh_database(cluster: Cluster) -> Iterator[str]:
    """Lend an empty database, as the fixture does: for tests that share a costly set-up."""
    name = cluster.clone()
    engine = connect(cluster.url(name))
    published.cache_clear()  # versions never change within a database, but each test has another one
    forget_brands()
    yield cluster.url(name)
    engine.dispose()
    cluster.drop(name)
