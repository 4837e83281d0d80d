"""The whole application over a test's database, and a person who may log in."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from types import CodeType

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.serving import make_server

from app import create_app
from app.core import db
from app.core.auth.models import User
from app.core.auth.passwords import hash_password
from app.core.db import transaction
from app.core.signing import Signer
from tests.support.settings import settings

EMAIL = "ana.sand@quorum.example"
PASSWORD = "paper and ink, 42 sheets"


class _Compiled(BytecodeCache):
    """Keeps compiled templates from one test's application to the next: compiling took a third of the time."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


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
    app.jinja_env.bytecode_cache = _compiled
    return app


@pytest.fixture
def customer(application: Flask) -> FlaskClient:
    """A browser of somebody who only has a link."""
    return application.test_client(use_cookies=False)


@pytest.fixture
def admin_client(application: Flask) -> FlaskClient:
    """A browser that is logged in; how people log in is tested elsewhere, and hashing takes its time."""
    user = User(email=EMAIL, name="Ana Sand", password_hash=_hashed(PASSWORD), session_key="ana")
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
