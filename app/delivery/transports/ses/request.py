"""Writes a mail as one `SendEmail` call, and refuses what would be cut, bent or smuggled on the way. No I/O.

boto3 checks none of this. Limits of headers: SES API v2, `MessageHeader`; tags: `MessageTag`.
"""

from __future__ import annotations

import re
from email.header import Header
from email.utils import parseaddr
from functools import lru_cache
from typing import Any, NamedTuple

from app.accounts.addresses import email_key
from app.delivery.transports import HoldWave, OutgoingMail, Rejected

MOST_HEADERS = 15
_is_header_name = re.compile(r"[!-9;-~]{1,126}").fullmatch
_is_header_value = re.compile(r"[ -~]{1,995}").fullmatch
_is_tag = re.compile(r"[A-Za-z0-9_-]{1,256}").fullmatch
# SES writes these itself; a second one would contradict the first.
_OF_SES = {
    *("from", "sender", "reply-to", "return-path", "to", "cc", "bcc"),
    *("subject", "date", "message-id", "mime-version"),
}
_NO_TRACKING = {"Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}}
"""Rating links are ours, and an open tells nothing: mail programs open by themselves."""


class Mailbox(NamedTuple):
    """A name and the address as SMTP carries it."""

    name: str
    address: str

    def __str__(self) -> str:
        """Return it as a header carries it: quoted where needed, other letters as encoded words, on one line."""
        if not self.name:
            return self.address
        if self.name.isascii():
            return '"{}" <{}>'.format(self.name.replace("\\", "\\\\").replace('"', '\\"'), self.address)
        return f"{Header(self.name, 'utf-8').encode(linesep='')} <{self.address}>"


@lru_cache(maxsize=256)  # each mail of a wave bears the same two
def mailbox(written: str) -> Mailbox:
    """Read `Name <address>`; raises HoldWave for what is no address, since all mails of the wave would bear it."""
    name, address = parseaddr(written) if written.isprintable() else ("", "")
    key = email_key(address)
    if key is None:
        raise HoldWave("the sender's or reply address of the brand is none that mail can be sent from", 60)
    return Mailbox(name, key)


def request(mail: OutgoingMail, configuration_set: str) -> dict[str, Any]:
    """Return the arguments of `SendEmail`; raises Rejected or HoldWave for what SES must not be given."""
    recipient = email_key(mail.recipient)
    if recipient is None:
        raise Rejected("no mail can go to this address")
    if not mail.subject.isprintable():
        raise Rejected("the subject is not one line of plain text")
    call: dict[str, Any] = {
        "FromEmailAddress": str(mailbox(mail.sender)),
        "Destination": {"ToAddresses": [recipient]},
        "ReplyToAddresses": [str(mailbox(mail.reply_to))],
        "Content": {
            "Simple": {
                "Subject": _text(mail.subject),
                "Body": {"Text": _text(mail.text), "Html": _text(mail.html)},
                "Headers": _headers(mail),
            }
        },
        "EmailTags": _tags(mail),
        "ConfigurationOverrides": _NO_TRACKING,
    }
    return call | ({"ConfigurationSetName": configuration_set} if configuration_set else {})


def _text(value: str) -> dict[str, str]:
    return {"Data": value, "Charset": "UTF-8"}


def _headers(mail: OutgoingMail) -> list[dict[str, str]]:
    if len(mail.headers) > MOST_HEADERS:
        raise Rejected(f"the mail has more than {MOST_HEADERS} headers")
    for name, value in mail.headers.items():
        if not _is_header_name(name) or name.lower() in _OF_SES or name.lower().startswith("content-"):
            raise Rejected("the mail has a header that is not ours to set")
        if not _is_header_value(value):
            raise Rejected(f"the header {name} is not one line of at most 995 ASCII characters")
    return [{"Name": name, "Value": value} for name, value in mail.headers.items()]


def _tags(mail: OutgoingMail) -> list[dict[str, str]]:
    tags = {**mail.tags, "attempt": str(mail.attempt_id)}
    if not all(_is_tag(part) for tag in tags.items() for part in tag):
        raise Rejected("the mail has a tag that SES does not take")
    return [{"Name": name, "Value": value} for name, value in tags.items()]
