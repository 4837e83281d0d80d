"""Lets workers work plans out and confirm large ones, while their page tells how far they are."""

from __future__ import annotations

from redis import RedisError

from app.core.errors import Refused
from app.core.queue import WORK, enqueue


def begin_preview(wave_id: int, user_id: int) -> None:
    """Let a worker work out the preview of a draft wave; raises Refused when no work can be carried to the workers."""
    _begin("workers.jobs.preview", wave_id, user_id)


def begin_confirming(wave_id: int, revision: int, user_id: int) -> None:
    """Let a worker confirm a preview as it was seen; raises Refused when no work can be carried to the workers."""
    _begin("workers.jobs.confirm", wave_id, revision, user_id)


def work_on(wave_id: int) -> str:
    """Return the name under which progress and failure of a wave's plan are kept."""
    return f"plan-{wave_id}"


def _begin(job: str, *arguments: int) -> None:
    try:
        enqueue(WORK, job, *arguments)
    except RedisError as error:
        raise Refused("Nobody can plan just now: Redis, which carries work to the workers, does not answer.") from error
