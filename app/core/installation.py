"""One installation of Quorum on this machine: its settings, and the embedded services where none are given.

Used by commands. The web and worker processes of `quorum up` find everything in their environment instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

from app.core import db, queue
from app.core.embedded import running
from app.core.errors import QuorumError
from app.core.migrating import configuration, migrate
from app.settings import VARIABLES, Settings, kept_secret

DEFAULT_HOME = ".quorum"

_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'quorum'"
)
"""Connections of running processes; `db.connect` gives them their name."""


class SchemaError(QuorumError):
    """The database is not at the schema of this version of Quorum."""


@contextmanager
def opened(
    environ: Mapping[str, str], *, say: Callable[[str], None], migrating: bool | None = None
) -> Iterator[Settings]:
    """Lend the settings of this installation with its services up and this process connected to them.

    Without DATABASE_URL or REDIS_URL the missing one is started under QUORUM_HOME, and an embedded database is brought
    to the newest schema; one of your own only with `migrating`.
    Raises SettingsError, SchemaError or EmbeddedServiceError.
    """
    home = Path(environ.get("QUORUM_HOME", DEFAULT_HOME))
    needs_database, needs_redis = not environ.get("DATABASE_URL"), not environ.get("REDIS_URL")
    with ExitStack() as stack:
        given = dict(environ)
        if needs_database or needs_redis:
            services = stack.enter_context(running(home, database=needs_database, redis=needs_redis, say=say))
            given |= {"DATABASE_URL": services.database_url} if needs_database else {}
            given |= {"REDIS_URL": services.redis_url} if needs_redis else {}
        if needs_database and not environ.get("QUORUM_SECRET_KEY"):
            given["QUORUM_SECRET_KEY"] = kept_secret(home)
        settings = Settings.from_environment(given)
        if needs_database if migrating is None else migrating:
            if needs_database:
                _check_nobody_is_running(settings.database_url)
            migrate(settings.database_url)
        stack.callback(db.connect(settings.database_url).dispose)
        if migrating is None:
            _check_schema()
        stack.callback(queue.connect(settings.redis_url, settings.queue_prefix).close)
        yield settings


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that make another process read the same settings."""
    values = settings.model_dump()
    return {variable: str(values[field]) for field, variable in VARIABLES.items() if values[field] is not None}


def _check_nobody_is_running(database_url: str) -> None:
    """Refuse to migrate an embedded database under processes that may know its old schema only."""
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        others = connection.scalar(_OTHERS) or 0
    engine.dispose()
    wanted = ScriptDirectory.from_config(configuration()).get_current_head()
    if found not in (None, wanted) and others:
        raise SchemaError(
            f"An older Quorum (schema {found}) is running on this folder; this version needs schema {wanted} and would"
            " change the database under it. Stop the older one first (Ctrl-C where `quorum up` runs), then try again."
        )


def _check_schema() -> None:
    with db.engine().connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    wanted = ScriptDirectory.from_config(configuration()).get_current_head()
    if found != wanted:
        raise SchemaError(
            f"The database is at schema {found or 'none'}; this version of Quorum needs {wanted}. Run: quorum migrate"
        )
