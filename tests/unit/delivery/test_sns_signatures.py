"""Nobody is believed but SNS of the topic's own region, and only within the hour."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from tests.support.fake_ses.notices import TOPIC_ARN, Notary

NOW = datetime.now(UTC)
NOTARY = Notary()
CERTIFICATE = NOTARY.certificate.encode()


def notice(**changes: Any) -> Notice:
    """Return a message as SNS signs it, then altered."""
    return read_notice(json.dumps({**NOTARY.envelope("{}"), **changes}).encode())


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("kind", ["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_what_sns_signs_is_believed(version: str, kind: str) -> None:
    if kind == "Notification":
        document = NOTARY.envelope("{}", version=version)
    else:
        document = NOTARY.confirmation("token", version=version, Type=kind)
    check_signature(read_notice(json.dumps(document).encode()), CERTIFICATE, now=NOW)


def test_a_message_without_a_subject_is_signed_without_one() -> None:
    document = NOTARY.envelope("{}")
    del document["Subject"]
    document = NOTARY.signed(document)
    check_signature(read_notice(json.dumps(document).encode()), CERTIFICATE, now=NOW)


@pytest.mark.parametrize("field", ["Message", "MessageId", "Subject", "Timestamp", "Signature", "SignatureVersion"])
def test_one_letter_changed_and_it_is_not(field: str) -> None:
    with pytest.raises(Untrusted):
        check_signature(notice(**{field: "x"}), CERTIFICATE, now=NOW)


def test_the_version_of_the_signature_is_not_up_to_who_posts() -> None:
    with pytest.raises(Untrusted, match="wrong"):
        check_signature(notice(SignatureVersion="2"), CERTIFICATE, now=NOW)


def test_somebody_elses_certificate_proves_nothing() -> None:
    with pytest.raises(Untrusted, match="wrong"):
        check_signature(notice(), Notary().certificate.encode(), now=NOW)
    with pytest.raises(Untrusted, match="cannot be read"):
        check_signature(notice(), b"<html>", now=NOW)
    with pytest.raises(Untrusted, match="not valid"):
        check_signature(notice(), CERTIFICATE, now=NOW + timedelta(days=60))


def test_only_topics_of_ours_are_listened_to() -> None:
    check_topic(notice(), {TOPIC_ARN})
    for allowed in (set(), {f"{TOPIC_ARN}-2"}, {TOPIC_ARN[:-1]}):
        with pytest.raises(Untrusted):
            check_topic(notice(), allowed)


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-1.pem",
        "https://user@sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://evil.example/SimpleNotificationService-1.pem",
        "https://evil.example#sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem?x=1",
        "https://sns.eu-west-1.amazonaws.com/../SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com/a/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com/other.pem",
        "https://sns.eu-west-1.amazonaws.com.cn/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com:port/SimpleNotificationService-1.pem",
        "https://[::1/SimpleNotificationService-1.pem",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_certificate_that_lies_elsewhere_is_not_fetched(url: str) -> None:
    with pytest.raises(Untrusted):
        certificate_url(notice(SigningCertURL=url))


def test_a_certificate_of_the_topics_region_may_be_fetched() -> None:
    assert certificate_url(notice()).startswith("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-")
    china = {
        "TopicArn": "arn:aws-cn:sns:cn-north-1:123456789012:ses",
        "SigningCertURL": "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-1.pem",
    }
    assert certificate_url(notice(**china)) == china["SigningCertURL"]


@pytest.mark.parametrize("minutes", [-90, -61, 61, 60 * 24 * 365])
def test_a_message_of_another_hour_is_refused(minutes: int) -> None:
    found = notice(Timestamp=(NOW - timedelta(minutes=minutes)).isoformat())
    with pytest.raises(Untrusted, match="another hour"):
        check_age(found, now=NOW)


def test_a_message_of_this_hour_is_taken() -> None:
    for minutes in (0, 59):
        check_age(notice(Timestamp=(NOW - timedelta(minutes=minutes)).isoformat()), now=NOW)
    with pytest.raises(Untrusted):
        check_age(notice(Timestamp="now"), now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"Type": "Dance"},
        {"Type": None},
        {"TopicArn": "arn:aws:sqs:eu-west-1:123456789012:ses"},
        {"TopicArn": "arn:aws:sns:evil.example/:123456789012:ses"},
        {"Message": {"a": 1}},
        {"Signature": None},
        {"SigningCertURL": 7},
        {"Type": "SubscriptionConfirmation"},
    ],
)
def test_what_lacks_a_field_is_no_message_of_sns(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        notice(**change)


@given(st.binary(max_size=200) | st.text(max_size=50).map(lambda text: json.dumps([text]).encode()))
def test_noise_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_notice(body)
