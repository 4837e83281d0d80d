"""Turns a claimed message into a mail: texts from the wave's survey version, links that only we can sign."""

from __future__ import annotations

import uuid
from dataclasses import replace
from email.headerregistry import Address
from functools import lru_cache
from typing import NamedTuple

from app.core.signing import Signer
from app.delivery.transports import OutgoingMail
from app.settings import Settings
from app.surveys.branding import brand_of
from app.surveys.brands import Brand, logo_url
from app.surveys.definition import Definition
from app.surveys.mails import Mail, Mails
from app.surveys.published import published
from app.surveys.texts import pick_language
from app.surveys.wording import SAMPLE_VALUES

_HEADERS = {
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "OOF, NRN, AutoReply, RN",
}


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
    brand_id: int | None = None
    sender_name: str | None = None


class Composer:
    """Writes letters under the brand of their survey, at the address customers reach."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._signer = Signer(settings.secret_key)

    def compose(self, letter: Letter) -> OutgoingMail:
        """Return the mail of `letter`, with its headers, in the contact's language."""
        survey = published(letter.survey_version_id)
        brand = brand_of(self._settings, letter.brand_id or survey.brand_id)
        definition = survey.definition
        unsubscribe_url = f"{self._settings.public_url}/u/{self._signer.sign('unsubscribe', letter.invitation_id)}"
        mail = survey.mails.write(
            brand,
            pick_language(definition.languages, contact=letter.language, default=definition.default_language),
            values={"first_name": letter.first_name, "account": letter.account, "product": None, "touchpoint": None},
            survey_url=f"{self._settings.public_url}/s/{self._signer.sign('survey', letter.invitation_id)}",
            unsubscribe_url=unsubscribe_url,
            logo_url=logo_url(self._settings.public_url, brand),
            reminder=letter.number,
        )
        outgoing = _outgoing(mail, brand, letter.attempt_id, letter.email, unsubscribe_url)
        if letter.sender_name is None:
            return outgoing
        return replace(outgoing, sender=mailbox(letter.sender_name, brand.sender_address))

    def compose_test(
        self,
        *,
        survey_id: int,
        definition: Definition,
        brand_id: int | None,
        language: str,
        number: int,
        recipient: str,
    ) -> OutgoingMail:
        """Return a test of the mail: to an invented customer, tagged `test`, with links that count for nothing."""
        brand, token = brand_of(self._settings, brand_id), self._signer.sign("test", survey_id)
        unsubscribe_url = f"{self._settings.public_url}/u/{token}"
        mail = Mails(definition).write(
            brand,
            language,
            values=SAMPLE_VALUES,
            survey_url=f"{self._settings.public_url}/s/{token}",
            unsubscribe_url=unsubscribe_url,
            logo_url=logo_url(self._settings.public_url, brand),
            reminder=number,
            is_test=True,
        )
        return _outgoing(mail, brand, uuid.uuid4(), recipient, unsubscribe_url, {"test": "1"})


def _outgoing(
    mail: Mail,
    brand: Brand,
    attempt_id: uuid.UUID,
    recipient: str,
    unsubscribe_url: str,
    tags: dict[str, str] | None = None,
) -> OutgoingMail:
    return OutgoingMail(
        attempt_id=attempt_id,
        recipient=recipient,
        sender=mailbox(brand.sender_name, brand.sender_address),
        reply_to=brand.reply_to,
        subject=one_line(mail.subject),
        html=mail.html,
        text=mail.text,
        headers={"List-Unsubscribe": f"<{unsubscribe_url}>", **_HEADERS, "X-Quorum-Attempt": str(attempt_id)},
        tags=tags or {},
    )


@lru_cache(maxsize=256)  # each mail of a brand bears the same
def mailbox(name: str, address: str) -> str:
    """Return `Name <address>` as a header may carry it: quoted where needed, on one line."""
    return str(Address(display_name=one_line(name), addr_spec=address))


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, as a header must be."""
    return "".join(character if character.isprintable() else " " for character in text).strip()
