"""Deed that confirms a preview: it is frozen exactly as it was seen, or says what changed and must be looked at again.

Everything is decided once more and compared with what was seen, in one transaction. Where it would ask others now, or
would need or find another number of people, those accounts are decided afresh and nothing is frozen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.campaigns.creating_campaigns import locked
from app.campaigns.drawing import Drawing, asked
from app.campaigns.freezing import invite
from app.campaigns.models import Wave
from app.campaigns.plan_models import WavePlan
from app.campaigns.planning import (
    PROGRESS_EVERY,
    Progress,
    draft_wave,
    freeze,
    one_at_a_time,
    resample,
    totals_of,
    work_out,
)
from app.campaigns.running import approve, must_not_be_over
from app.core import audit
from app.core.db import driver, transaction
from app.core.errors import NotFound, Refused

ROWS_A_FETCH = 5_000
RESAMPLED_AT_MOST = 2_000
NAMED_AT_MOST = 200
GONE = "gone"
"""In place of a reason: the person is no longer among those a decision is made for."""

_SEEN = """
    SELECT f.account_id, f.required, f.shortage, d.contact_id, d.level
    FROM wave_account f
    LEFT JOIN decision d ON d.wave_id = f.wave_id AND d.account_id = f.account_id AND d.seat IS NOT NULL
    WHERE f.wave_id = %(wave_id)s ORDER BY f.account_id
"""
_ASKED = text(
    """
    SELECT contact_id FROM decision WHERE wave_id = :wave_id AND account_id = ANY(:accounts) AND seat IS NOT NULL
    """
)
_WHY = text(
    """
    SELECT d.reason::text, count(*) FROM decision d
    WHERE d.wave_id = :wave_id AND d.account_id = ANY(:accounts) AND d.contact_id = ANY(:people) GROUP BY 1
    """
)


class Outline(NamedTuple):
    """What of an account must be as it was seen: how many it needs, how many are missing, and who is asked."""

    required: int | None
    shortage: int
    asked: frozenset[tuple[int, str]]


@dataclass(frozen=True)
class Changed:
    """What a try to confirm found: people no longer asked by reason, others asked instead, and the accounts."""

    lost: dict[str, int]
    gained: int
    accounts: list[int]

    @property
    def as_json(self) -> dict[str, Any]:
        """As the plan keeps it for its page."""
        kept = {"lost": self.lost, "gained": self.gained, "accounts": len(self.accounts)}
        return kept | {"named": self.accounts[:NAMED_AT_MOST]}


def confirm_wave(wave_id: int, *, revision: int, actor: str, progress: Progress | None = None) -> Changed | None:
    """Freeze the preview of a draft wave and approve the wave; return None, or what changed when it is not frozen.

    Raises Refused when the preview is not the one of `revision`, there is none, or the campaign is finished; NotFound;
    Faulty for the settings of its campaign, if that is a draft and cannot be set going.
    """
    with transaction() as session:
        campaign_id = session.scalar(select(Wave.campaign_id).where(Wave.id == wave_id))
        if campaign_id is None:
            raise NotFound(f"There is no wave {wave_id}.")
        campaign = locked(session, campaign_id)
        must_not_be_over(campaign)
        wave = draft_wave(session, wave_id)
        plan = _as_seen(session, wave, revision)
        one_at_a_time(session)
        trail_to = session.scalar(select(func.max(audit.AuditEntry.id))) or 0
        differing = list(_differing(session, wave, plan, progress))
        if differing:
            return _look_again(session, wave, plan, differing, trail_to, actor)
        invite(session, wave)
        freeze(session, wave, totals_of(plan), actor=actor)
        approve(session, wave, campaign, actor=actor)
        return None


def _as_seen(session: Session, wave: Wave, revision: int) -> WavePlan:
    plan = session.get(WavePlan, wave.id, populate_existing=True)
    if plan is None:
        raise Refused(f"«{wave.name}» has no preview yet. Work it out first, so that you see whom it asks.")
    if plan.revision != revision:
        raise Refused("The preview was changed after you opened it. Look at it again, then confirm.")
    return plan


def _differing(session: Session, wave: Wave, plan: WavePlan, progress: Progress | None) -> Iterator[int]:
    """Yield the accounts that would not come out as they were seen, in the order of their ids."""
    accounts = int(plan.totals.get("accounts", 0))
    session.flush()
    seen, now = _seen(session, wave), _now(Drawing(session, wave))
    pairs = groupby(merge(seen, now, key=itemgetter(0)), key=itemgetter(0))
    for done, (account_id, found) in enumerate(pairs, start=1):
        outlines = [outline for _, outline in found]
        if len(outlines) != 2 or outlines[0] != outlines[1]:
            yield account_id
        if progress and done % PROGRESS_EVERY == 0:
            progress(min(done, accounts), accounts)


def _now(drawing: Drawing) -> Iterator[tuple[int, Outline]]:
    for drawn in drawing.all():
        people = frozenset(asked(drawn).items())
        yield drawn.account_id, Outline(drawn.sample.required, drawn.sample.split.shortage, people)


def _seen(session: Session, wave: Wave) -> Iterator[tuple[int, Outline]]:
    with driver(session).cursor(name="seen") as cursor:
        cursor.itersize = ROWS_A_FETCH
        cursor.execute(_SEEN, {"wave_id": wave.id})
        for account_id, rows in groupby(cursor, key=itemgetter(0)):
            people = list(rows)
            _, required, shortage, *_ = people[0]
            chosen = frozenset((contact, level) for *_, contact, level in people if contact is not None)
            yield account_id, Outline(required, shortage, chosen)


def _look_again(
    session: Session, wave: Wave, plan: WavePlan, differing: list[int], trail_to: int, actor: str
) -> Changed:
    """Work out afresh what differs, and keep with the preview what it was; it speaks of this moment then."""
    before = _asked(session, wave, differing)
    if len(differing) > RESAMPLED_AT_MOST:
        work_out(session, wave, actor=actor)
    else:
        resample(session, wave, differing)
        plan.worked_out_at, plan.trail_to = func.now(), trail_to
    after = _asked(session, wave, differing)
    lost = sorted(before - after)
    given = {"wave_id": wave.id, "accounts": differing, "people": lost}
    reasons: Counter[str] = Counter()
    for reason, people in session.execute(_WHY, given):
        reasons[reason] = people
    if len(lost) > reasons.total():
        reasons[GONE] = len(lost) - reasons.total()
    changed = Changed(dict(reasons), len(after - before), differing)
    plan.changed = changed.as_json
    audit.record(session, actor=actor, deed="wave.not_confirmed", subject=f"wave {wave.id}", **plan.changed)
    return changed


def _asked(session: Session, wave: Wave, accounts: Sequence[int]) -> set[int]:
    return set(session.scalars(_ASKED, {"wave_id": wave.id, "accounts": list(accounts)}))
