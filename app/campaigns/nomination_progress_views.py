"""Pages of a round for those who run it: how far each account manager is, how to write to them, and what they did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, render_template, stream_with_context, url_for

from app.campaigns.nominating_models import Deed
from app.campaigns.nomination_ground import round_asked, wanted_of
from app.campaigns.nomination_list import (
    MANAGER_SORTS,
    PER_PAGE,
    Wanted,
    manager_page,
    stream_managers,
    sums,
)
from app.campaigns.nomination_record import COLUMNS as RECORD_COLUMNS
from app.campaigns.nomination_record import PER_PAGE as LINES_PER_PAGE
from app.campaigns.nomination_record import WORDS, record_page, stream_record
from app.campaigns.nomination_record import Wanted as WantedLines
from app.campaigns.nomination_rounds import Round
from app.core.auth.rights import Right
from app.core.auth.sessions import needs
from app.core.current import settings
from app.core.db import reading
from app.core.formats import day
from app.core.listing import page_asked, text_asked
from app.core.safe_csv import csv_pieces

pages = Blueprint("progress", __name__, template_folder="templates")

COLUMNS = (
    *("manager", "manager_email", "has_login", "accounts", "accounts_lacking_people", "accounts_waiting", "answered"),
    *("seats_without_people", "named", "corrected", "left_out", "last_deed_at", "link"),
)


@pages.get("/nominations/<int:round_id>/managers")
def managers(round_id: int) -> str:
    """Show how far each account manager is, and offer the mail that asks them."""
    wanted = wanted_of(MANAGER_SORTS, "-waiting")
    with reading() as session:
        of = round_asked(session, round_id)
        found = manager_page(session, of, wanted)
        figures = sums(session, of, None)
    link = _link(of)
    rows = [row | {"mail": _mail(of, row, link)} for row in found.rows]
    return render_template(
        "campaigns/nomination_managers.html",
        of=of,
        rows=rows,
        found=found,
        wanted=wanted,
        sums=figures,
        per_page=PER_PAGE,
        letter=_letter(of, None, link),
        subject=_subject(of),
    )


@pages.get("/nominations/<int:round_id>/managers.csv")
def managers_csv(round_id: int) -> Response:
    """Return the managers that the list shows, all of them: for a mail merge, too."""
    wanted = wanted_of(MANAGER_SORTS, "-waiting")
    with reading() as session:
        of = round_asked(session, round_id)
    return _file(f"account-managers-{round_id}.csv", _managers_csv(of, wanted, _link(of)))


@pages.get("/nominations/<int:round_id>/record")
def record(round_id: int) -> str:
    """Show all that was done in a round, with what stood there before and after."""
    wanted = _lines_asked(round_id)
    with reading() as session:
        of = round_asked(session, round_id)
        rows, total = record_page(session, wanted)
    return render_template(
        "campaigns/nomination_record.html",
        of=of,
        rows=rows,
        total=total,
        wanted=wanted,
        words=WORDS,
        per_page=LINES_PER_PAGE,
    )


@pages.get("/nominations/<int:round_id>/record.csv")
@needs(Right.LOOK)
def record_csv(round_id: int) -> Response:
    """Return the lines that the record shows, all of them, streamed."""
    with reading() as session:
        round_asked(session, round_id)
    return _file(f"nominations-{round_id}-record.csv", _record_csv(_lines_asked(round_id)))


def _lines_asked(round_id: int) -> WantedLines:
    deed, account = text_asked("deed"), text_asked("account")
    return WantedLines(
        round_id,
        deed=deed if deed in set(Deed) else "",
        search=text_asked(),
        account_id=int(account) if account.isascii() and account.isdecimal() and len(account) < 18 else 0,
        page=page_asked(),
    )


def _file(name: str, pieces: Iterator[str]) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream_with_context(pieces), mimetype="text/csv", headers=headers)


def _managers_csv(of: Round, wanted: Wanted, link: str) -> Iterator[str]:
    with reading() as session:
        yield from csv_pieces(COLUMNS, ([*_cells(row), link] for row in stream_managers(session, of, wanted)))


def _cells(row: dict[str, Any]) -> list[Any]:
    return [
        *(row["name"], row["email"], "yes" if row["has_login"] else "no", row["accounts"], row["short"]),
        *(row["waiting"], row["answered"], row["missing"], row["added"], row["corrected"], row["excluded"]),
        row["last_at"],
    ]


def _record_csv(wanted: WantedLines) -> Iterator[str]:
    with reading() as session:
        yield from csv_pieces(RECORD_COLUMNS, stream_record(session, wanted))


def _link(of: Round) -> str:
    return f"{settings().public_url}{url_for('nominations.show', round_id=of.id)}"


def _subject(of: Round) -> str:
    return f"Whom shall we ask at your accounts? Until {day(of.kept.closes_on)}"


def _letter(of: Round, row: dict[str, Any] | None, link: str) -> str:
    """Return the mail that asks one account manager, or any of them, for nominations."""
    if row is None:
        greeting, lack = "Hello,", "some of your accounts lack people to ask"
    else:
        greeting = f"Hello {row['name']}," if row["name"] else "Hello,"
        few = f"{row['short']} of your {row['accounts']} accounts {'lacks' if row['short'] == 1 else 'lack'}"
        lack = f"{'your account lacks' if row['accounts'] == row['short'] == 1 else few} people to ask"
    parts = [
        greeting,
        f"before we ask our customers ({of.name}), please look at the list of your accounts: {lack}. Name whom you "
        "know, set right what is wrong, and say where there is nobody.",
        of.kept.message or "",
        f"Your list, until {day(of.kept.closes_on)}:\n{link}",
        "Thank you.",
    ]
    return "\n\n".join(part for part in parts if part)


def _mail(of: Round, row: dict[str, Any], link: str) -> str | None:
    """Return the address that opens the mail to a manager in the reader's own mail program."""
    if not row["email"] or "@" not in row["email"]:
        return None
    body = _letter(of, row, link).replace("\n", "\r\n")
    return f"mailto:{quote(row['email'], safe='@.+-_')}?subject={quote(_subject(of))}&body={quote(body)}"
