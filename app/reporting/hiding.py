"""What a sheet without names may still tell (ours): the rule of anonymous surveys, applied to any of them.

Names left out are not enough where few people answered: of three comments beside three levels everybody knows whose is
whose. So a score stands for five answers at least, a comment among eight, a level only where no other can be reckoned
from it, and nothing tells a comment's level, band, reasons or day. Differences between two figures that one person can
have made (trends, an account within its group, answers after single events) are left out. A score near an end of its
scale tells what everybody said: beyond four people at the end and one at the other it is only told so far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from app.reporting.account_people import Tier, level_score
from app.reporting.alerts import ALERTS
from app.reporting.anonymity import Anonymity
from app.reporting.scenarios import of_counts_only
from app.surveys.metrics import METRICS, display

_ENPS = METRICS["enps"]
HIDDEN = Anonymity(_ENPS.score_from, _ENPS.detail_from)


def hidden(figures: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """Return the figures of an account's sheet without anything that tells who said what."""
    tiers, line = figures["tiers"], figures["line"]
    shown: Anonymity = figures["shown"]
    counts: Counter[int] = sum((tier.counts for tier in tiers), Counter()) if shown.named else Counter()
    levels = HIDDEN.scored({tier.level: tier.answers for tier in tiers}) if shown.named else frozenset()
    said = [person for tier in tiers for person in tier.people] if HIDDEN.detail(counts.total()) else []
    return {
        **figures,
        "sheet": replace(figures["sheet"], people=[], events=[], before=None),
        "tiers": [_bare(tier, tier.level in levels, metric) for tier in tiers],
        "score": coarse_score(counts, metric),
        "before": None,
        "trend": None,
        "below_score": None,
        "scenarios": of_counts_only(figures["scenarios"]),
        "alerts": [phrase for phrase in figures["alerts"] if phrase in _OF_COUNTS],
        "line": line and {**line, "score": None, "trend": None, "tally": {}},
        "events": [],
        "quotes": unattributed(said),
        "why_no_quotes": None if said else _why(counts.total()),
        "named_most": named_most(said),
        "waves": [{**row, "words": _of_wave(row)} for row in figures["waves"] if row["kind"] != "transactional"],
        "children": [{**row, "words": None} for row in figures["children"]],
    }


_OF_COUNTS = frozenset(alert.phrase for alert in ALERTS.values() if not alert.of_answers)


def coarse_score(counts: Counter[int], metric: str) -> dict[str, Any] | None:
    """Return a score as a sheet without names writes it; None for fewer answers than keep people unknown."""
    if not HIDDEN.score(counts.total()):
        return None
    found = level_score(counts, metric)
    exact = METRICS[metric].score(counts)
    if found is None or exact is None:
        return None
    low, high = _ends(metric)
    if exact.value >= high:
        return {"n": found["n"], "value": f"{_written(high, metric)} or more"}
    if exact.value <= low:
        return {"n": found["n"], "value": f"{_written(low, metric)} or less"}
    return {"n": found["n"], "value": found["value"]}


def unattributed(people: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what people wrote, in the order of the words themselves, which tells nothing of level or time."""
    quotes = (quote for person in people for quote in person["quotes"])
    return sorted(quotes, key=str.casefold)


def named_most(people: Iterable[Mapping[str, Any]], most: int = 5) -> list[tuple[str, int]]:
    """Return the reasons that were named most often and how often, equals by name."""
    counted = Counter(reason for person in people for reason in dict.fromkeys(person["reasons"]))
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:most]


def _bare(tier: Tier, with_score: bool, metric: str) -> Tier:
    score = coarse_score(tier.counts, metric) if with_score else None
    return replace(tier, people=[], counts=_faceless(tier), score=score, before=None)


def _faceless(tier: Tier) -> Counter[int]:
    """Return as many answers as there are, all alike: a template can count them and learn no more."""
    return Counter({0: tier.answers}) if tier.answers else Counter()


def _of_wave(row: Mapping[str, Any]) -> dict[str, Any] | None:
    counts: Counter[int] = Counter()
    for key, people in row["tally"].items():
        what = key.partition(".")[2]
        if what.isdecimal():
            counts[int(what)] += people
    return coarse_score(counts, row["metric"]) if row["named"] else None


def _ends(metric: str) -> tuple[Any, Any]:
    """Return the scores of four people at one end of the scale and one at the other."""
    found = METRICS[metric]
    bottom, top = found.scale[0], found.scale[-1]
    low, high = found.score(Counter({bottom: 4, top: 1})), found.score(Counter({bottom: 1, top: 4}))
    return (low.value, high.value) if low and high else (None, None)


def _written(value: Any, metric: str) -> str:
    return display(value, 1 if metric == "ces" else 0)


def _why(n: int) -> str:
    if not n:
        return "Nobody has written anything that may stand here."
    return f"Comments stand here from {HIDDEN.detail_from} answers on: with fewer, everybody would know who wrote them."
