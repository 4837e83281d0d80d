"""The button that brings our suppression list and that of the SES account in step; the work is a job's."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Blueprint, abort, flash, redirect, url_for
from redis import RedisError
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core import progress
from app.core.audit import AuditEntry
from app.core.auth.sessions import current_user
from app.core.current import settings
from app.core.errors import Refused
from app.core.queue import WORK, enqueue
from app.delivery.suppression_syncing import DEED, WORK_NAME

pages = Blueprint("suppression_sync", __name__)


class SyncStanding(NamedTuple):
    """How the two lists stand: whether they are brought in step just now, why it failed, and when it was done last."""

    running: bool
    failure: str | None
    last: Any


def sync_standing(session: Session) -> SyncStanding | None:
    """Return how our list stands to that of SES, or None where SES does not send."""
    if settings().mail_transport != "ses":
        return None
    done = select(AuditEntry).where(AuditEntry.deed == DEED).order_by(AuditEntry.id.desc()).limit(1)
    running = progress.standing(WORK_NAME) is not None
    return SyncStanding(running, progress.failure(WORK_NAME), session.scalar(done))


@pages.post("/suppression/sync")
def sync() -> Response:
    """Let a worker bring the two lists in step; a second click changes nothing."""
    user = current_user() or abort(401)
    if settings().mail_transport != "ses":
        raise Refused("This installation does not send over SES, so there is no other list to be in step with.")
    try:
        enqueue(WORK, "workers.jobs.sync_suppression", user.id)
    except RedisError:
        raise Refused("The queue is away just now. Try again in a minute.") from None
    flash("The lists are brought in step now; that takes a minute or so for every thousand addresses.", "done")
    return redirect(url_for("suppression.index"))
