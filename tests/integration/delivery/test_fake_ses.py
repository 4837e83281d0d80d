"""The stand-in for Amazon SES itself: real boto3 finds what the API reference promises, and faults as ordered."""

from __future__ import annotations

import base64
import json
import threading
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support.fake_ses import TOPIC_ARN, FakeSes
from tests.support.processes import eventually

ONE_ATTEMPT = Config(retries={"total_max_attempts": 1}, read_timeout=1, connect_timeout=1)


@pytest.fixture
def aws(fake_ses: FakeSes, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Clients of the three services, made as any program makes them."""
    for name, value in fake_ses.environment().items():
        monkeypatch.setenv(name, value)
    return {name: boto3.client(name, config=ONE_ATTEMPT) for name in ("sesv2", "sqs", "sns")}


def send(aws: dict[str, Any], recipient: str = "ana@company.example", **changes: Any) -> str:
    """Send a mail and return its id."""
    given = {
        "FromEmailAddress": "Quorum <survey@example.com>",
        "Destination": {"ToAddresses": [recipient]},
        "ReplyToAddresses": ["help@example.com"],
        "Content": {"Simple": content()},
        "EmailTags": [{"Name": "attempt", "Value": "a-1"}],
        "ConfigurationSetName": "quorum",
    }
    return str(aws["sesv2"].send_email(**(given | changes))["MessageId"])


def content(headers: int = 1, value: str = "auto-generated") -> dict[str, Any]:
    body = {"Html": {"Data": "<p>Grüezi</p>"}, "Text": {"Data": "Grüezi"}}
    named = [{"Name": f"X-Header-{number}", "Value": value} for number in range(headers)]
    return {"Subject": {"Data": "How are we doing?"}, "Body": body, "Headers": named}


def refused(code: str, deed: Any, *arguments: Any, **more: Any) -> None:
    with pytest.raises(ClientError) as error:
        deed(*arguments, **more)
    assert error.value.response["Error"]["Code"] == code


def test_it_keeps_what_real_boto3_sends(fake_ses: FakeSes, aws: dict[str, Any]) -> None:
    message_id = send(aws)
    (mail,) = fake_ses.mails()
    assert mail._replace(headers={}) == (
        *(message_id, "ana@company.example", "Quorum <survey@example.com>", ["help@example.com"]),
        *("How are we doing?", "<p>Grüezi</p>", "Grüezi", {}, {"attempt": "a-1"}, "quorum"),
    )
    assert mail.headers == {"X-Header-0": "auto-generated"}
    send(aws)
    assert fake_ses.doubles() == {"ana@company.example": 2}
    assert fake_ses.calls() == {"SendEmail": 2}


def test_it_holds_to_the_documented_limits(fake_ses: FakeSes, aws: dict[str, Any]) -> None:
    refused("BadRequestException", send, aws, Content={"Simple": content(headers=16)})
    refused("BadRequestException", send, aws, Content={"Simple": content(value="x" * 996)})
    refused("BadRequestException", send, aws, Content={"Simple": content(value="a\r\nBcc: b@c.example")})
    refused("BadRequestException", send, aws, EmailTags=[{"Name": "attempt", "Value": "a:1"}])
    refused("BadRequestException", send, aws, "zoë@company.example")
    refused("NotFoundException", send, aws, ConfigurationSetName="other")
    fake_ses.configure(any_sender=False, identities={"example.com": True, "example.org": False})
    refused("MessageRejected", send, aws, FromEmailAddress="survey@example.org")
    fake_ses.configure(production_access=False)
    refused("MessageRejected", send, aws)
    fake_ses.configure(sending_enabled=False)
    refused("SendingPausedException", send, aws)
    fake_ses.configure(enforcement_status="SHUTDOWN")
    refused("AccountSuspendedException", send, aws)
    assert fake_ses.count() == 0


def test_it_holds_to_rate_and_quota(fake_ses: FakeSes, aws: dict[str, Any]) -> None:
    fake_ses.configure(max_send_rate=0.001)
    send(aws)
    refused("TooManyRequestsException", send, aws)
    fake_ses.configure(max_send_rate=0, max_24_hour_send=2)
    send(aws)
    refused("LimitExceededException", send, aws)
    quota = aws["sesv2"].get_account()["SendQuota"]
    assert (quota["Max24HourSend"], quota["SentLast24Hours"]) == (2, 2)


def test_faults_come_as_ordered_and_once(fake_ses: FakeSes, aws: dict[str, Any]) -> None:
    fake_ses.throttle()
    fake_ses.server_error(status=503)
    fake_ses.fault("read_and_cut")
    fake_ses.fault("accept_and_cut")
    fake_ses.fault("accept_and_500")
    refused("TooManyRequestsException", send, aws)
    refused("InternalServiceErrorException", send, aws)
    for accepted in (0, 1):
        with pytest.raises(ConnectionClosedError):
            send(aws)
        assert fake_ses.count() == accepted
    refused("InternalServiceErrorException", send, aws)
    assert fake_ses.count() == 2
    send(aws)
    assert (fake_ses.count(), fake_ses.faults_waiting(), fake_ses.faults_done()) == (3, 0, 5)


def test_a_late_answer_comes_after_the_mail_was_stored(fake_ses: FakeSes, aws: dict[str, Any]) -> None:
    fake_ses.fault("accept", seconds=30)
    with pytest.raises(ReadTimeoutError):
        send(aws)
    fake_ses.fault("accept", held=True, recipient="bea@company.example")
    send(aws, "cyd@company.example")
    sent: list[str] = []
    thread = threading.Thread(target=lambda: sent.append(send(aws, "bea@company.example")))
    thread.start()
    eventually(lambda: fake_ses.count() == 3, "the held mail")
    assert sent == []
    fake_ses.release()
    thread.join()
    assert len(sent) == 1


def test_other_calls_fail_by_order_too(fake_ses: FakeSes, aws: dict[str, Any]) -> None:
    fake_ses.fault("error", operation="GetAccount", status=503)
    refused("InternalServiceErrorException", aws["sesv2"].get_account)
    assert aws["sesv2"].get_account()["SendingEnabled"] is True


def test_it_answers_what_a_doctor_asks(fake_ses: FakeSes, aws: dict[str, Any]) -> None:
    ses = aws["sesv2"]
    assert ses.get_email_identity(EmailIdentity="example.com")["VerifiedForSendingStatus"] is True
    refused("NotFoundException", ses.get_email_identity, EmailIdentity="other.example")
    assert ses.get_configuration_set(ConfigurationSetName="quorum")["ConfigurationSetName"] == "quorum"
    (destination,) = ses.get_configuration_set_event_destinations(ConfigurationSetName="quorum")["EventDestinations"]
    assert destination["SnsDestination"] == {"TopicArn": TOPIC_ARN}
    assert aws["sqs"].get_queue_url(QueueName="ses-events")["QueueUrl"] == fake_ses.queue_url
    refused("AWS.SimpleQueueService.NonExistentQueue", aws["sqs"].get_queue_url, QueueName="other")


def test_it_keeps_a_suppression_list_in_pages(fake_ses: FakeSes, aws: dict[str, Any]) -> None:
    ses = aws["sesv2"]
    for number in range(5):
        ses.put_suppressed_destination(EmailAddress=f"p{number}+x@company.example", Reason="BOUNCE")
    ses.delete_suppressed_destination(EmailAddress="p2+x@company.example")
    refused("NotFoundException", ses.delete_suppressed_destination, EmailAddress="p2+x@company.example")
    first = ses.list_suppressed_destinations(PageSize=3)
    rest = ses.list_suppressed_destinations(PageSize=3, NextToken=first["NextToken"])
    found = [*first["SuppressedDestinationSummaries"], *rest["SuppressedDestinationSummaries"]]
    assert [entry["EmailAddress"][1] for entry in found] == ["0", "1", "3", "4"]
    assert "NextToken" not in rest
    fake_ses.configure(events=["Send", "Delivery"])
    send(aws, "p0+x@company.example")
    assert [event["eventType"] for event in received(aws, fake_ses)] == ["Bounce"]


def received(aws: dict[str, Any], fake_ses: FakeSes) -> list[dict[str, Any]]:
    """Take all events out of the queue."""
    events = []
    while batch := aws["sqs"].receive_message(QueueUrl=fake_ses.queue_url, MaxNumberOfMessages=10).get("Messages"):
        entries = [{"Id": str(n), "ReceiptHandle": found["ReceiptHandle"]} for n, found in enumerate(batch)]
        aws["sqs"].delete_message_batch(QueueUrl=fake_ses.queue_url, Entries=entries)
        events += [json.loads(found["Body"]) for found in batch]
    return [json.loads(event["Message"]) if "Message" in event else event for event in events]


@pytest.mark.parametrize("envelope", [True, False])
def test_events_follow_a_mail_and_come_as_often_as_ordered(
    fake_ses: FakeSes, aws: dict[str, Any], envelope: bool
) -> None:
    fake_ses.configure(events=["Send"], envelope=envelope)
    message_id = send(aws)
    fake_ses.emit("Bounce", message_id, times=3, bounceType="Transient")
    send(aws, "bea@company.example")
    assert fake_ses.emit_all(["Delivery", "Open"], times=2, shuffle=1) == 8
    events = received(aws, fake_ses)
    assert [event["eventType"] for event in events][:5] == ["Send", *["Bounce"] * 3, "Send"]
    assert len(events) == 13
    assert events[1]["bounce"]["bounceType"] == "Transient"
    assert events[1]["mail"]["messageId"] == message_id
    assert events[1]["mail"]["tags"]["attempt"] == ["a-1"]
    assert fake_ses.queued() == 0
    fake_ses.emit("Rendering Failure", message_id)
    assert "failure" in received(aws, fake_ses)[0]
    fake_ses.emit("Complaint", message_id, legacy=True)
    (legacy,) = received(aws, fake_ses)
    assert (legacy["notificationType"], "tags" in legacy["mail"]) == ("Complaint", False)


def test_the_queue_gives_back_what_nobody_deleted(fake_ses: FakeSes, aws: dict[str, Any]) -> None:
    fake_ses.configure(visibility_seconds=0)
    aws["sqs"].send_message(QueueUrl=fake_ses.queue_url, MessageBody="one")
    for times in ("1", "2"):
        (found,) = aws["sqs"].receive_message(QueueUrl=fake_ses.queue_url, AttributeNames=["All"])["Messages"]
        assert (found["Body"], found["Attributes"]["ApproximateReceiveCount"]) == ("one", times)


def test_a_long_poll_ends_as_soon_as_something_comes(fake_ses: FakeSes, aws: dict[str, Any]) -> None:
    found: list[str] = []

    def poll() -> None:
        answer = boto3.client("sqs").receive_message(QueueUrl=fake_ses.queue_url, WaitTimeSeconds=20)
        found.extend(message["Body"] for message in answer["Messages"])

    thread = threading.Thread(target=poll)
    thread.start()
    eventually(lambda: fake_ses.calls()["ReceiveMessage"] == 1, "the long poll")
    fake_ses.put("late")
    thread.join()
    assert found == ["late"]


@pytest.mark.parametrize("version", ["1", "2"])
def test_documents_are_signed_as_sns_signs_them(fake_ses: FakeSes, version: str) -> None:
    fake_ses.configure(signature_version=version)
    root, leaf = (x509.load_pem_x509_certificate(pem) for pem in (fake_ses.ca_certificate(), fake_ses.certificate()))
    leaf.verify_directly_issued_by(root)
    key, digest = leaf.public_key(), hashes.SHA1() if version == "1" else hashes.SHA256()
    assert isinstance(key, rsa.RSAPublicKey)
    for document in (
        fake_ses.envelope({"eventType": "Send"}, Timestamp="2026-01-01T00:00:00Z"),
        fake_ses.confirmation(),
    ):
        unsigned = {"Signature", "SignatureVersion", "SigningCertURL", "UnsubscribeURL"}
        text = "".join(f"{name}\n{document[name]}\n" for name in sorted(document) if name not in unsigned)
        key.verify(base64.b64decode(document["Signature"]), text.encode(), padding.PKCS1v15(), digest)


def test_a_subscription_is_confirmed_by_its_token_only(fake_ses: FakeSes, aws: dict[str, Any]) -> None:
    token = fake_ses.confirmation()["Token"]
    refused("InvalidParameter", aws["sns"].confirm_subscription, TopicArn=TOPIC_ARN, Token="forged")
    aws["sns"].confirm_subscription(TopicArn=TOPIC_ARN, Token=token)
    assert fake_ses.confirmed() == [token]
