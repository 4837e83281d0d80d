"""Looking at the database: nothing is written, and what PostgreSQL has worked out about a query is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core.auth.models import User
from app.core.db import reading, transaction

pytestmark = pytest.mark.usefixtures("database")


def test_statements_stay_prepared_from_one_look_to_the_next() -> None:
    for _ in range(8):
        with reading() as session:
            session.execute(text("SELECT name FROM account WHERE id = :id"), {"id": 1}).all()
    with reading() as session:
        prepared = session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    assert any(statement.startswith("SELECT name FROM account") for statement in prepared)


def test_what_is_changed_in_memory_while_looking_is_not_written() -> None:
    with transaction() as session:
        session.add(User(email="ana@quorum.example", name="Ana", password_hash="x", session_key="x"))
    with reading() as session:
        session.query(User).one().name = "Bo"
    with reading() as session:
        assert session.query(User).one().name == "Ana"
