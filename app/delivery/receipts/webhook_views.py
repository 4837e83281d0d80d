"""Where SNS posts receipts, for installations without a queue; a program speaks to us here, and nobody is believed.

The checks stand in this order on purpose: nothing is fetched for a topic that is not ours, and nothing is applied or
confirmed that SNS of the topic's own region did not sign within the hour.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, Response, current_app, request
from flask.sansio.blueprints import BlueprintSetupState
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import RequestEntityTooLarge

from app.core.auth.sessions import open_to_everyone
from app.core.current import settings
from app.core.web import csrf
from app.delivery.receipts.applying import apply
from app.delivery.receipts.certificates import CertificateAway, Certificates, NoCertificate
from app.delivery.receipts.events import UnreadableEvent, read_notification
from app.delivery.receipts.signatures import (
    Notice,
    Unreadable,
    Untrusted,
    certificate_url,
    check_age,
    check_signature,
    check_topic,
    read_notice,
)
from app.delivery.transports import Rejected, TryLater

log = logging.getLogger(__name__)

pages = Blueprint("receipts_hook", __name__)

LARGEST = 256 * 1024
"""Bytes; what SNS takes itself."""

CERTIFICATES = "sns_certificates"
_TYPES = {"text/plain", "application/json"}


@pages.record_once
def _equip(state: BlueprintSetupState) -> None:
    state.app.extensions[CERTIFICATES] = Certificates()


@pages.post("/hooks/ses/sns")
@open_to_everyone
def take() -> Response:
    """Take one message of SNS: 200 when it is done with, 4xx for what is never taken, 503 to be sent again."""
    request.max_content_length = LARGEST
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return _refuse(413, f"it is larger than {LARGEST:,} bytes")
    if request.mimetype not in _TYPES:
        return _refuse(415, "it is neither text/plain nor application/json")
    try:
        return _acted_on(_trusted(body))
    except (Unreadable, UnreadableEvent) as fault:
        return _refuse(400, str(fault))
    except (Untrusted, NoCertificate, Rejected) as fault:
        return _refuse(403, str(fault))
    except (CertificateAway, TryLater) as fault:
        return _refuse(503, str(fault))
    except OperationalError as error:
        return _refuse(503, f"the database cannot be used ({type(error.orig).__name__})")


csrf.exempt(take)  # no decorator: it has no types, and would take those of the view away


def _trusted(body: bytes) -> Notice:
    """Return the message if SNS signed it for one of our topics within the hour."""
    now = datetime.now(UTC)
    certificates = cast(Certificates, current_app.extensions[CERTIFICATES])
    notice = read_notice(body)
    check_topic(notice, settings().topics)
    url = certificate_url(notice)
    certificate = certificates.at(url)
    check_signature(notice, certificate, now=now)
    certificates.keep(url, certificate)
    check_age(notice, now=now)
    return notice


def _acted_on(notice: Notice) -> Response:
    if notice.kind == "Notification":
        event = read_notification(notice.fields)
        if event is not None:
            apply([event])
    elif notice.kind == "SubscriptionConfirmation":
        _confirm(notice)
        log.info("The subscription to %s is confirmed.", notice.topic)
    else:
        log.warning("The subscription to %s has ended: receipts do not come here any more.", notice.topic)
    return _plain(200, "taken")


def _confirm(notice: Notice) -> None:
    # Imported here: a web process needs boto3 once in its installation's life, if ever.
    from app.delivery.transports.ses.subscriptions import confirm

    confirm(settings(), topic=notice.topic, region=notice.region, token=notice.fields["Token"])


def _refuse(status: int, why: str) -> Response:
    """Refuse in a few words that quote nothing of what came: the log must not hold anybody's address."""
    log.warning("A message to the webhook of SNS was refused with %d: %s.", status, why)
    return _plain(status, why)


def _plain(status: int, text: str) -> Response:
    return Response(f"{text}\n", status=status, mimetype="text/plain")
