"""The suppression list: found by search and filter, added to by hand or file, and taken off with a written reason."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.models import EVERYTHING, Contact, Suppression, SuppressionReason
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs
from app.core.current import settings
from app.core.db import reading
from app.core.errors import NotFound, QuorumError
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces
from app.delivery.suppressing import LONGEST_WHY, add, entries, scopes
from app.delivery.suppression_files import HEADER, stream_suppressions
from app.delivery.suppression_sync_views import sync_standing
from app.delivery.suppression_syncing import lift_everywhere

pages = Blueprint("suppression", __name__, template_folder="templates")

PER_PAGE = 50

WORDS = {
    SuppressionReason.HARD_BOUNCE: "mail bounced for good",
    SuppressionReason.REPEATED_BOUNCE: "mail bounced again and again",
    SuppressionReason.COMPLAINT: "complained about a mail as spam",
    SuppressionReason.UNSUBSCRIBED: "unsubscribed",
    SuppressionReason.BY_HAND: "added by hand",
}
"""Why an address must not be mailed, in words."""

Faults = dict[str, str]


@pages.get("/suppression")
def index() -> str:
    """List the addresses nobody may mail, the newest first."""
    return _list({}, {})


@pages.post("/suppression")
def put() -> AnyResponse | tuple[str, int]:
    """Put one address on the list by hand."""
    given = _given("address", "scope", "detail")
    faults = {} if given["detail"] else {"detail": "Write why: whoever finds the address here wants to know."}
    if not faults:
        try:
            new = add(given["address"], actor=actor(), scope=given["scope"] or EVERYTHING, detail=given["detail"])
        except NotFound as fault:
            faults = {"scope": str(fault)}
        except QuorumError as fault:
            faults = {"address": str(fault)}
    if faults:
        return _list(given, faults), 422
    words = "is on the list now: nothing leaves to it any more." if new else "was on the list already."
    flash(f"{given['address']} {words}", "done")
    return redirect(url_for("suppression.index"))


@pages.get("/suppression.csv")
def as_csv() -> Response:
    """Return the addresses that the list shows, all of them, streamed."""
    headers = {"Content-Disposition": 'attachment; filename="suppression.csv"'}
    rows = _csv(text_asked(), _reason_asked(), text_asked("scope") or None)
    return Response(stream_with_context(rows), mimetype="text/csv", headers=headers)


@pages.get("/suppression/removal")
@needs(Right.EDIT)
def ask_removal() -> str:
    """Show what taking an address off the list means, and ask why."""
    return _removal({})


@pages.post("/suppression/removal")
def remove() -> AnyResponse | tuple[str, int]:
    """Take it off, with the reason on record; where SES sends, off the list of SES too."""
    why = _given("why")["why"]
    if not 1 <= len(why) <= LONGEST_WHY:
        fault = f"Write why it may be mailed again, in up to {LONGEST_WHY} characters: it goes on record."
        return _removal({"why": fault}, why), 422
    found = _entry()
    lift_everywhere(settings(), found.email_key, why=why, actor=actor(), scope=found.scope, reasons={found.reason})
    flash(f"{found.email_key} is off the list for that reason; it is on record.", "done")
    return redirect(url_for("suppression.index"))


def _given(*names: str) -> dict[str, str]:
    return {name: request.form.get(name, "").replace("\0", "").strip() for name in names}


def _reason_asked() -> SuppressionReason | None:
    asked = text_asked("reason")
    return SuppressionReason(asked) if asked in set(SuppressionReason) else None


def _list(given: dict[str, str], faults: Faults) -> str:
    search, reason, scope, page = text_asked(), _reason_asked(), text_asked("scope") or None, page_asked()
    wanted = {"search": search, "reason": reason, "scope": scope, "limit": PER_PAGE}
    with reading() as session:
        rows = entries(session, offset=(page - 1) * PER_PAGE, **wanted)  # type: ignore[arg-type]  # a mix of types
        if not rows and page > 1:
            page, rows = 1, entries(session, **wanted)  # type: ignore[arg-type]
        known = sorted(scopes(session) - {EVERYTHING})
        standing = sync_standing(session)
    return render_template(
        "delivery/suppression.html",
        rows=rows,
        total=rows[0]["total"] if rows else 0,
        page=page,
        per_page=PER_PAGE,
        search_text=search,
        reason=reason,
        scope=scope,
        scopes=known,
        scope_choices=[(EVERYTHING, "every brand"), *((key, key) for key in known)],
        words=WORDS,
        sync=standing,
        given=given,
        faults=faults,
    )


def _csv(search: str, reason: SuppressionReason | None, scope: str | None) -> Iterator[str]:
    with reading() as session:
        yield from csv_pieces(HEADER, stream_suppressions(session, search=search, reason=reason, scope=scope))


def _entry() -> Suppression:
    identity = (text_asked("address"), text_asked("scope") or EVERYTHING, _reason_asked())
    with reading() as session:
        found = session.get(Suppression, identity) if identity[2] else None
    if found is None:
        raise NotFound("This address is not on the suppression list for that reason (any more).")
    return found


def _removal(faults: Faults, why: str = "") -> str:
    found = _entry()
    with reading() as session:
        people = session.scalar(select(func.count()).where(Contact.email_key == found.email_key)) or 0
        others = session.scalars(
            select(Suppression.reason).where(Suppression.email_key == found.email_key).distinct()
        ).all()
    return render_template(
        "delivery/suppression_removal.html",
        entry=found,
        people=people,
        others=[WORDS[each] for each in others if each is not found.reason],
        words=WORDS,
        faults=faults,
        why=why,
        longest=LONGEST_WHY,
    )
