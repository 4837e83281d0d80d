"""Deed that sends a test mail: the survey as it stands now, to one address a person names, outside the ledger.

Nothing counts it: no invitation, no quota of a wave, no contact rule. Its links are test links.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from app.accounts.addresses import email_key
from app.accounts.models import Suppression
from app.core import audit
from app.core.db import reading, transaction
from app.core.errors import QuorumError
from app.delivery.composing import Composer
from app.delivery.transports import OutcomeUnknown, Rejected, Transport, TryLater, make
from app.settings import Settings
from app.surveys.designing import trial

DEED = "mail.tested"
MOST = 20
WINDOW = timedelta(minutes=10)
"""Test mails this installation sends in a window: enough for a person who looks, too few for a mailing."""

REMINDERS = 2


class Unfit(QuorumError):
    """What was typed cannot be used; `field` is address, language or number."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Tried(NamedTuple):
    """A test mail that left: to whom, and over which transport."""

    recipient: str
    transport: str


def send_test_mail(
    settings: Settings,
    key: str,
    *,
    address: str,
    language: str,
    number: int,
    actor: str,
    transport: Transport | None = None,
) -> Tried:
    """Send the mail of survey `key` to `address` now; an empty `language` is the survey's own first one.

    `number` is 0 for the invitation, 1 and 2 for its reminders. Raises Unfit for what was typed, NotFound or Refused
    for a survey that has no mail to send.
    """
    survey_id, definition, brand_id = trial(key)
    recipient = email_key(address)
    if recipient is None:
        raise Unfit("address", "This is no address mail can be sent to. Write it as name@company.example.")
    language = language or definition.default_language
    if language not in definition.languages:
        raise Unfit("language", "The survey does not speak this language. Choose one of the list.")
    if not 0 <= number <= REMINDERS:
        raise Unfit("number", "Choose the invitation or one of its two reminders.")
    _note(key, recipient, actor)
    mail = Composer(settings).compose_test(
        survey_id=survey_id,
        definition=definition,
        brand_id=brand_id,
        language=language,
        number=number,
        recipient=recipient,
    )
    try:
        (transport or make(settings)).send(mail)
    except (Rejected, TryLater, OutcomeUnknown) as error:
        raise Unfit("address", f"The test mail did not leave for sure: {error}.") from error
    return Tried(recipient, settings.mail_transport)


def _note(key: str, recipient: str, actor: str) -> None:
    """Write the try into the audit trail before it is made, unless there were too many or the address said no."""
    with reading() as session:
        refused = session.scalars(select(Suppression.reason).where(Suppression.email_key == recipient)).all()
    if refused:
        raise Unfit("address", "This address is on the suppression list, and gets no test mails either.")
    with transaction() as session:
        recently = select(func.count()).select_from(audit.AuditEntry)
        window = (audit.AuditEntry.deed == DEED, audit.AuditEntry.at > func.now() - WINDOW)
        if (session.scalar(recently.where(*window)) or 0) >= MOST:
            raise Unfit("address", f"{MOST} test mails left within a few minutes. Wait a little, then try again.")
        audit.record(session, actor=actor, deed=DEED, subject=f"survey {key}", recipient=recipient)
