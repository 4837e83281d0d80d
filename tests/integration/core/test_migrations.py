"""Migrations make the very schema the models speak of, once, however many processes start."""

from __future__ import annotations

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, inspect

from app.core.db import Base
from app.core.installation import SchemaError, opened
from app.core.migrating import migrate
from tests.support.database import Cluster


def test_models_and_migrations_agree(database: str) -> None:
    engine = create_engine(database, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.fixture
def empty(cluster: Cluster) -> str:
    cluster.run("DROP DATABASE IF EXISTS empty", "CREATE DATABASE empty")
    return cluster.url("empty")


def test_two_starts_at_once_migrate_once(empty: str) -> None:
    threads = [threading.Thread(target=migrate, args=(empty,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine = create_engine(empty, poolclass=NullPool)
    assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_a_database_of_ones_own_is_not_migrated_by_the_way(empty: str) -> None:
    given = {"DATABASE_URL": empty, "REDIS_URL": "redis://127.0.0.1:1/0", "QUORUM_SECRET_KEY": "s" * 64}
    with pytest.raises(SchemaError, match="quorum migrate"), opened(given, say=print):
        pass
    engine = create_engine(empty, poolclass=NullPool)
    assert inspect(engine).get_table_names() == []
