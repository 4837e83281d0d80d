"""Pages of coming in and going out: login, logout, a new password."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.auth import passwords, sessions, users
from app.core.auth.models import User
from app.core.auth.rights import Right
from app.core.auth.sessions import needs, open_to_everyone
from app.core.errors import Refused

pages = Blueprint("auth", __name__)

REFUSAL = (
    "Address and password do not belong together, or there were too many tries: "
    "after eight the login of an address rests for 15 minutes."
)
"""The one answer to every login that fails, so that it tells nothing about who may log in."""


@pages.get("/login")
@open_to_everyone
def login() -> ResponseReturnValue:
    target = sessions.own_path(request.args.get("next"))
    if sessions.current_user():
        return redirect(target)
    return render_template("auth/login.html", target=target, email="", errors={})


@pages.post("/login")
@open_to_everyone
def log_in() -> ResponseReturnValue:
    target = sessions.own_path(request.form.get("next"))
    email = request.form.get("email", "")
    user = users.authenticate(email, request.form.get("password", ""), datetime.now(UTC))
    if user is None:
        return render_template("auth/login.html", target=target, email=email, errors={"email": REFUSAL}), 422
    sessions.begin(user)
    return redirect(target)


@pages.post("/logout")
@needs(Right.ENTER)
def logout() -> ResponseReturnValue:
    sessions.end()
    return redirect(url_for("auth.login"))


@pages.get("/account/password")
@needs(Right.ENTER)
def password() -> ResponseReturnValue:
    return render_template("auth/password.html", errors={})


@pages.post("/account/password")
@needs(Right.ENTER)
def change_password() -> ResponseReturnValue:
    user = sessions.current_user()
    assert user is not None
    errors = _faults(user) or _changed(user)
    if errors:
        return render_template("auth/password.html", errors=errors), 422
    flash("Your password is changed. Every other session of yours has ended.", "done")
    return redirect(url_for("auth.password"))


def _changed(user: User) -> dict[str, str]:
    """Change the password and go on under the new one; return what is wrong, by field."""
    try:
        changed = users.change_password(user, request.form["current"], request.form["new"], now=datetime.now(UTC))
    except Refused as refusal:
        return {"current": str(refusal)}
    sessions.begin(changed)
    return {}


def _faults(user: User) -> dict[str, str]:
    current, new, again = (request.form.get(name, "") for name in ("current", "new", "again"))
    faults = {
        "current": None if current else "Give your present password.",
        "new": passwords.weakness(new, user.email) or ("This is your present password." if new == current else None),
        "again": None if again == new else "The two are not the same.",
    }
    return {field: sentence for field, sentence in faults.items() if sentence}
