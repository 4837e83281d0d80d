"""What every page stands on: sessions, the login gate, CSRF, security headers, health, assets, the request log.

No page of a stage is made here; what a page looks like is in `templates/` and `static/`.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, abort, current_app, g, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect, generate_csrf
from markupsafe import Markup
from redis import Redis, RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core import current, db, error_pages, formats, navigation
from app.core.auth import people_views, sessions
from app.core.auth import views as auth_views
from app.core.auth.sessions import open_to_everyone
from app.settings import Settings

log = logging.getLogger(__name__)

SESSION_LIFETIME = timedelta(hours=12)
LARGEST_REQUEST = 2 * 1024 * 1024
STATIC = Path(__file__).parent / "static"
A_YEAR = 365 * 24 * 3600

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

View = TypeVar("View", bound=Callable[..., Any])

csrf = CSRFProtect()
"""Guards every form of every page; `@csrf.exempt` is for respondent pages and programs, which carry no session."""

core = Blueprint("core", __name__, template_folder="templates")


def install(app: Flask, settings: Settings) -> None:
    """Give `app` everything the pages of the stages stand on; called first, before any stage is registered."""
    _configure(app, settings)
    app.before_request(_note_start)
    app.before_request(_refuse_null)
    app.before_request(_allow_upload)
    app.before_request(sessions.require_login)  # before CSRF: a stranger is sent to the login, not told about forms
    csrf.init_app(app)
    app.after_request(_add_headers)
    app.after_request(_log_request)
    error_pages.install(app)
    app.register_blueprint(core)
    app.register_blueprint(auth_views.pages)
    app.register_blueprint(people_views.pages)
    _equip_templates(app)
    Babel(app, default_locale="en_GB", default_timezone="UTC")


def takes_upload(*, megabytes: int) -> Callable[[View], View]:
    """Let a view take a larger request than the usual 2 MiB; CSRF reads the form before the view could say so."""

    def mark(view: View) -> View:
        view.largest_request = megabytes * 1024 * 1024  # type: ignore[attr-defined]  # a mark on the function itself
        return view

    return mark


def asset(name: str) -> str:
    """Return the address of a file in `static/`, which changes with its content, so that browsers may keep it."""
    return url_for("core.static_file", name=name, v=_digest(name))


def csrf_field() -> Markup:
    """Return the hidden input that every form with POST carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


@core.get("/static/core/<path:name>")
@open_to_everyone
def static_file(name: str) -> ResponseReturnValue:
    response = send_from_directory(STATIC, name, max_age=0)
    if request.args.get("v") == _digest(name):
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response


@core.get("/healthz")
@open_to_everyone
def healthz() -> ResponseReturnValue:
    """Tell that this process answers; asks nothing of anybody else."""
    return Response("alive\n", mimetype="text/plain")


@core.get("/readyz")
@open_to_everyone
def readyz() -> ResponseReturnValue:
    """Tell that database and queue answer, without a word on which does not; the log has that."""
    ready = _database_answers() and _redis_answers()
    return Response("ready\n" if ready else "not ready\n", 200 if ready else 503, mimetype="text/plain")


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-quorum" if settings.secure else "quorum",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_REFRESH_EACH_REQUEST=False,  # pages of the admin prolong a session, assets and surveys do not
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        WTF_CSRF_TIME_LIMIT=None,  # a form is good for as long as the session it was made in
    )
    app.extensions["quorum_redis"] = Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
    app.extensions["quorum_secure"] = settings.secure
    current.keep(app, settings)


def _equip_templates(app: Flask) -> None:
    app.jinja_env.filters.update(formats.FILTERS)
    app.jinja_env.globals.update(
        formats.FILTERS,
        asset=asset,
        csrf_field=csrf_field,
        current_user=sessions.current_user,
        navigation=navigation,
        allowed=sessions.allowed,
        may_open=sessions.may_open,
        may_send=sessions.may_send,
        url_with=navigation.url_with,
    )


def _note_start() -> None:
    g.started = time.perf_counter()


def _refuse_null() -> None:
    """Answer as for any address that leads nowhere: no name holds a NUL, and PostgreSQL refuses to look for one."""
    if "\0" in request.path:
        abort(404)


def _allow_upload() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    largest = getattr(view, "largest_request", None)
    if largest is not None:
        request.max_content_length = largest


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.extensions["quorum_secure"]:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR}")
    return response


def _log_request(response: Response) -> Response:
    """Note what was asked for by its rule: a path may hold a token, a query an address."""
    rule = request.url_rule.rule if request.url_rule else "(no such page)"
    taken = (time.perf_counter() - g.started) * 1000
    log.info("%s %s %d %.0f ms", request.method, rule, response.status_code, taken)
    return response


def _digest(name: str) -> str:
    kept: dict[str, str] = current_app.extensions.setdefault("quorum_digests", {})
    if name not in kept or current_app.debug:
        kept[name] = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return kept[name]


def _database_answers() -> bool:
    try:
        with db.engine().connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        log.error("not ready: the database does not answer: %s", type(error).__name__)
        return False
    return True


def _redis_answers() -> bool:
    redis: Redis = current_app.extensions["quorum_redis"]
    try:
        redis.ping()
    except RedisError as error:
        log.error("not ready: Redis does not answer: %s", type(error).__name__)
        return False
    return True
