"""What a person sees when a page cannot be shown: two kind sentences, in the admin or on a bare page."""

from __future__ import annotations

import logging
import secrets
import traceback

from flask import Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.core.api.problems import problem_of
from app.core.auth import sessions
from app.core.errors import NotFound, QuorumError, Refused

log = logging.getLogger(__name__)

FOR_PROGRAMS = "/api/"
"""Below this path programs ask, and are told of their errors in a way of their own."""

SENTENCES = {
    400: ("This request cannot be read.", "Something in it is missing or out of place. Go back and try once more."),
    401: ("Please log in first.", "Your session has ended. Log in and try once more."),
    403: ("This is not open to you.", "If you need it, ask the person who runs Quorum in your company."),
    404: ("There is no such page.", "The address may be mistyped, or what was here is gone."),
    405: ("This address does something else.", "Go back and use the buttons of the page."),
    409: ("This is not possible now.", "Things have changed since the page was made. Go back and reload it."),
    413: ("This is too large.", "The server takes less than what was sent. Send a smaller file or a shorter text."),
    429: ("Too many requests.", "Wait a minute, then try once more."),
    500: ("This page failed, and it is our fault.", "Nothing you entered was wrong. Try once more in a minute."),
}
STALE_FORM = ("This form was open too long.", "Go back, reload the page and send it once more; nothing was changed.")


def install(app: Flask) -> None:
    """Answer every error of `app` with a page of ours."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(QuorumError, _explained)
    app.register_error_handler(Exception, _failed)


def _refused(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    if request.path.startswith(FOR_PROGRAMS):
        return problem_of(error).response()
    title, text = SENTENCES.get(status, SENTENCES[400 if status < 500 else 500])
    if isinstance(error, RequestEntityTooLarge) and request.max_content_length:
        text = f"{text} It may have up to {request.max_content_length >> 20} MB here."
    if isinstance(error, CSRFError):
        title, text = STALE_FORM
    answer = current_app.make_response((_page(status, title, text), status))
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            answer.headers[name] = value
    return answer


def _explained(error: QuorumError) -> ResponseReturnValue:
    if request.path.startswith(FOR_PROGRAMS):
        return problem_of(error).response()
    status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, Refused) else 400
    title, text = SENTENCES[status]
    return _page(status, title, str(error) or text), status


def _failed(error: Exception) -> ResponseReturnValue:
    """Answer a fault of ours; the log gets where it broke, and not the message, which may quote a person's values."""
    if current_app.testing or current_app.debug:
        raise error
    number = secrets.token_hex(4)
    rule = request.url_rule.rule if request.url_rule else "(no such page)"
    stack = "".join(traceback.format_tb(error.__traceback__))
    log.error("fault %s: %s %s: %s\n%s", number, request.method, rule, type(error).__name__, stack)
    if request.path.startswith(FOR_PROGRAMS):
        return problem_of(error).response()
    title, text = SENTENCES[500]
    # bare on purpose: the layout, or the database it asks who is there, may be the very thing that broke
    return render_template("error.html", base="bare.html", status=500, title=title, text=text, number=number), 500


def _page(status: int, title: str, text: str) -> str:
    base = "layout.html" if _inside_the_admin() else "bare.html"
    return render_template("error.html", base=base, status=status, title=title, text=text, number=None)


def _inside_the_admin() -> bool:
    if request.endpoint and sessions.is_open(current_app, request.endpoint):
        return False
    try:
        return sessions.current_user() is not None
    except SQLAlchemyError:
        return False
