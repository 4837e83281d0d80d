"""Scores side by side, with their intervals and the score of the wave before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from app.reporting.charts.inks import Inks

if TYPE_CHECKING:
    import altair as alt

HEIGHT, WIDTH = 34, 240


class Row(NamedTuple):
    """One bar: a score with its 95 % interval on a scale from `lowest` to `highest`; `told` is written beside it."""

    label: str
    score: float
    low: float
    high: float
    told: str
    before: float | None = None
    lowest: float = -100
    highest: float = 100


def draw(rows: Sequence[Row], inks: Inks) -> alt.TopLevelMixin:
    """Draw a bar from zero (or the scale's lowest) to each score, its interval, and a tick where it was before."""
    import altair as alt

    from app.reporting.charts.pieces import PLACE, names, rows_of

    lowest, highest = (rows[0].lowest, rows[0].highest) if rows else (-100, 100)
    zero = max(lowest, 0)
    values = rows_of(rows, zero=zero)
    base = alt.Chart(alt.InlineData(values=values)).encode(y=PLACE)
    x = alt.X("score:Q", scale=alt.Scale(domain=[lowest, highest], nice=False), axis=alt.Axis(tickCount=4, title=None))
    tone = alt.condition("datum.score < 0", alt.value(inks.detractor), alt.value(inks.promoter))
    bars = base.mark_bar(height=14, opacity=0.85).encode(x=x, x2="zero:Q", color=tone)
    start = alt.Chart(alt.InlineData(values=[{"zero": zero}])).mark_rule(color=inks.faint).encode(x="zero:Q")
    interval = base.mark_rule(color=inks.ink, strokeWidth=1.25).encode(x="low:Q", x2="high:Q")
    ends = [
        base.mark_tick(color=inks.ink, size=8, thickness=1.25, opacity=1).encode(x=f"{end}:Q")
        for end in ("low", "high")
    ]
    before = base.transform_filter("isValid(datum.before)").mark_tick(color=inks.accent, size=24, thickness=2)
    told = base.mark_text(align="left", dx=10, color=inks.ink, limit=170).encode(x=alt.value(WIDTH), text="told:N")
    layers = alt.layer(bars, start, interval, *ends, before.encode(x="before:Q"), names(values, inks), told)
    return layers.properties(width=WIDTH, height=HEIGHT * max(len(rows), 1))
