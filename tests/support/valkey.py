"""A real Valkey for tests that touch it, emptied before each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core import queue
from app.core.embedded import running


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="qv-") as home, running(Path(home), database=False) as services:
        yield services.redis_url


@pytest.fixture
def valkey(valkey_server: str) -> Iterator[str]:
    """Give the test an empty Valkey, connected through `app.core.queue`; yields its address."""
    connection = queue.connect(valkey_server)
    connection.flushall()
    yield valkey_server
    connection.close()
