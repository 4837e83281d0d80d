"""Databases for tests: one embedded PostgreSQL a test process, an empty database of the newest schema for each test.

Making a database copies hundreds of files, so one that was used is emptied and lent again: only the tables a test
wrote to are touched. A test that changed more than rows, or left much behind, has its database dropped.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, NullPool, create_engine, make_url

from app.core.db import connect, use
from app.core.embedded import running
from app.core.embedded.postgres import Postgres
from app.core.migrating import migrate
from app.surveys.branding import forget_brands
from app.surveys.published import published

TEMPLATE = "quorum_template"
NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/none"
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""What makes a database quick that nobody will miss after a power cut."""
MEMORY, ROOM = Path("/dev/shm"), 8 * 2**30
MUCH_BYTES = 32 * 2**20
"""Above this size a database is sooner made anew than emptied."""

OTHERS_LEAVE = """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""

SHAPE = f"""SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
    SELECT format('%s %s %s %s', relnamespace::regnamespace, relname, relkind, relnatts) FROM pg_class
    WHERE relnamespace::regnamespace::text NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
    UNION ALL SELECT format('%s %s %s', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, convalidated) FROM pg_constraint
    UNION ALL SELECT format('%s %s', proname, md5(prosrc)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', enumtypid::regtype, enumlabel) FROM pg_enum
    UNION ALL SELECT version_num FROM alembic_version
    UNION ALL SELECT format('%s', setconfig) FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
        WHERE datname = current_database()
) AS shape (line), (SELECT set_config('search_path', 'public', true)) AS unshadowed
WHERE (SELECT pg_database_size(current_database())) < {MUCH_BYTES}"""
"""What a database is besides its rows; nothing where it has grown too large."""

WRITTEN = """SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
  AND pg_relation_size(oid) > 0"""
"""Tables that somebody wrote to; vacuum takes the last page from an empty one."""

BACK_TO_ONE = """SELECT setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences
WHERE schemaname = 'public' AND last_value IS NOT NULL"""


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL that belongs to this test process alone."""

    engine: Engine
    home: Path
    shape: list[str | None] = field(default_factory=list)
    used: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        """Return the address of the database `name`, as `app.core.db.connect` takes it."""
        return self.engine.url.set(database=name).render_as_string(hide_password=False)

    def run(self, *statements: str) -> None:
        """Run statements that cannot stand in a transaction."""
        with self.engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def lend(self) -> str:
        """Return the name of an empty database with the newest schema."""
        return self.used.pop() if self.used else self.clone()

    def take_back(self, name: str) -> None:
        """Empty a database for whoever comes next, or drop it when that is not enough."""
        with self.inside(name) as connection:
            connection.execute(OTHERS_LEAVE)
            as_made = [_shape(connection)] == self.shape
            if as_made:
                _empty(connection)
        if as_made:
            self.used.append(name)
        else:
            self.drop(name)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def inside(self, name: str) -> psycopg.Connection:
        """Connect to a database past the house."""
        address = make_url(self.url(name)).set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(address, autocommit=True)

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


def _shape(connection: psycopg.Connection) -> str | None:
    (shape,) = connection.execute(SHAPE).fetchone() or (None,)
    return shape


def _empty(connection: psycopg.Connection) -> None:
    written = [name for (name,) in connection.execute(WRITTEN)]
    if written:
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key has a word
            connection.execute(";".join(f"DELETE FROM {name}" for name in written))
        connection.execute(f"VACUUM {', '.join(written)}")
        # Of a table that was found empty PostgreSQL expects that it stays small; of one nobody looked at it does not.
        connection.execute("SELECT pg_clear_relation_stats('public', name) FROM unnest(%s::text[]) name", (written,))
    connection.execute(BACK_TO_ONE)


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
        with started.inside(TEMPLATE) as connection:
            started.shape.append(_shape(connection))
        yield started


@lru_cache(maxsize=4)
def _engine(url: str) -> Engine:
    """Make an engine once for each database that is lent again: what it knows of statements is worth keeping."""
    return connect(url)


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    """Give the test a database of its own, connected through `app.core.db`; yields its SQLAlchemy address."""
    name = cluster.lend()
    with _connected(cluster.url(name)) as url:
        yield url
    cluster.take_back(name)


@contextmanager
def fresh_database(cluster: Cluster) -> Iterator[str]:
    """Lend a database that nobody has used, as the fixture does: for tests that share a costly set-up."""
    name = cluster.clone()
    with _connected(cluster.url(name)) as url:
        yield url
    cluster.drop(name)


@contextmanager
def _connected(url: str) -> Iterator[str]:
    engine = use(_engine(url))
    published.cache_clear()  # versions never change within a database, but each test has another one
    forget_brands()
    yield url
    engine.dispose()
    use(_engine(NOWHERE))  # whoever asks a database of nobody's must not find the one of the test before
