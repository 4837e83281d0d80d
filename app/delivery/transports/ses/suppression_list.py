"""The account-level suppression list of SES: addresses that it takes mails for and never delivers to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from app.core.errors import QuorumError
from app.delivery.transports.ses.client import client
from app.settings import Settings

PER_PAGE = 1000
_TRIES = 6
_FIRST_PAUSE_SECONDS = 0.5
_THROTTLED = {"TooManyRequestsException", "Throttling", "ThrottlingException"}
_Answer = TypeVar("_Answer")


class ListAway(QuorumError):
    """SES does not let us see or change its list."""


class Listed(NamedTuple):
    """One address of the list; `complaint` tells it from a bounce."""

    address: str
    complaint: bool
    since_at: datetime


class AccountList:
    """The list of the account; every call raises ListAway when SES does not serve us."""

    def __init__(self, settings: Settings) -> None:
        self._client = client(settings, "sesv2")

    def addresses(self) -> Iterator[Listed]:
        """Yield all addresses, page by page."""
        more: dict[str, Any] = {}
        while True:
            page = _called(lambda: self._client.list_suppressed_destinations(PageSize=PER_PAGE, **more))  # noqa: B023 - called at once
            for one in page.get("SuppressedDestinationSummaries", ()):
                yield Listed(one["EmailAddress"], one["Reason"] == "COMPLAINT", one["LastUpdateTime"])
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def put(self, address: str, *, complaint: bool) -> None:
        """Add an address."""
        reason = "COMPLAINT" if complaint else "BOUNCE"
        _called(lambda: self._client.put_suppressed_destination(EmailAddress=address, Reason=reason))

    def delete(self, address: str) -> None:
        """Remove an address; one that is not there is no fault."""
        try:
            _called(lambda: self._client.delete_suppressed_destination(EmailAddress=address))
        except _Unknown:
            return


class _Unknown(ListAway):
    pass


def _called(call: Callable[[], _Answer]) -> _Answer:
    """Call SES, more slowly when it asks for that: these calls may be repeated without harm, and are limited to few."""
    for attempt in range(_TRIES):
        try:
            return call()
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            if code == "NotFoundException":
                raise _Unknown("SES does not know the address.") from None
            if code not in _THROTTLED or attempt == _TRIES - 1:
                raise ListAway(f"SES does not serve its suppression list ({code}): check the permissions.") from None
            time.sleep(_FIRST_PAUSE_SECONDS * 2**attempt)
        except BotoCoreError as error:
            raise ListAway(f"SES cannot be asked for its suppression list ({type(error).__name__}).") from None
    raise AssertionError("the last try returns or raises")
