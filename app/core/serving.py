"""The production web server: gunicorn, with the settings of this installation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from app.settings import Settings

THREADS = 8
"""Requests one web process answers at a time; each may hold one database connection."""


class _Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    def __init__(self, make: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make, self._options = make, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._make()


def serve(make: Callable[[], Flask], settings: Settings) -> None:
    """Answer requests until told to stop; `make` is called in each web process, after the fork."""
    options = {
        "bind": f"{settings.host}:{settings.port}",
        "workers": settings.web_processes,
        "worker_class": "gthread",
        "threads": THREADS,
        "graceful_timeout": 10,
        "accesslog": None,  # paths hold tokens; `app.core.web` logs templates of paths
        "loglevel": "warning",
        "max_requests": 50_000,
        "max_requests_jitter": 5_000,
        "proc_name": "quorum-web",
        "control_socket_disable": True,
    }
    _Server(make, options).run()
