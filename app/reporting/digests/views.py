"""The page of the weekly mails to account managers, and the page on which a manager stops theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import available_timezones

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.addresses import email_key
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs
from app.core.current import settings
from app.core.db import reading
from app.core.errors import NotFound
from app.core.listing import page_asked, text_asked
from app.core.searching import contains
from app.core.signing import Signer
from app.reporting.digests.keeping import go_on, is_stopped, keep_rhythm, manager_of, managers, rhythm_kept, stop
from app.reporting.digests.rhythm import WEEKDAYS, Rhythm, faults
from app.reporting.digests.sending import sample, send_sample
from app.surveys.framing import mail_in_frame
from app.surveys.respondent import by_link

pages = Blueprint("digests", __name__, template_folder="../templates")

PER_PAGE = 50
BY_LINK = "the manager, by a link in the mail"


@pages.get("/digests")
@needs(Right.ADMINISTER)
def index() -> str:
    """Show when digests leave, and every manager with the last one."""
    with reading() as session:
        rhythm = rhythm_kept(session)
    given = {"weekday": str(rhythm.weekday), "hour": str(rhythm.hour), "zone": rhythm.zone}
    return _page(rhythm, given, {})


@pages.post("/digests")
@needs(Right.ADMINISTER)
def change() -> AnyResponse | tuple[str, int]:
    """Change when digests leave."""
    given = {name: request.form.get(name, "").strip() for name in ("weekday", "hour", "zone")}
    on = bool(request.form.get("on"))
    wrong = faults(given)
    if wrong:
        with reading() as session:
            rhythm = rhythm_kept(session)
        return _page(rhythm, given, wrong, on=on), 422
    keep_rhythm(Rhythm(on, int(given["weekday"]), int(given["hour"]), given["zone"]), actor=actor())
    flash("Digests leave by this rhythm from now on." if on else "Digests do not leave any more.")
    return redirect(url_for("digests.index"))


def _page(rhythm: Rhythm, given: dict[str, str], wrong: dict[str, str], *, on: bool | None = None) -> str:
    page = page_asked()
    with reading() as session:
        rows = managers(session, pattern=contains(text_asked()), most=PER_PAGE, skipped=(page - 1) * PER_PAGE)
    return render_template(
        "reporting/digests.html",
        rhythm=rhythm,
        on=rhythm.on if on is None else on,
        given=given,
        faults=wrong,
        rows=rows,
        page=page,
        per_page=PER_PAGE,
        total=rows[0]["total"] if rows else 0,
        search=text_asked(),
        weekdays=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
        zones=sorted(available_timezones()),
    )


@pages.get("/digests/preview")
@needs(Right.ADMINISTER)
def preview() -> str:
    """Show what the latest digest of a manager says."""
    manager = _manager()
    digest, week, mail = sample(settings(), manager, now=datetime.now(UTC))
    return render_template("reporting/digest.html", manager=manager, digest=digest, week=week, mail=mail)


@pages.get("/digests/preview/mail")
@needs(Right.ADMINISTER)
def preview_mail() -> Response:
    """Return the mail for the frame of the preview."""
    return mail_in_frame(sample(settings(), _manager(), now=datetime.now(UTC))[2])


@pages.post("/digests/sample")
@needs(Right.ADMINISTER)
def send() -> AnyResponse:
    """Send the latest digest of a manager to the person logged in."""
    manager, to = _manager(), actor()
    send_sample(settings(), manager, to=to, now=datetime.now(UTC), actor=to)
    flash(f"Sent to {to}.")
    return redirect(url_for("digests.preview", manager=manager))


@pages.post("/digests/stops")
@needs(Right.ADMINISTER)
def switch() -> AnyResponse:
    """Send a manager no more digests, or digests again."""
    manager = _manager()
    if request.form.get("stop"):
        stop(manager, actor=actor())
        flash(f"{manager} gets no more digests.")
    else:
        go_on(manager, actor=actor())
        flash(f"{manager} gets digests again.")
    return redirect(url_for("digests.index"))


@pages.get("/digest/<token>")
@by_link
def ask(token: str) -> str:
    """Ask a manager with a button; looking changes nothing."""
    return _own(token)


@pages.post("/digest/<token>")
@by_link
def act(token: str) -> str:
    """Stop a manager's digests, or take it back; also what mail programs call (RFC 8058)."""
    manager = _of(token)
    if request.form.get("again"):
        go_on(manager, actor=BY_LINK)
    else:
        stop(manager, actor=BY_LINK)
    return _own(token)


def _own(token: str) -> str:
    return render_template("reporting/digest_stop.html", stopped=is_stopped(_of(token)))


def _of(token: str) -> str:
    id = Signer(settings().secret_key).unsign("digest", token)
    manager = manager_of(id) if id is not None else None
    if manager is None:
        raise NotFound("This link is not one of ours, or it was cut.")
    return manager


def _manager() -> str:
    manager = email_key(request.values.get("manager", ""))
    if manager is None:
        raise NotFound("There is no manager with this address.")
    return manager
