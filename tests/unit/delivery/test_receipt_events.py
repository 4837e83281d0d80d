"""What SES tells is read into our words, bare or in an envelope, and what is no event is said to be none."""

from __future__ import annotations

import contextlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.receipts.events import Event, UnreadableEvent, read
from tests.support.fake_ses.events import body

ATTEMPT = uuid.UUID(int=7)
AT = "2026-11-02T09:30:00.000Z"


def event(kind: str, *, legacy: bool = False, tags: dict[str, str] | None = None, **detail: Any) -> Event:
    told = {"attempt": str(ATTEMPT)} if tags is None else tags
    found = read(json.dumps(body(kind, "m-1", "ann@company.example", told, legacy=legacy, timestamp=AT, **detail)))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "ours", "detail"),
    [
        ("Send", "sent", None),
        ("Delivery", "delivered", None),
        ("Bounce", "bounced", "Permanent/General"),
        ("Complaint", "complained", "abuse"),
        ("Reject", "rejected", "Bad content"),
        ("Rendering Failure", "rejected", "Attribute is missing"),
        ("Open", "opened", None),
        ("Click", "clicked", None),
        ("DeliveryDelay", "delayed", "TransientCommunicationFailure"),
        ("Subscription", "other", None),
    ],
)
def test_each_kind_of_event_has_a_word_of_ours(kind: str, ours: str, detail: str | None) -> None:
    found = event(kind)
    assert (found.kind, found.detail, found.provider_id, found.attempt_id) == (ours, detail, "m-1", ATTEMPT)
    assert found.happened_at == found.mailed_at == datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("type_", "subtype", "bounce"),
    [
        ("Permanent", "General", "permanent"),
        ("Permanent", "NoEmail", "permanent"),
        ("Permanent", "Suppressed", "permanent"),
        ("Permanent", "OnAccountSuppressionList", "permanent"),
        ("Transient", "MailboxFull", "transient"),
        ("Transient", "ContentRejected", "transient"),
        ("Undetermined", "Undetermined", "transient"),
    ],
)
def test_only_a_permanent_bounce_is_permanent(type_: str, subtype: str, bounce: str) -> None:
    found = event("Bounce", bounceType=type_, bounceSubType=subtype)
    assert (found.bounce, found.detail) == (bounce, f"{type_}/{subtype}")


def test_somebody_who_takes_a_mail_out_of_the_spam_folder_does_not_complain() -> None:
    assert event("Complaint", complaintFeedbackType="not-spam").kind == "other"


def test_a_notification_of_the_older_kind_names_the_mail_alone() -> None:
    found = event("Bounce", legacy=True)
    assert (found.attempt_id, found.provider_id, found.kind) == (None, "m-1", "bounced")


def enveloped(message: str, name: str = "n-1") -> str:
    return json.dumps({"Type": "Notification", "MessageId": name, "TopicArn": "arn", "Message": message})


def test_an_envelope_gives_its_id_and_a_bare_event_is_known_by_what_it_says() -> None:
    told = json.dumps(body("Bounce", "m-1", "ann@company.example", {}, timestamp=AT))
    again = json.dumps(body("Bounce", "m-1", "Ann@company.example", {}, timestamp=AT))
    keys = [found.key for text in (told, again, enveloped(told)) if (found := read(text))]
    assert keys[0] == keys[1] != keys[2] == "sns n-1"
    later = read(json.dumps(body("Bounce", "m-1", "ann@company.example", {}, timestamp="2026-11-02T09:31:00Z")))
    assert later is not None
    assert later.key != keys[0]


@pytest.mark.parametrize(
    "text",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        enveloped("Successfully validated SNS topic for Amazon SES event publishing."),
        json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have subscribed"}),
        json.dumps(body("Delivery", "m-1", "ann@company.example", {"test": "1"})),
    ],
)
def test_greetings_and_test_mails_are_no_news(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "[" * 100_000,
        "{}",
        '{"eventType": "Dance", "mail": {}}',
        '{"eventType": ["Send"], "mail": {}}',
        '{"eventType": "Send", "mail": []}',
        '{"eventType": "Send", "mail": {"messageId": "m"}}',
        '{"eventType": "Send", "mail": {"messageId": "m", "timestamp": "yesterday"}}',
        '{"eventType": "Send", "mail": {"messageId": "m", "timestamp": "0001-01-01T00:00:00+14:00"}}',
        '{"eventType": "Bounce", "bounce": "x", "mail": {"messageId": "m", "timestamp": "2026-11-02T09:30:00Z"}}',
        json.dumps({"Message": 7, "TopicArn": "arn", "MessageId": "n"}),
        json.dumps({"Message": "{}", "TopicArn": "arn"}),
    ],
)
def test_what_is_no_event_is_said_to_be_none_without_being_quoted(text: str) -> None:
    with pytest.raises(UnreadableEvent) as caught:
        read(text)
    assert "yesterday" not in str(caught.value)


def test_texts_are_such_as_a_database_takes() -> None:
    found = event("Reject", reason="Bad\0 content\ud800" + "x" * 1000)
    assert found.detail is not None
    assert found.detail.startswith("Bad content")
    assert found.detail.encode()
    assert len(found.detail) <= 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["eventType", "mail", "bounce", "Message", "TopicArn", "MessageId"]), JSON))
def test_whatever_comes_is_read_or_refused(document: dict[str, Any]) -> None:
    with contextlib.suppress(UnreadableEvent):
        read(json.dumps(document))


@given(st.sampled_from(["mail", "bounce"]), st.sampled_from(["messageId", "timestamp", "tags", "bounceType"]), JSON)
def test_an_event_with_one_part_replaced_is_read_or_refused(part: str, name: str, value: Any) -> None:
    told = body("Bounce", "m-1", "ann@company.example", {"attempt": str(ATTEMPT)})
    told[part][name] = value
    with contextlib.suppress(UnreadableEvent):
        read(json.dumps(told))
