"""A respondent page as an HTTP answer: its own policy, never cached, no cookie, and the language of the reader."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, request

from app.core.auth.sessions import open_to_everyone
from app.core.web import csrf
from app.surveys.rendering import Page

QUICK = 5
"""Gzip's level: 9 makes a page a twentieth smaller and takes twice as long."""

View = TypeVar("View", bound=Callable[..., Any])


def by_link(view: View) -> View:
    """Mark a view that customers reach by a signed link: the link is the credential, there is no session."""
    csrf.exempt(view)
    return open_to_everyone(view)


def respond(page: Page, status: int = 200) -> Response:
    """Return `page` with its headers, compressed for those who can read that."""
    response = Response(page.html, status=status, mimetype="text/html")
    if request.accept_encodings["gzip"]:
        response.set_data(gzip.compress(response.get_data(), QUICK, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding, Accept-Language"
    response.headers["Content-Security-Policy"] = page.csp
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def wanted_language() -> str | None:
    """Return what `?lang=` asks for, good or bad; choosing is up to `texts.pick_language`."""
    return request.args.get("lang")


def accepted_languages() -> str | None:
    """Return the Accept-Language header."""
    return request.headers.get("Accept-Language")
