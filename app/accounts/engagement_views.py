"""The page of engagement: what activities weigh, how many are known, and when the scores were worked out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.activity_models import Activity, EngagementWeights
from app.accounts.engagement import HALF_LIFE, HIGHEST_WEIGHT, ActivityKind, Weights
from app.accounts.engaging import set_weights, weights_of
from app.core.auth.sessions import actor
from app.core.db import reading
from app.core.errors import Refused

pages = Blueprint("engagement", __name__, template_folder="templates")

KINDS: Mapping[ActivityKind, str] = {
    ActivityKind.MEETING: "Meetings",
    ActivityKind.TICKET: "Tickets",
    ActivityKind.PURCHASE: "Purchases",
    ActivityKind.LOGIN: "Logins",
    ActivityKind.MAIL_REPLY: "Replies to mails",
}


@pages.get("/engagement")
def index() -> str:
    """Show the weights and what they weigh."""
    with reading() as session:
        given = {kind: str(weight) for kind, weight in weights_of(session).items()}
        kept = session.get(EngagementWeights, 1)
    return _page(given, {}, kept.revision if kept else 1)


@pages.post("/engagement")
def change() -> AnyResponse | tuple[str, int]:
    """Set the weights, or show what is wrong."""
    given = {kind: request.form.get(kind, "").strip() for kind in ActivityKind}
    weights, faults = _weights(given)
    revision = request.form.get("revision", "")
    number = int(revision) if revision.isascii() and revision.isdecimal() and len(revision) < 10 else 0
    if faults:
        return _page(given, faults, number), 422
    try:
        scored = set_weights(weights, revision=number, actor=actor(), now=datetime.now(UTC))
    except Refused as refusal:
        with reading() as session:
            kept = session.get(EngagementWeights, 1)
        return _page(given, {ActivityKind.MEETING: str(refusal)}, kept.revision if kept else 1), 422
    people = "person has" if scored.changed == 1 else "people have"
    flash(f"The weights hold from now on: {scored.changed:,} {people} another score.", "done")
    return redirect(url_for("engagement.index"))


def _weights(given: Mapping[ActivityKind, str]) -> tuple[Weights, dict[ActivityKind, str]]:
    wrong = {
        kind: f"Give a whole number from 0 to {HIGHEST_WEIGHT}."
        for kind, typed in given.items()
        if not (typed.isascii() and typed.isdecimal() and len(typed) < 4 and int(typed) <= HIGHEST_WEIGHT)
    }
    return {kind: int(typed) for kind, typed in given.items() if kind not in wrong}, wrong


def _page(given: Mapping[ActivityKind, str], faults: Mapping[ActivityKind, str], revision: int) -> str:
    with reading() as session:
        kept = session.get(EngagementWeights, 1)
        counted = session.execute(select(Activity.kind, func.count(), func.max(Activity.happened_at)).group_by("kind"))
        known = {kind: (count, latest) for kind, count, latest in counted}
    rows = [
        {"name": name, "count": known.get(kind, (0, None))[0], "latest": known.get(kind, (0, None))[1]}
        for kind, name in KINDS.items()
    ]
    return render_template(
        "accounts/engagement.html",
        rows=rows,
        kinds=KINDS,
        given=given,
        faults=faults,
        revision=revision,
        kept=kept,
        half_life=HALF_LIFE,
        highest=HIGHEST_WEIGHT,
        total=sum(row["count"] for row in rows),
    )
