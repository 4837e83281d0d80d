"""A mail as one `SendEmail` call: what boto3 would let through, and must not leave."""

import uuid
from dataclasses import replace
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.composing import mailbox as written
from app.delivery.transports import HoldWave, OutgoingMail, Rejected
from app.delivery.transports.ses.request import request

MAIL = OutgoingMail(
    attempt_id=uuid.UUID(int=7),
    recipient="ann@company.example",
    sender="Halden Systems <feedback@halden.example>",
    reply_to="help@halden.example",
    subject="Eine Frage – 1 Minute",
    html="<p>Grüße</p>",
    text="Grüße",
    headers={"List-Unsubscribe": "<https://ask.example.com/u/x>"},
)


def call(**changes: Any) -> dict[str, Any]:
    return request(replace(MAIL, **changes), "quorum")


def test_the_call_carries_the_whole_mail_to_one_reader() -> None:
    made = call()
    assert made["Destination"] == {"ToAddresses": ["ann@company.example"]}
    assert made["ConfigurationSetName"] == "quorum"
    assert made["EmailTags"] == [{"Name": "attempt", "Value": str(MAIL.attempt_id)}]
    simple = made["Content"]["Simple"]
    assert simple["Subject"] == {"Data": "Eine Frage – 1 Minute", "Charset": "UTF-8"}
    assert simple["Headers"] == [{"Name": "List-Unsubscribe", "Value": "<https://ask.example.com/u/x>"}]
    assert made["ConfigurationOverrides"]["Tracking"]["ClickTrackingEnabled"] == "DISABLED"


@pytest.mark.parametrize("configuration_set", ["", "quorum"])
def test_the_call_has_the_shape_of_botos_own_model(configuration_set: str) -> None:
    model = botocore.session.get_session().get_service_model("sesv2").operation_model("SendEmail")
    made = request(replace(MAIL, tags={"wave": "7"}), configuration_set)
    assert ParamValidator().validate(made, model.input_shape).generate_report() == ""


def test_without_a_configuration_set_none_is_named() -> None:
    assert "ConfigurationSetName" not in request(MAIL, "")


@pytest.mark.parametrize(
    ("recipient", "address"),
    [("ann@bücher.example", "ann@xn--bcher-kva.example"), ("Ann@Company.example", "ann@company.example")],
)
def test_the_domain_goes_out_in_its_ascii_form(recipient: str, address: str) -> None:
    assert call(recipient=recipient)["Destination"] == {"ToAddresses": [address]}


@pytest.mark.parametrize(
    "recipient",
    [
        "änn@company.example",
        "ann@company.example, eve@evil.example",
        '"ann"@company.example',
        "ann@company.example\r\nBcc: eve@evil.example",
        "Ann <ann@company.example>",
        "x" * 243 + "@company.example",
        "",
    ],
)
def test_an_address_that_is_not_one_plain_mailbox_is_refused(recipient: str) -> None:
    with pytest.raises(Rejected) as refused:
        call(recipient=recipient)
    assert "@" not in str(refused.value), "the ledger's reasons name nobody"


@pytest.mark.parametrize(
    "name", ["Halden Systems", "Smith, Jones & Co.", 'The "Best" \\ Company', "Müller Größe", "日本の会社 " * 12, "a@b"]
)
def test_any_name_of_a_sender_arrives_as_it_is_and_on_one_line(name: str) -> None:
    header = call(sender=written(name, "feedback@halden.example"))["FromEmailAddress"]
    assert header.isascii()
    assert header.isprintable()
    shown, address = parseaddr(header)
    assert (str(make_header(decode_header(shown))), address) == (name.strip(), "feedback@halden.example")


@pytest.mark.parametrize("sender", ["nobody", "Halden <ä@halden.example>", "A <a@b.example>\nBcc: x@y.example"])
def test_a_sender_that_is_none_holds_the_wave_and_burns_no_message(sender: str) -> None:
    with pytest.raises(HoldWave):
        call(sender=sender)


@pytest.mark.parametrize(
    "headers",
    [
        {f"X-Header-{number}": "x" for number in range(16)},
        {"": "x"},
        {"X Header": "x"},
        {"X-Header:": "x"},
        {"X-Hëader": "x"},
        {"x" * 127: "x"},
        {"X-Header": ""},
        {"X-Header": "x" * 996},
        {"X-Header": "ü"},
        {"X-Header": "x\r\nBcc: eve@evil.example"},
        {"Bcc": "eve@evil.example"},
        {"from": "eve@evil.example"},
        {"Content-Type": "text/plain"},
    ],
)
def test_headers_that_ses_or_the_mail_cannot_bear_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Rejected):
        call(headers=headers)


def test_as_many_and_as_long_headers_as_ses_takes_pass() -> None:
    headers = {f"{number:02}" + "x" * 124: "y" * 995 for number in range(15)}
    assert len(call(headers=headers)["Content"]["Simple"]["Headers"]) == 15


@pytest.mark.parametrize("subject", ["one\ntwo", "one\r\nBcc: eve@evil.example", "one\x00two"])
def test_a_subject_is_one_line(subject: str) -> None:
    with pytest.raises(Rejected):
        call(subject=subject)


@pytest.mark.parametrize("tags", [{"wave": "ä"}, {"wa ve": "1"}, {"wave": ""}, {"wave": "1:2"}])
def test_tags_are_what_ses_takes(tags: dict[str, str]) -> None:
    with pytest.raises(Rejected):
        call(tags=tags)


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text(), max_size=3), st.text())
def test_whatever_comes_in_no_header_breaks_out_of_its_line(
    name: str, subject: str, headers: dict[str, str], recipient: str
) -> None:
    sender = written(name, "a@b.example")
    try:
        made = call(sender=sender, subject=subject, headers=headers, recipient=recipient)
    except (Rejected, HoldWave):
        return
    simple = made["Content"]["Simple"]
    lines = [made["FromEmailAddress"], simple["Subject"]["Data"], *made["Destination"]["ToAddresses"]]
    lines += [header[part] for header in simple["Headers"] for part in ("Name", "Value")]
    assert all(line.isprintable() for line in lines)
