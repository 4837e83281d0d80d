"""What the workers do: shells of a few lines, each of which calls one use case. Ids come in, nothing goes out."""

from __future__ import annotations

from contextlib import suppress

from app.campaigns.finishing import finish_waves
from app.campaigns.planning import plan_wave
from app.core import progress
from app.core.api import repeating
from app.core.auth.users import name_of
from app.core.errors import Refused
from app.delivery import advancing, dispatching, pacing, releasing, reminding, ripening
from app.delivery.receipts import applying
from app.delivery.transports import make
from workers.context import sender, settings


def dispatch() -> None:
    """Hand due messages to the workers."""
    dispatching.dispatch(dispatching.ledger_time())


def release() -> None:
    """Let go what may leave in this minute, and hand it to the workers."""
    now = dispatching.ledger_time()
    releasing.release(now)
    dispatching.dispatch(now)


def remind() -> None:
    """Put the reminders of what has left into the ledger."""
    reminding.remind(dispatching.ledger_time())


def advance() -> None:
    """Make, plan and launch the waves whose day has come."""
    advancing.advance(dispatching.ledger_time())


def ripen() -> None:
    """Write the mails of surveys after events whose moment has come."""
    ripening.ripen(dispatching.ledger_time())


def forget_answered_requests() -> None:
    """Forget the answers that programs may ask for twice, once they are a week old."""
    repeating.forget_old()


def send_messages(ids: list[int]) -> None:
    """Send a batch of messages."""
    sender().send_all(ids)


def settle_stale() -> None:
    """Settle messages whose worker died."""
    dispatching.settle_stale(dispatching.ledger_time())


def poll_quota() -> None:
    """Ask the provider how fast and how much may be sent."""
    pacing.refresh(make(settings()), settings())


def watch_rates() -> None:
    """Stop campaigns that bounce or annoy too much."""
    pacing.watch_rates()


def finish_over_waves() -> None:
    """Close waves whose last day is over, and what they did not send."""
    finish_waves(dispatching.ledger_time().date())
    dispatching.cancel_over()


def match_receipts() -> None:
    """Hold receipts that came early against the ledger again."""
    applying.match_waiting()


def plan(wave_id: int, user_id: int) -> None:
    """Plan a wave that an admin asked for, and let the page see how far it is."""
    with suppress(Refused), progress.shown(f"plan-{wave_id}") as report:  # a second click is no fault
        plan_wave(wave_id, actor=name_of(user_id), progress=report)
