"""Receipts: news from the mail service about mails that are not in the ledger, and all of an address or a message."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template
from sqlalchemy import RowMapping

from app.core.current import settings
from app.core.db import reading
from app.core.listing import page_asked, text_asked
from app.delivery.receipts.applying import kept_apart
from app.delivery.receipts.finding import find_receipts

pages = Blueprint("receipts", __name__, template_folder="templates")

PER_PAGE = 100


@pages.get("/receipts")
def index() -> str:
    """List what a search finds, else those kept apart; the newest first."""
    search, page = text_asked(), page_asked()
    rows = _rows(search, page)
    if not rows and page > 1:
        page, rows = 1, _rows(search, 1)
    return render_template(
        "delivery/receipts.html",
        rows=rows,
        total=rows[0]["total"] if rows else 0,
        page=page,
        per_page=PER_PAGE,
        search_text=search,
        days=settings().receipt_days,
    )


def _rows(search: str, page: int) -> Sequence[RowMapping]:
    offset = (page - 1) * PER_PAGE
    with reading() as session:
        if search:
            return find_receipts(session, search, limit=PER_PAGE, offset=offset)
        return kept_apart(session, limit=PER_PAGE, offset=offset)
