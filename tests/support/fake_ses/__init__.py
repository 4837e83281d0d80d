"""A small fake of Amazon SES, SQS and SNS on loopback, in a process of its own, that real boto3 talks to.

Here: the process as a test sees it. `mailing`, `queueing` and `notices` are the three services, `events` what SES says
about a mail, `faults` what may be ordered to go wrong, `line` HTTP, `server` the process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from tests.support.fake_ses.events import ACCOUNT, CONFIGURATION_SET, REGION
from tests.support.fake_ses.faults import Kind
from tests.support.fake_ses.notices import CERTIFICATE_URL, TOPIC_ARN, post

__all__ = ["ACCOUNT", "CERTIFICATE_URL", "CONFIGURATION_SET", "REGION", "TOPIC_ARN", "FakeSes", "SentMail"]

_ROOT = Path(__file__).parents[3]
_SECONDS = 60.0


class SentMail(NamedTuple):
    """A mail that the stand-in accepted; without `keep_bodies` it has no subject, bodies and headers."""

    message_id: str
    recipient: str
    sender: str | None
    reply_to: list[str]
    subject: str | None
    html: str | None
    text: str | None
    headers: dict[str, str]
    tags: dict[str, str]
    configuration_set: str | None


class FakeSes:
    """A stand-in that is running somewhere: gives it orders, and asks what it got."""

    configuration_set = CONFIGURATION_SET
    topic_arn = TOPIC_ARN

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.queue_url = f"{self.url}/{ACCOUNT}/ses-events"

    def environment(self) -> dict[str, str]:
        """Return what boto3 has to find in its environment to talk to the stand-in."""
        services = {f"AWS_ENDPOINT_URL_{name}": self.url for name in ("SESV2", "SQS", "SNS")}
        own = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
        return {**services, **own, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}

    def reset(self) -> None:
        """Make it forget everything: mails, orders, limits, queue."""
        self._ask("reset")

    def configure(self, **changes: Any) -> None:
        """Change what the account may do (`mailing.Account`) or how events travel.

        `events`: kinds that follow every mail by themselves; `envelope`: whether they lie in SNS's envelope on the
        queue; `signature_version`: "1" or "2"; `webhook_url`: POST them there instead; `visibility_seconds`: of SQS.
        """
        self._ask("configure", **changes)

    def account(self) -> dict[str, Any]:
        """Return what the account may do, as `configure` takes it."""
        return dict(self._ask("account"))

    def fault(self, kind: Kind, times: int = 1, **how: Any) -> None:
        """Order a fault for the next `times` calls; `how` are fields of `faults.Fault`."""
        self._ask("fault", kind=kind, times=times, **how)

    def throttle(self, times: int = 1) -> None:
        """Answer 429 as SES does when mails come too fast."""
        self.refuse("TooManyRequestsException", "Maximum sending rate exceeded.", times, status=429)

    def server_error(self, times: int = 1, status: int = 500) -> None:
        """Answer as a service that is ill."""
        self.fault("error", times, status=status)

    def refuse(self, code: str, message: str, times: int = 1, status: int = 400) -> None:
        """Answer one of the documented errors."""
        self.fault("error", times, status=status, code=code, message=message)

    def forget_faults(self) -> None:
        """Take back the orders that nobody has met yet."""
        self._ask("forget_faults")

    def faults_waiting(self) -> int:
        """Count the calls that will still go wrong."""
        return int(self._ask("faults")["waiting"])

    def faults_done(self) -> int:
        """Count the calls that went wrong by order."""
        return int(self._ask("faults")["done"])

    def release(self) -> None:
        """Answer the calls that `held` faults keep waiting."""
        self._ask("release")

    def mails(self, start: int = 0) -> list[SentMail]:
        """Return what was accepted, in order, from number `start` on."""
        return [SentMail(**mail) for mail in self._ask("mails", start=start)]

    def count(self) -> int:
        """Count the mails that were accepted."""
        return int(self._ask("counts")["mails"])

    def in_flight(self) -> int:
        """Count the mails whose answer is being held back just now."""
        return int(self._ask("counts")["in_flight"])

    def queued(self) -> int:
        """Count what lies in the queue and nobody has deleted yet."""
        return int(self._ask("counts")["queued"])

    def recipients(self) -> Counter[str]:
        """Return how many mails each address got."""
        return Counter(self._ask("recipients"))

    def doubles(self) -> dict[str, int]:
        """Return the addresses that got more than one mail."""
        return dict(self._ask("doubles"))

    def calls(self) -> Counter[str]:
        """Return how often each API operation was called."""
        return Counter(self._ask("calls"))

    def suppressed(self) -> dict[str, dict[str, Any]]:
        """Return the account's suppression list."""
        return dict(self._ask("suppressed"))

    def emit(self, kind: str, *message_ids: str, times: int = 1, **detail: Any) -> int:
        """Emit an event about each of these mails, the same one `times` over; `detail` as in `events.body`.

        Returns how many.
        """
        return int(self._ask("emit", kinds=[kind], message_ids=message_ids, times=times, seed=None, **detail))

    def emit_all(
        self,
        kinds: Sequence[str],
        *,
        of: Sequence[str] | None = None,
        times: int = 1,
        shuffle: int | None = None,
        **detail: Any,
    ) -> int:
        """Emit these events about every mail (or those with the ids `of`), in the order that the seed gives."""
        return int(self._ask("emit", kinds=list(kinds), message_ids=of, times=times, seed=shuffle, **detail))

    def put(self, *messages: str, wrapped: bool = False) -> None:
        """Put texts on the queue as they are, or `wrapped` as events travel."""
        self._ask("put", messages=messages, wrapped=wrapped)

    def envelope(self, event: Mapping[str, Any] | str, **changes: Any) -> dict[str, Any]:
        """Return the document that SNS signs around an event; `changes` to its fields are made before it is signed."""
        message = event if isinstance(event, str) else json.dumps(event)
        return dict(self._ask("envelope", message=message, changes=changes))

    def confirmation(self, **changes: Any) -> dict[str, Any]:
        """Return the signed document that asks to confirm a subscription, with a fresh token."""
        return dict(self._ask("confirmation", token=uuid4().hex, changes=changes))

    def confirmed(self) -> list[str]:
        """Return the tokens that ConfirmSubscription was called with."""
        return list(self._ask("confirmed"))

    def post(self, url: str, document: Mapping[str, Any]) -> int:
        """POST a document as SNS does; return the status of the answer."""
        return post(url, document)

    def posted(self) -> list[int]:
        """Return what the webhook of `configure` answered so far."""
        return list(self._ask("posted"))

    def certificate(self) -> bytes:
        """Return the PEM file that lies at `CERTIFICATE_URL`."""
        return str(self._ask("certificates")[0]).encode()

    def ca_certificate(self) -> bytes:
        """Return the PEM file of the authority that signed it."""
        return str(self._ask("certificates")[1]).encode()

    def _ask(self, order: str, **arguments: Any) -> Any:
        request = urllib.request.Request(f"{self.url}/orders/{order}", json.dumps(arguments).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            return json.loads(answer.read())


@contextmanager
def running_fake_ses() -> Iterator[FakeSes]:
    """Run a stand-in in a process of its own while the block runs."""
    command = [sys.executable, "-m", "tests.support.fake_ses"]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield FakeSes(int(process.stdout.readline()))
        finally:
            process.kill()


@pytest.fixture(scope="session")
def fake_ses_server() -> Iterator[FakeSes]:
    with running_fake_ses() as fake:
        yield fake


@pytest.fixture
def fake_ses(fake_ses_server: FakeSes) -> FakeSes:
    """A stand-in for Amazon SES that has forgotten what the test before did with it."""
    fake_ses_server.reset()
    return fake_ses_server
