"""The page of what changed since a wave was planned, and its CSV files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, stream_with_context

from app.accounts.discretion import told, worth
from app.campaigns.models import Wave
from app.core.db import reading
from app.core.errors import NotFound
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces
from app.delivery.happenings import KINDS, PER_PAGE, changes, every_change, happenings

pages = Blueprint("happenings", __name__, template_folder="templates")

COLUMNS = ("change", "account_id", "account", "contact_id", "person", "was", "is_now", "at")


@pages.get("/waves/<int:wave_id>/changes")
def show(wave_id: int) -> str:
    """Show what changed, and each change of one kind."""
    kind = text_asked("kind")
    with reading() as session:
        found = happenings(session, wave_id)
        wave = session.get_one(Wave, wave_id)
        listed = (
            changes(session, wave_id, kind, page_asked()) if kind in {one.kind for one in found} & set(KINDS) else None
        )
    return render_template(
        "delivery/changes.html",
        wave=wave,
        happenings=found,
        kind=kind if listed else None,
        of_person=bool(listed) and kind not in _OF_ACCOUNTS,
        listed=listed,
        rows=[_row(row, wave.currency) for row in listed.rows] if listed else [],
        per_page=PER_PAGE,
    )


@pages.get("/waves/<int:wave_id>/changes.csv")
def as_csv(wave_id: int) -> Response:
    """Return every change of one kind, streamed."""
    kind = text_asked("kind")
    with reading() as session:
        wave = session.get(Wave, wave_id)
    if wave is None or kind not in KINDS:
        raise NotFound("There is no such list of changes.")
    headers = {"Content-Disposition": f'attachment; filename="{kind}.csv"'}
    pieces = csv_pieces(COLUMNS, _lines(wave_id, kind, wave.currency))
    return Response(stream_with_context(pieces), mimetype="text/csv", headers=headers)


_OF_ACCOUNTS = frozenset(kind for kind in KINDS if not kind.startswith(("contact_", "level_")))


def _lines(wave_id: int, kind: str, currency: str) -> Iterator[list[object]]:
    with reading() as session:
        for row in every_change(session, wave_id, kind):
            was, now = (told(v, currency) if isinstance(v, Decimal) else v for v in (row["was"], row["now"]))
            at = row["at"].isoformat() if row["at"] else None
            yield [kind, row["account_id"], row["account"], row["contact_id"], row["person"], was, now, at]


def _row(row: Mapping[str, Any], currency: str) -> dict[str, Any]:
    shown = {name: worth(v, currency) if isinstance(v := row[name], Decimal) else v for name in ("was", "now")}
    return {**row, **shown}
