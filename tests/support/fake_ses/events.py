"""What Amazon SES says about a mail: the bodies of its events, as its guide gives them. Pure.

Source: Amazon SES developer guide, «Contents of event data that Amazon SES publishes to Amazon SNS».
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

ACCOUNT = "123456789012"
REGION = "eu-west-1"
CONFIGURATION_SET = "quorum"


def body(
    kind: str,
    message_id: str,
    recipient: str,
    tags: Mapping[str, str],
    *,
    legacy: bool = False,
    timestamp: str | None = None,
    **detail: Any,
) -> dict[str, Any]:
    """Return one event of `kind` ("Send", "Bounce", "Rendering Failure", …) about a mail to one recipient.

    `detail` replaces values of the event's own object, such as `bounceType="Transient"`; `timestamp` (ISO 8601, UTC)
    is when it happened. With `legacy` it is an identity's notification, which carries no tags.
    """
    at = timestamp or stamp()
    mail = _mail(message_id, recipient, at)
    if not legacy:
        own = {"ses:configuration-set": CONFIGURATION_SET, "ses:caller-identity": "quorum"}
        mail["tags"] = {name: [value] for name, value in {**own, **tags}.items()}
    key = "failure" if kind == "Rendering Failure" else kind[0].lower() + kind[1:]
    about = {**_ABOUT[kind](recipient, at), **detail}
    return {"notificationType" if legacy else "eventType": kind, "mail": mail, key: about}


def stamp(now: datetime | None = None) -> str:
    """Return a moment as AWS writes it, now by default."""
    return f"{(now or datetime.now(UTC)).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _mail(message_id: str, recipient: str, at: str) -> dict[str, Any]:
    return {
        "timestamp": at,
        "source": "Quorum <survey@example.com>",
        "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com",
        "sendingAccountId": ACCOUNT,
        "messageId": message_id,
        "destination": [recipient],
        "headersTruncated": False,
        "headers": [{"name": "To", "value": recipient}],
        "commonHeaders": {"to": [recipient], "messageId": message_id},
    }


def _bounce(recipient: str, at: str) -> dict[str, Any]:
    return {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": recipient,
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
        ],
        "timestamp": at,
        "feedbackId": "0102017f-bounce-000000",
        "reportingMTA": "dsn; a0-1.smtp-out.eu-west-1.amazonses.com",
    }


def _complaint(recipient: str, at: str) -> dict[str, Any]:
    return {
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": at,
        "feedbackId": "0102017f-complaint-000000",
        "complaintSubType": None,
        "complaintFeedbackType": "abuse",
        "userAgent": "AnyCompany Feedback Loop (V0.01)",
        "arrivalDate": at,
    }


def _delivery(recipient: str, at: str) -> dict[str, Any]:
    return {
        "timestamp": at,
        "processingTimeMillis": 812,
        "recipients": [recipient],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "a0-1.smtp-out.eu-west-1.amazonses.com",
    }


def _delay(recipient: str, at: str) -> dict[str, Any]:
    delayed = {"emailAddress": recipient, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 Unable to connect"}
    return {"delayType": "TransientCommunicationFailure", "delayedRecipients": [delayed], "timestamp": at}


def _looked(_: str, at: str) -> dict[str, Any]:
    return {"ipAddress": "192.0.2.1", "timestamp": at, "userAgent": "Mozilla/5.0"}


_ABOUT: Mapping[str, Callable[[str, str], dict[str, Any]]] = {
    "Send": lambda recipient, at: {},
    "Delivery": _delivery,
    "Bounce": _bounce,
    "Complaint": _complaint,
    "Reject": lambda recipient, at: {"reason": "Bad content"},
    "Open": _looked,
    "Click": lambda recipient, at: {**_looked(recipient, at), "link": "https://survey.example.com/", "linkTags": None},
    "DeliveryDelay": _delay,
    "Rendering Failure": lambda recipient, at: {"errorMessage": "Attribute is missing", "templateName": "none"},
    "Subscription": lambda recipient, at: {"contactList": "none", "timestamp": at, "source": "UnsubscribeHeader"},
}
