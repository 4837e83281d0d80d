"""Migrations make the very schema the models speak of, once, however many processes start."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import NullPool, create_engine, inspect, make_url, select, text

from app import create_app
from app.core import db
from app.core.db import Base, transaction
from app.core.installation import SchemaError, opened
from app.core.migrating import migrate
from app.delivery.releasing import release
from app.delivery.ripening import ripen
from app.reporting.board import wave_board
from app.reporting.standing import counted
from app.responses.models import Response, ResponseRevision
from app.surveys.branding import forget_brands
from app.surveys.published import published
from tests.support.database import Cluster
from tests.support.settings import settings
from tests.support.web import survey_path


def test_models_and_migrations_agree(database: str) -> None:
    engine = create_engine(database, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


RELEASES = Path(__file__).resolve().parents[2] / "support" / "releases"

CustomerOf = Callable[[str], FlaskClient]


@pytest.fixture
def customer_of(valkey: str) -> Iterator[CustomerOf]:
    """Lend the browser of a customer of whichever database is named."""

    def browse(url: str) -> FlaskClient:
        published.cache_clear()
        forget_brands()
        return create_app(settings(url, valkey)).test_client(use_cookies=False)

    yield browse
    db.engine().dispose()


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


def test_the_data_of_the_first_release_comes_along(empty: str, customer_of: CustomerOf) -> None:
    migrate(empty, "0001")
    engine = create_engine(empty, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql((RELEASES / "0001.sql").read_text(encoding="utf-8"), None)
    migrate(empty)
    customer = customer_of(empty)
    with transaction() as session:
        response = session.scalars(select(Response)).one()
        said = session.scalars(select(ResponseRevision.said).order_by(ResponseRevision.id)).all()
        held = session.execute(text("SELECT email_key, scope, reason::text FROM suppression ORDER BY 1")).all()
    assert (response.comments, response.verdict) == ({"why": "You answer within the hour."}, "human")
    assert [kept["comments"] for kept in said] == [{}, {"why": "You answer within the hour."}]
    assert held == [("kim@works.example", "*", "unsubscribed"), ("sam@works.example", "*", "by_hand")]
    assert published(response.survey_version_id).definition.languages == ("en", "de")
    assert "You answer within the hour." in customer.get(f"{survey_path(1)}?step=2").text
    with counted() as session:
        board = wave_board(session, 1)
    assert (board.counts.complete, board.counts.refused, board.counts.sent) == (1, 1, 2)


def test_the_data_of_the_third_release_comes_along(empty: str, valkey: str) -> None:
    """Its waves run on, its figures stand, and every page and every list of the admin opens."""
    migrate(empty, "0003")
    engine = create_engine(empty, poolclass=NullPool)
    with psycopg.connect(make_url(empty).set(drivername="postgresql").render_as_string()) as connection:
        connection.execute((RELEASES / "0003.sql").read_bytes())
    migrate(empty)
    published.cache_clear()
    forget_brands()
    application = create_app(settings(empty, valkey))
    client = application.test_client()
    with client.session_transaction() as cookie, engine.connect() as looking:
        person = looking.execute(text("SELECT id, session_key FROM admin_user WHERE role = 'admin'")).one()
        cookie["user"], cookie["key"] = person
    ids = {"wave_id": 1, "campaign_id": 1, "account_id": 1, "contact_id": 1, "message_id": 1, "invitation_id": 1}
    for path in every_page(application, ids | {"key": "pulse", "user_id": 1}):
        answer = client.get(path)
        assert answer.status_code in (200, 204, 302, 404), path
        answer.close()
    for path in ("/", "/accounts", "/accounts/1", "/waves/1", "/answers", "/messages", "/events", "/surveys/pulse"):
        assert client.get(path).status_code == 200, path
    assert "Nordwind Logistik" in client.get("/accounts").text
    assert "You answer within the hour." in client.get("/answers").text
    with counted() as session:
        counts = wave_board(session, 1).counts
    assert (counts.complete, counts.bounced, counts.refused, counts.sent) == (2, 1, 1, 9)
    later = datetime.now(UTC) + timedelta(days=14)
    assert ripen(later) == 1
    assert release(next_noon(later)) > 0
    assert "You answer within the hour." in customer_page(application)
    db.engine().dispose()


def every_page(application: Flask, ids: dict[str, object]) -> Iterator[str]:
    """Yield the address of every page that needs nothing but these."""
    with application.test_request_context():
        for rule in application.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and rule.arguments <= ids.keys() and not rule.rule.startswith("/api/"):
                yield url_for(rule.endpoint, **{name: ids[name] for name in rule.arguments})


def customer_page(application: Flask) -> str:
    return application.test_client(use_cookies=False).get(f"{survey_path(1)}?step=2").text


def next_noon(moment: datetime) -> datetime:
    """Return noon of the next Wednesday: open somewhere in Europe, whatever day the test runs on."""
    return datetime.combine(moment.date() + timedelta(days=(2 - moment.weekday()) % 7), time(12), tzinfo=UTC)


def test_a_database_of_ones_own_is_not_migrated_by_the_way(empty: str) -> None:
    given = {"DATABASE_URL": empty, "REDIS_URL": "redis://127.0.0.1:1/0", "QUORUM_SECRET_KEY": "s" * 64}
    with pytest.raises(SchemaError, match="quorum migrate"), opened(given, say=print):
        pass
    engine = create_engine(empty, poolclass=NullPool)
    assert inspect(engine).get_table_names() == []
