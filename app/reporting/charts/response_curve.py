"""The response curve: how many of those asked have answered, day by day, against the wave before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from app.reporting.charts.inks import Inks

if TYPE_CHECKING:
    import altair as alt

WIDTH, HEIGHT = 330, 220
LETTERS = 16
"""Pixels from one line of words to the next."""


class Row(NamedTuple):
    """A day of a wave: days since its first mail, the share of those asked that had answered by its end."""

    wave: str
    day: int
    share: float
    told: str


def draw(rows: Sequence[Row], inks: Inks) -> alt.TopLevelMixin:
    """Draw one line a wave, the first one strong, each named at its end."""
    import altair as alt

    waves = list(dict.fromkeys(row.wave for row in rows))
    last = {row.wave: row for row in rows}
    values = [{**row._asdict(), "end": row is last[row.wave]} for row in rows]
    most = max((row.share for row in rows), default=0)
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("day:Q", axis=alt.Axis(title="Days since the first mail", grid=False, tickMinStep=1)),
        y=alt.Y(
            "share:Q",
            axis=alt.Axis(format=".0%", title=None, domain=False, ticks=False, tickCount=5),
            scale=alt.Scale(domain=[0, max(most * 1.08, 0.01)], nice=False),
        ),
        color=alt.Color(
            "wave:N", scale=alt.Scale(domain=waves, range=[inks.accent, *[inks.faint] * max(len(waves) - 1, 0)])
        ),
    )
    lines = base.mark_line(strokeWidth=2, interpolate="step-after")
    ends = base.transform_filter("datum.end")
    words = [
        ends.transform_filter(alt.datum.wave == wave).mark_text(align="left", dx=9, dy=shift, limit=200)
        for wave, shift in _shifts(last, most).items()
    ]
    return alt.layer(
        lines,
        ends.mark_point(filled=True, size=36, opacity=1),
        *(one.encode(text="told:N") for one in words),
    ).properties(width=WIDTH, height=HEIGHT)


def _shifts(last: Mapping[str, Row], most: float) -> dict[str, float]:
    """Return how far down the words of each wave move, so that none stand upon each other."""
    shifts, lowest = {}, -LETTERS * 1.0
    for row in sorted(last.values(), key=lambda row: -row.share):
        at = HEIGHT * (1 - row.share / max(most * 1.08, 0.01))
        shifts[row.wave] = max(lowest + LETTERS - at, 0.0)
        lowest = at + shifts[row.wave]
    return shifts
