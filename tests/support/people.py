"""People of the admin with one role each, as browsers that are logged in."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from app.core.auth.rights import Role
from app.core.auth.users import add_user
from tests.support.web import PASSWORD, csrf_token


def logged_in(application: Flask, role: Role) -> FlaskClient:
    """Return the browser of a new person of that role."""
    email = f"{role}@quorum.example"
    add_user(email, f"The {role}", PASSWORD, role=role)
    client = application.test_client()
    fields = {"csrf_token": csrf_token(client, "/login"), "email": email, "password": PASSWORD}
    assert client.post("/login", data=fields).status_code == 302
    return client
