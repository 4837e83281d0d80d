"""The Outbox: mails an installation without a mail service kept, as their readers would see them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template
from sqlalchemy import select, text

from app.core.db import reading
from app.core.errors import NotFound
from app.core.listing import page_asked, text_asked
from app.core.searching import contains
from app.delivery.models import OutboxMail

pages = Blueprint("outbox", __name__, template_folder="templates")

PER_PAGE = 50

_LIST = text(
    """
    SELECT id, recipient, subject, kept_at, count(*) OVER () AS total FROM outbox_mail
    WHERE :search = '' OR recipient ILIKE :like OR subject ILIKE :like
    ORDER BY id DESC LIMIT :limit OFFSET :offset
    """
)


@pages.get("/outbox")
def index() -> str:
    """List the kept mails, the newest first."""
    search, page = text_asked(), page_asked()
    with reading() as session:
        rows = session.execute(_LIST, _window(search, page)).mappings().all()
        if not rows and page > 1:
            page = 1
            rows = session.execute(_LIST, _window(search, page)).mappings().all()
    total = rows[0]["total"] if rows else 0
    return render_template(
        "delivery/outbox.html", rows=rows, total=total, page=page, per_page=PER_PAGE, search_text=search
    )


def _window(search: str, page: int) -> dict[str, Any]:
    return {"search": search, "like": contains(search), "limit": PER_PAGE, "offset": (page - 1) * PER_PAGE}


@pages.get("/outbox/<int:mail_id>")
def mail(mail_id: int) -> str:
    """Show one mail: rendered, as text, its headers and links."""
    return render_template("delivery/mail.html", mail=_mail(mail_id))


@pages.get("/outbox/<int:mail_id>/html")
def html(mail_id: int) -> Response:
    """Return the mail's own HTML for the frame; it may style itself and show pictures, and do nothing else."""
    body = _mail(mail_id).html
    response = Response(body, mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline';"
        " img-src data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    return response


def _mail(mail_id: int) -> OutboxMail:
    with reading() as session:
        found = session.scalar(select(OutboxMail).where(OutboxMail.id == mail_id))
    if found is None:
        raise NotFound("There is no such mail in the outbox.")
    return found
