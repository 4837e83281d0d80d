"""What an admin does to a wave's mails: send, pause, resume. Each is one POST."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from app.core.auth.sessions import actor
from app.core.queue import nudge
from app.delivery.launching import launch_wave
from app.delivery.pausing import pause_wave, resume_wave

pages = Blueprint("launching", __name__)


@pages.post("/waves/<int:wave_id>/send")
def send(wave_id: int) -> Response:
    """Queue the mails of a planned wave and wake the dispatcher."""
    queued = launch_wave(wave_id, now=datetime.now(UTC), actor=actor())
    nudge("workers.jobs.dispatch")
    flash(f"{queued:,} mails are on their way.", "done")
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
    nudge("workers.jobs.dispatch")
    flash("The wave goes on; nobody is mailed twice.", "done")
    return redirect(url_for("sending.index"))
