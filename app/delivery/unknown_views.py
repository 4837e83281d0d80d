"""The unknown mails: the list, and a person's decision about one, some or all of them, with its reason."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs
from app.core.db import reading
from app.core.listing import page_asked, text_asked
from app.core.queue import nudge
from app.delivery.ledger import KINDS
from app.delivery.unknown_list import PER_PAGE, Verb, decide, still_unknown, unknown_ids, unknown_rows

pages = Blueprint("unknown", __name__, template_folder="templates")

LONGEST_REASON = 500
SHOWN = 10
"""Mails the page of a decision names; the others it counts."""


@pages.get("/messages/unknown")
def index() -> str:
    """List the unknown mails, the oldest first."""
    search, page = text_asked(), page_asked()
    with reading() as session:
        total = len(unknown_ids(session, search))
        page = min(page, max(1, -(-total // PER_PAGE)))
        rows = unknown_rows(session, search, page)
    return render_template(
        "delivery/unknown.html",
        rows=[{**row, "kind": KINDS[row["number"]]} for row in rows],
        total=total,
        page=page,
        per_page=PER_PAGE,
        search_text=search,
    )


@pages.get("/messages/unknown/decision")
@needs(Right.EDIT)
def ask() -> str | Response:
    """Show what a decision would touch, and ask for it; `all` means all that the search finds."""
    with reading() as session:
        everything = "all" in request.args
        ids = unknown_ids(session, text_asked()) if everything else still_unknown(session, _ids(request.args))
    if not ids:
        flash("Choose at least one mail that is still unknown.", "warning")
        return redirect(url_for("unknown.index"))
    return _form(ids, {}, "")


@pages.post("/messages/unknown/decision")
def act() -> Response | tuple[str, int]:
    """Carry the decision out; each mail is looked at again, and those that changed meanwhile are left alone."""
    ids, reason, asked = _ids(request.form), request.form.get("reason", "").replace("\0", "").strip(), request.form
    faults = {}
    if not 1 <= len(reason) <= LONGEST_REASON:
        faults["reason"] = f"Write why, in up to {LONGEST_REASON} characters: it goes on record with your name."
    if asked.get("verb") not in set(Verb):
        faults["verb"] = "Choose whether to send them again or to drop them."
    if faults:
        return _form(ids, faults, reason), 422
    verb = Verb(asked["verb"])
    decided = decide(ids, verb, actor=actor(), reason=reason)
    nudge("workers.jobs.dispatch")
    words = "will be sent again" if verb is Verb.RESEND else "dropped; they still count as asked"
    flash(f"{_mails(decided.done)} {words}.", "done" if decided.done else "note")
    for why, count in decided.not_done.most_common():
        flash(f"{_mails(count)} left as they were: {why}", "warning")
    return redirect(url_for("unknown.index"))


def _form(ids: list[int], faults: dict[str, str], reason: str) -> str:
    chosen = set(ids)
    with reading() as session:
        first = [row for row in unknown_rows(session, "", 1) if row["id"] in chosen][:SHOWN]
    return render_template(
        "delivery/unknown_decision.html", ids=ids, first=first, faults=faults, reason=reason, longest=LONGEST_REASON
    )


def _ids(given: object) -> list[int]:
    """Return the numbers under `id`; what is no number is left out."""
    written = given.getlist("id")  # type: ignore[attr-defined]  # a MultiDict, of the address or of the form
    parts = [part for one in written for part in one.split(",")]
    return [int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < 19]


def _mails(count: int) -> str:
    return "One mail" if count == 1 else f"{count:,} mails"
