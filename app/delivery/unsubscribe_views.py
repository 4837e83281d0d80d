"""The page of a customer who wants no more mail; its POST is also what mail programs call (RFC 8058)."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from app.accounts.models import EVERYTHING
from app.core.current import settings
from app.core.signing import Purpose, Signer
from app.delivery.unsubscribing import Recipient, find_recipient, resubscribe, unsubscribe
from app.surveys.branding import brand_of
from app.surveys.rendering import Unsubscribe, notice_page, unsubscribe_page
from app.surveys.respondent import accepted_languages, by_link, respond, wanted_language
from app.surveys.texts import LANGUAGES, pick_language

pages = Blueprint("unsubscribe", __name__)

_NOBODY = Recipient(None, None, None, from_everything=False, from_brand=False, complained=False)
"""Who looks at the page from a test mail."""


@pages.get("/u/<token>", strict_slashes=False)
@by_link
def ask(token: str) -> Response:
    """Ask with a button; looking changes nothing, since mail gateways look at every link."""
    recipient = _found(token)
    if recipient is None:
        return _wrong()
    return _show(_standing(recipient), token, recipient)


@pages.post("/u/<token>", strict_slashes=False)
@by_link
def act(token: str) -> Response:
    """Unsubscribe, or take it back; no cookie, no redirect, 200, as RFC 8058 wants it.

    A mail program names no button: it means everything, as whoever presses it there expects to hear no more.
    """
    recipient = _found(token)
    if recipient is None:
        return _wrong()
    action = request.form.get("action")
    invitation_id = _unsigned("unsubscribe", token)
    if invitation_id is None:
        return _show(_pretended(action), token, recipient)
    if action == "resubscribe":
        resubscribe(invitation_id)
    else:
        of_brand = action == "unsubscribe_brand" and recipient.brand_key is not None
        unsubscribe(invitation_id, scope=(recipient.brand_key if of_brand else None) or EVERYTHING)
    recipient = find_recipient(invitation_id) or recipient
    kind = _standing(recipient)
    return _show("undone" if kind == "ask" else kind, token, recipient)


def _found(token: str) -> Recipient | None:
    invitation_id = _unsigned("unsubscribe", token)
    if invitation_id is not None:
        return find_recipient(invitation_id)
    return None if _unsigned("test", token) is None else _NOBODY


def _unsigned(purpose: Purpose, token: str) -> int | None:
    return Signer(settings().secret_key).unsign(purpose, token)


def _standing(recipient: Recipient) -> Unsubscribe:
    if recipient.from_everything:
        return "done"
    return "done_brand" if recipient.from_brand else "ask"


def _pretended(action: str | None) -> Unsubscribe:
    return "undone" if action == "resubscribe" else "done"


def _show(kind: Unsubscribe, token: str, recipient: Recipient) -> Response:
    language = _language(recipient.language)
    page = unsubscribe_page(
        kind,
        brand_of(settings(), recipient.brand_id),
        language,
        action_url=url_for("unsubscribe.act", token=token, lang=wanted_language()),
        several_brands=recipient.brand_key is not None,
        undoable=not recipient.complained,
        is_test=recipient is _NOBODY,
    )
    return respond(page)


def _wrong() -> Response:
    return respond(notice_page("wrong", None, _language(None)), 404)


def _language(contact: str | None) -> str:
    return pick_language(
        LANGUAGES, wanted=wanted_language(), contact=contact, accept=accepted_languages(), default="en"
    )
