"""Receipts kept apart: news from the mail service about mails that are not in the ledger."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.core.db import reading
from app.core.listing import page_asked
from app.delivery.receipts.applying import kept_apart

pages = Blueprint("receipts", __name__, template_folder="templates")

PER_PAGE = 100


@pages.get("/receipts")
def index() -> str:
    """List them, the newest first."""
    page = page_asked()
    with reading() as session:
        rows = kept_apart(session, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
        if not rows and page > 1:
            page, rows = 1, kept_apart(session, limit=PER_PAGE)
    return render_template(
        "delivery/receipts.html", rows=rows, total=rows[0]["total"] if rows else 0, page=page, per_page=PER_PAGE
    )
