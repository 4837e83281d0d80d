"""A transport under the test's control: it keeps what it is given, and ends as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.delivery.transports import OutgoingMail


class ToldTransport:
    """Keeps every mail; `ending` may raise what a provider would, given the mail and how many came before it."""

    def __init__(self, ending: Callable[[OutgoingMail, int], None] | None = None) -> None:
        self.mails: list[OutgoingMail] = []
        self._ending = ending
        self._lock = threading.Lock()

    def send(self, mail: OutgoingMail) -> str:
        with self._lock:
            before = len(self.mails)
            self.mails.append(mail)
        if self._ending:
            self._ending(mail, before)
        return f"told-{before}"

    def allowance(self) -> None:
        """Let as many mails leave as there are."""
