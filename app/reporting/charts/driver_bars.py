"""Drivers: what each does to the score, and the revenue that goes with it, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from app.reporting.charts.inks import Inks

if TYPE_CHECKING:
    import altair as alt

HEIGHT, WIDTH = 30, 250


class Row(NamedTuple):
    """A driver: its points of the score, and the net revenue of its answers, both with the words written beside.

    Without `revenue` (unknown, or not to be seen) the second bar stays empty and `revenue_told` says why.
    """

    label: str
    contribution: float
    told: str
    revenue: float | None = None
    revenue_told: str = ""


def draw(rows: Sequence[Row], inks: Inks) -> alt.TopLevelMixin:
    """Draw two bars a driver, from zero; the names stand at the left once."""
    import altair as alt

    from app.reporting.charts.pieces import PLACE, names, rows_of

    values = rows_of(rows)

    def bars(field: str, told: str, title: str) -> Any:
        known = [abs(getattr(row, field)) for row in rows if getattr(row, field) is not None]
        most = max([*known, 1e-9]) * 1.5
        base = alt.Chart(alt.InlineData(values=values)).encode(y=PLACE)
        x = alt.X(f"{field}:Q", title=title, scale=alt.Scale(domain=[-most, most], nice=False))
        tone = alt.condition(f"datum.{field} < 0", alt.value(inks.detractor), alt.value(inks.promoter))
        bar = base.mark_bar(height=14, opacity=0.85).encode(
            x=x.axis(labels=False, ticks=False, grid=False, domain=False, orient="top", titleAnchor="start"), color=tone
        )
        zero = alt.Chart(alt.InlineData(values=[{field: 0}])).mark_rule(color=inks.faint).encode(x=f"{field}:Q")
        right = base.transform_filter(f"datum.{field} >= 0 || !isValid(datum.{field})")
        words = [
            right.transform_calculate(at=f"datum.{field} || 0").mark_text(align="left", dx=6, limit=120),
            base.transform_filter(f"datum.{field} < 0")
            .transform_calculate(at=f"datum.{field}")
            .mark_text(align="right", dx=-6, limit=120),
        ]
        written = [word.encode(x="at:Q", text=f"{told}:N") for word in words]
        return alt.layer(bar, zero, *written).properties(width=WIDTH, height=HEIGHT * max(len(rows), 1))

    score = bars("contribution", "told", "Points of the score")
    first = alt.layer(score, names(values, inks)).properties(width=WIDTH, height=HEIGHT * max(len(rows), 1))
    if not any(row.revenue_told for row in rows):
        return alt.hconcat(first)
    return alt.hconcat(first, bars("revenue", "revenue_told", "Associated revenue, net"), spacing=30)
