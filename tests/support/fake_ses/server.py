"""The process of the stand-in: which call goes to whom, the events that follow a mail, and the orders of a test."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Iterable
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import parse_qs

from tests.support.fake_ses import events
from tests.support.fake_ses.faults import Fault
from tests.support.fake_ses.line import CUT, Answer, Line, Request, json_answer
from tests.support.fake_ses.mailing import Account, StandInMailer, error
from tests.support.fake_ses.notices import Notary, post
from tests.support.fake_ses.queueing import StandInQueue

ORDERS = "/orders/"
"""Where a test gives its orders: the path names a method of `Orders`, the body its arguments."""

_SUPPRESSION = "/v2/email/suppression/addresses"
_WEBHOOK_TRIES = 5


class StandIn:
    """All of it: SES, SQS and SNS behind one port."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.notary = Notary()
        self.reset()

    def reset(self) -> None:
        """Be as new."""
        self.calls: Counter[str] = Counter()
        self.queue = StandInQueue(self.base_url)
        self.ses = StandInMailer(Account(), self._follow_up)
        self.follow_ups: list[str] = []
        self.envelope, self.signature_version, self.webhook_url = True, "1", ""
        self.tokens: list[str] = []
        self.confirmed: list[str] = []
        self.posted: list[int] = []
        self._posting: set[asyncio.Future[None]] = set()

    def answer(self, request: Request) -> Answer | Awaitable[Answer]:
        """Answer whatever comes in."""
        if (order := request.last_of(ORDERS)) is not None:
            return json_answer(getattr(Orders(self), order)(**request.json()))
        operation = _operation(request)
        self.calls[operation] += 1
        if operation == "SendEmail":
            return self.ses.send(request)
        if fault := self.ses.orders.take(operation):
            return self._slowly(fault, request) if fault.kind == "accept" else _faulty(fault)
        return self._answered(request)

    async def _slowly(self, fault: Fault, request: Request) -> Answer:
        await asyncio.sleep(fault.seconds)
        answer = self._answered(request)
        return answer if isinstance(answer, Answer) else await answer

    def _answered(self, request: Request) -> Answer | Awaitable[Answer]:
        if "x-amz-target" in request.headers:
            return self.queue.answer(request)
        if request.path == "/v2/email/account":
            return self.ses.account_facts(request)
        if identity := request.last_of("/v2/email/identities/"):
            return self.ses.identity(identity)
        if name := request.last_of("/v2/email/configuration-sets/"):
            return self.ses.configuration_set(name)
        if request.path.startswith(_SUPPRESSION):
            return self.ses.suppression(request, request.last_of(f"{_SUPPRESSION}/"))
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return self._confirm(parse_qs(request.body.decode()))
        return error(404, "NotFoundException", "The stand-in does not know this call.")

    def _confirm(self, given: dict[str, list[str]]) -> Answer:
        if given["Action"] != ["ConfirmSubscription"] or given["Token"][0] not in self.tokens:
            body = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>Invalid token"
            return Answer(400, f"{body}</Message></Error></ErrorResponse>".encode(), "text/xml")
        self.confirmed.append(given["Token"][0])
        arn = f"<SubscriptionArn>{given['TopicArn'][0]}:0</SubscriptionArn>"
        result = f"<ConfirmSubscriptionResult>{arn}</ConfirmSubscriptionResult>"
        body = f'<ConfirmSubscriptionResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">{result}'
        return Answer(body=f"{body}</ConfirmSubscriptionResponse>".encode(), type="text/xml")

    def _follow_up(self, mail: dict[str, Any]) -> None:
        """Let the events follow that this account emits for every mail; a suppressed address only ever bounces."""
        if mail["recipient"] in self.ses.suppressed and self.follow_ups:
            self.publish(self.event("Bounce", mail, bounceSubType="OnAccountSuppressionList"))
            return
        for kind in self.follow_ups:
            self.publish(self.event(kind, mail))

    def event(self, kind: str, mail: dict[str, Any], **detail: Any) -> str:
        """Return what the topic says about a mail."""
        body = events.body(kind, mail["message_id"], mail["recipient"], mail["tags"], **detail)
        return self.wrapped(json.dumps(body))

    def wrapped(self, message: str) -> str:
        """Return a message as it travels: in its envelope, or raw; a webhook gets no raw ones."""
        if not self.envelope and not self.webhook_url:
            return message
        return json.dumps(self.notary.envelope(message, version=self.signature_version))

    def publish(self, message: str) -> None:
        """Put what travels on the queue, or post it to the webhook."""
        if not self.webhook_url:
            self.queue.put(message)
            return
        posting = asyncio.ensure_future(self._post(self.webhook_url, json.loads(message)))
        self._posting.add(posting)
        posting.add_done_callback(self._posting.discard)

    async def _post(self, url: str, document: dict[str, Any]) -> None:
        for tries in range(_WEBHOOK_TRIES):
            status = await asyncio.to_thread(post, url, document)
            self.posted.append(status)
            if status < 500:
                return
            await asyncio.sleep(0.1 * 2**tries)


