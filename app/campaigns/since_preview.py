"""What happened since a preview was worked out that may change it, in words. Reads only, and counts no further than
people care."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.models import Wave
from app.campaigns.plan_models import WavePlan
from app.campaigns.planning import terms_of

COUNTED_TO = 1_000

_TRAIL = text(
    """
    SELECT deed, count(*) FROM (
        SELECT deed FROM audit_entry
        WHERE id > :trail_to AND subject <> :wave AND coalesce(detail ->> 'wave', '') <> :wave_id
        ORDER BY id LIMIT 10000
    ) t GROUP BY deed
    """
)
_COUNTS = text(
    """
    SELECT (SELECT count(*) FROM (SELECT FROM invitation WHERE answered_at > :at LIMIT :most) i),
           (SELECT count(*) FROM (SELECT FROM suppression WHERE since_at > :at LIMIT :most) s),
           (SELECT count(*) FROM (SELECT FROM trigger_event
                                  WHERE changed_at > :at AND mailed_at IS NOT NULL LIMIT :most) e)
    """
)


def _many(one: str, many: str) -> Callable[[int], str]:
    def say(number: int) -> str:
        counted = f"more than {COUNTED_TO:,}" if number > COUNTED_TO else f"{number:,}"
        return f"{counted} {one if number == 1 else many}"

    return say


_DEEDS: Mapping[str, Callable[[int], str]] = {
    "import ": _many("file was imported", "files were imported"),
    "activities.": _many("report of activities came in", "reports of activities came in"),
    "account.": _many("account was merged or deleted", "accounts were merged or deleted"),
    "contact_rules.overridden": _many("override of the contact rules was granted", "overrides were granted"),
    "contact_rules.changed": _many("change of the contact rules was made", "changes of the contact rules were made"),
    "contact.": _many("person was pinned or excluded elsewhere", "people were pinned or excluded elsewhere"),
    "nomination.": _many("nomination came in", "nominations came in"),
    "wave.planned": _many("other wave was confirmed", "other waves were confirmed"),
    "wave.stopped": _many("other wave was stopped", "other waves were stopped"),
}
"""Deeds of the trail, by how they begin, that may change who is asked."""

_ANSWERS = _many("person answered another wave", "people answered other waves")
_SUPPRESSED = _many("address was put on the suppression list", "addresses were put on the suppression list")
_EVENTS = _many("person was asked after an event", "people were asked after events")

_TERMS = {
    "audience": "who is asked",
    "quota": "the quota table",
    "segment_quotas": "the quota tables of segments",
    "currency": "the currency",
    "rates": "the rates",
    "planned_for": "the first day",
}


def since_preview(session: Session, wave: Wave, plan: WavePlan) -> list[str]:
    """Return what happened, one phrase each; nothing where nobody has to look."""
    return [*_settings(wave, plan), *_deeds(session, wave, plan), *_people(session, plan)]


def _settings(wave: Wave, plan: WavePlan) -> Iterator[str]:
    now = terms_of(wave)
    changed = [words for name, words in _TERMS.items() if plan.terms.get(name) != now[name]]
    if changed:
        yield f"settings of this wave were changed: {', '.join(changed)}"


def _deeds(session: Session, wave: Wave, plan: WavePlan) -> Iterator[str]:
    given = {"trail_to": plan.trail_to, "wave": f"wave {wave.id}", "wave_id": str(wave.id)}
    counted: dict[str, int] = {}
    for deed, times in session.execute(_TRAIL, given):
        beginning = next((known for known in _DEEDS if deed.startswith(known) and deed != "import dropped"), None)
        if beginning is not None:
            counted[beginning] = counted.get(beginning, 0) + times
    for beginning, say in _DEEDS.items():
        if beginning in counted:
            yield say(counted[beginning])


def _people(session: Session, plan: WavePlan) -> Iterator[str]:
    given = {"at": plan.worked_out_at, "most": COUNTED_TO + 1}
    for number, say in zip(session.execute(_COUNTS, given).one(), (_ANSWERS, _SUPPRESSED, _EVENTS), strict=True):
        if number:
            yield say(number)
