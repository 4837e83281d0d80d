"""Amazon SNS: documents signed by a certificate authority of the test's own, and how they are posted to a webhook."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.support.fake_ses.events import ACCOUNT, REGION, stamp

TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:ses-events"
CERTIFICATE_NAME = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
CERTIFICATE_URL = f"https://sns.{REGION}.amazonaws.com/{CERTIFICATE_NAME}"

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_DIGESTS = {"1": hashes.SHA1, "2": hashes.SHA256}


class Notary:
    """Signs as SNS does; `ca_certificate` has signed `certificate`, both PEM."""

    def __init__(self) -> None:
        authority, self._key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        root = _certificate("Test CA", authority, "Test CA", authority, ca=True)
        leaf = _certificate(f"sns.{REGION}.amazonaws.com", self._key, "Test CA", authority, ca=False)
        self.ca_certificate, self.certificate = (
            certificate.public_bytes(serialization.Encoding.PEM).decode() for certificate in (root, leaf)
        )

    def signed(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the document with its signature, over the fields that SNS signs for its `Type`."""
        fields = [name for name in _SIGNED[document["Type"]] if name in document]
        canonical = "".join(f"{name}\n{document[name]}\n" for name in fields).encode()
        digest = _DIGESTS[document["SignatureVersion"]]()
        signature = self._key.sign(canonical, padding.PKCS1v15(), digest)
        return {**document, "Signature": base64.b64encode(signature).decode()}

    def envelope(self, message: str, *, version: str = "1", **changes: Any) -> dict[str, Any]:
        """Return the signed document that carries `message`; `changes` are made before it is signed."""
        document = {
            "Type": "Notification",
            "MessageId": str(uuid.uuid4()),
            "TopicArn": TOPIC_ARN,
            "Subject": "Amazon SES Email Event Notification",
            "Message": message,
            "Timestamp": stamp(),
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE_URL,
            "UnsubscribeURL": f"https://sns.{REGION}.amazonaws.com/?Action=Unsubscribe",
        }
        return self.signed(document | changes)

    def confirmation(self, token: str, *, version: str = "1", **changes: Any) -> dict[str, Any]:
        """Return the signed document that asks to confirm a subscription."""
        url = f"https://sns.{REGION}.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC_ARN}&Token={token}"
        document = {
            "Type": "SubscriptionConfirmation",
            "MessageId": str(uuid.uuid4()),
            "Token": token,
            "TopicArn": TOPIC_ARN,
            "Message": f"You have chosen to subscribe to the topic {TOPIC_ARN}.",
            "SubscribeURL": url,
            "Timestamp": stamp(),
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE_URL,
        }
        return self.signed(document | changes)


def _certificate(
    subject: str, key: rsa.RSAPrivateKey, issuer: str, authority: rsa.RSAPrivateKey, *, ca: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(authority, hashes.SHA256())
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def post(url: str, document: Mapping[str, Any]) -> int:
    """POST a document to a webhook as SNS does, and return the status of the answer."""
    headers = {
        "Content-Type": "text/plain; charset=UTF-8",
        "x-amz-sns-message-type": document["Type"],
        "x-amz-sns-message-id": document["MessageId"],
        "x-amz-sns-topic-arn": document["TopicArn"],
    }
    request = urllib.request.Request(url, json.dumps(document).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code
