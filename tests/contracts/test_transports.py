"""One contract for every transport: what a mail engine may expect of the thing that hands mails over."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.delivery.transports import OutgoingMail, Transport, make, names
from app.delivery.transports.ses.client import forget
from app.settings import Settings
from tests.support.fake_ses import FakeSes
from tests.support.settings import settings

MAIL = OutgoingMail(
    attempt_id=uuid.UUID(int=7),
    recipient="ann@company.example",
    sender="Halden Systems <feedback@halden.example>",
    reply_to="feedback@halden.example",
    subject="Eine Frage – 1 Minute",
    html="<p>Hello</p>",
    text="Hello",
    headers={"List-Unsubscribe": "<https://ask.example.com/u/x>"},
)


@pytest.fixture(params=names())
def transport(
    request: pytest.FixtureRequest, database: str, fake_ses: FakeSes, monkeypatch: pytest.MonkeyPatch
) -> Transport:
    for name, value in fake_ses.environment().items():
        monkeypatch.setenv(name, value)
    forget()
    fake_ses.configure(identities={"halden.example": True})
    return make(settings(database, mail_transport=request.param, ses_configuration_set="quorum"))


def test_a_transport_hands_over_and_names_what_it_did(transport: Transport) -> None:
    assert transport.send(MAIL)


def test_two_attempts_have_two_names(transport: Transport) -> None:
    assert transport.send(MAIL) != transport.send(replace(MAIL, attempt_id=uuid.UUID(int=8)))


def test_a_transport_says_what_may_be_sent_or_that_nobody_counts(transport: Transport) -> None:
    allowance = transport.allowance()
    assert allowance is None or (allowance.enabled and allowance.per_second > 0)


def test_threads_may_share_a_transport(transport: Transport) -> None:
    mails = [replace(MAIL, attempt_id=uuid.UUID(int=number)) for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(transport.send, mails))) == 24


def test_the_settings_allow_every_transport_and_no_other() -> None:
    allowed = Settings.model_fields["mail_transport"].annotation
    assert sorted(getattr(allowed, "__args__", ())) == names()
