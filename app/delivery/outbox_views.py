"""The Outbox: mails an installation without a mail service kept, as their readers would see them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request
from sqlalchemy import text

from app.core.auth.rights import Right
from app.core.auth.sessions import needs
from app.core.current import settings
from app.core.db import reading
from app.core.errors import NotFound
from app.core.listing import page_asked, text_asked
from app.core.searching import contains
from app.delivery.links import links_of

pages = Blueprint("outbox", __name__, template_folder="templates")

PER_PAGE = 50

_FROM = """
    FROM outbox_mail o
    LEFT JOIN message m ON m.attempt_id = o.attempt_id
    LEFT JOIN wave w ON w.id = m.wave_id
    WHERE (:search = '' OR o.recipient ILIKE :like OR o.subject ILIKE :like OR w.name ILIKE :like)
"""
_LIST = text(
    f"""
    SELECT o.id, o.recipient, o.subject, w.name AS wave, o.kept_at, count(*) OVER () AS total
    {_FROM} ORDER BY o.id DESC LIMIT :limit OFFSET :offset
    """
)
_MAIL = text(
    """
    SELECT o.id, o.recipient, o.subject, o.headers, o.html, o.text, o.kept_at, m.wave_id, w.name AS wave
    FROM outbox_mail o LEFT JOIN message m ON m.attempt_id = o.attempt_id LEFT JOIN wave w ON w.id = m.wave_id
    WHERE o.id = :id
    """
)
_NEIGHBOURS = text(
    f"""
    SELECT (SELECT min(o.id) {_FROM} AND o.id > :id) AS newer, (SELECT max(o.id) {_FROM} AND o.id < :id) AS older
    """
)


@pages.get("/outbox")
@needs(Right.EDIT)
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
        "delivery/outbox.html",
        rows=rows,
        total=total,
        page=page,
        per_page=PER_PAGE,
        search_text=search,
        keeps=settings().mail_transport == "outbox",
    )


def _matching(search: str) -> dict[str, Any]:
    return {"search": search, "like": contains(search)}


def _window(search: str, page: int) -> dict[str, Any]:
    return {**_matching(search), "limit": PER_PAGE, "offset": (page - 1) * PER_PAGE}


@pages.get("/outbox/<int:mail_id>")
@needs(Right.EDIT)
def mail(mail_id: int) -> str:
    """Show one mail: rendered, its links, as text, its headers; the next ones are those of the same search."""
    found, search = _mail(mail_id), text_asked()
    with reading() as session:
        neighbours = session.execute(_NEIGHBOURS, {**_matching(search), "id": mail_id}).mappings().one()
    return render_template(
        "delivery/mail.html",
        mail=found,
        links=links_of(found["html"]),
        neighbours=neighbours,
        search_text=search,
        phone=request.args.get("width") == "phone",
    )


@pages.get("/outbox/<int:mail_id>/html")
@needs(Right.EDIT)
def html(mail_id: int) -> Response:
    """Return the mail's own HTML for the frame; it may style itself and show its own logo, and do nothing else."""
    body = _mail(mail_id)["html"]
    ours = urlsplit(settings().public_url)
    response = Response(body, mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline';"
        f" img-src data: {ours.scheme}://{ours.netloc}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    return response


def _mail(mail_id: int) -> Any:
    with reading() as session:
        found = session.execute(_MAIL, {"id": mail_id}).mappings().one_or_none()
    if found is None:
        raise NotFound("There is no such mail in the outbox.")
    return found
