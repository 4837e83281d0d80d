"""Amazon SQS: one queue, its long poll and its visibility timeout, in the JSON protocol of boto3."""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.fake_ses.events import ACCOUNT, REGION
from tests.support.fake_ses.line import Answer, Request, json_answer

QUEUE = "ses-events"
QUEUE_PATH = f"/{ACCOUNT}/{QUEUE}"
MOST_AT_ONCE = 10
LONGEST_WAIT_SECONDS = 20


@dataclass
class Waiting:
    """One message in the queue."""

    body: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    sent_at: float = field(default_factory=time.time)
    received: int = 0

    def seen(self, handle: str) -> dict[str, Any]:
        """Return the message as a receiver gets it."""
        return {
            "MessageId": self.id,
            "ReceiptHandle": handle,
            "MD5OfBody": _md5(self.body),
            "Body": self.body,
            "Attributes": {
                "ApproximateReceiveCount": str(self.received),
                "SentTimestamp": str(int(self.sent_at * 1000)),
            },
        }


class Refusal(Exception):
    """What SQS answers to a request that is wrong: the name of the error, and the sentence."""


class StandInQueue:
    """The queue; one event loop uses it, so nothing is locked."""

    def __init__(self, base_url: str) -> None:
        self.url = f"{base_url}{QUEUE_PATH}"
        self.visibility_seconds = 30.0
        self._ready: deque[Waiting] = deque()
        self._flying: dict[str, tuple[Waiting, float]] = {}
        self._arrival = asyncio.Event()

    def __len__(self) -> int:
        """Count what nobody has deleted yet, whether somebody is at it or not."""
        return len(self._ready) + len(self._flying)

    def put(self, body: str) -> Waiting:
        """Put a message at the end."""
        message = Waiting(body)
        self._ready.append(message)
        self._arrival.set()
        return message

    def answer(self, request: Request) -> Answer | Any:
        """Answer one call; a receiver with patience is answered when there is something, or when it is over."""
        operation = request.headers["x-amz-target"].rpartition(".")[2]
        given = request.json()
        deeds: dict[str, Callable[[dict[str, Any]], Any]] = {
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "ChangeMessageVisibility": self._change,
            "ChangeMessageVisibilityBatch": self._change_batch,
            "SendMessage": self._send,
            "GetQueueUrl": self._name,
            "GetQueueAttributes": self._attributes,
        }
        try:
            if not {given.get("QueueUrl", self.url).rpartition("/")[2], given.get("QueueName", QUEUE)} == {QUEUE}:
                raise Refusal("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
            if operation not in deeds:
                raise Refusal("UnsupportedOperation", f"The stand-in does not know {operation}.")
            answer = deeds[operation](given)
        except Refusal as refusal:
            kind, message = refusal.args
            return json_answer({"message": message}, 400, x_amzn_query_error=f"{kind};Sender")
        return json_answer(answer) if isinstance(answer, dict) else answer

    def _receive(self, given: dict[str, Any]) -> Any:
        most, patience = given.get("MaxNumberOfMessages", 1), given.get("WaitTimeSeconds", 0)
        if not 1 <= most <= MOST_AT_ONCE or not 0 <= patience <= LONGEST_WAIT_SECONDS:
            raise Refusal("InvalidParameterValue", "MaxNumberOfMessages 1–10, WaitTimeSeconds 0–20.")
        visibility = float(given.get("VisibilityTimeout", self.visibility_seconds))
        taken = self._take(most, visibility)
        return {"Messages": taken} if taken or not patience else self._receive_late(most, patience, visibility)

    async def _receive_late(self, most: int, patience: float, visibility: float) -> Answer:
        until = time.monotonic() + patience
        while not (taken := self._take(most, visibility)) and (left := until - time.monotonic()) > 0:
            self._arrival.clear()
            soonest = min((deadline - time.monotonic() for _, deadline in self._flying.values()), default=left)
            try:
                await asyncio.wait_for(self._arrival.wait(), max(0.0, min(left, soonest)))
            except TimeoutError:
                continue
        return json_answer({"Messages": taken} if taken else {})

    def _take(self, most: int, visibility: float) -> list[dict[str, Any]]:
        if not self._ready:
            now = time.monotonic()
            for handle in [handle for handle, (_, deadline) in self._flying.items() if deadline <= now]:
                self._ready.append(self._flying.pop(handle)[0])
        taken = []
        while self._ready and len(taken) < most:
            message = self._ready.popleft()
            message.received += 1
            handle = uuid.uuid4().hex
            self._flying[handle] = message, time.monotonic() + visibility
            taken.append(message.seen(handle))
        return taken

    def _delete(self, given: dict[str, Any]) -> dict[str, Any]:
        self._flying.pop(given["ReceiptHandle"], None)
        return {}

    def _delete_batch(self, given: dict[str, Any]) -> dict[str, Any]:
        entries = _at_most_ten(given["Entries"])
        for entry in entries:
            self._delete(entry)
        return {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []}

    def _change(self, given: dict[str, Any]) -> dict[str, Any]:
        handle = given["ReceiptHandle"]
        if handle in self._flying:
            self._flying[handle] = self._flying[handle][0], time.monotonic() + given["VisibilityTimeout"]
            self._arrival.set()
        return {}

    def _change_batch(self, given: dict[str, Any]) -> dict[str, Any]:
        entries = _at_most_ten(given["Entries"])
        for entry in entries:
            self._change({"VisibilityTimeout": 0, **entry})
        return {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []}

    def _send(self, given: dict[str, Any]) -> dict[str, Any]:
        message = self.put(given["MessageBody"])
        return {"MessageId": message.id, "MD5OfMessageBody": _md5(message.body)}

    def _name(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"QueueUrl": self.url}

    def _attributes(self, given: dict[str, Any]) -> dict[str, Any]:
        every = {
            "QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE}",
            "ApproximateNumberOfMessages": str(len(self._ready)),
            "ApproximateNumberOfMessagesNotVisible": str(len(self._flying)),
            "ApproximateNumberOfMessagesDelayed": "0",
            "VisibilityTimeout": str(int(self.visibility_seconds)),
            "MessageRetentionPeriod": "345600",
        }
        wanted = given.get("AttributeNames", [])
        return {"Attributes": {name: value for name, value in every.items() if "All" in wanted or name in wanted}}


def _at_most_ten(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not entries:
        raise Refusal("AWS.SimpleQueueService.EmptyBatchRequest", "There should be at least one entry in the request.")
    if len(entries) > MOST_AT_ONCE:
        raise Refusal(
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "Maximum number of entries per request is 10."
        )
    return entries


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
