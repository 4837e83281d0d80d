"""Counts the drivers of a wave's answers in the database, by level, for `drivers` to add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.reporting.cuts import WHOLE, Cut
from app.reporting.drivers import Count, Drivers, Part, add_up
from app.surveys.metrics import METRICS, Metric

Key = TypeVar("Key")

# Each answer carries its account's value shared out over all the answers of that account in the wave, whatever the cut:
# so the parts add up to the whole.
_PARTS = """
    WITH heard AS (
        SELECT h.account_id, h.answers, greatest(f.annual_value, 0) AS value, f.annual_value IS NOT NULL AS valued
        FROM (SELECT account_id, count(*) AS answers FROM response
              WHERE wave_id = :wave_id AND verdict <> 'machine' GROUP BY account_id) h
        LEFT JOIN wave_account f ON f.wave_id = :wave_id AND f.account_id = h.account_id
    )
    SELECT p.part, r.level, {band} AS band, h.answers AS of_account, count(*) AS answers,
           count(*) FILTER (WHERE h.valued) AS valued, coalesce(sum(h.value), 0) AS value
    FROM response r JOIN heard h USING (account_id), unnest(r.driver_parts) AS p (part)
    WHERE r.wave_id = :wave_id AND r.verdict <> 'machine' AND {cut}
    GROUP BY 1, 2, 3, 4
"""
_SCORES = """
    SELECT r.level, r.score, count(*) AS answers FROM response r
    WHERE r.wave_id = :wave_id AND r.verdict <> 'machine' AND {cut} GROUP BY 1, 2
"""


@dataclass(frozen=True)
class DriverReport:
    """The drivers of a wave's answers or of a cut of them, those of each level, and how often each score was given."""

    drivers: Drivers
    levels: Mapping[Level, Drivers]
    scores: Mapping[int, int]


def driver_report(session: Session, wave_id: int, metric: str, cut: Cut = WHOLE) -> DriverReport:
    """Count the drivers of the answers of a wave, those of machines left out."""
    condition, parameters = cut.condition("r")
    values = {"wave_id": wave_id, **parameters}
    statement = _PARTS.format(band=_band_sql(METRICS[metric]), cut=condition)
    rows = session.execute(text(statement), values).all()
    scores = session.execute(text(_SCORES.format(cut=condition)), values).all()
    levels = [level for level in Level if any(row.level == level for row in scores)]
    return DriverReport(
        drivers=_drivers(metric, scores, rows),
        levels={level: _drivers(metric, _on(level, scores), _on(level, rows)) for level in levels},
        scores=_summed((row.score, row.answers) for row in scores),
    )


def _on(level: Level, rows: Iterable[Any]) -> list[Any]:
    return [row for row in rows if row.level == level]


def _band_sql(metric: Metric) -> str:
    return (
        f"CASE WHEN r.score >= {metric.promoter_from} THEN 'promoter'"
        f" WHEN r.score >= {metric.passive_from} THEN 'passive' ELSE 'detractor' END"
    )


def _drivers(metric: str, scores: Iterable[Any], rows: Iterable[Any]) -> Drivers:
    bands = _summed((METRICS[metric].band(row.score), row.answers) for row in scores)
    return add_up(metric, bands, (_count(row) for row in rows))


def _count(row: Any) -> Count:
    tops, parts, path = row.part.split(" ", 2)
    return Count(Part(path, int(tops), int(parts)), row.band, row.of_account, row.answers, row.valued, row.value)


def _summed(pairs: Iterable[tuple[Key, int]]) -> Counter[Key]:
    summed: Counter[Key] = Counter()
    for key, number in pairs:
        summed[key] += number
    return summed
