"""Who is at the keyboard, and the one rule of who may come in: everything is behind the login unless it is marked.

Behind the login every page needs a right: what is marked with `needs`, else `LOOK` to look and `EDIT` for a deed.

The session is a signed cookie that names a person and the `session_key` they had at the login. A new password
brings a new key, and with it the end of every session that carries the old one.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.core import current
from app.core.auth import users
from app.core.auth.models import User
from app.core.auth.rights import Right, may

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "open_to_everyone"
_RIGHT = "right_needed"
_SAFE = ("GET", "HEAD", "OPTIONS")
_LONGEST_PATH = 2000


def open_to_everyone(view: View) -> View:
    """Mark a view that needs no login: respondent pages, programs with a key of their own, health, the login."""
    setattr(view, _MARK, True)
    return view


def needs(right: Right) -> Callable[[View], View]:
    """Mark a view that needs another right than `LOOK` for looking, `EDIT` for a deed."""

    def mark(view: View) -> View:
        setattr(view, _RIGHT, right)
        return view

    return mark


def right_needed(app: Flask, endpoint: str, method: str = "GET") -> Right:
    """Return the right that the view behind `endpoint` needs."""
    marked: Right | None = getattr(app.view_functions[endpoint], _RIGHT, None)
    return marked or (Right.LOOK if method in _SAFE else Right.EDIT)


def allowed(right: Right | str) -> bool:
    """Tell whether the person logged in has a right; nobody has one without a login."""
    user = current_user()
    return user is not None and may(user.role, Right(right), current.settings().exact_revenue)


def may_open(endpoint: str, method: str = "GET") -> bool:
    """Tell whether the person logged in may use the view behind `endpoint`."""
    return allowed(right_needed(current_app, endpoint, method))


def may_send(path: str) -> bool:
    """Tell whether the person logged in may send a form to `path`; a path of nobody's is anybody's."""
    try:
        endpoint, _ = current_app.url_map.bind("").match(path.partition("?")[0], method="POST")
    except HTTPException:
        return True
    return may_open(endpoint, "POST")


def is_open(app: Flask, endpoint: str) -> bool:
    """Tell whether the view behind `endpoint` was marked with `open_to_everyone`."""
    return getattr(app.view_functions[endpoint], _MARK, False)


def require_login() -> Response | None:
    """Stop whoever is not logged in, or has not the right, before anything else is looked at; runs on every request."""
    if request.endpoint is None or is_open(current_app, request.endpoint):
        return None
    if current_user() is None:
        return redirect(url_for("auth.login", next=_page_to_return_to()))
    if not may_open(request.endpoint, request.method):
        abort(403)
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
