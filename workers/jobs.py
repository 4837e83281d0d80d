"""What the workers do: shells of a few lines, each of which calls one use case. Ids come in, nothing goes out."""

from __future__ import annotations

from contextlib import suppress

from app.accounts import engaging, running_imports
from app.campaigns.confirming import confirm_wave
from app.campaigns.finishing import finish_waves
from app.campaigns.plan_queue import work_on
from app.campaigns.planning import preview_wave
from app.core import progress
from app.core.api import repeating
from app.core.auth.users import name_of
from app.core.errors import Refused
from app.delivery import advancing, dispatching, pacing, releasing, reminding, ripening, suppression_syncing
from app.delivery.receipts import applying, pruning
from app.delivery.transports import make
from app.reporting import standing
from app.reporting.digests.sending import send_due as send_due_digests
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


def prune_receipts() -> None:
    """Forget receipts that nobody needs any more."""
    pruning.prune_receipts(dispatching.ledger_time(), days=settings().receipt_days)


def sync_suppression(user_id: int) -> None:
    """Come in step with the suppression list of SES, for an admin who asked for it."""
    with progress.shown(suppression_syncing.WORK_NAME) as report:
        report(0, 1)
        suppression_syncing.sync(settings(), actor=name_of(user_id))


def score_engagement() -> None:
    """Drop old activities and work out everybody's engagement anew."""
    engaging.score_everybody(dispatching.ledger_time())


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


def preview(wave_id: int, user_id: int) -> None:
    """Work out the preview of a wave that an admin asked for, and let the page see how far it is."""
    with suppress(Refused), progress.shown(work_on(wave_id)) as report:  # a second click is no fault
        preview_wave(wave_id, actor=name_of(user_id), progress=report)


def confirm(wave_id: int, revision: int, user_id: int) -> None:
    """Confirm the preview that an admin saw; what keeps it from being frozen stands on its page."""
    with suppress(Refused), progress.shown(work_on(wave_id)) as report:
        confirm_wave(wave_id, revision=revision, actor=name_of(user_id), progress=report)


def import_files(run_id: int) -> None:
    """Look at the files of an import, or take their rows, as an admin asked."""
    running_imports.run_import(run_id)


def resume_imports() -> None:
    """Go on with imports whose worker died."""
    running_imports.resume_stalled()


def forget_imports() -> None:
    """Delete the files of imports that are long done."""
    running_imports.forget_old(dispatching.ledger_time())


def tell_standings() -> None:
    """Bring the figures of waves up to date, so that readers find little to do."""
    standing.fold()


def send_digests() -> None:
    """Send account managers what is new, on the day and hour that were set."""
    send_due_digests(settings(), now=dispatching.ledger_time())
