"""One contract for every transport: what a mail engine may expect of the thing that hands mails over."""

from __future__ import annotations

import uuid

import pytest

from app.delivery.transports import OutgoingMail, make, names
from app.settings import Settings
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


@pytest.mark.parametrize("name", names())
def test_a_transport_hands_over_and_names_what_it_did(name: str, database: str) -> None:
    transport = make(settings(database, mail_transport=name))
    first = transport.send(MAIL)
    assert first
    assert transport.send(MAIL) == first, "the same attempt is the same mail"


def test_the_settings_allow_every_transport_and_no_other() -> None:
    allowed = Settings.model_fields["mail_transport"].annotation
    assert sorted(getattr(allowed, "__args__", ())) == names()
