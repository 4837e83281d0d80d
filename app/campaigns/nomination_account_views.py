"""Pages of one account in a round of nominations: its people, naming one, correcting one, leaving one out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.campaigns import nominating
from app.campaigns.nominating import Doubtful, mark
from app.campaigns.nominating_models import Word
from app.campaigns.nomination_form import FIELDS, LEVELS, LONGEST_REASON, read_person
from app.campaigns.nomination_ground import nominator, round_asked, typed
from app.campaigns.nomination_list import account_row
from app.campaigns.nomination_people import PER_PAGE, full_name, people_page, person_of, standing_of
from app.core.auth.rights import Right
from app.core.auth.sessions import needs
from app.core.db import reading
from app.core.errors import Refused
from app.core.listing import page_asked

pages = Blueprint("people", __name__, template_folder="templates")

_WORDS = {"done": Word.DONE, "nobody": Word.NOBODY, "": None}
_SAID = {
    Word.DONE: "This account is done. Thank you.",
    Word.NOBODY: "Noted: there is nobody more at this account. Thank you.",
    None: "Your word on this account is taken back.",
}


@pages.get("/nominations/<int:round_id>/accounts/<int:account_id>")
@needs(Right.NOMINATE)
def account(round_id: int, account_id: int) -> str:
    """Show the people of an account, the levels that lack some, and the form that names one."""
    return _account_page(round_id, account_id, {}, {})


@pages.post("/nominations/<int:round_id>/accounts/<int:account_id>")
@needs(Right.NOMINATE)
def add(round_id: int, account_id: int) -> AnyResponse | tuple[str, int]:
    """Add a person, or show what is wrong."""
    given = typed()
    person, faults = read_person(given)
    if person is None:
        return _account_page(round_id, account_id, given, faults), 422
    by, another = nominator(), "another" in given
    try:
        nominating.add_person(round_id, account_id, person, another=another, by=by, now=datetime.now(UTC))
    except Doubtful as doubt:
        return _account_page(round_id, account_id, given, {doubt.field: str(doubt)}), 422
    except Refused as refusal:
        return _account_page(round_id, account_id, given, {"email": str(refusal)}), 409
    flash(f"{full_name(person)} is on the list.", "done")
    return redirect(url_for("nominations.people.account", round_id=round_id, account_id=account_id))


@pages.post("/nominations/<int:round_id>/accounts/<int:account_id>/word")
@needs(Right.NOMINATE)
def say(round_id: int, account_id: int) -> AnyResponse:
    """Note that an account is done, that there is nobody more, or take that back."""
    given = request.form.get("word", "")
    if given not in _WORDS:
        abort(400)
    word = _WORDS[given]
    nominating.say(round_id, account_id, word, by=nominator(), now=datetime.now(UTC))
    flash(_SAID[word], "done")
    if word is None:
        return redirect(url_for("nominations.people.account", round_id=round_id, account_id=account_id))
    return redirect(url_for("nominations.show", round_id=round_id))


@pages.get("/nominations/<int:round_id>/people/<int:contact_id>")
@needs(Right.NOMINATE)
def person(round_id: int, contact_id: int) -> str:
    """Show one person, to be corrected, left out or taken back."""
    return _person_page(round_id, contact_id, None, {})


@pages.post("/nominations/<int:round_id>/people/<int:contact_id>")
@needs(Right.NOMINATE)
def correct(round_id: int, contact_id: int) -> AnyResponse | tuple[str, int]:
    """Set the fields of a person right, or show what is wrong."""
    given = typed()
    read, faults = read_person(given)
    if read is None:
        return _person_page(round_id, contact_id, given, faults), 422
    by, seen, another, now = nominator(), given.get("seen", ""), "another" in given, datetime.now(UTC)
    try:
        changed = nominating.correct_person(round_id, contact_id, read, seen=seen, another=another, by=by, now=now)
    except Doubtful as doubt:
        return _person_page(round_id, contact_id, given, {doubt.field: str(doubt)}), 422
    except Refused as refusal:
        return _person_page(round_id, contact_id, given, {"last_name": str(refusal)}, conflict=True), 409
    flash(f"{full_name(read)} is corrected." if changed else "Nothing was changed.", "done")
    return redirect(_account_of(round_id, contact_id))


@pages.post("/nominations/<int:round_id>/people/<int:contact_id>/left")
@needs(Right.NOMINATE)
def left(round_id: int, contact_id: int) -> AnyResponse:
    """Note that a person left the company, or is there after all."""
    gone = request.form.get("left") == "yes"
    said = "The person has left, and is not asked any more." if gone else "The person is there, and can be asked."
    return _done(round_id, contact_id, said, lambda **who: nominating.say_left(round_id, contact_id, left=gone, **who))


@pages.post("/nominations/<int:round_id>/people/<int:contact_id>/exclude")
@needs(Right.NOMINATE)
def exclude(round_id: int, contact_id: int) -> AnyResponse | tuple[str, int]:
    """Let nobody ask a person, for a written reason."""
    reason = request.form.get("reason", "").replace("\0", "")
    try:
        nominating.exclude_person(round_id, contact_id, reason, by=nominator(), now=datetime.now(UTC))
    except (Doubtful, Refused) as doubt:
        return _person_page(round_id, contact_id, None, {"reason": str(doubt)}, reason), 422
    flash("Nobody asks this person until you take it back. Your reason is on record.", "done")
    return redirect(url_for("nominations.people.person", round_id=round_id, contact_id=contact_id))


@pages.post("/nominations/<int:round_id>/people/<int:contact_id>/readmit")
@needs(Right.NOMINATE)
def readmit(round_id: int, contact_id: int) -> AnyResponse:
    """Take an exclusion back."""
    said = "The person can be asked again."
    return _done(round_id, contact_id, said, lambda **who: nominating.readmit_person(round_id, contact_id, **who))


@pages.post("/nominations/<int:round_id>/people/<int:contact_id>/remove")
@needs(Right.NOMINATE)
def remove(round_id: int, contact_id: int) -> AnyResponse:
    """Take back a person who was named by hand."""
    account_id = nominating.remove_person(round_id, contact_id, by=nominator(), now=datetime.now(UTC))
    flash("The person is off the list again.", "done")
    return redirect(url_for("nominations.people.account", round_id=round_id, account_id=account_id))


def _done(round_id: int, contact_id: int, said: str, deed: Callable[..., None]) -> AnyResponse:
    deed(by=nominator(), now=datetime.now(UTC))
    flash(said, "done")
    return redirect(url_for("nominations.people.person", round_id=round_id, contact_id=contact_id))


def _account_of(round_id: int, contact_id: int) -> str:
    with reading() as session:
        _, account = person_of(session, contact_id, nominator())
    return url_for("nominations.people.account", round_id=round_id, account_id=account.id)


def _account_page(round_id: int, account_id: int, given: dict[str, str], faults: dict[str, str]) -> str:
    page = page_asked()
    with reading() as session:
        of = round_asked(session, round_id)
        row = account_row(session, of, account_id, nominator().care)
        rows, total = people_page(session, account_id, of.today, page)
    for each in rows:
        each["href"] = url_for("nominations.people.person", round_id=round_id, contact_id=each["id"])
    return render_template(
        "campaigns/nomination_account.html",
        of=of,
        account=row,
        rows=rows,
        total=total,
        page=page,
        per_page=PER_PAGE,
        given=given,
        faults=faults,
        levels=LEVELS,
    )


def _person_page(
    round_id: int,
    contact_id: int,
    given: dict[str, str] | None,
    faults: dict[str, str],
    reason: str = "",
    *,
    conflict: bool = False,
) -> str:
    with reading() as session:
        of = round_asked(session, round_id)
        contact, account = person_of(session, contact_id, nominator())
        account_row(session, of, account.id, nominator().care)
        why = standing_of(session, contact, of.today)
    kept: dict[str, Any] = {name: getattr(contact, name) or "" for name in FIELDS}
    return render_template(
        "campaigns/nomination_person.html",
        of=of,
        contact=contact,
        account=account,
        name=full_name(contact),
        why=why,
        given=kept if given is None else given,
        seen=mark(contact),
        conflict=conflict,
        faults=faults,
        reason=reason,
        levels=LEVELS,
        longest=LONGEST_REASON,
    )
