"""How a mail leaves: one file per transport, found by its name; the port they all serve stands here.

A transport module offers `make(settings) -> Transport`. Vendor words (error codes, header names of a provider) stay
inside its file: outside there are only the outcomes below.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from app.settings import Settings


@dataclass(frozen=True)
class OutgoingMail:
    """One mail to one person, complete; `attempt_id` names this very attempt in the ledger."""

    attempt_id: uuid.UUID
    recipient: str
    sender: str
    reply_to: str
    subject: str
    html: str
    text: str
    headers: Mapping[str, str]


class Rejected(Exception):
    """The mail is refused for good; the text says why, in our words."""


class TryLater(Exception):
    """The mail was surely not taken; it may be offered again after `seconds`."""

    def __init__(self, why: str, seconds: int) -> None:
        super().__init__(why)
        self.seconds = seconds


class OutcomeUnknown(Exception):
    """Nobody can tell whether the mail was taken; it is never offered again by the engine."""


class Transport(Protocol):
    """Sends one mail, once."""

    def send(self, mail: OutgoingMail) -> str:
        """Hand over `mail` and return the provider's id; raises Rejected, TryLater or OutcomeUnknown."""
        ...


def names() -> list[str]:
    """Return the transports there are, by file name."""
    return sorted(module.name for module in iter_modules(__path__))


def make(settings: Settings) -> Transport:
    """Return the transport that the settings name."""
    module = import_module(f"{__name__}.{settings.mail_transport}")
    return cast(Transport, module.make(settings))
