"""Pages of closing days and public holidays: listed, added, taken back with a way to undo it.

They stand here and not in campaigns, because they say how many mails a day moves, which only delivery can foresee.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from markupsafe import Markup, escape
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.models import Account
from app.accounts.places import country_names
from app.campaigns.calendar import countries, public_holidays
from app.campaigns.closing_days import (
    EVERYWHERE,
    SORTS,
    Closing,
    Wanted,
    add,
    closings,
    read_closing,
    read_lines,
    remove,
)
from app.core.auth.sessions import actor
from app.core.db import reading
from app.core.errors import QuorumError
from app.core.formats import day as day_in_words
from app.core.formats import number
from app.core.listing import text_asked
from app.core.safe_csv import csv_pieces
from app.delivery.foreseeing import moved, outlook

pages = Blueprint("closing_days", __name__, template_folder="templates")

YEARS_BACK, YEARS_AHEAD = 1, 5
_FIELDS = ("first", "last", "country", "name")


@pages.get("/calendar/closing-days")
def index() -> str:
    """List the closing days that are to come, or all of them."""
    return _list({}, {})


@pages.get("/calendar/closing-days.csv")
def as_csv() -> Response:
    """Return the closing days that the list shows."""
    with reading() as session:
        rows = closings(session, _wanted())
    cells = ([row["first"], row["last"], row["country"] or EVERYWHERE, row["name"], row["days"]] for row in rows)
    headers = {"Content-Disposition": 'attachment; filename="closing-days.csv"'}
    return Response(
        csv_pieces(("first", "last", "country", "name", "days"), cells), mimetype="text/csv", headers=headers
    )


@pages.post("/calendar/closing-days")
def put() -> AnyResponse | tuple[str, int]:
    """Close a day, or days in a row, and say how many mails that moves."""
    given = {name: request.form.get(name, "").replace("\0", "").strip() for name in _FIELDS}
    closing, faults = read_closing(given, _today())
    if closing is None:
        return _list(given, faults), 422
    try:
        _close([closing])
    except QuorumError as fault:
        return _list(given, {"first": str(fault)}), 422
    return redirect(url_for("closing_days.index"))


@pages.post("/calendar/closing-days/lines")
def put_lines() -> AnyResponse | tuple[str, int]:
    """Close the days of some lines, all of them or none."""
    typed = request.form.get("lines", "").replace("\0", "")
    found, wrong = read_lines(typed, _today())
    if not found and not wrong:
        wrong = ["Write at least one line, such as: 2026-12-24..2026-12-31; Company holidays; DE"]
    if not wrong:
        try:
            _close(found)
        except QuorumError as fault:
            wrong = [str(fault)]
    if wrong:
        return _list({"lines": typed}, {"lines": Markup("<br>").join(map(escape, wrong))}), 422
    return redirect(url_for("closing_days.index"))


@pages.post("/calendar/closing-days/remove")
def take_back() -> AnyResponse | tuple[str, int]:
    """Open days again; the list then offers to close them once more."""
    given = {name: request.form.get(name, "").replace("\0", "").strip() for name in _FIELDS}
    closing, faults = read_closing(given, None)
    if closing is None:
        return _list({}, faults), 422
    opened = remove(closing, actor=actor())
    flash(f"{_span(closing)} {'is' if opened == 1 else 'are'} open again ({_where(closing.country)}).", "done")
    removed: dict[str, Any] = {f"removed_{name}": given[name] for name in _FIELDS}
    return redirect(url_for("closing_days.index", **removed))


@pages.get("/calendar/holidays")
def holidays() -> str:
    """Show the public holidays of a country in a year."""
    names = {code: name for code, name in country_names().items() if code in countries()}
    this_year = _today().year
    years = [str(year) for year in range(this_year - YEARS_BACK, this_year + YEARS_AHEAD + 1)]
    asked = text_asked("year")
    year = int(asked) if asked in years else this_year
    country = text_asked("country").upper()
    if country not in names:
        with reading() as session:
            country = _most_common_country(session, names)
    return render_template(
        "delivery/holidays.html",
        rows=[{"day": day, "weekend": day.weekday() > 4, "name": name} for day, name in _shown(country, year)],
        country=country,
        country_name=names[country],
        year=year,
        countries=list(names.items()),
        years=years,
    )


def _shown(country: str, year: int) -> list[tuple[date, str]]:
    return sorted(public_holidays(country, year).items())


def _most_common_country(session: Session, known: dict[str, str]) -> str:
    query = select(Account.country).where(Account.country.in_(known)).group_by(Account.country)
    return session.scalar(query.order_by(func.count().desc(), Account.country).limit(1)) or "US"


def _today() -> date:
    return datetime.now(UTC).date()


def _wanted() -> Wanted:
    country, sort = text_asked("country"), text_asked("sort")
    known = country == EVERYWHERE or country in country_names()
    since = None if text_asked("past") else _today()
    return Wanted(text_asked(), country if known else "", since, sort if sort.removeprefix("-") in SORTS else "first")


def _close(found: Sequence[Closing]) -> None:
    """Close the days and say what that means."""
    horizon = max((closing.last - _today()).days for closing in found) + 1
    with reading() as session:
        foreseen = outlook(session, datetime.now(UTC), max(horizon, 1))
    mails = sum(moved(foreseen, closing.days, closing.country) for closing in found)
    new = add(found, actor=actor(), today=_today())
    if not new:
        flash("These days were closed already; nothing has changed.", "note")
        return
    what = _span(found[0]) if len(found) == 1 else f"{number(new)} days"
    where = f" ({_where(found[0].country)})" if len(found) == 1 else ""
    told = "No mail was foreseen for then." if not mails else f"About {number(mails)} foreseen mails leave later."
    flash(f"{what}{where} {'is' if new == 1 else 'are'} closed now. {told}", "done")


def _span(closing: Closing) -> str:
    first, last = day_in_words(closing.first), day_in_words(closing.last)
    return first if first == last else f"{first} to {last}"


def _where(country: str | None) -> str:
    return country_names().get(country, country) if country else "everywhere"


def _list(given: dict[str, str], faults: dict[str, Any]) -> str:
    wanted = _wanted()
    with reading() as session:
        rows = closings(session, wanted)
        used = {row["country"] for row in closings(session, Wanted())}
    for row in rows:
        row["where"] = _where(row["country"])
        row["fields"] = {name: row[name] if row[name] is not None else "" for name in _FIELDS}
    return render_template(
        "delivery/closing_days.html",
        rows=rows,
        wanted=wanted,
        everywhere=EVERYWHERE,
        used=sorted((code or EVERYWHERE, _where(code)) for code in used),
        countries=[("", "Everywhere"), *country_names().items()],
        given=given,
        faults=faults,
        removed={name: text_asked(f"removed_{name}") for name in _FIELDS} if text_asked("removed_first") else None,
    )
