"""The webhook of SNS believes nobody: refused with the right status, nothing fetched, nothing personal in the log."""

from __future__ import annotations

import io
import json
import logging
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder

from app import create_app
from app.core import db
from app.delivery.receipts.certificates import LARGEST, CertificateAway, Certificates, NoCertificate, download
from app.delivery.transports.ses.client import forget
from tests.support.fake_ses import CERTIFICATE_URL, TOPIC_ARN, FakeSes
from tests.support.fake_ses.events import body
from tests.support.fake_ses.notices import Notary, stamp
from tests.support.receipts import Mail, claimed, rows
from tests.support.settings import settings

PATH = "/hooks/ses/sns"


class Shelf:
    """Certificates as SNS would hand them out; notes who asked for which."""

    def __init__(self, certificate: str) -> None:
        self.asked: list[str] = []
        self.certificate = certificate.encode()
        self.fault: Exception | None = None

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.fault:
            raise self.fault
        return self.certificate


@pytest.fixture(scope="module")
def notary() -> Notary:
    return Notary()


@pytest.fixture
def listening(database: str, valkey: str) -> Iterator[Flask]:
    """The application with one topic on its allow list."""
    app = create_app(settings(database, valkey, ses_topics=f"{TOPIC_ARN}, {TOPIC_ARN}-2"))
    engine = db.engine()
    yield app
    engine.dispose()


@pytest.fixture
def shelf(listening: Flask, notary: Notary) -> Shelf:
    shelf = Shelf(notary.certificate)
    listening.extensions["sns_certificates"] = Certificates(shelf.fetch)
    return shelf


@pytest.fixture
def sns(listening: Flask, shelf: Shelf) -> FlaskClient:
    return listening.test_client(use_cookies=False)


def post(sns: FlaskClient, document: dict[str, Any] | bytes, mimetype: str = "text/plain; charset=UTF-8") -> int:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return sns.post(PATH, data=data, content_type=mimetype).status_code


def about(mail: Mail, kind: str = "Bounce") -> str:
    return json.dumps(body(kind, mail.provider_id, mail.recipient, {"attempt": str(mail.attempt_id)}))


def test_a_signed_receipt_is_applied_and_its_repetition_is_not(sns: FlaskClient, shelf: Shelf, notary: Notary) -> None:
    mail, other, *_ = claimed()
    document = notary.envelope(about(mail), version="2")
    for _ in range(10):
        assert post(sns, document) == 200
    assert post(sns, notary.envelope(about(other)), "application/json") == 200
    assert rows("SELECT state::text FROM message WHERE id <= :id", id=other.id) == [("bounced",), ("bounced",)]
    assert len(rows("SELECT id FROM receipt")) == 2
    assert shelf.asked == [CERTIFICATE_URL], "a good certificate is kept"


FOREIGN = "arn:aws:sns:eu-west-1:999999999999:ses-events"
WRONG = (
    # changed before it is signed, changed after, the answer, and whether the certificate is fetched
    ({}, {"Message": "{}"}, 403, True),
    ({}, {"Signature": "bm8="}, 403, True),
    ({}, {"SignatureVersion": "3"}, 403, True),
    ({}, {"Timestamp": "2026-01-01T00:00:00.000Z"}, 403, True),
    ({"Timestamp": stamp(datetime.now(UTC) - timedelta(minutes=61))}, {}, 403, True),
    ({"TopicArn": FOREIGN}, {}, 403, False),
    ({"SigningCertURL": "https://evil.example/SimpleNotificationService-1.pem"}, {}, 403, False),
    ({"SigningCertURL": CERTIFICATE_URL.replace("https", "http")}, {}, 403, False),
    ({"SigningCertURL": "https://169.254.169.254/latest/meta-data"}, {}, 403, False),
    ({"Message": "hello"}, {}, 400, True),
    ({}, {"Type": "Dance"}, 400, False),
)


def test_what_is_wrong_is_refused_and_nothing_is_fetched_from_elsewhere(
    sns: FlaskClient, listening: Flask, notary: Notary, caplog: pytest.LogCaptureFixture
) -> None:
    address = "ann@company.example"
    event = json.dumps(body("Bounce", "m-1", address, {}))
    for before, after, status, fetched in WRONG:
        shelf = Shelf(notary.certificate)
        listening.extensions["sns_certificates"] = Certificates(shelf.fetch)
        document = notary.envelope(event, **({"Subject": address} | before))
        caplog.clear()
        with caplog.at_level(logging.INFO):
            assert post(sns, document | after) == status, (before, after)
        assert shelf.asked == ([CERTIFICATE_URL] if fetched else []), (before, after)
        assert "refused" in caplog.text
        assert address not in caplog.text
    assert rows("SELECT id FROM receipt") == []


