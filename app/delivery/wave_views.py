"""What an admin does to a wave's mails: send, pause, resume. Each is one POST."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.core.auth.sessions import actor
from app.core.queue import nudge
from app.delivery.launching import launch_wave
from app.delivery.pausing import pause_wave, resume_wave

pages = Blueprint("launching", __name__)


@pages.post("/waves/<int:wave_id>/send")
def send(wave_id: int) -> Response:
    """Queue the mails of a planned wave and wake the dispatcher."""
    at_once = request.form.get("at_once") == "yes"
    queued = launch_wave(wave_id, now=datetime.now(UTC), actor=actor(), at_once=at_once)
    nudge("workers.jobs.release")
    when = "on their way" if at_once else "queued; they leave in the working hours of their readers"
    flash(f"{queued:,} mails are {when}.", "done")
    return redirect(url_for("reporting.board", wave_id=wave_id))


@pages.post("/waves/<int:wave_id>/pause")
def pause(wave_id: int) -> Response:
    """Hold what has not left."""
    pause_wave(wave_id, actor=actor())
    flash("The wave is paused: mails that have not left stay here.", "done")
    return redirect(url_for("sending.index"))


@pages.post("/waves/<int:wave_id>/resume")
def resume(wave_id: int) -> Response:
    """Go on where it stood."""
    resume_wave(wave_id, actor=actor())
    nudge("workers.jobs.release")
    flash("The wave goes on; nobody is mailed twice.", "done")
    return redirect(url_for("sending.index"))
