"""What a worker process was started with."""

from __future__ import annotations

import os
from functools import lru_cache

from app.core import db, queue
from app.settings import Settings


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read from the environment once."""
    return Settings.from_environment(os.environ)


def start() -> Settings:
    """Connect this process to database and queue."""
    now = settings()
    db.connect(now.database_url, pool_size=now.send_at_once + 2)
    queue.connect(now.redis_url, now.queue_prefix)
    return now
