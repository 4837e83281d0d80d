"""What several charts are made of: rows from top to bottom with their names. Only the drawing process imports it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import altair as alt

from app.reporting.charts.inks import SIZE, Inks

LONGEST_NAME = 220
"""Pixels; longer names end in an ellipsis."""

PLACE = alt.Y("place:O", axis=None)
"""From top to bottom in the order of the rows; two rows may have the same name."""


def rows_of(rows: Iterable[NamedTuple], **more: Any) -> list[dict[str, Any]]:
    """Return rows as Vega-Lite takes them, each with its place; `more` gives every one of them further columns."""
    return [{**row._asdict(), "place": place, **more} for place, row in enumerate(rows)]


def names(values: list[dict[str, Any]], inks: Inks, field: str = "label") -> alt.Chart:
    """Return the layer that writes the name of each row at the left of the chart."""
    marks: alt.Chart = alt.Chart(alt.InlineData(values=values)).mark_text(
        align="right", dx=-10, limit=LONGEST_NAME, color=inks.ink, fontSize=SIZE
    )
    named: alt.Chart = marks.encode(y=PLACE, x=alt.value(0), text=f"{field}:N")
    return named
