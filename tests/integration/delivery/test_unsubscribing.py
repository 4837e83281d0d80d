"""One click is enough (RFC 8058), looking changes nothing, and a brand's no is not a no to the others."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.accounts.models import SuppressionReason
from app.core.db import transaction
from app.core.signing import Signer
from app.delivery.receipts.applying import apply
from app.delivery.suppressing import Entry, suppress
from tests.support.receipts import Mail, claimed, row, rows, suppressed
from tests.support.web import unsubscribe_path

ONE_CLICK = "List-Unsubscribe=One-Click"
BRANDS = """
    INSERT INTO brand (key, name, sender_name, sender_address, reply_to, postal_address, colour, footer, is_default)
    SELECT key, initcap(key), key, 'a@b.example', 'a@b.example', 'Street', '#1f2937', '', key = 'north'
    FROM unnest(ARRAY['north', 'south']) key
"""


@pytest.fixture
def mail(customer: FlaskClient) -> Mail:
    """A mail on its way; `customer` comes first, as it connects this process."""
    return claimed()[0]


def contact_status(mail: Mail) -> str:
    return str(row("SELECT status FROM contact WHERE email_key = :a", a=mail.recipient)["status"])


def test_looking_changes_nothing(customer: FlaskClient, mail: Mail) -> None:
    for method in ("get", "head"):
        answer = getattr(customer, method)(unsubscribe_path(mail.invitation_id))
        assert answer.status_code == 200
    assert suppressed() == []
    assert contact_status(mail) == "active"


@pytest.mark.parametrize(
    "how",
    [
        {"data": ONE_CLICK, "content_type": "application/x-www-form-urlencoded"},
        {"data": {"List-Unsubscribe": "One-Click"}, "content_type": "multipart/form-data"},
        {"data": b""},
    ],
)
def test_one_click_of_a_mail_program_unsubscribes_from_everything(
    customer: FlaskClient, mail: Mail, how: dict[str, object]
) -> None:
    answer = customer.post(unsubscribe_path(mail.invitation_id), **how)  # type: ignore[arg-type] # as werkzeug takes it
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert suppressed() == [(mail.recipient, "*", "unsubscribed")]
    assert contact_status(mail) == "opted_out"


def test_of_several_brands_one_may_be_refused_alone(customer: FlaskClient, mail: Mail) -> None:
    path = unsubscribe_path(mail.invitation_id)
    assert "unsubscribe_brand" not in customer.get(path).text
    with transaction() as session:
        session.execute(text(BRANDS))
    assert "unsubscribe_brand" in customer.get(path).text
    page = customer.post(path, data={"action": "unsubscribe_brand"}).text
    assert suppressed() == [(mail.recipient, "north", "unsubscribed")]
    assert contact_status(mail) == "active"
    assert page == customer.get(path).text
    assert 'value="unsubscribe"' in page
    customer.post(path, data={"action": "unsubscribe"})
    assert suppressed() == [(mail.recipient, "*", "unsubscribed"), (mail.recipient, "north", "unsubscribed")]
    assert "Good to have you back" in customer.post(path, data={"action": "resubscribe"}).text
    assert (suppressed(), contact_status(mail)) == ([], "active")
    assert rows("SELECT refused_at FROM invitation WHERE id = :id", id=mail.invitation_id) == [(None,)]


def test_without_brands_a_no_to_the_brand_is_a_no_to_everything(customer: FlaskClient, mail: Mail) -> None:
    customer.post(unsubscribe_path(mail.invitation_id), data={"action": "unsubscribe_brand"})
    assert suppressed() == [(mail.recipient, "*", "unsubscribed")]


def test_a_complaint_is_not_undone_by_a_button(customer: FlaskClient, mail: Mail) -> None:
    path = unsubscribe_path(mail.invitation_id)
    apply([mail.news("complained")])
    assert "resubscribe" not in customer.get(path).text
    page = customer.post(path, data={"action": "resubscribe"}).text
    assert "Done." in page
    assert suppressed() == [(mail.recipient, "*", "complaint")]
    assert rows("SELECT refused_at IS NULL FROM invitation WHERE id = :id", id=mail.invitation_id) == [(False,)]


def test_undoing_lifts_a_no_and_nothing_else(customer: FlaskClient, mail: Mail) -> None:
    with transaction() as session:
        suppress(session, [Entry(mail.recipient, SuppressionReason.HARD_BOUNCE)])
    path = unsubscribe_path(mail.invitation_id)
    customer.post(path, data=ONE_CLICK, content_type="application/x-www-form-urlencoded")
    customer.post(path, data={"action": "resubscribe"})
    assert suppressed() == [(mail.recipient, "*", "hard_bounce")]


def test_the_link_of_a_test_mail_shows_the_page_and_changes_nothing(customer: FlaskClient, mail: Mail) -> None:
    path = f"/u/{Signer('k' * 64).sign('test', 1)}"
    assert "This is a test" in customer.get(path).text
    for action, words in (("unsubscribe", "Done."), ("resubscribe", "Good to have you back")):
        page = customer.post(path, data={"action": action}).text
        assert words in page
        assert "This is a test" in page
    assert suppressed() == []
    assert customer.get(f"/u/{Signer('k' * 64).sign('survey', 1)}").status_code == 404
