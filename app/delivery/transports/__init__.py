"""How a mail leaves: one file per transport, found by its name; the port they all serve stands here.

A transport module offers `make(settings) -> Transport` and `examine(settings, senders) -> list[Finding]`, which asks
the service how it stands with this installation, within short timeouts, and changes nothing. Vendor words (error codes,
header names of a provider) stay inside its file or package: outside there are only the outcomes below.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple, Protocol, cast

from app.delivery.diagnosis import Finding
from app.settings import Settings


@dataclass(frozen=True)
class OutgoingMail:
    """One mail to one person, complete; `attempt_id` names this very attempt in the ledger.

    `sender` and `reply_to` are as people read them (`Name <address>`, any letters): to write them as a header may carry
    them is the transport's part. `tags` come back with receipts, beside the attempt.
    """

    attempt_id: uuid.UUID
    recipient: str
    sender: str
    reply_to: str
    subject: str
    html: str
    text: str
    headers: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)


class Rejected(Exception):
    """The mail is refused for good; the text says why, in our words."""


class TryLater(Exception):
    """The mail was surely not taken; it may be offered again after `seconds`."""

    def __init__(self, why: str, seconds: int) -> None:
        super().__init__(why)
        self.seconds = seconds


class SlowDown(TryLater):
    """The mail was not taken because they come too fast."""


class QuotaSpent(TryLater):
    """The mail was not taken because the mails of the day are used up."""


class HoldWave(TryLater):
    """The mail was not taken, and others of its wave will not be: somebody has to look."""


class HoldEverything(TryLater):
    """The mail was not taken, and no other will be: somebody has to look."""


class OutcomeUnknown(Exception):
    """Nobody can tell whether the mail was taken; it is never offered again by the engine."""


class Allowance(NamedTuple):
    """What the provider lets us send; `per_day` is None when it sets no limit, `enabled` whether it sends at all."""

    per_second: float
    per_day: int | None
    sent_last_day: int
    enabled: bool


class Transport(Protocol):
    """Sends one mail, once; called by several threads at a time."""

    def send(self, mail: OutgoingMail) -> str:
        """Hand over `mail` and return the provider's id; raises Rejected, TryLater (or a child) or OutcomeUnknown."""
        ...

    def allowance(self) -> Allowance | None:
        """Return what may be sent, or None when nobody counts.

        Raises HoldEverything when the provider does not let us in, TryLater when it does not say.
        """
        ...


def names() -> list[str]:
    """Return the transports there are, by file name."""
    return sorted(module.name for module in iter_modules(__path__))


def make(settings: Settings) -> Transport:
    """Return the transport that the settings name."""
    module = import_module(f"{__name__}.{settings.mail_transport}")
    return cast(Transport, module.make(settings))


def examine(settings: Settings, senders: Sequence[str]) -> list[Finding]:
    """Return what the transport in use finds about its service; `senders` are the addresses brands send from."""
    module = import_module(f"{__name__}.{settings.mail_transport}")
    return cast("list[Finding]", module.examine(settings, senders))
