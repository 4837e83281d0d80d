"""Who is at the keyboard, and the one rule of who may come in: everything is behind the login unless it is marked.

The session is a signed cookie that names a person and the `session_key` they had at the login. A new password
brings a new key, and with it the end of every session that carries the old one.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from app.core.auth import users
from app.core.auth.models import User

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "open_to_everyone"
_LONGEST_PATH = 2000


def open_to_everyone(view: View) -> View:
    """Mark a view that needs no login: respondent pages, programs with a key of their own, health, the login."""
    setattr(view, _MARK, True)
    return view


def is_open(app: Flask, endpoint: str) -> bool:
    """Tell whether the view behind `endpoint` was marked with `open_to_everyone`."""
    return getattr(app.view_functions[endpoint], _MARK, False)


def require_login() -> Response | None:
    """Stop whoever is not logged in before the view, the form or anything else is looked at; runs on every request."""
    if request.endpoint is None or is_open(current_app, request.endpoint):
        return None
    if current_user() is None:
        return redirect(url_for("auth.login", next=_page_to_return_to()))
    _prolong()
    return None


def current_user() -> User | None:
    """Return the person logged in, or None; asks the database once a request, and only when the cookie names one."""
    if "signed_in" not in g:
        g.signed_in = _person_of_session()
    return cast("User | None", g.signed_in)


def actor() -> str:
    """Return the address of the person logged in, for the audit trail; 401 when nobody is."""
    user = current_user()
    return user.email if user else abort(401)


def begin(user: User) -> None:
    """Start a session for `user`; whatever the browser carried before is dropped."""
    session.clear()
    session.permanent = True
    session["user"], session["key"] = user.id, user.session_key
    g.signed_in = user


def end() -> None:
    """Forget the session and tell the browser to."""
    session.clear()
    g.signed_in = None


def own_path(target: str | None) -> str:
    """Return `target` when it is a path of this site, else `/`; a link must not lead from our login to elsewhere."""
    ours = (
        target is not None
        and target.startswith("/")
        and not target.startswith("//")
        and "\\" not in target
        and target.isprintable()
        and len(target) <= _LONGEST_PATH
    )
    return target if ours and target is not None else "/"


def _person_of_session() -> User | None:
    user_id, key = session.get("user"), session.get("key")
    if user_id is None or key is None:
        return None
    user = users.find(user_id)
    return user if user and hmac.compare_digest(user.session_key, key) else None


def _page_to_return_to() -> str | None:
    if request.method not in {"GET", "HEAD"}:
        return None
    target = request.full_path.removesuffix("?")
    return None if target == "/" else own_path(target)


def _prolong() -> None:
    """Start the twelve hours afresh, unless it was a script of the page that asked and nobody at the keyboard."""
    if request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate":
        session.modified = True
