"""Whether a message of SNS is what it says it is: its fields, whose topic, signed by whom, and how old. No I/O.

Rules: delivery page, «Webhook safety», and the SNS guide on verifying signatures.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate

OLDEST = timedelta(hours=1)

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_HASHES: dict[str, type[hashes.SHA1] | type[hashes.SHA256]] = {"1": hashes.SHA1, "2": hashes.SHA256}
_ARN = re.compile(r"arn:(aws|aws-cn|aws-us-gov):sns:(?P<region>[a-z0-9-]{1,32}):[0-9]{12}:[A-Za-z0-9_.-]{1,256}")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")


class Untrusted(Exception):
    """The message is refused for good; the text says why, and quotes nothing of it."""


class Unreadable(Untrusted):
    """It is no message of SNS at all."""


class Notice(NamedTuple):
    """A message of SNS with all that its kind has to carry."""

    kind: str
    topic: str
    region: str
    fields: dict[str, str]


def read_notice(body: bytes) -> Notice:
    """Return the message in `body`; raises Unreadable."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("it is not an object")
    fields = {name: value for name, value in found.items() if isinstance(value, str)}
    kind, topic = fields.get("Type", ""), fields.get("TopicArn", "")
    wanted = {*_SIGNED.get(kind, ()), "Signature", "SignatureVersion", "SigningCertURL"} - {"Subject"}
    if kind not in _SIGNED or wanted - fields.keys():
        raise Unreadable("it lacks what a message of SNS carries")
    arn = _ARN.fullmatch(topic)
    if arn is None:
        raise Unreadable("its topic is not the name of a topic")
    return Notice(kind, topic, arn["region"], fields)


def check_topic(notice: Notice, allowed: Collection[str]) -> None:
    """Raise Untrusted unless the topic is one of ours; nothing may be fetched before."""
    if notice.topic not in allowed:
        raise Untrusted("its topic is not one of QUORUM_SES_TOPICS")


def certificate_url(notice: Notice) -> str:
    """Return where the signer's certificate lies; raises Untrusted when that is not SNS of the topic's own region."""
    url = notice.fields["SigningCertURL"]
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Untrusted("the address of its certificate cannot be read") from None
    host = f"sns.{notice.region}.amazonaws.com{'.cn' if notice.region.startswith('cn-') else ''}"
    if parts.scheme != "https" or parts.netloc != host or port is not None:
        raise Untrusted("its certificate lies elsewhere")
    if not _CERTIFICATE.fullmatch(parts.path) or parts.query or parts.fragment:
        raise Untrusted("its certificate lies elsewhere")
    return f"https://{host}{parts.path}"


def check_signature(notice: Notice, certificate: bytes, *, now: datetime) -> None:
    """Raise Untrusted unless the owner of `certificate` (PEM), which has not run out, signed the message."""
    version = notice.fields["SignatureVersion"]
    if version not in _HASHES:
        raise Untrusted("its signature is of a version that we do not know")
    try:
        signature = base64.b64decode(notice.fields["Signature"], validate=True)
        signer = load_pem_x509_certificate(certificate)
        key = signer.public_key()
    except (binascii.Error, ValueError):
        raise Untrusted("its signature or certificate cannot be read") from None
    if not isinstance(key, RSAPublicKey) or not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
        raise Untrusted("its certificate is not valid")
    try:
        key.verify(signature, canonical(notice), PKCS1v15(), _HASHES[version]())
    except InvalidSignature:
        raise Untrusted("its signature is wrong") from None


def canonical(notice: Notice) -> bytes:
    """Return the text that is signed: `Key\\nValue\\n` in byte order; a subject only if there is one."""
    names = [name for name in _SIGNED[notice.kind] if name in notice.fields]
    return "".join(f"{name}\n{notice.fields[name]}\n" for name in names).encode(errors="surrogatepass")


def check_age(notice: Notice, *, now: datetime) -> None:
    """Raise Untrusted for a message of another hour: somebody may have kept it to send it again."""
    try:
        sent_at = datetime.fromisoformat(notice.fields["Timestamp"])
    except ValueError:
        raise Untrusted("it does not say when it was sent") from None
    if abs(now - (sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC))) > OLDEST:
        raise Untrusted("it is of another hour")
