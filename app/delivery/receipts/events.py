"""Reads what SES tells about a mail into our words. Pure: no I/O, and nothing here trusts what it reads.

Formats: event publishing (`eventType`, tags) and the older notifications (`notificationType`, no tags), both bare and
inside an SNS envelope. Facts: delivery page, «What comes back».
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from app.delivery.models import ReceiptKind

TAG, TEST_TAG = "attempt", "test"
LONGEST_TEXT = 200

_KINDS = {
    "Send": ReceiptKind.SENT,
    "Delivery": ReceiptKind.DELIVERED,
    "DeliveryDelay": ReceiptKind.DELAYED,
    "Bounce": ReceiptKind.BOUNCED,
    "Complaint": ReceiptKind.COMPLAINED,
    "Reject": ReceiptKind.REJECTED,
    "Rendering Failure": ReceiptKind.REJECTED,
    "Open": ReceiptKind.OPENED,
    "Click": ReceiptKind.CLICKED,
    "Subscription": ReceiptKind.OTHER,
}
_PARTS = {"Rendering Failure": "failure", "DeliveryDelay": "deliveryDelay"}
_RECIPIENTS = {
    "Bounce": "bouncedRecipients",
    "Complaint": "complainedRecipients",
    "DeliveryDelay": "delayedRecipients",
}
_GREETINGS = ("Successfully validated SNS topic", "AmazonSnsSubscriptionSucceeded", "AmazonSesSubscriptionSucceeded")


class UnreadableEvent(ValueError):
    """What came is no event of a mail; the text says why, without quoting it."""


class Event(NamedTuple):
    """One piece of news of one mail; `key` is the same for each repetition of it.

    `bounce` is `permanent` or `transient` for a bounce, `mailed_at` the moment the service took the mail.
    """

    key: str
    kind: ReceiptKind
    attempt_id: uuid.UUID | None
    provider_id: str
    bounce: str | None
    detail: str | None
    mailed_at: datetime
    happened_at: datetime


def read(body: str) -> Event | None:
    """Return the event in a message of the queue, bare or in an SNS envelope.

    None for a greeting of the service, and for news of a test mail, which is in nobody's ledger.

    Raises UnreadableEvent.
    """
    if body.startswith(_GREETINGS[0]):
        return None
    document = _document(body)
    if "Message" in document and "TopicArn" in document:
        return read_notification(document)
    return _event(document, None)


def read_notification(envelope: Mapping[str, Any]) -> Event | None:
    """Return the event in an SNS notification, which repeats under the same MessageId; None as in `read`."""
    message, name = envelope.get("Message"), envelope.get("MessageId")
    if not isinstance(message, str) or not isinstance(name, str) or not name:
        raise UnreadableEvent("the envelope has no message, or no id")
    if message.startswith(_GREETINGS[0]):
        return None
    return _event(_document(message), f"sns {_plain(name)}")


def _document(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableEvent("it is not JSON") from None
    if not isinstance(found, dict):
        raise UnreadableEvent("it is not an object")
    return found


def _event(document: dict[str, Any], key: str | None) -> Event | None:
    kind = document.get("eventType") or document.get("notificationType")
    if kind in _GREETINGS:
        return None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise UnreadableEvent("its type is not one that we know")
    mail, part = _part(document, "mail"), _part(document, _PARTS.get(kind, kind.lower()))
    if TEST_TAG in _part(mail, "tags"):
        return None
    provider_id = mail.get("messageId")
    if not isinstance(provider_id, str) or not provider_id:
        raise UnreadableEvent("it does not name a mail")
    mailed_at = _moment(mail.get("timestamp"))
    happened_at = _moment(part["timestamp"]) if "timestamp" in part else mailed_at
    ours, bounce, detail = _meaning(kind, part)
    return Event(
        key=key or _key(kind, provider_id, happened_at, _recipients(kind, mail, part)),
        kind=ours,
        attempt_id=_attempt(mail),
        provider_id=_plain(provider_id),
        bounce=bounce,
        detail=detail,
        mailed_at=mailed_at,
        happened_at=happened_at,
    )


def _meaning(kind: str, part: dict[str, Any]) -> tuple[ReceiptKind, str | None, str | None]:
    if kind == "Bounce":
        detail = _joined(part.get("bounceType"), part.get("bounceSubType"))
        return ReceiptKind.BOUNCED, "permanent" if part.get("bounceType") == "Permanent" else "transient", detail
    if kind == "Complaint":
        detail = _joined(part.get("complaintFeedbackType"), part.get("complaintSubType"))
        if part.get("complaintFeedbackType") == "not-spam":  # RFC 5965 (7.3.2): somebody took it out of the spam folder
            return ReceiptKind.OTHER, None, detail
        return ReceiptKind.COMPLAINED, None, detail
    said = {"DeliveryDelay": "delayType", "Reject": "reason", "Rendering Failure": "errorMessage"}
    return _KINDS[kind], None, _joined(part.get(said[kind])) if kind in said else None


def _attempt(mail: dict[str, Any]) -> uuid.UUID | None:
    values = _part(mail, "tags").get(TAG)
    try:
        return uuid.UUID(values[0]) if isinstance(values, list) and values and isinstance(values[0], str) else None
    except ValueError:
        return None


def _recipients(kind: str, mail: dict[str, Any], part: dict[str, Any]) -> list[str]:
    listed = part.get(_RECIPIENTS.get(kind, "recipients"))
    people = listed if isinstance(listed, list) else mail.get("destination")
    people = people if isinstance(people, list) else []
    return sorted(str(one.get("emailAddress") if isinstance(one, dict) else one).casefold() for one in people)


def _key(kind: str, provider_id: str, happened_at: datetime, recipients: list[str]) -> str:
    told = json.dumps([provider_id, kind, happened_at.isoformat(), recipients])
    return f"ses {hashlib.sha256(told.encode()).hexdigest()}"


def _part(document: dict[str, Any], name: str) -> dict[str, Any]:
    part = document.get(name, {})
    if not isinstance(part, dict):
        raise UnreadableEvent("a part of it is not an object")
    return part


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None:
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise UnreadableEvent("it does not say when it happened")


def _joined(*values: object) -> str | None:
    return "/".join(_plain(value) for value in values if isinstance(value, str) and value) or None


def _plain(text: str) -> str:
    """Return `text` as a database takes it and a page shows it: short, printable, without halves of characters."""
    return "".join(char for char in text[:LONGEST_TEXT] if char.isprintable())