class Orders:
    """What a test may ask for, each a method; `FakeSes` in this package is how it asks."""

    def __init__(self, stand_in: StandIn) -> None:
        self._all = stand_in

    def reset(self) -> None:
        self._all.reset()

    def configure(self, **changes: Any) -> None:
        own = {name: changes.pop(name) for name in ("envelope", "signature_version", "webhook_url") if name in changes}
        vars(self._all).update(own)
        self._all.follow_ups = changes.pop("events", self._all.follow_ups)
        self._all.queue.visibility_seconds = changes.pop("visibility_seconds", self._all.queue.visibility_seconds)
        self._all.ses.account = replace(self._all.ses.account, **changes)

    def account(self) -> dict[str, Any]:
        return asdict(self._all.ses.account)

    def fault(self, **given: Any) -> None:
        self._all.ses.orders.add(Fault(**given))

    def forget_faults(self) -> None:
        self._all.ses.orders.clear()

    def faults(self) -> dict[str, int]:
        return {"waiting": len(self._all.ses.orders), "done": self._all.ses.orders.done}

    def release(self) -> None:
        self._all.ses.released.set()
        self._all.ses.released = asyncio.Event()

    def mails(self, start: int = 0) -> list[dict[str, Any]]:
        return self._all.ses.mails[start:]

    def counts(self) -> dict[str, int]:
        ses = self._all.ses
        return {"mails": len(ses.mails), "in_flight": ses.in_flight, "queued": len(self._all.queue)}

    def recipients(self) -> dict[str, int]:
        return self._all.ses.recipients

    def doubles(self) -> dict[str, int]:
        return {recipient: count for recipient, count in self._all.ses.recipients.items() if count > 1}

    def calls(self) -> dict[str, int]:
        return self._all.calls

    def suppressed(self) -> dict[str, dict[str, Any]]:
        return self._all.ses.suppressed

    def emit(self, kinds: list[str], message_ids: list[str] | None, times: int, seed: int | None, **detail: Any) -> int:
        wanted = None if message_ids is None else set(message_ids)
        mails = [mail for mail in self._all.ses.mails if wanted is None or mail["message_id"] in wanted]
        said = [self._all.event(kind, mail, **detail) for mail in mails for kind in kinds] * times
        if seed is not None:
            random.Random(seed).shuffle(said)
        for message in said:
            self._all.publish(message)
        return len(said)

    def put(self, messages: Iterable[str], wrapped: bool) -> None:
        for message in messages:
            self._all.queue.put(self._all.wrapped(message) if wrapped else message)

    def envelope(self, message: str, changes: dict[str, Any]) -> dict[str, Any]:
        return self._all.notary.envelope(message, version=self._all.signature_version, **changes)

    def confirmation(self, token: str, changes: dict[str, Any]) -> dict[str, Any]:
        self._all.tokens.append(token)
        return self._all.notary.confirmation(token, version=self._all.signature_version, **changes)

    def confirmed(self) -> list[str]:
        return self._all.confirmed

    def posted(self) -> list[int]:
        return self._all.posted

    def certificates(self) -> list[str]:
        return [self._all.notary.certificate, self._all.notary.ca_certificate]


_BY_PATH = {
    "/v2/email/outbound-emails": "SendEmail",
    "/v2/email/account": "GetAccount",
}
_BY_PREFIX = (
    ("/v2/email/identities/", "GetEmailIdentity"),
    ("/v2/email/configuration-sets/", "GetConfigurationSet"),
)
_ON_SUPPRESSION = {"PUT": "PutSuppressedDestination", "DELETE": "DeleteSuppressedDestination"}


def _operation(request: Request) -> str:
    """Return the name of the API call that a request makes."""
    if request.path in _BY_PATH:
        return _BY_PATH[request.path]
    if target := request.headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if request.path.startswith(_SUPPRESSION):
        one = "GetSuppressedDestination" if request.path != _SUPPRESSION else "ListSuppressedDestinations"
        return _ON_SUPPRESSION.get(request.method, one)
    for prefix, name in _BY_PREFIX:
        if request.path.startswith(prefix):
            return f"{name}EventDestinations" if request.path.endswith("/event-destinations") else name
    return parse_qs(request.body.decode()).get("Action", ["unknown"])[0]


def _faulty(fault: Fault) -> Answer:
    return error(fault.status, fault.code, fault.message) if fault.kind == "error" else CUT


async def serve(port_file: str | None = None) -> None:
    """Listen on a free port of loopback, say which on standard output (and in `port_file`), and serve for ever."""
    loop = asyncio.get_running_loop()
    stand_in: StandIn
    server = await loop.create_server(lambda: Line(lambda request: stand_in.answer(request)), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    stand_in = StandIn(f"http://127.0.0.1:{port}")
    if port_file:
        with open(port_file, "w", encoding="ascii") as file:
            file.write(str(port))
    print(port, flush=True)
    await server.serve_forever()
