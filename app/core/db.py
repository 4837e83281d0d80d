"""The database every stage stands on: base model, sessions, transactions, COPY. No tables of its own."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, cast

import psycopg
from sqlalchemy import BigInteger, Date, DateTime, Engine, MetaData, Numeric, Text, create_engine
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker


class Base(DeclarativeBase):
    """Base of all models: names of constraints are fixed so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        int: BigInteger(),
        date: Date(),
        datetime: DateTime(timezone=True),
        Decimal: Numeric(20, 2),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
        list[int]: JSONB(),
        list[dict[str, Any]]: JSONB(),
    }


def stored_enum(kind: type[enum.StrEnum], name: str) -> SqlEnum:
    """Return the PostgreSQL enum type `name` that stores the values (not the Python names) of `kind`."""
    return SqlEnum(kind, name=name, values_callable=lambda members: [member.value for member in members])


_sessions: sessionmaker[Session] = sessionmaker(expire_on_commit=False)


def connect(database_url: str, *, pool_size: int = 10) -> Engine:
    """Point the house at a database; called once a process, by what composes the program."""
    engine = create_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # errors end up in logs, and parameters are names and addresses of people
        connect_args={"options": "-c timezone=UTC", "application_name": "quorum"},
    )
    return use(engine)


def use(engine: Engine) -> Engine:
    """Point the house at the database of an engine that was made before."""
    _sessions.configure(bind=engine)
    return engine


def engine() -> Engine:
    """Return the engine `connect` made."""
    bound = _sessions.kw.get("bind")
    if bound is None:
        raise RuntimeError("app.core.db.connect() has not been called in this process")
    return cast(Engine, bound)


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a session, commit when the block ends well, roll back when it raises; only use cases call it."""
    with _sessions.begin() as session:
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """Open a session for looking only: repeatable snapshot, read-only.

    It ends with a commit of nothing: psycopg forgets all prepared statements when a transaction is rolled back, and
    planning a query anew can take ten times as long as running it.
    """
    with _sessions() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
        yield session
        session.expunge_all()  # whatever was changed in memory stays there
        session.commit()


@contextmanager
def raw_connection() -> Iterator[psycopg.Connection[Any]]:
    """Lend the psycopg connection beneath, for COPY and server-side cursors; commits at the end."""
    lent = engine().raw_connection()
    try:
        yield cast("psycopg.Connection[Any]", lent.driver_connection)
        lent.commit()
    except BaseException:
        lent.rollback()
        raise
    finally:
        lent.close()


def driver(session: Session) -> psycopg.Connection[Any]:
    """Return the psycopg connection of `session`, for a COPY inside its transaction."""
    return cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
