"""The transport of an installation without a mail service: mails are kept in the database and shown in the Outbox."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from app.core.db import transaction
from app.delivery.diagnosis import Finding, careful
from app.delivery.models import OutboxMail
from app.delivery.transports import OutgoingMail, Transport
from app.settings import Settings


class Outbox:
    """Keeps mails instead of sending them."""

    def send(self, mail: OutgoingMail) -> str:
        """Keep the mail; the same attempt is kept once, however often it is offered."""
        headers = {"From": mail.sender, "To": mail.recipient, "Reply-To": mail.reply_to, **mail.headers}
        kept = {
            "attempt_id": mail.attempt_id,
            "recipient": mail.recipient,
            "subject": mail.subject,
            "headers": headers,
            "html": mail.html,
            "text": mail.text,
        }
        with transaction() as session:
            session.execute(insert(OutboxMail).values(kept).on_conflict_do_nothing(index_elements=["attempt_id"]))
        return f"outbox-{mail.attempt_id}"

    def allowance(self) -> None:
        """Keep as many as there are: nobody counts them."""


def make(settings: Settings) -> Transport:
    """Return the outbox; it needs no settings of its own."""
    return Outbox()


def examine(settings: Settings, senders: Sequence[str]) -> list[Finding]:
    """Return one line: mails are kept, and nobody gets them."""
    return [careful("Mail", "kept in the outbox; nobody gets any", "To send, set MAIL_TRANSPORT=ses.")]
