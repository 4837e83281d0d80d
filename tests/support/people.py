"""People of the admin with one role each, as browsers that are logged in."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from app.core.auth.rights import Role
from tests.support.web import browser_of


def logged_in(application: Flask, role: Role) -> FlaskClient:
    """Return the browser of a new person of that role."""
    return browser_of(application, f"{role}@quorum.example", f"The {role}", role)
