"""Turns a claimed message into a mail: texts from the wave's survey version, links that only we can sign."""

from __future__ import annotations

import uuid
from email.headerregistry import Address
from functools import lru_cache
from typing import NamedTuple

from app.core.signing import Signer
from app.delivery.transports import OutgoingMail
from app.settings import Settings
from app.surveys.brands import Brand, default_brand, load_brand
from app.surveys.definition import Definition
from app.surveys.rendering import mail
from app.surveys.texts import pick_language


class Letter(NamedTuple):
    """The facts of one mail; `number` is 0 for the invitation, then 1 and 2 for its reminders."""

    attempt_id: uuid.UUID
    invitation_id: int
    number: int
    email: str
    first_name: str | None
    last_name: str | None
    language: str | None
    account: str
    survey_version_id: int


class Composer:
    """Writes letters for one brand, at the address customers reach."""

    def __init__(self, settings: Settings) -> None:
        self._public_url = settings.public_url
        self._signer = Signer(settings.secret_key)
        self._brand = brand_of(settings)

    def compose(self, letter: Letter, definition: Definition) -> OutgoingMail:
        """Return the mail of `letter`, with its headers, in the contact's language."""
        brand = self._brand
        unsubscribe_url = f"{self._public_url}/u/{self._signer.sign('unsubscribe', letter.invitation_id)}"
        language = pick_language(definition.languages, contact=letter.language, default=definition.default_language)
        rendered = mail(
            definition,
            brand,
            language,
            values={"first_name": letter.first_name, "account": letter.account, "product": None, "touchpoint": None},
            survey_url=f"{self._public_url}/s/{self._signer.sign('survey', letter.invitation_id)}",
            unsubscribe_url=unsubscribe_url,
            reminder=letter.number,
        )
        return OutgoingMail(
            attempt_id=letter.attempt_id,
            recipient=letter.email,
            sender=mailbox(brand.sender_name, brand.sender_address),
            reply_to=brand.reply_to,
            subject=one_line(rendered.subject),
            html=rendered.html,
            text=rendered.text,
            headers={
                "List-Unsubscribe": f"<{unsubscribe_url}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "OOF, NRN, AutoReply, RN",
                "X-Quorum-Attempt": str(letter.attempt_id),
            },
        )


def mailbox(name: str, address: str) -> str:
    """Return `Name <address>` as a header may carry it: quoted where needed, on one line."""
    return str(Address(display_name=one_line(name), addr_spec=address))


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, as a header must be."""
    return "".join(character if character.isprintable() else " " for character in text).strip()


@lru_cache(maxsize=8)
def brand_of(settings: Settings) -> Brand:
    """Return the brand of this installation."""
    return load_brand(settings.brand_file) if settings.brand_file else default_brand()
