"""Ports of this machine: whether one is free, before anything is started that needs it."""

from __future__ import annotations

import socket

from app.core.errors import QuorumError


def checked(port: int, host: str = "127.0.0.1") -> int:
    """Return `port`, or raise QuorumError when another program has it."""
    if not is_free(port, host):
        raise QuorumError(f"Port {port} is taken by another program. Name a free one with --port.")
    return port


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen on `port` now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
