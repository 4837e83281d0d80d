"""How sending stands: pace and quota, what is paused, by whom and why; pausing and resuming everything."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from redis import RedisError
from werkzeug.wrappers import Response

from app.core import navigation
from app.core.auth.sessions import actor
from app.core.current import settings
from app.core.db import reading
from app.core.queue import nudge
from app.delivery.overview import notices, overview
from app.delivery.pacing import snapshot
from app.delivery.pausing import pause_everything, resume_everything

pages = Blueprint("sending", __name__, template_folder="templates")
pages.record_once(lambda state: navigation.add_notices(cast(Flask, state.app), notices))

LONGEST_REASON = 500


@pages.get("/sending")
def index() -> str:
    """Show how sending stands."""
    return _page({}, "")


@pages.post("/sending/pause")
def pause() -> Response | tuple[str, int]:
    """Hold everything that has not left, with the reason a person wrote."""
    reason = request.form.get("reason", "").replace("\0", "").strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        fault = f"Write why, in up to {LONGEST_REASON} characters: whoever finds sending paused wants to know."
        return _page({"reason": fault}, reason), 422
    pause_everything(actor=actor(), reason=reason)
    flash("Sending is paused: what has not left stays here.", "done")
    return redirect(url_for("sending.index"))


@pages.post("/sending/resume")
def resume() -> Response:
    """Let everything go on that is not paused by itself."""
    resume_everything(actor=actor())
    nudge("workers.jobs.dispatch")
    flash("Sending goes on; nobody is mailed twice.", "done")
    return redirect(url_for("sending.index"))


def _page(faults: dict[str, str], reason: str) -> str:
    with reading() as session:
        found = overview(session)
    pace, redis_away = None, False
    try:
        pace = snapshot()
    except RedisError:
        redis_away = True
    return render_template(
        "delivery/sending.html",
        found=found,
        pace=pace,
        redis_away=redis_away,
        keeps=settings().mail_transport == "outbox",
        faults=faults,
        reason=reason,
    )
