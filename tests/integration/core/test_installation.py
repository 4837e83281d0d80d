"""An installation that is newer than what runs on its folder already."""

from __future__ import annotations

import pytest
from alembic.runtime.migration import MigrationContext
from sqlalchemy import NullPool, create_engine

from app.core import db
from app.core.embedded import running
from app.core.installation import SchemaError, opened
from app.core.migrating import migrate
from tests.support.database import Cluster


def schema(url: str) -> str | None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def test_a_newer_command_does_not_migrate_under_an_older_quorum_that_runs(cluster: Cluster, valkey: str) -> None:
    given = {"QUORUM_HOME": str(cluster.home), "REDIS_URL": valkey}
    with running(cluster.home, redis=False) as services:
        migrate(services.database_url, "0003")
        older = db.connect(services.database_url)
        with older.connect():  # as a worker of the older code stays connected
            with pytest.raises(SchemaError, match="Stop the older one first"), opened(given, say=print):
                pass
            assert schema(services.database_url) == "0003"
        older.dispose()
        with opened(given, say=print):
            assert schema(services.database_url) != "0003"
        same = db.connect(services.database_url)
        with same.connect(), opened(given, say=print):
            pass  # of the same schema any number may run
        same.dispose()
