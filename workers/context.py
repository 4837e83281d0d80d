"""What a worker process was started with."""

from __future__ import annotations

import os
import threading
from functools import lru_cache

from app.core import db, queue
from app.delivery.sending import Sender
from app.settings import Settings

POOL_SIZE = 4
"""Connections to the database a worker keeps; threads that send need none, and those of the outbox take turns."""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read from the environment once."""
    return Settings.from_environment(os.environ)


@lru_cache(maxsize=1)
def sender() -> Sender:
    """Return the one sender of this process, with its threads and connections."""
    return Sender(settings(), stopping=stopping)


stopping = threading.Event()
"""Set when the process is told to stop: mails under way land, and no others set out."""


def start() -> Settings:
    """Connect this process to database and queue."""
    now = settings()
    db.connect(now.database_url, pool_size=POOL_SIZE)
    queue.connect(now.redis_url, now.queue_prefix)
    return now
