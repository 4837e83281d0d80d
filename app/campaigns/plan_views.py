"""Pages beside a plan's own: its accounts, what exclusions cost, why somebody is not asked; and what one does there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.discretion import bounds, hidden_in, told
from app.campaigns import excluding
from app.campaigns.asking_again import FOUND_AT_MOST, find_contacts
from app.campaigns.browsing import Key
from app.campaigns.confirming import confirm_wave
from app.campaigns.creating_campaigns import Faulty
from app.campaigns.deciding import decisions_at, in_words, person_name
from app.campaigns.explaining import Standing, standing_in
from app.campaigns.models import Wave, WaveState
from app.campaigns.overriding import LONGEST_REASON
from app.campaigns.picking import pick, picks_of, unpick
from app.campaigns.plan_models import Act, WavePlan
from app.campaigns.plan_page import counted_plan
from app.campaigns.plan_queue import begin_confirming
from app.campaigns.planned_accounts import ACCOUNT_COLUMNS, PER_PAGE, WantedAccounts, account_page, stream_accounts
from app.campaigns.tallying import Tally
from app.campaigns.views import user_id, wave_in_view
from app.core.auth.sessions import actor
from app.core.db import reading
from app.core.errors import NotFound, Refused
from app.core.formats import day, number
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces
from app.sampling.selection import LEVELS

pages = Blueprint("plans", __name__, template_folder="templates")

CONFIRMED_AT_ONCE = 50_000
"""Contacts up to which a plan is confirmed while the person waits: about a second; larger ones by a worker."""


@pages.get("/waves/<int:wave_id>/plan/accounts")
def accounts(wave_id: int) -> str:
    """List the accounts of a plan with their seats by level, by value or by what they lack."""
    with reading() as session:
        wave, _ = wave_in_view(session, wave_id)
        counted = _counted(session, wave)
        wanted = _wanted_accounts(wave_id)
        found = account_page(session, wanted, counted)
    for row in found.rows:
        row["href"] = url_for("waves.plan", wave_id=wave_id, account=row["account_id"])
        row["seats"] = {level: _seats(row, level) for level in LEVELS}
    return render_template(
        "campaigns/plan_accounts.html", wave=wave, counted=counted, wanted=wanted, found=found, per_page=PER_PAGE
    )


@pages.get("/waves/<int:wave_id>/plan/accounts.csv")
def accounts_csv(wave_id: int) -> Response:
    """Return the accounts that the page's filters leave as CSV, streamed; values as far as the reader may see them."""
    with reading() as session:
        wave, _ = wave_in_view(session, wave_id)
    wanted = _wanted_accounts(wave_id)

    def rows(session: Session) -> Iterator[tuple[Any, ...]]:
        for id, name, manager, value, *rest in stream_accounts(session, wanted):
            yield (id, name, manager, told(value, wave.currency), wave.currency, *rest)

    return _csv(f"plan-accounts-wave-{wave_id}.csv", ACCOUNT_COLUMNS, rows)


@pages.get("/waves/<int:wave_id>/plan/exclusions")
def exclusions(wave_id: int) -> str:
    """Compare the plan with what it would be without the exclusions by account managers."""
    with reading() as session:
        wave, _ = wave_in_view(session, wave_id)
        counted = _counted(session, wave)
        total = counted["accounts_with_exclusions"]
        page = page_asked() if (page_asked() - 1) * excluding.PER_PAGE < total else 1
        rows = excluding.accounts_with_exclusions(session, wave_id, page, bounds=bounds())
        by_whom = excluding.excluded_by(session, wave_id) if counted["excluded"] else []
    for row in rows:
        row["href"] = url_for("waves.plan", wave_id=wave_id, account=row["account_id"])
    return render_template(
        "campaigns/plan_exclusions.html",
        wave=wave,
        counted=counted,
        lost=excluding.seats_lost(counted),
        levels=excluding.level_costs(counted),
        rows=rows,
        by_whom=by_whom,
        page=page,
        per_page=excluding.PER_PAGE,
        total=total,
    )


