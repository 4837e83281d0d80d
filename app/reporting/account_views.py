"""The account overview, and the sheet of one account."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from app.accounts.models import Level
from app.campaigns.deciding import WORDS
from app.core.db import reading
from app.core.listing import page_asked, text_asked
from app.reporting.account import account_sheet
from app.reporting.board import Board, wave_board
from app.reporting.overview import SHORTAGE_ALERT, Wanted, account_overview
from app.reporting.viewing import account_row, said_in_words, show_in_view, wave_in_view

pages = Blueprint("accounts", __name__, template_folder="templates")


@pages.get("/accounts")
def index() -> str:
    """Show the account overview of a wave."""
    with reading() as session:
        wave_id = wave_in_view(session)
        if wave_id is None:
            return render_template("reporting/nothing_yet.html")
        found = wave_board(session, wave_id)
        wanted = Wanted(
            wave_id,
            sort=request.args.get("sort", "-annual_value"),
            search=text_asked(),
            only=request.args.get("only", "all"),
            manager=text_asked("manager"),
            page=page_asked(),
        )
        overview = account_overview(session, wanted)
        show_in_view(session, found)
        rows = [account_row(row, wave_id) for row in overview.rows]
        return render_template("reporting/accounts.html", board=found, overview=overview, rows=rows, wanted=wanted)


@pages.get("/accounts/<int:account_id>")
def sheet(account_id: int) -> str:
    """Show one account in a wave: its people, why each is asked or not, and what they said."""
    with reading() as session:
        wave_id = wave_in_view(session)
        found = account_sheet(session, account_id, wave_id)
        board = wave_board(session, wave_id) if wave_id is not None else None
        if board is not None:
            show_in_view(session, board)
        return render_template(
            "reporting/account.html",
            sheet=found,
            board=board,
            levels=[_people_on(found.people, level, board) for level in Level],
            row=account_row({**found.standing, "id": account_id}, wave_id) if found.standing else None,
            words=WORDS,
            shortage_alert=SHORTAGE_ALERT,
        )


def _people_on(people: list[dict[str, Any]], level: Level, board: Board | None) -> dict[str, Any]:
    there = [said_in_words(person, board) for person in people if person["level"] == level]
    return {"level": level, "people": there}
