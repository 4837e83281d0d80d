"""The charts of a wave: the rows each is drawn from, which are also the table behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import discretion
from app.accounts.joining import account_today
from app.accounts.models import Level
from app.core.formats import level_name, number, percent
from app.reporting.board import Board, board_before
from app.reporting.board_figures import privacy, score, scores
from app.reporting.charts import coverage_matrix, response_curve, score_bars, value_sentiment
from app.reporting.counting import ANSWERS
from app.reporting.largest import largest
from app.surveys.metrics import METRICS

MOST_DAYS = 400
MOST_ACCOUNTS = 200
NAMED = 12

_DAYS = text(
    f"""
    SELECT greatest(floor(extract(epoch FROM r.answered_at - w.launched_at) / 86400), 0)::int AS day,
           count(*) AS answers
    FROM {ANSWERS} r JOIN wave w ON w.id = r.wave_id
    WHERE r.wave_id = :wave_id AND w.launched_at IS NOT NULL GROUP BY 1 ORDER BY 1
    """
)
_VALUES = text(
    f"""
    SELECT coalesce(a.name, 'deleted account') AS name, s.annual_value, s.score_sum, s.answers
    FROM standing s
    {account_today("s")}
    WHERE s.wave_id = :wave_id AND s.answers > 0 AND s.annual_value > 0
    ORDER BY {discretion.ranking("s.annual_value")}, s.account_id LIMIT :most
    """
)


@dataclass(frozen=True)
class WaveChart:
    """A chart of a wave: its title, the module that draws it, its rows, and the columns of the table behind it."""

    title: str
    module: str
    rows: Callable[[Session, Board], Sequence[NamedTuple]]
    columns: Sequence[Mapping[str, Any]]
    there: Callable[[Board], bool]


def _score_rows(session: Session, board: Board) -> list[score_bars.Row]:
    before = board_before(session, board)
    old = scores(before) if before is not None and before.metric == board.metric else {}
    lowest, highest = _ends(board.metric)
    return [
        score_bars.Row(
            label=level_name(level, many=True) if level else "All levels",
            score=float(found.value),
            low=float(found.low),
            high=float(found.high),
            told=_told(board, level),
            before=float(old[level].value) if level in old and old[level].n > 1 else None,
            lowest=lowest,
            highest=highest,
        )
        for level, found in scores(board).items()
        if found.n > 1
    ]


def _told(board: Board, level: Level | None) -> str:
    shown = score(board, None, level)
    return f"{shown.value}, n = {number(scores(board)[level].n)}"


def _ends(metric: str) -> tuple[float, float]:
    """Return the lowest and highest score there is: what the ends of the scale would be alone."""
    found = METRICS[metric]
    low, high = (found.summarise(found, Counter([answer])).value for answer in (found.scale[0], found.scale[-1]))
    return float(low), float(high)


def _coverage_rows(session: Session, board: Board) -> list[coverage_matrix.Row]:
    def seats(account: Any, level: Level) -> tuple[int, int, int]:
        found = account.seats[level]
        return found.answered, found.asked, found.nobody

    return [
        coverage_matrix.Row(
            one.name,
            one.missing or "everybody wanted is heard",
            seats(one, Level.DECISION_MAKER),
            seats(one, Level.INFLUENCER),
            seats(one, Level.USER),
        )
        for one in largest(session, board.wave.id, bounds=discretion.bounds())
    ]


def _curve_rows(session: Session, board: Board) -> list[response_curve.Row]:
    before = board_before(session, board)
    return [row for found in (board, before) if found is not None for row in _curve(session, found)]


def _curve(session: Session, board: Board) -> list[response_curve.Row]:
    """Return the share that had answered, day by day up to the last answer; nothing for a wave nobody answered."""
    counted = {row.day: row.answers for row in session.execute(_DAYS, {"wave_id": board.wave.id})}
    if not counted or not board.counts.sent:
        return []
    days = range(min(max(counted), MOST_DAYS) + 1)
    shares = [Fraction(answers, board.counts.sent) for answers in accumulate(counted.get(day, 0) for day in days)]
    name = board.wave.name
    return [
        response_curve.Row(name, day, float(share), f"{name}: {percent(share, 1)}")
        for day, share in zip(days, shares, strict=True)
    ]


def _value_rows(session: Session, board: Board) -> list[value_sentiment.Row]:
    metric, buckets = METRICS[board.metric], discretion.hidden_in()
    found = session.execute(
        _VALUES, {"wave_id": board.wave.id, "most": MOST_ACCOUNTS, "bounds": discretion.bounds()}
    ).all()
    rows = []
    for place, (name, value, score_sum, answers) in enumerate(found):
        mean = Fraction(score_sum, answers)
        shown: Decimal = value if buckets is None else buckets.of(value).midpoint
        rows.append(
            value_sentiment.Row(
                label=name,
                value=float(shown),
                answer=round(float(mean), 2),
                answers=answers,
                band=metric.band(int(mean + Fraction(1, 2))),
                named=place < NAMED,
                told=discretion.worth(value, board.wave.currency),
                value_title=f"Annual value, {board.wave.currency}",
                lowest=metric.scale[0],
                highest=metric.scale[-1],
            )
        )
    return rows


CHARTS: Mapping[str, WaveChart] = MappingProxyType(
    {
        "coverage": WaveChart(
            "The largest accounts, seat by seat",
            "coverage_matrix",
            _coverage_rows,
            (
                {"key": "label", "label": "Account"},
                {"key": "told", "label": "What is missing", "wrap": True},
                *(
                    {"key": key, "label": label, "wrap": True}
                    for key, label in zip(
                        ("decision_makers", "influencers", "users"), coverage_matrix.LEVELS, strict=True
                    )
                ),
            ),
            lambda board: bool(board.accounts["accounts"]),
        ),
        "score": WaveChart(
            "Scores by level, with their intervals",
            "score_bars",
            _score_rows,
            (
                {"key": "label", "label": "Level"},
                {"key": "told", "label": "Score and answers"},
                {"key": "low", "label": "95 % interval from", "kind": "number", "digits": 1},
                {"key": "high", "label": "to", "kind": "number", "digits": 1},
                {"key": "before", "label": "The wave before", "kind": "number", "digits": 1},
            ),
            lambda board: any(found.n > 1 for found in scores(board).values()),
        ),
        "response": WaveChart(
            "Response, day by day",
            "response_curve",
            _curve_rows,
            (
                {"key": "wave", "label": "Wave"},
                {"key": "day", "label": "Days since the first mail", "kind": "number"},
                {"key": "share", "label": "Answered, of those asked", "kind": "percent", "digits": 1},
            ),
            lambda board: bool(board.counts.answered and board.counts.sent and board.wave.launched_at),
        ),
        "value": WaveChart(
            "Value and sentiment",
            "value_sentiment",
            _value_rows,
            (
                {"key": "label", "label": "Account"},
                {"key": "told", "label": "Annual value"},
                {"key": "answer", "label": "Mean answer", "kind": "number", "digits": 1},
                {"key": "answers", "label": "Answers", "kind": "number"},
            ),
            lambda board: privacy(board).named and bool(board.counts.answered and board.accounts["revenue"]),
        ),
    }
)
"""The charts of a wave by their names in addresses; `there` tells whether a wave has anything to draw."""


def charts_there(board: Board) -> dict[str, WaveChart]:
    """Return the charts that have something to show, or may show it."""
    return {name: chart for name, chart in CHARTS.items() if chart.there(board)}
