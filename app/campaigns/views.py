"""The pages of when we ask: the list of waves, a new wave, its plan with every decision, and the plan as CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from redis import RedisError
from sqlalchemy import select, text
from werkzeug.wrappers import Response as AnyResponse

from app.campaigns.creating import WaveOrder, create_wave, is_currency, is_plausible, quota_from_json
from app.campaigns.deciding import (
    DECISION_COLUMNS,
    PER_PAGE,
    WORDS,
    Wanted,
    decision_counts,
    decision_page,
    stream_decisions,
)
from app.campaigns.models import Campaign, Wave, WaveState
from app.core import navigation, progress
from app.core.auth.rights import Right
from app.core.auth.sessions import actor, current_user, needs
from app.core.db import reading
from app.core.errors import NotFound, Refused
from app.core.listing import page_asked, text_asked
from app.core.queue import WORK, enqueue
from app.core.safe_csv import csv_pieces
from app.sampling import presets
from app.sampling.quota import QuotaTable
from app.surveys.publishing import askable

pages = Blueprint("waves", __name__, template_folder="templates")

_WAVES = text(
    """
    SELECT w.id, w.key, w.name, c.name AS campaign, w.state, w.planned_for, w.ends_on,
           (SELECT count(*) FROM invitation i WHERE i.wave_id = w.id) AS invitations
    FROM wave w JOIN campaign c ON c.id = w.campaign_id ORDER BY w.id DESC
    """
)
_SUMS = text(
    """
    SELECT count(*) AS accounts, coalesce(sum(contacts), 0) AS contacts, coalesce(sum(shortage), 0) AS shortage,
           count(*) FILTER (WHERE shortage > 0) AS accounts_short, count(*) FILTER (WHERE value_flagged) AS flagged,
           coalesce(sum(seats_decision_maker + seats_influencer + seats_user + seats_unknown), 0) AS chosen,
           coalesce(sum(seats_decision_maker), 0) AS decision_maker, coalesce(sum(seats_influencer), 0) AS influencer,
           coalesce(sum(seats_user), 0) AS "user", coalesce(sum(seats_unknown), 0) AS unknown
    FROM wave_account WHERE wave_id = :wave_id
    """
)


@pages.get("/waves")
def index() -> str:
    """List the waves, the newest first."""
    with reading() as session:
        rows = [dict(row) for row in session.execute(_WAVES).mappings()]
    for row in rows:
        row["href"] = url_for("waves.plan", wave_id=row["id"])
    return render_template("campaigns/waves.html", rows=rows)


@pages.get("/waves/new")
@needs(Right.EDIT)
def new() -> str:
    """Ask what a wave needs."""
    today = datetime.now(UTC).date().isoformat()
    return _form(
        {"survey": "relationship_nps", "planned_for": today, "quota": "logarithmic", "days": "30", "currency": "USD"},
        {},
    )


@pages.post("/waves/new")
def create() -> AnyResponse | tuple[str, int]:
    """Make a wave, or show what is wrong with it."""
    given = {name: value.replace("\0", "").strip() for name, value in request.form.items()}
    order, faults = _order(given)
    if order is None:
        return _form(given, faults), 422
    try:
        wave_id = create_wave(order, actor=actor())
    except Refused as refusal:
        return _form(given, {"key": str(refusal)}), 422
    flash(f"«{order.name}» is made. Plan it to see who will be asked, and why; nothing is sent yet.", "done")
    return redirect(url_for("waves.plan", wave_id=wave_id))


def _form(given: dict[str, str], faults: dict[str, str]) -> str:
    return render_template(
        "campaigns/new.html", given=given, faults=faults, surveys=_surveys(), presets=presets.names()
    )


def _surveys() -> list[tuple[str, str]]:
    with reading() as session:
        return [(each.key, each.title) for each in askable(session)]


def _order(given: dict[str, str]) -> tuple[WaveOrder | None, dict[str, str]]:
    faults = {}
    name = given.get("name", "")
    if not 1 <= len(name) <= 80:
        faults["name"] = "Give the wave a name of up to 80 characters, such as «Q4 2026»."
    if given.get("survey") not in dict(_surveys()):
        faults["survey"] = "Choose one of the surveys."
    if given.get("quota") not in presets.names():
        faults["quota"] = "Choose one of the quota tables."
    if not is_currency(given.get("currency", "").upper()):
        faults["currency"] = "Give the currency as three letters, such as USD."
    days = given.get("days", "")
    if not (re.fullmatch(r"[0-9]{1,3}", days) and 1 <= int(days) <= 365):
        faults["days"] = "Give a number of days from 1 to 365."
    planned_for = _day(given.get("planned_for", ""))
    if planned_for is None:
        faults["planned_for"] = "Give a day, such as 2026-11-02."
    if faults or planned_for is None:
        return None, faults
    order = WaveOrder(
        key="-".join(name.casefold().split()),
        name=name,
        planned_for=planned_for,
        survey_key=given["survey"],
        quota=QuotaTable.preset(given["quota"]),
        currency=given["currency"].upper(),
        days=int(days),
    )
    return order, {}


def _day(value: str) -> date | None:
    try:
        given = date.fromisoformat(value)
    except ValueError:
        return None
    return given if is_plausible(given) else None


@pages.get("/waves/<int:wave_id>/plan")
def plan(wave_id: int) -> Response:
    """Show the plan: who is asked, who is not, and why; or how far planning is; or the button that starts it."""
    with reading() as session:
        wave, campaign = _wave(session, wave_id)
        wanted = Wanted(
            wave_id,
            reason=text_asked("reason"),
            level=text_asked("level"),
            search=text_asked(),
            page=page_asked(),
        )
        found = decision_page(session, wanted)
        context = {
            "sums": dict(session.execute(_SUMS, {"wave_id": wave_id}).mappings().one()),
            "counts": decision_counts(session, wave_id),
        }
    navigation.show(navigation.InView(campaign.name, wave.name, url_for("reporting.board", wave_id=wave_id), others=()))
    standing, failure = progress.standing(f"plan-{wave_id}"), progress.failure(f"plan-{wave_id}")
    waiting = wave.state is WaveState.DRAFT and not failure and (standing is not None or "begun" in request.args)
    page = render_template(
        "campaigns/plan.html",
        wave=wave,
        quota=quota_from_json(wave.quota),
        found=found,
        rows=[_row(row, wave_id) for row in found.rows],
        wanted=wanted,
        words=WORDS,
        per_page=PER_PAGE,
        standing=standing,
        failure=failure,
        waiting=waiting,
        **context,
    )
    response = make_response(page)
    if waiting:
        response.headers["Refresh"] = "2"  # until the plan is there, with or without script
    return response


@pages.post("/waves/<int:wave_id>/plan")
def start_planning(wave_id: int) -> AnyResponse:
    """Let a worker plan the wave; a second click finds it planned or waits behind the first."""
    with reading() as session:
        _wave(session, wave_id)
    try:
        enqueue(WORK, "workers.jobs.plan", wave_id, _user_id())
    except RedisError as error:
        raise Refused("Nobody can plan just now: Redis, which carries work to the workers, does not answer.") from error
    flash("Planning has begun. It goes on when you close this page.", "note")
    return redirect(url_for("waves.plan", wave_id=wave_id, begun=1))


@pages.get("/waves/<int:wave_id>/plan.csv")
def plan_csv(wave_id: int) -> Response:
    """Return every decision of the wave as CSV, streamed."""
    with reading() as session:
        wave, _ = _wave(session, wave_id)
    headers = {"Content-Disposition": f'attachment; filename="plan-wave-{wave.id}.csv"'}
    return Response(stream_with_context(_csv(wave_id)), mimetype="text/csv", headers=headers)


def _csv(wave_id: int) -> Iterator[str]:
    with reading() as session:
        yield from csv_pieces(DECISION_COLUMNS, stream_decisions(session, wave_id))


def _row(row: dict[str, Any], wave_id: int) -> dict[str, Any]:
    href = url_for("accounts.sheet", account_id=row["account_id"], wave=wave_id)
    why = WORDS[row["seat"] or row["reason"]]
    detail = row["exclusion_reason"] if row["reason"] == "excluded_by_manager" else None
    name = " ".join(filter(None, (row["first_name"], row["last_name"]))) or row["external_id"] or "deleted contact"
    return {**row, "href": href, "why": f"{why}: {detail}" if detail else why, "name": name}


def _user_id() -> int:
    user = current_user()
    return user.id if user else abort(401)


def _wave(session: Any, wave_id: int) -> tuple[Wave, Campaign]:
    query = select(Wave, Campaign).join(Campaign, Campaign.id == Wave.campaign_id).where(Wave.id == wave_id)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("There is no such wave.")
    return found[0], found[1]
