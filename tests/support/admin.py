"""A small application on the admin's shell, with a page of every kind, and a visitor who can log in to it."""

from __future__ import annotations

import re

import pytest
from flask import Blueprint, Flask, request
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from werkzeug.test import TestResponse

from app.core import navigation, web
from app.core.auth.sessions import open_to_everyone
from app.core.auth.users import add_user
from app.core.errors import NotFound, Refused
from app.core.web import csrf, takes_upload
from tests.support.settings import settings

EMAIL = "ana.sand@quorum.example"
PASSWORD = "paper and ink, 42 sheets"
OWN_POLICY = "default-src 'none'; style-src 'self'"


def shell(database_url: str, redis_url: str = "redis://127.0.0.1:1/0", **changes: str) -> Flask:
    """Return an application that is nothing but the shell and some sample pages."""
    app = Flask("shell", static_folder=None)
    web.install(app, settings(database_url, redis_url, **changes))
    app.register_blueprint(_pages())
    navigation.add(app, label="Second", endpoint="sample.page", order=20)
    navigation.add(app, label="First", endpoint="auth.password", order=10)
    return app


class Visitor:
    """A browser without a screen: keeps cookies, and fills in the CSRF token of the page it looks at."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, **more: object) -> TestResponse:
        return self.client.get(path, buffered=True, **more)  # type: ignore[arg-type]  # whatever werkzeug's client takes

    def post(self, path: str, form_at: str, **fields: str) -> TestResponse:
        """Send `fields` to `path` with the token found on the page `form_at`."""
        return self.client.post(path, data={"csrf_token": self.token(form_at), **fields})

    def token(self, form_at: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(form_at).text)
        return found[1] if found else ""

    def log_in(self, email: str = EMAIL, password: str = PASSWORD, target: str = "/") -> TestResponse:
        return self.post("/login", "/login", email=email, password=password, next=target)


@pytest.fixture
def admin(database: str) -> Flask:
    """The shell over the test's database, with one person who may log in."""
    add_user(EMAIL, "Ana Sand", PASSWORD)
    return shell(database)


def _pages() -> Blueprint:
    pages = Blueprint("sample", __name__)
    pages.get("/")(_page)
    pages.get("/page", endpoint="page")(_page)
    pages.get("/accounts/<int:number>", endpoint="account")(_page)
    pages.post("/deed")(_deed)
    pages.post("/upload")(takes_upload(megabytes=4)(_upload))
    pages.get("/s/<token>")(_survey)
    pages.post("/s/<token>")(_answer)
    pages.get("/fails/<how>")(_fails)
    return pages


def _page(number: int = 0) -> ResponseReturnValue:
    return f"page {number} {web.csrf_field()}"


def _deed() -> ResponseReturnValue:
    return "done"


def _upload() -> ResponseReturnValue:
    return str(len(request.files["file"].read()))


@open_to_everyone
def _survey(token: str) -> ResponseReturnValue:
    return token, 200, {"Content-Security-Policy": OWN_POLICY}


@open_to_everyone
@csrf.exempt
def _answer(token: str) -> ResponseReturnValue:
    return f"answered {token}"


def _fails(how: str) -> ResponseReturnValue:
    faults = {
        "refused": Refused("This wave is being sent; pause it first."),
        "missing": NotFound("There is no wave Q9."),
        "broken": RuntimeError("jane.doe@customer.example"),
    }
    raise faults[how]
