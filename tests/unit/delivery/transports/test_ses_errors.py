"""What each error of SES and boto3 means for the mail."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from app.delivery.transports import (
    HoldEverything,
    HoldWave,
    OutcomeUnknown,
    QuotaSpent,
    Rejected,
    SlowDown,
    TryLater,
)
from app.delivery.transports.ses.errors import judge

SENDER = "feedback@halden.example"
NOT_VERIFIED = "Email address is not verified. The following identities failed the check in region EU-WEST-1: "


def answered(code: str, status: int = 400, message: str = "ann@company.example") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, "SendEmail"
    )


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (answered("TooManyRequestsException", 429, "Maximum sending rate exceeded."), SlowDown),
        (answered("Throttling", 400, "Rate exceeded"), SlowDown),
        (answered("SomethingNew", 429), SlowDown),
        (answered("TooManyRequestsException", 429, "Daily message quota exceeded."), QuotaSpent),
        (answered("LimitExceededException", 400, "Daily message quota exceeded."), QuotaSpent),
        (answered("LimitExceededException", 400, "Maximum sending rate exceeded."), SlowDown),
        (answered("AccountSuspendedException"), HoldEverything),
        (answered("SendingPausedException"), HoldEverything),
        (answered("NotFoundException", 404), HoldEverything),
        (answered("AccessDeniedException", 403), HoldEverything),
        (answered("InvalidSignatureException", 403, "Signature expired"), HoldEverything),
        (answered("MailFromDomainNotVerifiedException"), HoldWave),
        (answered("MessageRejected", 400, NOT_VERIFIED + SENDER), HoldWave),
        (answered("MessageRejected", 400, NOT_VERIFIED + f'"Halden, Inc." <{SENDER}>'), HoldWave),
        (answered("MessageRejected", 400, NOT_VERIFIED + "halden.example, ann@company.example"), HoldWave),
        (answered("MessageRejected", 400, NOT_VERIFIED + "ann@company.example"), Rejected),
        (answered("MessageRejected", 400, "Virus"), Rejected),
        (answered("BadRequestException"), Rejected),
        (answered("InternalFailure", 500), OutcomeUnknown),
        (answered("ServiceUnavailable", 503), OutcomeUnknown),
        (ReadTimeoutError(endpoint_url="https://ses"), OutcomeUnknown),
        (ConnectionClosedError(endpoint_url="https://ses"), OutcomeUnknown),
        (BotoCoreError(), OutcomeUnknown),
        (ConnectTimeoutError(endpoint_url="https://ses"), TryLater),
        (EndpointConnectionError(endpoint_url="https://ses"), TryLater),
        (NoCredentialsError(), HoldEverything),
    ],
)
def test_every_error_has_its_outcome_and_names_nobody(
    error: BotoCoreError | ClientError, outcome: type[Exception]
) -> None:
    judged = judge(error, senders=[SENDER])
    assert type(judged) is outcome
    assert "@" not in str(judged)
