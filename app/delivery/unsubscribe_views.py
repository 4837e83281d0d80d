"""The page of a customer who wants no more mail; its POST is also what mail programs call (RFC 8058)."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from app.core.current import settings
from app.core.signing import Signer
from app.delivery.composing import brand_of
from app.delivery.unsubscribing import Recipient, find_recipient, resubscribe, unsubscribe
from app.surveys.rendering import Unsubscribe, notice_page, unsubscribe_page
from app.surveys.respondent import accepted_languages, by_link, respond, wanted_language
from app.surveys.texts import LANGUAGES, pick_language

pages = Blueprint("unsubscribe", __name__)


@pages.get("/u/<token>", strict_slashes=False)
@by_link
def ask(token: str) -> Response:
    """Ask with a button; looking changes nothing, since mail gateways look at every link."""
    found = _found(token)
    if found is None:
        return _wrong()
    _, recipient = found
    return _show("done" if recipient.unsubscribed else "ask", token, recipient)


@pages.post("/u/<token>", strict_slashes=False)
@by_link
def act(token: str) -> Response:
    """Unsubscribe, or take it back; no cookie, no redirect, 200, as RFC 8058 wants it."""
    found = _found(token)
    if found is None:
        return _wrong()
    invitation_id, recipient = found
    if request.form.get("action") == "resubscribe":
        resubscribe(invitation_id)
        return _show("undone", token, recipient)
    unsubscribe(invitation_id)
    return _show("done", token, recipient)


def _found(token: str) -> tuple[int, Recipient] | None:
    invitation_id = Signer(settings().secret_key).unsign("unsubscribe", token)
    recipient = find_recipient(invitation_id) if invitation_id is not None else None
    return None if invitation_id is None or recipient is None else (invitation_id, recipient)


def _show(kind: Unsubscribe, token: str, recipient: Recipient) -> Response:
    language = _language(recipient.language)
    action_url = url_for("unsubscribe.act", token=token, lang=wanted_language())
    return respond(unsubscribe_page(kind, brand_of(settings()), language, action_url=action_url))


def _wrong() -> Response:
    return respond(notice_page("wrong", None, _language(None)), 404)


def _language(contact: str | None) -> str:
    return pick_language(
        LANGUAGES, wanted=wanted_language(), contact=contact, accept=accepted_languages(), default="en"
    )
