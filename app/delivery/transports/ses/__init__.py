"""The transport of Amazon SES, API v2: one `SendEmail` call a mail, one attempt a call."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from app.delivery.transports import Allowance, HoldEverything, OutcomeUnknown, OutgoingMail, Transport, TryLater
from app.delivery.transports.ses.account import account
from app.delivery.transports.ses.client import client
from app.delivery.transports.ses.errors import AWAY_SECONDS, judge
from app.delivery.transports.ses.examining import examine
from app.delivery.transports.ses.request import mailbox, request
from app.settings import Settings

__all__ = ["Ses", "examine", "make"]


class Ses:
    """Sends mails over one client that the threads of this process share."""

    def __init__(self, settings: Settings, sesv2: Any) -> None:
        self._settings = settings
        self._client = sesv2

    def send(self, mail: OutgoingMail) -> str:
        """Hand the mail over once; what the error table does not know to be harmless is an unknown outcome."""
        call = request(mail, self._settings.ses_configuration_set)
        try:
            answer = self._client.send_email(**call)
        except (BotoCoreError, ClientError) as error:
            raise judge(error, senders=[mailbox(mail.sender).address]) from None  # its text may quote the reader
        if not answer.get("MessageId"):
            raise OutcomeUnknown("SES answered without naming the mail")
        return str(answer["MessageId"])

    def allowance(self) -> Allowance:
        """Ask SES how fast and how much we may send."""
        try:
            found = account(self._settings)
        except (BotoCoreError, ClientError) as error:
            outcome = judge(error)
            silence = TryLater("SES does not say what we may send", AWAY_SECONDS)
            raise (outcome if isinstance(outcome, HoldEverything) else silence) from None
        return Allowance(found.per_second, found.per_day, found.sent_last_day, found.enabled)


def make(settings: Settings) -> Transport:
    """Return SES as the surroundings set it up."""
    return Ses(settings, client(settings, "sesv2"))
