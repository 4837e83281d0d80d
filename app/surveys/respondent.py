"""A respondent page as an HTTP answer: its own policy, never cached, no cookie, and the language of the reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, request

from app.core.auth.sessions import open_to_everyone
from app.core.web import csrf
from app.surveys.rendering import Page

View = TypeVar("View", bound=Callable[..., Any])


def by_link(view: View) -> View:
    """Mark a view that customers reach by a signed link: the link is the credential, there is no session."""
    csrf.exempt(view)
    return open_to_everyone(view)


def respond(page: Page, status: int = 200) -> Response:
    """Return `page` with its headers."""
    response = Response(page.html, status=status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = page.csp
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def wanted_language() -> str | None:
    """Return what `?lang=` asks for, good or bad; choosing is up to `texts.pick_language`."""
    return request.args.get("lang")


def accepted_languages() -> str | None:
    """Return the Accept-Language header."""
    return request.headers.get("Accept-Language")
