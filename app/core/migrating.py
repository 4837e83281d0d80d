"""Deed that brings a database to the newest schema, once, however many processes start at the same time."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine, text

SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"

_LOCK = 0x51_75_6F_72_75_6D  # «Quorum»


def configuration() -> Config:
    """Return Alembic's configuration for the migrations that ship with the code."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config


def migrate(database_url: str, revision: str = "head") -> None:
    """Move the database to `revision`; who comes second waits and finds nothing to do."""
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
