"""A test mail of a survey: the form, and its one deed. The survey's own page may carry the same form."""

from __future__ import annotations

from collections.abc import Mapping

from babel import Locale
from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.auth.rights import Right
from app.core.auth.sessions import actor, current_user, needs
from app.core.current import settings
from app.delivery.ledger import KINDS
from app.delivery.trying import Unfit, send_test_mail
from app.surveys.designing import trial

pages = Blueprint("trial_mails", __name__, template_folder="templates")


@pages.get("/surveys/<key>/test-mails")
@needs(Right.EDIT)
def form(key: str) -> str:
    """Ask where to send the test mail: to oneself, unless told otherwise."""
    user = current_user()
    return _form(key, {"address": user.email if user else ""}, {})


@pages.post("/surveys/<key>/test-mails")
def send(key: str) -> Response | tuple[str, int]:
    """Send it now, and go back to the survey; or show what is wrong."""
    given = {name: request.form.get(name, "").replace("\0", "").strip() for name in ("address", "language", "number")}
    number = given["number"] or "0"
    try:
        sent = send_test_mail(
            settings(),
            key,
            address=given["address"],
            language=given["language"],
            number=int(number) if number in {"0", "1", "2"} else -1,
            actor=actor(),
        )
    except Unfit as fault:
        return _form(key, given, {fault.field: str(fault)}), 422
    kept = "is kept in the outbox" if sent.transport == "outbox" else "has left"
    flash(f"The test mail to {sent.recipient} {kept}. Its links are tests, and nothing in them counts.", "done")
    return redirect(url_for("surveys.show", key=key))


def _form(key: str, given: Mapping[str, str], faults: Mapping[str, str]) -> str:
    _, definition, _ = trial(key)
    languages = [(tag, Locale.parse(tag, sep="-").get_display_name("en") or tag) for tag in definition.languages]
    return render_template(
        "delivery/test_mail.html",
        key=key,
        given={"language": definition.default_language, "number": "0", **given},
        faults=faults,
        languages=languages,
        kinds=[(str(number), kind) for number, kind in enumerate(KINDS)],
        keeps=settings().mail_transport == "outbox",
    )
