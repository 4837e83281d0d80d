"""The queue in SQS that the events of a configuration set arrive in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from app.core.errors import QuorumError
from app.delivery.transports.ses.client import client
from app.settings import Settings

AT_ONCE = 10
"""Messages that one call of SQS takes in or deletes at most."""

WAIT_SECONDS = 20
HIDDEN_SECONDS = 120
"""So long nobody else sees a message that was handed to us; what is not deleted by then comes again."""

_region_of = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/.*").fullmatch


class Queued(NamedTuple):
    """A message of the queue, and the handle to delete it by."""

    handle: str
    body: str


class QueueAway(QuorumError):
    """The queue does not serve us at the moment."""


class EventsQueue:
    """The queue of `settings.ses_queue_url`; threads may share it."""

    def __init__(self, settings: Settings) -> None:
        found = _region_of(settings.ses_queue_url)
        self._url = settings.ses_queue_url
        self._client = client(settings.model_copy(update={"aws_region": found[1]}) if found else settings, "sqs")

    def receive(self) -> list[Queued]:
        """Return up to ten messages; waits for the first one up to 20 seconds. Raises QueueAway."""
        try:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=AT_ONCE,
                WaitTimeSeconds=WAIT_SECONDS,
                VisibilityTimeout=HIDDEN_SECONDS,
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueAway(_explain(error)) from None
        return [Queued(one["ReceiptHandle"], one["Body"]) for one in answer.get("Messages", ())]

    def delete(self, handles: Sequence[str]) -> None:
        """Delete up to ten messages; one that cannot be deleted comes again, and changes nothing then."""
        entries = [{"Id": str(number), "ReceiptHandle": handle} for number, handle in enumerate(handles)]
        try:
            self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            raise QueueAway(_explain(error)) from None


def _explain(error: BotoCoreError | ClientError) -> str:
    code = error.response["Error"].get("Code", "") if isinstance(error, ClientError) else type(error).__name__
    return f"The queue of QUORUM_SES_QUEUE_URL does not serve us ({code}): check its address, region and permissions."