@pages.get("/waves/<int:wave_id>/plan/why")
def why(wave_id: int) -> str:
    """Find anybody, in this wave or not, to see why they are asked or not."""
    search = text_asked()
    with reading() as session:
        wave, _ = wave_in_view(session, wave_id)
        found = find_contacts(session, search) if search else []
        keys = [Key(contact.account_id, contact.id) for contact, _ in found]
        decided = {row["contact_id"]: row for row in decisions_at(session, wave_id, keys)}
    rows = [_answer(contact, account, decided.get(contact.id), wave_id) for contact, account in found]
    return render_template("campaigns/plan_why.html", wave=wave, rows=rows, search_text=search, at_most=FOUND_AT_MOST)


@pages.get("/waves/<int:wave_id>/plan/people/<int:contact_id>")
def person(wave_id: int, contact_id: int) -> str:
    """Say why somebody is asked in a wave or not, and what would have to change."""
    return _person_page(wave_id, contact_id, {}, {})


@pages.post("/waves/<int:wave_id>/plan/people/<int:contact_id>/pick")
def pick_person(wave_id: int, contact_id: int) -> AnyResponse | tuple[str, int]:
    """Pin or exclude somebody with a reason; only that account is decided again."""
    given = {name: value.replace("\0", "").strip() for name, value in request.form.items()}
    try:
        act = Act(given.get("act", ""))
    except ValueError:
        return _person_page(wave_id, contact_id, given, {"act": "Say whether to pin or to exclude."}), 422
    for_good = given.get("scope") == "good"
    try:
        pick(contact_id, act, wave_id=wave_id, for_good=for_good, reason=given.get("reason", ""), actor=actor())
    except Refused as refusal:
        return _person_page(wave_id, contact_id, given, {f"reason-{act}": str(refusal)}), 422
    _say_what_follows(wave_id, contact_id, "pinned" if act is Act.PIN else "excluded")
    return redirect(url_for("plans.person", wave_id=wave_id, contact_id=contact_id))


@pages.post("/waves/<int:wave_id>/plan/people/<int:contact_id>/unpick")
def unpick_person(wave_id: int, contact_id: int) -> AnyResponse:
    """Take a pin or an exclusion back; only that account is decided again."""
    try:
        act = Act(request.form.get("act", ""))
    except ValueError as fault:
        raise Refused("Say whether a pin or an exclusion is taken back.") from fault
    unpick(contact_id, act, wave_id=wave_id, for_good=request.form.get("scope") == "good", actor=actor())
    _say_what_follows(wave_id, contact_id, "no longer pinned" if act is Act.PIN else "no longer excluded")
    return redirect(url_for("plans.person", wave_id=wave_id, contact_id=contact_id))


@pages.post("/waves/<int:wave_id>/plan/confirm")
def confirm(wave_id: int) -> AnyResponse:
    """Freeze the preview as it was seen, and approve the wave; or say what changed."""
    revision = _revision()
    with reading() as session:
        wave, campaign = wave_in_view(session, wave_id)
        counted = _counted(session, wave)
    if counted.contacts > CONFIRMED_AT_ONCE:
        begin_confirming(wave_id, revision, user_id())
        flash("It is being confirmed. It goes on when you close this page.", "note")
        return redirect(url_for("waves.plan", wave_id=wave_id, begun=revision + 1))
    try:
        changed = confirm_wave(wave_id, revision=revision, actor=actor())
    except Faulty as faulty:
        flash(f"{faulty} Change the campaign first: {' '.join(faulty.faults.values())}", "warning")
        return redirect(url_for("waves.plan", wave_id=wave_id))
    if changed is not None:
        flash("Not confirmed yet: something changed since this was worked out. Look again, then confirm.", "warning")
        return redirect(url_for("waves.plan", wave_id=wave_id))
    people = "1 person is" if counted.chosen == 1 else f"{number(counted.chosen)} people are"
    flash(f"«{wave.name}» is confirmed: {people} asked from {day(wave.planned_for)} on.", "done")
    return redirect(url_for("campaigns.show", campaign_id=campaign.id))


