"""Counts the drivers of a wave's answers in the database, by level, for `drivers` to add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.reporting.cuts import WHOLE, Cut
from app.reporting.drivers import Count, Drivers, Part, add_up
from app.surveys.metrics import METRICS, Band, Metric

Key = TypeVar("Key")

# Each answer carries its account's value shared out over all the answers of that account in the wave, whatever the cut:
# so the parts add up to the whole.
_PARTS = """
    WITH heard AS (
        SELECT h.account_id, h.answers, greatest({worth}, 0) AS value, {worth} IS NOT NULL AS valued
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
    """The drivers of a wave's answers or of a cut of them, and how often each score was given.

    `levels` are the drivers of each level by its own answers: points only, without revenue.
    """

    drivers: Drivers
    levels: Mapping[Level, Drivers]
    scores: Mapping[int, int]


def driver_report(session: Session, wave_id: int, metric: str, cut: Cut = WHOLE) -> DriverReport:
    """Count the drivers of the answers of a wave, those of machines left out."""
    condition, parameters = cut.condition("r")
    values = {"wave_id": wave_id, **parameters}
    statement = _PARTS.format(band=_band_sql(METRICS[metric]), cut=condition, worth=_worth_sql(METRICS[metric]))
    rows = session.execute(text(statement), values).all()
    scores = session.execute(text(_SCORES.format(cut=condition)), values).all()
    levels = [level for level in Level if any(row.level == level for row in scores)]
    return DriverReport(
        drivers=_drivers(metric, scores, _merged(rows, lambda row: row.of_account)),
        levels={level: _of_level(metric, level, scores, rows) for level in levels},
        scores=_summed((row.score, row.answers) for row in scores),
    )


def _of_level(metric: str, level: Level, scores: Sequence[Any], rows: Sequence[Any]) -> Drivers:
    """Return the drivers of a level without their revenue."""
    mine = [row for row in rows if row.level == level]
    counts = (count._replace(valued=0, value=0) for count in _merged(mine, lambda _: 1))
    return _drivers(metric, [row for row in scores if row.level == level], counts)


def _merged(rows: Iterable[Any], of_account: Callable[[Any], int]) -> Iterator[Count]:
    """Add up rows that differ in nothing the figures know: adding whole numbers first is quicker than fractions."""
    found: dict[tuple[str, Band, int], list[Any]] = {}
    for row in rows:
        sums = found.setdefault((row.part, row.band, of_account(row)), [0, 0, 0])
        sums[0] += row.answers
        sums[1] += row.valued
        sums[2] += row.value
    for (part, band, answers_of_account), sums in found.items():
        tops, parts, path = part.split(" ", 2)
        yield Count(Part(path, int(tops), int(parts)), band, answers_of_account, *sums)


def _worth_sql(metric: Metric) -> str:
    """Return what an account is worth; of an anonymous survey nothing, for it would tell whose account an answer is."""
    return "NULL::numeric" if metric.anonymous else "f.annual_value"


def _band_sql(metric: Metric) -> str:
    return (
        f"CASE WHEN r.score >= {metric.promoter_from} THEN 'promoter'"
        f" WHEN r.score >= {metric.passive_from} THEN 'passive' ELSE 'detractor' END"
    )


def _drivers(metric: str, scores: Iterable[Any], counts: Iterable[Count]) -> Drivers:
    return add_up(metric, _summed((METRICS[metric].band(row.score), row.answers) for row in scores), counts)


def _summed(pairs: Iterable[tuple[Key, int]]) -> Counter[Key]:
    summed: Counter[Key] = Counter()
    for key, number in pairs:
        summed[key] += number
    return summed
