"""HTTP/1.1 with keep-alive, as little of it as boto3 needs: thousands of requests a second from one event loop.

Not here: what the requests mean.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit


class Request(NamedTuple):
    """One request; `headers` by their names in lower case, `path` without its query, still percent-encoded."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body as the JSON object it is; none at all is an empty one."""
        return dict(json.loads(self.body)) if self.body else {}

    def last_of(self, prefix: str) -> str | None:
        """Return what stands in the path behind `prefix`, decoded, or None when the path is another."""
        return unquote(self.path[len(prefix) :]) if self.path.startswith(prefix) else None


class Answer(NamedTuple):
    """What goes back; with `cut` nothing does: the line is closed."""

    status: int = 200
    body: bytes = b"{}"
    type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False

    def encoded(self) -> bytes:
        """Return the answer as it goes over the line."""
        more = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return (
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\nContent-Type: {self.type}\r\n"
            f"Content-Length: {len(self.body)}\r\n{more}\r\n"
        ).encode() + self.body


CUT = Answer(cut=True)

Handler = Callable[[Request], Answer | Awaitable[Answer]]
"""Answers at once, or later when there is something to wait for; the next request of the line waits behind it."""


def json_answer(value: object, status: int = 200, **headers: str) -> Answer:
    """Return an answer that carries `value` as JSON."""
    named = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Answer(status, json.dumps(value).encode(), headers=named)


class Line(asyncio.Protocol):
    """One connection: requests one after the other."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._received = bytearray()
        self._waits: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._go_on()

    def _go_on(self) -> None:
        while self._waits is None and self._transport is not None and (request := self._next()) is not None:
            answer = self._handler(request)
            if isinstance(answer, Answer):
                self._write(answer)
            else:
                self._waits = asyncio.ensure_future(answer)
                self._waits.add_done_callback(self._answer_late)

    def _answer_late(self, answer: asyncio.Future[Answer]) -> None:
        self._waits = None
        self._write(answer.result())
        self._go_on()

    def _write(self, answer: Answer) -> None:
        if self._transport is None:  # whoever asked has hung up, or died
            return
        if answer.cut:
            self._transport.abort()
        else:
            self._transport.write(answer.encoded())

    def _next(self) -> Request | None:
        """Take the next whole request out of what was received."""
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        first, *lines = self._received[:end].decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        whole = end + 4 + int(headers.get("content-length", 0))
        if len(self._received) < whole:
            return None
        body = bytes(self._received[end + 4 : whole])
        del self._received[:whole]
        method, target, _ = first.split(" ")
        parts = urlsplit(target)
        return Request(method, parts.path, parts.query, headers, body)
