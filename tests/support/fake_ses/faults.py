"""What the stand-in was ordered to do wrong, in the order in which it was ordered. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["error", "read_and_cut", "accept", "accept_and_cut", "accept_and_500"]
"""`error` and `read_and_cut` take nothing in; the others store the mail before they answer, cut the line or fail."""


@dataclass
class Fault:
    """One order; it is used up by `times` calls of `operation` (to `recipient`, where one is given).

    The answer, or the cut, comes late by `seconds`; a `held` one comes when the test says so.
    """

    kind: Kind
    times: int = 1
    operation: str = "SendEmail"
    recipient: str | None = None
    status: int = 500
    code: str = "InternalServiceErrorException"
    message: str = "We encountered an internal error. Please try again."
    seconds: float = 0.0
    held: bool = False


class Orders:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self.done = 0

    def __len__(self) -> int:
        return sum(fault.times for fault in self._waiting)

    def add(self, fault: Fault) -> None:
        """Put an order behind those that wait."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Forget what is still to come."""
        self._waiting.clear()

    def take(self, operation: str, recipient: str | None = None) -> Fault | None:
        """Use up the first order that fits a call, if there is one."""
        for fault in self._waiting:
            if fault.operation == operation and fault.recipient in (None, recipient):
                fault.times -= 1
                self.done += 1
                if fault.times == 0:
                    self._waiting.remove(fault)
                return fault
        return None
