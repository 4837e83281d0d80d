"""Value against sentiment: what each account is worth, and what it said; the largest are named."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import TYPE_CHECKING, NamedTuple

from app.reporting.charts.inks import Inks

if TYPE_CHECKING:
    import altair as alt

WIDTH, HEIGHT = 400, 300


class Row(NamedTuple):
    """An account: where its value and its mean answer stand, and its band; `named` writes its name beside.

    Values are those the reader may see: exact ones, or the middle of a bucket; `told` is the value in words.
    """

    label: str
    value: float
    answer: float
    answers: int
    band: str
    named: bool
    told: str
    value_title: str
    lowest: int = 0
    highest: int = 10


def draw(rows: Sequence[Row], inks: Inks) -> alt.TopLevelMixin:
    """Draw a disc an account, on a logarithmic scale of value, as large as it gave answers."""
    import altair as alt

    named = _readable(rows)
    values = [{**row._asdict(), "value": max(row.value, 1), "named": at in named} for at, row in enumerate(rows)]
    first = rows[0] if rows else None
    lowest, highest = (first.lowest, first.highest) if first else (0, 10)
    tones = {"detractor": inks.detractor, "passive": inks.passive, "promoter": inks.promoter}
    axis = alt.Axis(title=first.value_title if first else None, format="~s", tickCount=5, grid=False)
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("value:Q", scale=alt.Scale(type="log", domain=_decades(rows)), axis=axis),
        y=alt.Y(
            "answer:Q",
            title="Mean answer",
            axis=alt.Axis(tickCount=6, domain=False, ticks=False),
            scale=alt.Scale(domain=[lowest - 0.5, highest + 0.5], nice=False),
        ),
        color=alt.Color("band:N", scale=alt.Scale(domain=list(tones), range=list(tones.values()))),
    )
    discs = base.mark_circle(opacity=0.6).encode(size=alt.Size("answers:Q", scale=alt.Scale(range=[30, 320])))
    shapes = [
        base.transform_filter(alt.datum.band == band).mark_point(shape=shape, size=22, filled=True, opacity=1)
        for band, shape in (("detractor", "triangle-down"), ("promoter", "triangle-up"))
    ]
    words = base.transform_filter("datum.named").mark_text(align="left", dx=9, fontSize=11, limit=150)
    return alt.layer(discs, *shapes, words.encode(text="label:N", color=alt.value(inks.ink))).properties(
        width=WIDTH, height=HEIGHT
    )


def _decades(rows: Sequence[Row]) -> list[float]:
    """Return the powers of ten between which all values lie."""
    values = [max(row.value, 1) for row in rows] or [1]
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return [10.0**low, 10.0 ** max(high, low + 1)]


def _readable(rows: Sequence[Row]) -> set[int]:
    """Return which names can be written: of those to be named, each that no name before it covers."""
    if not rows:
        return set()
    least, most = map(log10, _decades(rows))
    height = HEIGHT / (rows[0].highest - rows[0].lowest + 1)
    written: dict[int, tuple[float, float]] = {}
    for number, row in enumerate(rows):
        x = (log10(max(row.value, 1)) - least) / (most - least) * WIDTH
        y = row.answer * height
        if row.named and all(abs(y - there) > 13 or abs(x - left) > 150 for left, there in written.values()):
            written[number] = (x, y)
    return set(written)
