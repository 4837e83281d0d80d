"""What each error of SES and boto3 means for the mail, in our words; the table stands on the delivery page.

The text of an outcome is kept in the ledger and shown to people: no address of anybody, nothing the provider wrote.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
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

TOO_FAST_SECONDS = 5
AWAY_SECONDS = 60
"""How long a mail waits that was surely not taken."""

_NOT_LET_IN = (NoCredentialsError, PartialCredentialsError, NoRegionError)
_NEVER_REACHED = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError, CredentialRetrievalError)
_LIMITS = {
    *("TooManyRequestsException", "Throttling", "ThrottlingException", "RequestThrottled"),
    *("LimitExceededException", "LimitExceeded"),
}
_words = re.compile(r"[^\s,;:<>\"]+").findall
_HOLD_EVERYTHING = {
    "AccountSuspendedException": "SES has suspended the account; its console says why",
    "SendingPausedException": "sending is paused in SES, for the account or the configuration set",
    "NotFoundException": "SES does not know the configuration set; see QUORUM_SES_CONFIGURATION_SET",
}


def judge(error: BotoCoreError | ClientError, *, senders: Collection[str] = ()) -> Exception:
    """Return the outcome that `error` stands for; `senders` are our own addresses that the call named.

    Whatever is not known to have happened before SES took the mail is an unknown outcome.
    """
    if isinstance(error, ClientError):
        return _answered(error, senders)
    if isinstance(error, _NOT_LET_IN):
        return HoldEverything("no region or credentials for AWS are set", AWAY_SECONDS)
    if isinstance(error, _NEVER_REACHED):
        return TryLater("SES could not be reached", AWAY_SECONDS)
    if isinstance(error, ParamValidationError):
        return Rejected("the mail is not one that SES takes")
    return OutcomeUnknown(f"the line to SES broke off ({type(error).__name__}); perhaps it took the mail, perhaps not")


def _answered(error: ClientError, senders: Collection[str]) -> Exception:
    code, text = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 500)
    if code in _LIMITS or status == 429:
        return _limit(code, text)
    if status >= 500:
        return OutcomeUnknown(f"SES answered with a fault of its own ({status}); perhaps it took the mail, perhaps not")
    if code in _HOLD_EVERYTHING:
        return HoldEverything(_HOLD_EVERYTHING[code], AWAY_SECONDS)
    if code == "MailFromDomainNotVerifiedException":
        return HoldWave("the MAIL FROM domain of the sender is not verified in SES", AWAY_SECONDS)
    if code == "MessageRejected" and "not verified" in text:
        return _unverified(text, senders)
    if status in (401, 403):
        return HoldEverything(f"AWS does not let us in ({code}); look at credentials, permissions, clock", AWAY_SECONDS)
    return Rejected(f"SES refused the mail ({code})")


def _limit(code: str, text: str) -> TryLater:
    by_the_day = "daily" in text.lower() or (code.startswith("LimitExceeded") and "rate" not in text.lower())
    if by_the_day:
        return QuotaSpent("the mails of the day are used up", AWAY_SECONDS)
    return SlowDown("SES wants mails more slowly", TOO_FAST_SECONDS)


def _unverified(text: str, senders: Collection[str]) -> Exception:
    """Tell whose identity failed the check: ours concerns the whole wave, the reader's only a mail of the sandbox."""
    failed = set(_words(text.lower()))
    if any(failed & {sender.lower(), sender.lower().rpartition("@")[2]} for sender in senders):
        return HoldWave("the sender of this wave is not a verified identity in SES", AWAY_SECONDS)
    return Rejected("the account is in the SES sandbox, and this address is not verified there")
