"""Test mails: what leaves, to whom, and that nothing in them counts."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from app.accounts.models import SuppressionReason
from app.core.audit import AuditEntry
from app.core.db import transaction
from app.core.errors import NotFound
from app.delivery.models import Message, OutboxMail
from app.delivery.suppressing import Entry, suppress
from app.delivery.transports import OutcomeUnknown, OutgoingMail, Rejected, TryLater
from app.delivery.trying import DEED, MOST, Tried, Unfit, send_test_mail
from app.surveys.designing import take_over
from tests.support.settings import settings
from tests.support.transport import ToldTransport
from tests.support.web import EMAIL, csrf_token

KEY = "relationship_nps"
FORM = f"/surveys/{KEY}/test-mails"


@pytest.fixture
def survey(database: str) -> str:
    """A survey one may try; yields the address of its database."""
    take_over(KEY, actor="test")
    return database


def sent(database: str, transport: ToldTransport, **changes: object) -> OutgoingMail:
    given = {"address": "Ana@Quorum.example", "language": "", "number": 0, "actor": "ana", **changes}
    assert send_test_mail(settings(database), KEY, transport=transport, **given) == Tried(  # type: ignore[arg-type]
        "ana@quorum.example", "outbox"
    )
    return transport.mails[-1]


def test_a_test_mail_says_so_and_leaves_outside_the_ledger(survey: str) -> None:
    transport = ToldTransport()
    invitation = sent(survey, transport)
    assert invitation.recipient == "ana@quorum.example"
    assert invitation.subject.startswith("[Test]")
    assert "/s/" in invitation.html
    german = sent(survey, transport, language="de")
    assert german.subject != invitation.subject
    assert german.attempt_id != invitation.attempt_id
    assert sent(survey, transport, number=2).subject != invitation.subject
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0
        entries = session.scalars(select(AuditEntry).where(AuditEntry.deed == DEED)).all()
    assert [(entry.actor, entry.subject) for entry in entries] == [("ana", f"survey {KEY}")] * 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", ""),
        ("address", "ana"),
        ("address", "ana@quorum.example\r\nBcc: all@customer.example"),
        ("address", "ü@quorum.example"),
        ("language", "tlh"),
        ("number", 3),
        ("number", -1),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_leaves(survey: str, field: str, value: object) -> None:
    transport = ToldTransport()
    with pytest.raises(Unfit) as fault:
        sent(survey, transport, **{field: value})
    assert fault.value.field == field
    assert transport.mails == []


def test_nobody_who_said_no_gets_a_test(survey: str) -> None:
    with transaction() as session:
        suppress(session, [Entry("ana@quorum.example", SuppressionReason.COMPLAINT)])
    transport = ToldTransport()
    with pytest.raises(Unfit, match="suppression list"):
        sent(survey, transport)
    assert transport.mails == []


def test_tests_are_no_way_to_mail_many(survey: str) -> None:
    transport = ToldTransport()
    for _ in range(MOST):
        sent(survey, transport)
    with pytest.raises(Unfit, match="Wait a little"):
        sent(survey, transport)
    assert len(transport.mails) == MOST
    with transaction() as session:
        session.execute(text("UPDATE audit_entry SET at = at - interval '11 minutes'"))
    sent(survey, transport)


@pytest.mark.parametrize("ending", [Rejected("not verified"), TryLater("too fast", 5), OutcomeUnknown("line cut")])
def test_a_mail_service_that_does_not_take_it_is_quoted(survey: str, ending: Exception) -> None:
    def refuse(mail: OutgoingMail, before: int) -> None:
        raise ending

    with pytest.raises(Unfit, match=str(ending)) as fault:
        sent(survey, ToldTransport(refuse))
    assert fault.value.field == "address"


def test_a_survey_there_is_not_cannot_be_tried(database: str) -> None:
    with pytest.raises(NotFound):
        send_test_mail(settings(database), "no_such", address=EMAIL, language="", number=0, actor="ana")


def test_the_form_proposes_oneself_and_keeps_what_was_typed(survey: str, admin_client: FlaskClient) -> None:
    page = admin_client.get(FORM).text
    assert f'value="{EMAIL}"' in page
    assert '<option value="de">German</option>' in page
    token = csrf_token(admin_client, FORM)
    wrong = admin_client.post(FORM, data={"csrf_token": token, "address": "ana@", "language": "de", "number": "1"})
    assert wrong.status_code == 422
    assert 'value="ana@"' in wrong.text
    assert '<option value="de" selected>' in wrong.text
    assert 'href="#field-address"' in wrong.text
    done = admin_client.post(FORM, data={"csrf_token": token, "address": EMAIL, "language": "de", "number": "1"})
    assert done.status_code == 302
    assert f"The test mail to {EMAIL} is kept in the outbox" in admin_client.get(done.location).text
    with transaction() as session:
        kept = session.scalars(select(OutboxMail)).one()
    assert kept.recipient == EMAIL
    assert ", a test" in admin_client.get(f"/outbox/{kept.id}").text
    assert admin_client.get("/surveys/no_such/test-mails").status_code == 404
    assert admin_client.post(FORM, data={"address": EMAIL}).status_code == 400
