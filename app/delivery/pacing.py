"""Deeds that keep the provider's pace: ask what it lets us send, stop where its day or a campaign's rates say so."""

from __future__ import annotations

import logging
from typing import Protocol

from sqlalchemy import text

from app.core.db import transaction
from app.delivery import bucket
from app.delivery.bucket import Grant
from app.delivery.models import PauseCause
from app.delivery.pace import (
    LAST_SENDS,
    SHARE_OF_RATE,
    WarmUp,
    left_today,
    too_many_bounces,
    too_many_complaints,
)
from app.delivery.pausing import hold, quota_is_free
from app.delivery.transports import HoldEverything, Transport, TryLater
from app.settings import Settings

log = logging.getLogger(__name__)

SPENT = "the mails of the day are used up; sending goes on by itself when there are more"

snapshot = bucket.snapshot

_TODAY = text(
    """
    SELECT (now() AT TIME ZONE 'UTC')::date AS day, count(*) AS sent FROM message
    WHERE claimed_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
      AND state NOT IN ('failed', 'queued')
    """
)
# Of each campaign that sends: its last sends of which the provider knows, since a person last let it go on.
_RATES = text(
    """
    SELECT r.wave_ids, count(s.id) AS sends, count(s.bounced_at) AS bounces, count(s.complained_at) AS complaints
    FROM (SELECT campaign_id, array_agg(id) AS wave_ids FROM wave WHERE state = 'running' GROUP BY campaign_id) r
    CROSS JOIN LATERAL (
        SELECT m.* FROM wave w
        CROSS JOIN LATERAL (
            SELECT id, claimed_at, bounced_at, complained_at FROM message
            WHERE wave_id = w.id AND claimed_at > coalesce(
                      (SELECT max(ended_at) FROM sending_pause p WHERE p.wave_id = w.id), '-infinity')
              AND state IN ('sent', 'delivered', 'bounced', 'complained', 'rejected')
            ORDER BY claimed_at DESC LIMIT :last
        ) m
        WHERE w.campaign_id = r.campaign_id ORDER BY m.claimed_at DESC LIMIT :last
    ) s
    GROUP BY r.campaign_id, r.wave_ids
    """
)


def refresh(transport: Transport, settings: Settings) -> None:
    """Ask the provider what it lets us send, and note it for all workers; pause and go on with the day's quota."""
    try:
        allowance = transport.allowance()
    except HoldEverything as trouble:
        hold(PauseCause.ACCOUNT, str(trouble))
        return
    except TryLater as silence:
        log.warning("%s; the pace known so far holds for %s seconds", silence, bucket.KEPT_SECONDS)
        return
    if allowance is None:
        return
    with transaction() as session:
        today = session.execute(_TODAY).one()
    most_today = WarmUp.read(settings.warm_up).most_on(today.day) if settings.warm_up else None
    left = left_today(
        per_day=allowance.per_day, sent_last_day=allowance.sent_last_day, most_today=most_today, sent_today=today.sent
    )
    if not allowance.enabled:
        hold(PauseCause.ACCOUNT, "the mail service says that this account may not send; its console says why")
    if left == 0:
        hold(PauseCause.DAILY_QUOTA, SPENT)
    else:
        quota_is_free()
    bucket.fill(
        ceiling=allowance.per_second * SHARE_OF_RATE,
        left=left,
        max_per_second=allowance.per_second,
        max_per_day=allowance.per_day,
        sent=allowance.sent_last_day,
    )


class Pacer(Protocol):
    """Says for each mail of one worker whether it may leave now."""

    def take(self, wanted: int) -> Grant:
        """Return how many of `wanted` mails may leave now; raises RedisError when nobody can say."""
        ...

    def slow_down(self) -> None:
        """Heed that the provider wants mails more slowly."""
        ...


class Shared:
    """Keeps the provider's pace together with all other workers."""

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self._transport = transport
        self._settings = settings

    def take(self, wanted: int) -> Grant:
        """Take from the bucket; where it knows no rate, ask the provider first, and pause where the day is used up."""
        grant = bucket.take(wanted)
        if grant.unknown and bucket.may_ask():
            refresh(self._transport, self._settings)
            grant = bucket.take(wanted)
        if grant.spent:
            hold(PauseCause.DAILY_QUOTA, SPENT)
        return grant

    def slow_down(self) -> None:
        """Halve the rate of all."""
        bucket.slow_down()


class Unhurried:
    """Lets every mail leave: there is no provider who counts them."""

    def take(self, wanted: int) -> Grant:
        """Grant what is asked for."""
        return Grant(wanted, 0)

    def slow_down(self) -> None:
        """Stay as it is."""


def pacer(transport: Transport, settings: Settings) -> Pacer:
    """Return the pace that the transport needs; a provider that does not answer surely counts."""
    try:
        counts = transport.allowance() is not None
    except TryLater:
        counts = True
    return Shared(transport, settings) if counts else Unhurried()


def watch_rates() -> None:
    """Pause the waves of campaigns that bounce or annoy too much."""
    with transaction() as session:
        campaigns = session.execute(_RATES, {"last": LAST_SENDS}).all()
    for wave_ids, sends, bounces, complaints in campaigns:
        for wave_id in wave_ids:
            if too_many_complaints(sends, complaints):
                hold(PauseCause.COMPLAINTS, f"{complaints} of the last {sends:,} mails were called spam", wave_id)
            if too_many_bounces(sends, bounces):
                hold(PauseCause.BOUNCES, f"{bounces} of the last {sends:,} mails bounced", wave_id)
