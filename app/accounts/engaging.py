"""Deeds: the engagement scores are worked out anew from the activities, and what they weigh is set.

The database adds up what the rules of `engagement` say each activity is worth. A score from the CRM stands wherever no
activity is known; where one is, the activities decide, and an import leaves that score alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.activity_models import EngagementWeights
from app.accounts.engagement import REMEMBERED_DAYS, USUAL_WEIGHTS, ActivityKind, Weights, worth_by_age
from app.accounts.taking_turns import take_turns
from app.core import audit
from app.core.db import transaction
from app.core.errors import Refused

_THE_ONE = 1

_FORGET = text("DELETE FROM activity WHERE happened_at < :before")
# Who did nothing counts as 0 in the scale: see `engagement.scores`. Only scores that change are written.
_WORK_OUT = text(
    """
    WITH worth AS MATERIALIZED (
        SELECT kind, age, points
        FROM unnest(CAST(:kinds AS activity_kind[]), CAST(:ages AS int[]), CAST(:points AS bigint[]))
             AS w(kind, age, points)
    ), totals AS MATERIALIZED (
        SELECT a.contact_id, sum(w.points)::bigint AS points
        FROM activity a
        JOIN worth w ON w.kind = a.kind AND w.age = greatest(:today - (a.happened_at AT TIME ZONE 'UTC')::date, 0)
        GROUP BY a.contact_id
    ), scale AS MATERIALIZED (
        SELECT max(points) AS most,
               CASE WHEN (SELECT count(*) FROM contact) > count(*) THEN 0 ELSE min(points) END AS least
        FROM totals
    ), scores AS (
        SELECT contact_id, CASE WHEN most = least THEN CASE WHEN most > 0 THEN 100 ELSE 0 END
                                ELSE (200 * (points - least) + (most - least)) / (2 * (most - least)) END AS score
        FROM totals, scale
    ), changed AS (
        UPDATE contact c SET engagement_score = s.score, engagement_at = :now
        FROM scores s
        WHERE c.id = s.contact_id AND (c.engagement_at IS NULL OR c.engagement_score IS DISTINCT FROM s.score)
        RETURNING 1
    ), forgotten AS (
        UPDATE contact c SET engagement_score = NULL, engagement_at = NULL
        WHERE c.engagement_at IS NOT NULL AND NOT EXISTS (SELECT FROM totals t WHERE t.contact_id = c.id)
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM totals) AS contacts,
           (SELECT count(*) FROM changed) + (SELECT count(*) FROM forgotten) AS changed
    """
)


class Scored(NamedTuple):
    """How many contacts have a score from activities, and for how many it is another one than before."""

    contacts: int
    changed: int


def score_everybody(now: datetime) -> Scored:
    """Drop activities of more than three years ago and work out every score anew."""
    with transaction() as session:
        return work_out(session, now)


def work_out(session: Session, now: datetime) -> Scored:
    """Do so in the caller's transaction."""
    take_turns(session)
    before = datetime(now.year, now.month, now.day, tzinfo=UTC) - timedelta(days=REMEMBERED_DAYS)
    session.execute(_FORGET, {"before": before})
    worth = worth_by_age(weights_of(session))
    lines = [(kind, age, each) for kind, by_age in worth.items() for age, each in enumerate(by_age)]
    kinds, ages, points = (list(column) for column in zip(*lines, strict=True))
    given = {"kinds": kinds, "ages": ages, "points": points, "today": now.astimezone(UTC).date(), "now": now}
    scored = Scored(*session.execute(_WORK_OUT, given).one())
    kept = session.get(EngagementWeights, _THE_ONE) or _new(session)
    kept.worked_out_at, kept.contacts = now, scored.contacts
    return scored


def weights_of(session: Session) -> Weights:
    """Return what an activity of each kind weighs: what was set, else what ships."""
    kept = session.get(EngagementWeights, _THE_ONE)
    return USUAL_WEIGHTS if kept is None else _read(kept.weights)


def set_weights(weights: Weights, *, revision: int, actor: str, now: datetime) -> Scored:
    """Let activities weigh this from now on, and work out every score anew.

    Raises `Refused` when somebody else set them since `revision` was read.
    """
    with transaction() as session:
        kept = session.get(EngagementWeights, _THE_ONE, with_for_update=True) or _new(session)
        if kept.revision != revision:
            raise Refused("Somebody else has set the weights meanwhile. Look at them, and set yours once more.")
        before = _read(kept.weights)
        kept.weights, kept.revision = {kind.value: weight for kind, weight in weights.items()}, kept.revision + 1
        session.flush()
        changes = {kind: [before[kind], weights[kind]] for kind in ActivityKind if before[kind] != weights[kind]}
        audit.record(session, actor=actor, deed="engagement.weights", subject="engagement", changes=changes)
        return work_out(session, now)


def _new(session: Session) -> EngagementWeights:
    kept = EngagementWeights(id=_THE_ONE, weights={}, revision=1)
    session.add(kept)
    return kept


def _read(kept: Mapping[str, int]) -> Weights:
    return {kind: int(kept.get(kind, usual)) for kind, usual in USUAL_WEIGHTS.items()}
