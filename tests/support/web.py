"""The whole application over a test's database, and a person who may log in."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.serving import make_server

from app import create_app
from app.core import db
from app.core.auth.models import User
from app.core.auth.passwords import hash_password
from app.core.auth.rights import Role
from app.core.db import transaction
from app.core.signing import Signer
from tests.support.settings import settings

EMAIL = "ana.sand@quorum.example"
PASSWORD = "paper and ink, 42 sheets"


COMPILED = Path(__file__).resolve().parents[2] / ".pytest_cache" / "templates"
"""Where compiled templates are kept for all test processes: compiling takes a third of a test's time."""


@pytest.fixture
def application(database: str, valkey: str) -> Iterator[Flask]:
    """The application as it is composed for production; what a test puts into its extensions is taken out again."""
    app = _composed(database, valkey)
    kept = dict(app.extensions)
    yield app
    app.extensions.clear()
    app.extensions.update(kept)
    db.engine().dispose()


@lru_cache(maxsize=2)
def _composed(database: str, valkey: str) -> Flask:
    """Compose the application once for each database that is lent again: a tenth of a second, and a thousand tests."""
    app = create_app(settings(database, valkey))
    COMPILED.mkdir(parents=True, exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(COMPILED))
    return app


@pytest.fixture
def customer(application: Flask) -> FlaskClient:
    """A browser of somebody who only has a link."""
    return application.test_client(use_cookies=False)


@pytest.fixture
def admin_client(application: Flask) -> FlaskClient:
    """A browser that is logged in; how people log in is tested elsewhere, and hashing takes its time."""
    return browser_of(application, EMAIL, "Ana Sand")


def browser_of(application: Flask, email: str, name: str, role: Role = Role.ADMIN) -> FlaskClient:
    """Return the browser of a new person who is logged in."""
    user = User(email=email, name=name, role=role, password_hash=_hashed(PASSWORD), session_key=email)
    with transaction() as session:
        session.add(user)
    client = application.test_client()
    with client.session_transaction() as cookie:
        cookie["user"], cookie["key"] = user.id, user.session_key
    return client


@cache
def _hashed(password: str) -> str:
    return hash_password(password)


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Let `app` answer on a port of its own while the block runs; yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def csrf_token(client: FlaskClient, path: str) -> str:
    """Return the token of the first form on a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found is not None, f"there is no form on {path}"
    return found[1]


def post_form(client: FlaskClient, path: str, at: str, **fields: object) -> tuple[int, str]:
    """Send a form with the token of the page it stands on; return status and text, or that of the page it leads to."""
    answer = client.post(path, data={"csrf_token": csrf_token(client, at), **fields})
    status = answer.status_code
    return status, client.get(answer.location).text if status == 302 else answer.text


def survey_path(invitation_id: int) -> str:
    """Return the path of an invitation's link."""
    return f"/s/{Signer('k' * 64).sign('survey', invitation_id)}"


def unsubscribe_path(invitation_id: int) -> str:
    """Return the path of an invitation's unsubscribe link."""
    return f"/u/{Signer('k' * 64).sign('unsubscribe', invitation_id)}"
