"""What the workers do: shells of a few lines, each of which calls one use case. Ids come in, nothing goes out."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from app.campaigns.finishing import finish_waves
from app.campaigns.planning import plan_wave
from app.core import progress
from app.core.auth.users import name_of
from app.core.errors import Refused
from app.delivery import dispatching
from app.delivery.sending import Sender
from workers.context import settings


def dispatch() -> None:
    """Hand due messages to the workers."""
    dispatching.dispatch(datetime.now(UTC))


def send_messages(ids: list[int]) -> None:
    """Send a batch of messages."""
    Sender(settings()).send_all(ids)


def settle_stale() -> None:
    """Settle messages whose worker died."""
    dispatching.settle_stale(datetime.now(UTC))


def finish_over_waves() -> None:
    """Close waves whose last day is over, and what they did not send."""
    finish_waves(datetime.now(UTC).date())
    dispatching.cancel_over()


def plan(wave_id: int, user_id: int) -> None:
    """Plan a wave that an admin asked for, and let the page see how far it is."""
    with suppress(Refused), progress.shown(f"plan-{wave_id}") as report:  # a second click is no fault
        plan_wave(wave_id, actor=name_of(user_id), progress=report)
