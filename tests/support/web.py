"""The whole application over a test's database, and a person who may log in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.core import db
from app.core.auth.users import add_user
from app.core.signing import Signer
from tests.support.settings import settings

EMAIL = "ana.sand@quorum.example"
PASSWORD = "paper and ink, 42 sheets"


@pytest.fixture
def application(database: str, valkey: str) -> Iterator[Flask]:
    """The application as it is composed for production."""
    yield create_app(settings(database, valkey))
    db.engine().dispose()


@pytest.fixture
def customer(application: Flask) -> FlaskClient:
    """A browser of somebody who only has a link."""
    return application.test_client(use_cookies=False)


@pytest.fixture
def admin_client(application: Flask) -> FlaskClient:
    """A browser that is logged in."""
    add_user(EMAIL, "Ana Sand", PASSWORD)
    client = application.test_client()
    fields = {"csrf_token": csrf_token(client, "/login"), "email": EMAIL, "password": PASSWORD}
    assert client.post("/login", data=fields).status_code == 302
    return client


def csrf_token(client: FlaskClient, path: str) -> str:
    """Return the token of the first form on a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found is not None, f"there is no form on {path}"
    return found[1]


def survey_path(invitation_id: int) -> str:
    """Return the path of an invitation's link."""
    return f"/s/{Signer('k' * 64).sign('survey', invitation_id)}"


def unsubscribe_path(invitation_id: int) -> str:
    """Return the path of an invitation's unsubscribe link."""
    return f"/u/{Signer('k' * 64).sign('unsubscribe', invitation_id)}"
