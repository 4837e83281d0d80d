"""What SES says about the account, its senders and where its events go, as plain facts.

Errors of boto3 pass: who asks decides what a silence means.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from app.delivery.transports.ses.client import client
from app.settings import Settings


class Account(NamedTuple):
    """The account: `per_day` is None when there is no limit; `enforcement` HEALTHY, PROBATION or SHUTDOWN."""

    sandbox: bool
    enabled: bool
    enforcement: str
    per_second: float
    per_day: int | None
    sent_last_day: int


class Identity(NamedTuple):
    """A domain or address to send from: whether it may, how its DKIM stands (SUCCESS when it signs), and how the
    domain of its own for bounces does (SUCCESS when it is in place, empty when there is none)."""

    verified: bool
    dkim: str
    mail_from: str


class Destination(NamedTuple):
    """Where a configuration set sends its events."""

    name: str
    enabled: bool
    events: frozenset[str]
    topic: str | None


def account(settings: Settings) -> Account:
    """Ask for the account and its quota."""
    found = client(settings, "sesv2").get_account()
    quota = found.get("SendQuota", {})
    per_day = int(quota.get("Max24HourSend", 0))
    return Account(
        sandbox=not found.get("ProductionAccessEnabled", False),
        enabled=bool(found.get("SendingEnabled", False)),
        enforcement=found.get("EnforcementStatus", ""),
        per_second=float(quota.get("MaxSendRate", 0)),
        per_day=None if per_day < 0 else per_day,
        sent_last_day=int(quota.get("SentLast24Hours", 0)),
    )


def identity(settings: Settings, name: str) -> Identity | None:
    """Ask for a domain or an address; None when SES does not know it."""
    found = _unless_unknown("get_email_identity", settings, EmailIdentity=name)
    if found is None:
        return None
    return Identity(
        verified=bool(found.get("VerifiedForSendingStatus")),
        dkim=found.get("DkimAttributes", {}).get("Status", ""),
        mail_from=found.get("MailFromAttributes", {}).get("MailFromDomainStatus", ""),
    )


def event_destinations(settings: Settings, configuration_set: str) -> list[Destination] | None:
    """Ask where the events of a configuration set go; None when SES does not know the set."""
    found = _unless_unknown(
        "get_configuration_set_event_destinations", settings, ConfigurationSetName=configuration_set
    )
    if found is None:
        return None
    return [
        Destination(
            name=one["Name"],
            enabled=bool(one.get("Enabled")),
            events=frozenset(one.get("MatchingEventTypes", ())),
            topic=one.get("SnsDestination", {}).get("TopicArn"),
        )
        for one in found.get("EventDestinations", ())
    ]


def _unless_unknown(operation: str, settings: Settings, **arguments: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = getattr(client(settings, "sesv2"), operation)(**arguments)
    except ClientError as error:
        if error.response["Error"].get("Code") == "NotFoundException":
            return None
        raise
    return found
