"""Locks on files, which the kernel lets go when their holder dies.

Every call opens the file anew, so that two users of a lock in one process count as two. The descriptors are not
handed down to programs that are started, unless the starter says so.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def lock_file(path: Path) -> Iterator[int]:
    """Open the file of a lock, or a folder that serves as one, without taking the lock; yields its descriptor."""
    access = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
    fd = os.open(path, access | os.O_CLOEXEC, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def held_alone(path: Path) -> Iterator[None]:
    """Wait for the lock, and hold it for as long as the block runs."""
    with lock_file(path) as fd:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield


def flock_shared(fd: int) -> None:
    """Wait until nobody holds the lock alone, and share it."""
    fcntl.flock(fd, fcntl.LOCK_SH)


def flock_now(fd: int) -> bool:
    """Take the lock alone if nobody else has it; a share held before is lost either way."""
    fcntl.flock(fd, fcntl.LOCK_UN)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
