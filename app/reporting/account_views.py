"""The account overview, as a page and as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import discretion
from app.accounts.models import Account
from app.core.db import reading
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces
from app.core.saved_view_pages import bar, columns_asked
from app.core.saved_views import encoded
from app.reporting import account_pages
from app.reporting.account import accounts_without_wave
from app.reporting.account_columns import COLUMNS, USUAL, Column, columns_shown, file_header, file_line
from app.reporting.account_list import Asked, asked, choices, columns_in
from app.reporting.alerts import ALERTS
from app.reporting.anonymity import Anonymity, anonymity
from app.reporting.board import Board, board_before, wave_board
from app.reporting.overview import account_overview, stream_accounts
from app.reporting.seen import seen
from app.reporting.standing import counted
from app.reporting.viewing import account_row, show_in_view, wave_in_view
from app.surveys.metrics import METRICS, display

pages = Blueprint("accounts", __name__, template_folder="templates")

LIST = "accounts.index"

pages.add_url_rule("/accounts/<int:account_id>", "sheet", account_pages.sheet)
pages.add_url_rule("/accounts/<int:account_id>/review", "review", account_pages.review)


@pages.get("/accounts")
def index() -> str:
    """Show the account overview of a wave."""
    with counted() as session:
        wave_id = wave_in_view(session)
        if wave_id is None:
            return _without_wave(session)
        board = wave_board(session, wave_id)
        show_in_view(session, board)
        found, keys, named = _asked(session, board), _columns(), _anonymity(board).named
        overview = account_overview(session, found.wanted)
        return render_template(
            "reporting/accounts.html",
            board=board,
            overview=overview,
            rows=[_row(row, board) for row in overview.rows],
            wanted=found.wanted,
            found=found,
            choices=choices(session, found.wanted),
            named=named,
            columns=_heads(columns_shown(keys, named=named), board.metric),
            all_columns=[(key, column.label) for key, column in columns_shown(tuple(COLUMNS), named=named).items()],
            keys=keys,
            alerts=ALERTS,
            views=bar(LIST, columns=columns_in(keys)),
            file=_file_address(keys),
        )


@pages.get("/accounts.csv")
def as_csv() -> Response:
    """Return what the overview shows, all of its pages, streamed; raises NotFound."""
    with reading() as session:
        wave_id = wave_in_view(session)
        if wave_id is not None:
            seen(session, wave_id)  # once the file is on its way, nothing can be answered but half of it
    headers = {"Content-Disposition": 'attachment; filename="accounts.csv"'}
    return Response(stream_with_context(_csv()), mimetype="text/csv", headers=headers)


def _csv() -> Iterator[str]:
    with counted() as session:
        wave_id = wave_in_view(session)
        if wave_id is None:
            yield from csv_pieces(["Account ID", "Account", "Alerts"], [])
            return
        board = wave_board(session, wave_id)
        named = _anonymity(board).named
        columns = columns_shown(_columns(), named=named)
        currency = board.wave.currency
        rows = stream_accounts(session, _asked(session, board).wanted)
        lines = (file_line(columns, {**row, "wave_currency": currency}, named=named) for row in rows)
        yield from csv_pieces(file_header(columns, currency), lines)


def _without_wave(session: Session) -> str:
    """Show the accounts there are while no wave tells more of them."""
    if not session.scalar(select(func.count()).select_from(select(Account.id).limit(1).subquery())):
        return render_template("reporting/nothing_yet.html")
    rows, total, page = accounts_without_wave(session, text_asked(), page_asked(), bounds=discretion.bounds())
    return render_template("reporting/accounts_without_wave.html", rows=rows, total=total, page=page)


def _asked(session: Session, board: Board) -> Asked:
    before = board_before(session, board)
    comparable = before is not None and before.metric == board.metric
    return asked(session, board, before.wave.id if before and comparable else None, _anonymity(board).named)


def _heads(columns: Mapping[str, Column], metric: str) -> list[dict[str, Any]]:
    """Return the columns as the table macro takes them; the score goes by the name of its metric."""
    return [
        {"key": key, "label": metric.upper() if key == "score" else column.label, "kind": column.kind, "sortable": True}
        for key, column in columns.items()
    ]


def _anonymity(board: Board) -> Anonymity:
    return anonymity(board.metric, finished=board.wave.state == "finished")


def _columns() -> tuple[str, ...]:
    return columns_asked(LIST, tuple(COLUMNS), USUAL)


def _row(row: Mapping[str, Any], board: Board) -> dict[str, Any]:
    """Return a row with its glyphs, and score and trend as they are written."""
    below = row["below"]
    return {
        **account_row(dict(row), board.wave.id),
        "score_words": score_words(row, board.metric),
        "trend_words": None if row["trend"] is None else display(row["trend"], 0),
        "below": below,
        "below_score": display(below.score, _digits(board.metric)) if below and below.score is not None else None,
        "parent_href": url_for(LIST, wave=board.wave.id, parent=row["id"]),
    }


def score_words(row: Mapping[str, Any], metric: str) -> dict[str, Any] | None:
    """Return a standing's score as it is written, of one answer the answer and its band; None without any."""
    if not row["answers"] or row["score"] is None:
        return None
    if row["answers"] == 1:
        return {"answer": row["score_sum"], "band": METRICS[metric].band(row["score_sum"])}
    return {"value": display(row["score"], _digits(metric))}


def _digits(metric: str) -> int:
    return 1 if metric == "ces" else 0


def _file_address(keys: tuple[str, ...]) -> str:
    query = [(name, value) for name, value in request.args.items(multi=True) if name not in ("page", "columns", "view")]
    return f"{url_for('accounts.as_csv')}?{encoded([*query, ('columns', columns_in(keys))])}"
