"""Makes the boto3 clients of this process: one of each kind, slow to make and safe to share between threads.

Region, credentials and endpoints are boto3's own settings (`AWS_…`); no other file decides how we call.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import NoRegionError

from app.settings import Settings

CONNECT_SECONDS = 3
READ_SECONDS = {"sesv2": 10, "sns": 10, "sqs": 30}
"""How long we wait for an answer; the queue itself lets us wait 20 seconds for a first message."""

_one_at_a_time = threading.Lock()


def client(settings: Settings, service: str) -> Any:
    """Return the client of `sesv2`, `sqs` or `sns`.

    One attempt a call: boto3 would repeat by itself what may have been done, and mail somebody twice. Raises
    botocore's NoRegionError and its like when the surroundings name no region or credentials.
    """
    with _one_at_a_time:
        return _made(service, settings.aws_region, settings.send_at_once)


@lru_cache(maxsize=8)
def _made(service: str, region: str | None, threads: int) -> Any:
    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS[service],
        max_pool_connections=threads + 4,
        tcp_keepalive=True,
        user_agent="Quorum",  # boto3's own is put together anew for each mail, which costs as much as signing it
        parameter_validation=False,  # the shape is `request`'s, and a test holds it against boto3's own model
    )
    session = boto3.session.Session(region_name=region)
    if not session.region_name:  # botocore takes an empty one for a region, and breaks on the address it makes of it
        raise NoRegionError
    return session.client(service, config=config)


def forget() -> None:
    """Let the next caller get a client for what the surroundings say by then."""
    with _one_at_a_time:
        _made.cache_clear()