def test_a_large_body_is_refused_unread(sns: FlaskClient, shelf: Shelf) -> None:
    for size in (256 * 1024 + 1, 2 * 1024 * 1024, 3 * 1024 * 1024):
        assert post(sns, b"x" * size) == 413
    assert shelf.asked == []


def test_a_large_body_that_does_not_say_its_length_is_refused(sns: FlaskClient) -> None:
    body = io.BytesIO(b"x" * 3 * 1024 * 1024)
    environ = EnvironBuilder(PATH, method="POST", input_stream=body, content_type="text/plain").get_environ()
    del environ["CONTENT_LENGTH"]
    assert sns.open(environ | {"wsgi.input_terminated": True}).status_code == 413
    assert body.tell() < 1024 * 1024, "it is not even read to its end"


def test_other_types_and_other_methods_are_refused(sns: FlaskClient, notary: Notary) -> None:
    for mimetype in ("application/x-www-form-urlencoded", "text/html", "multipart/form-data"):
        assert post(sns, notary.envelope("{}"), mimetype) == 415
    assert sns.get(PATH).status_code == 405


def test_without_topics_in_the_settings_nothing_is_taken(customer: FlaskClient, notary: Notary) -> None:
    assert post(customer, notary.envelope("{}")) == 403


def test_a_passing_fault_asks_sns_to_try_again(sns: FlaskClient, shelf: Shelf, notary: Notary) -> None:
    document = notary.envelope("Successfully validated SNS topic for Amazon SES event publishing.")
    shelf.fault = CertificateAway("a time-out")
    assert post(sns, document) == 503
    shelf.fault = NoCertificate("there is none")
    assert post(sns, document) == 403
    shelf.fault = None
    assert post(sns, document) == 200


def test_with_the_database_away_sns_tries_again(sns: FlaskClient, notary: Notary) -> None:
    mail, *_ = claimed()
    db.connect("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")
    assert post(sns, notary.envelope(about(mail))) == 503


def test_a_subscription_is_confirmed_by_the_api_and_for_our_topics_only(
    sns: FlaskClient, shelf: Shelf, fake_ses: FakeSes, notary: Notary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in fake_ses.environment().items():
        monkeypatch.setenv(name, value)
    forget()
    shelf.certificate = fake_ses.certificate()
    document = fake_ses.confirmation()
    assert post(sns, document | {"SubscribeURL": f"{fake_ses.url}/evil"}) == 403
    assert post(sns, fake_ses.confirmation(TopicArn="arn:aws:sns:eu-west-1:999999999999:theirs")) == 403
    assert fake_ses.confirmed() == []
    assert post(sns, document) == 200
    assert fake_ses.confirmed() == [document["Token"]]
    fake_ses.fault("error", status=500, operation="ConfirmSubscription")
    assert post(sns, fake_ses.confirmation()) == 503
    ended = fake_ses.confirmation(Type="UnsubscribeConfirmation")
    assert post(sns, ended) == 200
    assert fake_ses.confirmed() == [document["Token"]]
    forget()


class _Shop(BaseHTTPRequestHandler):
    """Answers by path: 200 with a size, a redirect, or a status."""

    def do_GET(self) -> None:
        kind = self.path.strip("/")
        status = 200 if kind.startswith("size") else int(kind)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/size10")
        content = b"x" * int(kind.removeprefix("size")) if status == 200 else b""
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Shop) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # who breaks off does so on purpose
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_fetching_follows_nobody_and_takes_little() -> None:
    with serving() as shop:
        assert download(f"{shop}/size2000") == b"x" * 2000
        for kind in ("302", "404", f"size{LARGEST + 1}"):
            with pytest.raises(NoCertificate):
                download(f"{shop}/{kind}")
        with pytest.raises(CertificateAway):
            download(f"{shop}/503")
    with pytest.raises(CertificateAway):
        download(f"{shop}/size10")


def test_fetching_trusts_no_server_that_the_system_does_not(tmp_path: Path) -> None:
    with serving(stranger(tmp_path)) as shop, pytest.raises(CertificateAway, match="URLError"):
        download(f"{shop}/size10")


def stranger(folder: Path) -> ssl.SSLContext:
    """Return what makes a server speak TLS with a certificate that only itself has signed."""
    key, now = rsa.generate_private_key(65537, 2048), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context
