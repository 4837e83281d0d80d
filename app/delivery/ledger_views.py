"""The messages: where every mail stands and why, found by search and filter, as CSV, and one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.models import Wave
from app.core.db import reading
from app.core.errors import NotFound
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces
from app.delivery.ledger import (
    COLUMNS,
    DELAYED,
    KINDS,
    PER_PAGE,
    REASONS,
    STATES,
    Wanted,
    message,
    message_counts,
    message_page,
    receipts_of,
    stream_messages,
    why,
)

pages = Blueprint("ledger", __name__, template_folder="templates")

MOST_WAVES = 12
"""Waves offered as a filter; older ones are reached from their own page."""

LATEST_FIRST = ("complained_at", "bounced_at", "delivered_at", "sent_at", "claimed_at")
"""Moments of a message: the first one there is says since when it stands where it stands."""


@pages.get("/messages")
def index() -> str:
    """List messages, the newest first, with how many stand where."""
    wanted = _wanted()
    with reading() as session:
        found = message_page(session, wanted)
        counts = message_counts(session, wanted.wave_id)
        waves = _waves(session, wanted.wave_id)
    return render_template(
        "delivery/messages.html",
        wanted=wanted,
        found=found,
        rows=[_row(row) for row in found.rows],
        counts=[{**row, "why": why(row)} for row in counts],
        waves=waves,
        states=STATES,
        reasons=REASONS,
        delayed=DELAYED,
        per_page=PER_PAGE,
    )


@pages.get("/messages.csv")
def as_csv() -> Response:
    """Return the messages that the list shows, all of them, streamed."""
    headers = {"Content-Disposition": 'attachment; filename="messages.csv"'}
    return Response(stream_with_context(_csv(_wanted())), mimetype="text/csv", headers=headers)


def _csv(wanted: Wanted) -> Iterator[str]:
    with reading() as session:
        yield from csv_pieces(COLUMNS, stream_messages(session, wanted))


@pages.get("/messages/<int:message_id>")
def show(message_id: int) -> str:
    """Show one message: every moment of its life."""
    with reading() as session:
        found, receipts = message(session, message_id), receipts_of(session, message_id)
    if found is None:
        raise NotFound("There is no such message.")
    return render_template("delivery/message.html", message=_row(found), receipts=receipts, states=STATES)


def _wanted() -> Wanted:
    given = request.args.get("wave", "")
    return Wanted(
        wave_id=int(given) if given.isascii() and given.isdecimal() and len(given) < 18 else None,
        state=text_asked("state"),
        reason=text_asked("reason"),
        search=text_asked(),
        page=page_asked(),
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    name = " ".join(filter(None, (row["first_name"], row["last_name"])))
    return {
        **row,
        "href": url_for("ledger.show", message_id=row["id"]),
        "name": name or row["recipient"] or "deleted contact",
        "kind": KINDS[row["number"]] if row["number"] < len(KINDS) else f"Mail {row['number'] + 1}",
        "why": why(row),
        "moved_at": next(filter(None, map(row.get, LATEST_FIRST)), None),
    }


def _waves(session: Session, wave_id: int | None) -> list[Wave]:
    launched = select(Wave).where(Wave.launched_at.is_not(None)).order_by(Wave.id.desc())
    newest = list(session.scalars(launched.limit(MOST_WAVES)))
    chosen = session.get(Wave, wave_id) if wave_id is not None else None
    return newest if chosen is None or chosen in newest else [chosen, *newest]
