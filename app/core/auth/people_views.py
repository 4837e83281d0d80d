"""The page of the people of the admin and what each of them is here for."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.auth import users
from app.core.auth.rights import ROLE_WORDS, Right, Role
from app.core.auth.sessions import actor, needs
from app.core.current import settings
from app.core.errors import Refused

pages = Blueprint("people", __name__)


@pages.get("/people")
@needs(Right.ADMINISTER)
def index() -> str:
    """List the people of the admin with their roles."""
    return _page({})


@pages.post("/people/<int:user_id>")
@needs(Right.ADMINISTER)
def give_role(user_id: int) -> ResponseReturnValue:
    """Give a person another role."""
    given = request.form.get("role", "")
    if given not in set(Role):
        return _page({f"role-{user_id}": "Choose one of the roles."}), 422
    try:
        user = users.give_role(user_id, Role(given), actor=actor())
    except Refused as refusal:
        return _page({f"role-{user_id}": str(refusal)}), 422
    flash(f"{user.name} is here as «{ROLE_WORDS[user.role][0]}» from now on.", "done")
    return redirect(url_for("people.index"))


def _page(faults: dict[str, str]) -> str:
    return render_template(
        "auth/people.html",
        people=users.everybody(),
        roles=[(role, words) for role, (words, _) in ROLE_WORDS.items()],
        words=ROLE_WORDS,
        exact_revenue=settings().exact_revenue,
        faults=faults,
    )
