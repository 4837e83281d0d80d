"""Figures side by side: a wave by manager, industry, level, product and more, and waves and campaigns themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from app.accounts.discretion import exact, told
from app.core.errors import Refused
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces
from app.reporting.cuts import LEVEL
from app.reporting.groups import Group
from app.reporting.segment_tables import Line, SegmentTable, can_be_by, segment_table
from app.reporting.standing import counted
from app.reporting.viewing import show_in_view, wave_in_view
from app.reporting.waves import newest_waves
from app.surveys.metrics import Score, rounded

pages = Blueprint("segments", __name__, template_folder="templates")

PER_PAGE = 100

SORTS: Mapping[str, Callable[[Group], Any]] = {
    "sent": lambda group: group.sent,
    "answers": lambda group: _unless_closed(group, group.answers),
    "response": lambda group: group.response,
    "coverage": lambda group: group.coverage,
    "score": lambda group: group.score.value if group.score else None,
    "revenue": lambda group: _of_revenue(group),
}

_OF_GROUP = (
    *(
        "Asked",
        "Answers",
        "Response rate",
        "Accounts asked",
        "Accounts heard",
        "Wanted answers",
        "Wanted answers there",
    ),
    *(
        "Coverage",
        "Score",
        "Score from",
        "Score to",
        "Revenue",
        "Revenue heard",
        "Revenue heard share",
        "Values unknown",
    ),
)


@pages.get("/segments")
def index() -> str | tuple[str, int]:
    """Show the groups of a wave side by side, and against another wave if one is named."""
    with counted() as session:
        wave_id = wave_in_view(session)
        if wave_id is None:
            return render_template("reporting/nothing_yet.html")
        table = _table(session, wave_id)
        show_in_view(session, table.seen)
        lines = _listed(table)
        page = page_asked() if (page_asked() - 1) * PER_PAGE < len(lines) else 1
        shown = render_template(
            "reporting/segments.html",
            table=table,
            lines=lines[(page - 1) * PER_PAGE : page * PER_PAGE],
            total=len(lines),
            page=page,
            per_page=PER_PAGE,
            sort=_sort(),
            waves=[("", "No other wave"), *((str(id), name) for id, name in newest_waves(session) if id != wave_id)],
            search=text_asked(),
        )
        return (shown, 422) if table.refused else shown


@pages.get("/segments.csv")
def as_csv() -> Response:
    """Return the groups that the page shows, all its pages, with what their rates are made of; raises Refused."""
    headers = {"Content-Disposition": 'attachment; filename="segments.csv"'}
    return Response("".join(_csv()), mimetype="text/csv", headers=headers)


def _table(session: Session, wave_id: int) -> SegmentTable:
    by, given = text_asked("by"), request.args.get("with", "")
    before_id = int(given) if given.isascii() and given.isdecimal() and len(given) < 18 else None
    return segment_table(session, wave_id, by if can_be_by(by) else LEVEL, before_id)


def _sort() -> str:
    asked = text_asked("sort")
    return asked if asked.lstrip("-") in {*SORTS, "label"} else ""


def _listed(table: SegmentTable) -> list[Line]:
    """Return the lines that fit the search, in the order asked for; what has no figure comes last."""
    search, sort = text_asked().casefold(), _sort()
    lines = [line for line in table.lines if search in line.label.casefold()]
    if sort.lstrip("-") == "label":
        return sorted(lines, key=lambda line: line.label.casefold(), reverse=sort.startswith("-"))
    if not sort:
        return lines
    figure = SORTS[sort.lstrip("-")]
    known = [line for line in lines if figure(line.group) is not None]
    rest = [line for line in lines if figure(line.group) is None]
    return [*sorted(known, key=lambda line: figure(line.group), reverse=sort.startswith("-")), *rest]


def _csv() -> Iterator[str]:
    with counted() as session:
        wave_id = wave_in_view(session)
        table = _table(session, wave_id) if wave_id is not None else None
        if table and table.refused:
            raise Refused(table.refused)
        lines = _listed(table) if table else []
        before = [f"{name} before" for name in _OF_GROUP] if table and table.before else []
        label, currency = (table.label, table.seen.wave.currency) if table else ("Group", "")
        rows = (_csv_line(line, currency, with_before=bool(before)) for line in lines)
        yield from csv_pieces([label, *_OF_GROUP, "Currency", *before], rows)


def _csv_line(line: Line, currency: str, *, with_before: bool) -> list[object]:
    before = _cells(line.before or Group(""), currency) if with_before else []
    return [line.label, *_cells(line.group, currency), currency, *before]


def _cells(group: Group, currency: str) -> list[object]:
    score = _score_cells(group.score)
    heard = _unless_closed(group, told(group.revenue_heard, currency))
    answers, accounts_heard, there = (
        _unless_closed(group, count) for count in (group.answers, group.accounts_heard, group.heard)
    )
    return [
        *(group.sent, answers, _part(group.response), group.accounts, accounts_heard),
        *(group.target, there, _part(group.coverage), *score),
        *(told(group.revenue, currency), heard, _part(_of_revenue(group)), group.values_unknown),
    ]


def _unless_closed(group: Group, figure: Any) -> Any:
    return None if group.closed else figure


def _of_revenue(group: Group) -> Any:
    """Return the share of revenue that is heard, to the per cent for whoever may not see the amounts behind it."""
    share = group.of_revenue
    return share if share is None or exact() else rounded(share, 2)


def _score_cells(score: Score | None) -> tuple[object, object, object]:
    return (rounded(score.value, 4), rounded(score.low, 4), rounded(score.high, 4)) if score else ("", "", "")


def _part(share: Any) -> object:
    return "" if share is None else rounded(share, 6)