def _person_page(wave_id: int, contact_id: int, given: dict[str, str], faults: dict[str, str]) -> str:
    with reading() as session:
        wave, campaign = wave_in_view(session, wave_id)
        found = standing_in(session, wave, campaign, contact_id)
        picks = picks_of(session, contact_id, wave_id)
    return render_template(
        "campaigns/plan_person.html",
        wave=wave,
        found=found,
        name=person_name(vars(found.contact)),
        open=wave.state is WaveState.DRAFT and found.decision is not None,
        standing_picks=[each for each in picks if each.undone_at is None],
        by_crm=_from_the_crm(found, picks),
        picks=picks,
        ranks=[{**rank, "name": person_name(rank)} for rank in found.ranks],
        given=given,
        faults=faults,
        longest=LONGEST_REASON,
    )


def _from_the_crm(found: Standing, picks: Iterable[Any]) -> list[Act]:
    """Return what holds for good and nobody set here, so that it can be taken back all the same."""
    here = {each.act for each in picks if each.undone_at is None and each.wave_id is None}
    held = {Act.PIN: found.contact.pinned, Act.EXCLUDE: bool(found.contact.exclusion_reason)}
    return [act for act, holds in held.items() if holds and act not in here]


def _say_what_follows(wave_id: int, contact_id: int, what: str) -> None:
    with reading() as session:
        wave, campaign = wave_in_view(session, wave_id)
        found = standing_in(session, wave, campaign, contact_id)
    name = person_name(vars(found.contact))
    outcome = "is asked" if found.asked else "is not asked"
    flash(f"{name} is {what}, and {outcome}: {found.why or 'this plan has no decision'}.", "done")


def _answer(contact: Any, account: Any, decision: dict[str, Any] | None, wave_id: int) -> dict[str, Any]:
    why = None if decision is None else in_words(decision["seat"] or decision["reason"], decision["detail"])
    return {
        "name": person_name(vars(contact)),
        "account": account.name,
        "level": contact.level,
        "decision": "Outside" if decision is None else "Asked" if decision["seat"] else "Not asked",
        "why": why,
        "href": url_for("plans.person", wave_id=wave_id, contact_id=contact.id),
    }


def _wanted_accounts(wave_id: int) -> WantedAccounts:
    given = {name: text_asked(name) for name in ("only", "sort")}
    wanted = WantedAccounts.read(wave_id, search=text_asked(), page=page_asked(), **given)
    buckets = hidden_in()
    return replace(wanted, bounds=buckets.bounds if buckets else ())


def _counted(session: Session, wave: Wave) -> Tally:
    plan = session.get(WavePlan, wave.id)
    if plan is None and wave.planned_at is None:
        raise NotFound(f"«{wave.name}» has no plan yet.")
    return counted_plan(session, wave, plan)


def _seats(row: dict[str, Any], level: str) -> dict[str, int]:
    target, taken = row[f"target_{level}"], row[f"seats_{level}"]
    return {"target": target, "asked": taken, "nobody": max(target - taken, 0)}


def _revision() -> int:
    given = request.form.get("revision", "")
    if not (given.isascii() and given.isdecimal() and len(given) < 18):
        raise Refused("The preview was changed after you opened it. Look at it again, then confirm.")
    return int(given)


def _csv(name: str, header: tuple[str, ...], rows: Callable[[Session], Iterable[tuple[Any, ...]]]) -> Response:
    def pieces() -> Iterator[str]:
        with reading() as session:
            yield from csv_pieces(header, rows(session))

    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream_with_context(pieces()), mimetype="text/csv", headers=headers)
