"""Pages of nominations: the rounds, and the accounts of one round with the levels that lack people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import discretion
from app.campaigns.nomination_account_views import pages as people
from app.campaigns.nomination_ground import as_seen, nominator, round_asked, typed, wanted_of
from app.campaigns.nomination_list import PER_PAGE, SORTS, Wanted, account_page, stream_accounts, sums
from app.campaigns.nomination_progress_views import pages as progress
from app.campaigns.nomination_rounds import (
    LONGEST_MESSAGE,
    Round,
    all_rounds,
    change_round,
    close_round,
    grounds,
    open_round,
    read_terms,
)
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, needs
from app.core.db import reading
from app.core.errors import Refused
from app.core.safe_csv import csv_pieces

pages = Blueprint("nominations", __name__, template_folder="templates")
pages.register_blueprint(people)
pages.register_blueprint(progress)

USUAL_DAYS = 14
COUNTED = 8
"""Rounds of which the list of rounds tells figures."""
COLUMNS = (
    *("account_id", "account", "manager", "manager_email", "annual_value", "currency", "people_wanted", "people_known"),
    *("missing_decision_maker", "missing_influencer", "missing_user", "word", "said_by"),
)


@pages.get("/nominations")
@needs(Right.NOMINATE)
def index() -> str:
    """List the rounds; of those that are open, how many accounts wait."""
    with reading() as session:
        rounds = [as_seen(each) for each in all_rounds(session, datetime.now(UTC))]
        care = nominator().care
        current = [each for each in rounds if each.over is None]
        waiting = {each.id: sums(session, each, care) for each in current[:COUNTED]}
        grounded = bool(grounds(session))
    return render_template(
        "campaigns/nominations.html", rounds=rounds, current=len(current), waiting=waiting, grounded=grounded
    )


@pages.get("/nominations/new")
@needs(Right.EDIT)
def new() -> str:
    """Ask what a round is for, and until when it lasts."""
    closes_on = datetime.now(UTC).date() + timedelta(days=USUAL_DAYS)
    given = {"closes_on": closes_on.isoformat(), "ground": _ground_asked()}
    return _form(given, {}, None)


@pages.post("/nominations/new")
def create() -> AnyResponse | tuple[str, int]:
    """Open a round, or show what is wrong."""
    given = typed()
    terms, faults = read_terms(given.get("closes_on", ""), given.get("message", ""), datetime.now(UTC).date())
    if terms is None:
        return _form(given, faults, None), 422
    try:
        round_id = open_round(given.get("ground", ""), terms, actor=actor())
    except Refused as refusal:
        return _form(given, {"ground": str(refusal)}, None), 422
    flash("The round is open. Write to the account managers now: nobody is told by itself.", "done")
    return redirect(url_for("nominations.progress.managers", round_id=round_id))


@pages.get("/nominations/<int:round_id>/edit")
@needs(Right.EDIT)
def edit(round_id: int) -> str:
    """Ask for another deadline or message."""
    with reading() as session:
        of = round_asked(session, round_id)
    kept = of.kept
    given = {"closes_on": kept.closes_on.isoformat(), "message": kept.message or "", "revision": str(kept.revision)}
    return _form(given, {}, of)


@pages.post("/nominations/<int:round_id>/edit")
def change(round_id: int) -> AnyResponse | tuple[str, int]:
    """Set them, or show what is wrong."""
    given = typed()
    with reading() as session:
        of = round_asked(session, round_id)
    terms, faults = read_terms(given.get("closes_on", ""), given.get("message", ""), of.today)
    if terms is None:
        return _form(given, faults, of), 422
    revision = given.get("revision", "")
    try:
        change_round(round_id, terms, revision=int(revision) if revision.isdecimal() else 0, actor=actor())
    except Refused as refusal:
        return _form(given | {"revision": str(of.kept.revision)}, {"closes_on": str(refusal)}, of), 422
    flash("The round has its new terms.", "done")
    return redirect(url_for("nominations.progress.managers", round_id=round_id))


@pages.post("/nominations/<int:round_id>/close")
def close(round_id: int) -> AnyResponse:
    """End a round before its deadline."""
    close_round(round_id, actor=actor(), now=datetime.now(UTC))
    flash("The round is closed. A new deadline opens it again.", "done")
    return redirect(url_for("nominations.progress.managers", round_id=round_id))


@pages.get("/nominations/<int:round_id>")
@needs(Right.NOMINATE)
def show(round_id: int) -> str:
    """Show the accounts of a round: those that lack people first, by value."""
    wanted = wanted_of(SORTS, "worst")
    with reading() as session:
        of = round_asked(session, round_id)
        found = account_page(session, of, wanted)
        figures = sums(session, of, wanted.manager)
    return render_template(
        "campaigns/nomination_round.html",
        of=of,
        found=found,
        wanted=wanted,
        sums=figures,
        per_page=PER_PAGE,
        care=nominator().care,
    )


@pages.get("/nominations/<int:round_id>/accounts.csv")
@needs(Right.NOMINATE)
def as_csv(round_id: int) -> Response:
    """Return the accounts that the list shows, all of them, streamed."""
    wanted = wanted_of(SORTS, "worst")
    with reading() as session:
        of = round_asked(session, round_id)
    headers = {"Content-Disposition": f'attachment; filename="nominations-{round_id}.csv"'}
    return Response(stream_with_context(_csv(of, wanted)), mimetype="text/csv", headers=headers)


def _csv(of: Round, wanted: Wanted) -> Iterator[str]:
    with reading() as session:
        yield from csv_pieces(COLUMNS, (_cells(row) for row in stream_accounts(session, of, wanted)))


def _cells(row: dict[str, Any]) -> list[Any]:
    value = discretion.told(row["annual_value"], row["currency"])
    return [
        *(row["external_id"], row["name"], row["manager_name"], row["manager_email"], value, row["currency"]),
        *(row["wanted"], row["people"], row["missing_decision_maker"], row["missing_influencer"], row["missing_user"]),
        *(row["word"], row["said_by"]),
    ]


def _ground_asked() -> str:
    """Return the choice that the address names: `?wave=7` or `?campaign=3`."""
    named = [f"{kind}-{request.args[kind]}" for kind in ("wave", "campaign") if kind in request.args]
    return named[0] if named else ""


def _form(given: dict[str, str], faults: dict[str, str], of: Round | None) -> str:
    with reading() as session:
        choices = grounds(session)
    return render_template(
        "campaigns/nomination_form.html", given=given, faults=faults, of=of, choices=choices, longest=LONGEST_MESSAGE
    )
