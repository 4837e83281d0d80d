"""The coverage matrix: accounts by level, seat by seat: answered, asked, or with nobody to ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from app.reporting.charts.inks import Inks

if TYPE_CHECKING:
    import altair as alt

SEAT, GAP, HEIGHT = 14, 3, 30
LEVELS = ("Decision makers", "Influencers", "Users")


class Row(NamedTuple):
    """An account: on each level its seats that answered, that were asked and are silent, and with nobody to ask."""

    label: str
    told: str
    decision_makers: Sequence[int]
    influencers: Sequence[int]
    users: Sequence[int]

    @property
    def levels(self) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
        """Return the seats of all levels, from the top."""
        return self.decision_makers, self.influencers, self.users


def draw(rows: Sequence[Row], inks: Inks) -> alt.TopLevelMixin:
    """Draw each seat as a small bar: filled, outlined or dashed; `told` stands at the end of the row."""
    import altair as alt

    from app.reporting.charts.pieces import PLACE, names, rows_of

    starts, width = _columns(rows)
    seats = alt.Chart(alt.InlineData(values=list(_seats(rows, starts)))).encode(
        y=PLACE,
        x=alt.X("from:Q", scale=alt.Scale(domain=[0, width], nice=False), axis=None),
        x2="to:Q",
    )
    filled = seats.transform_filter("datum.kind == 0").mark_bar(height=18, color=inks.accent, cornerRadius=2)
    outlined = seats.transform_filter("datum.kind == 1").mark_bar(
        height=17, filled=False, stroke=inks.accent, strokeWidth=1.25, cornerRadius=2
    )
    dashed = seats.transform_filter("datum.kind == 2").mark_bar(
        height=17, filled=False, stroke=inks.faint, strokeWidth=1.25, strokeDash=[3, 2], cornerRadius=2
    )
    values = rows_of(rows)
    told = alt.Chart(alt.InlineData(values=values)).mark_text(align="left", dx=10, color=inks.soft, limit=320)
    heads = alt.Chart(
        alt.InlineData(values=[{"at": at, "level": level} for at, level in zip(starts, LEVELS, strict=True)])
    ).mark_text(align="left", color=inks.soft, fontSize=12)
    return alt.layer(
        filled,
        outlined,
        dashed,
        names(values, inks),
        told.encode(y=PLACE, x=alt.value(width), text="told:N"),
        heads.encode(x="at:Q", y=alt.value(-10), text="level:N"),
    ).properties(width=width, height=HEIGHT * max(len(rows), 1))


def _columns(rows: Sequence[Row]) -> tuple[list[int], int]:
    """Return where each level begins, in pixels, and how wide they are together."""
    starts, at = [], 0
    for level in range(len(LEVELS)):
        starts.append(at)
        most = max((sum(row.levels[level]) for row in rows), default=0)
        at += max(most * (SEAT + GAP), 110) + 20
    return starts, at


def _seats(rows: Sequence[Row], starts: Sequence[int]) -> Iterator[dict[str, Any]]:
    for place, row in enumerate(rows):
        for level, start in enumerate(starts):
            kinds = [kind for kind, seats in enumerate(row.levels[level]) for _ in range(seats)]
            for number, kind in enumerate(kinds):
                left = start + number * (SEAT + GAP)
                yield {"place": place, "kind": kind, "from": left, "to": left + SEAT}
