"""Closing days: read from what people type, added and taken back. When mails leave on the days around is `windows`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.cells import Unreadable
from app.accounts.places import country as read_country
from app.campaigns.calendar import NeverOpen, next_working_day
from app.campaigns.closures import closures
from app.campaigns.models import ClosingDay
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.core.searching import contains

LONGEST_CLOSURE = 366
LONGEST_NAME = 80
MOST_LINES = 500
YEARS_AHEAD = 10

Faults = dict[str, str]


class Closing(NamedTuple):
    """Days in a row on which nothing leaves, both counted: in one country, or everywhere where it is None."""

    first: date
    last: date
    country: str | None
    name: str

    @property
    def days(self) -> list[date]:
        """Every day of it."""
        return [self.first + timedelta(days=ahead) for ahead in range((self.last - self.first).days + 1)]


class Wanted(NamedTuple):
    """Which closing days: by words in their names, by country («*» is everywhere), from a day on; sorted by a key."""

    search: str = ""
    country: str = ""
    since: date | None = None
    sort: str = "first"


SORTS = {"first": "first", "country": "country", "name": "name", "days": "days"}

EVERYWHERE = "*"

_CLOSINGS = """
SELECT min(day) AS first, max(day) AS last, country, name, count(*) AS days FROM (
    SELECT day, country, name,
           day - CAST(row_number() OVER (PARTITION BY country, name ORDER BY day) AS int) AS island FROM closing_day
) k
WHERE (CAST(:search AS text) IS NULL OR name ILIKE :search)
  AND (CAST(:country AS text) IS NULL OR coalesce(country, '*') = :country)
GROUP BY country, name, island
HAVING CAST(:since AS date) IS NULL OR max(day) >= :since
"""


def closings(session: Session, wanted: Wanted) -> list[dict[str, Any]]:
    """Return closing days, those in a row as one: first, last, country, name, days."""
    turned = wanted.sort.startswith("-")
    key = SORTS.get(wanted.sort.removeprefix("-"), "first")
    order = f"{key} {'DESC' if turned else 'ASC'} NULLS FIRST, first, country NULLS FIRST, name"
    used = {
        "search": contains(wanted.search) if wanted.search else None,
        "country": wanted.country or None,
        "since": wanted.since,
    }
    return [dict(row) for row in session.execute(text(f"{_CLOSINGS} ORDER BY {order}"), used).mappings()]


def read_closing(given: Mapping[str, str], today: date | None) -> tuple[Closing | None, Faults]:
    """Return what a form says, or what is wrong with it by field: first, last, country, name.

    Without `today` days may lie in the past, or far ahead.
    """
    faults: Faults = {}
    first, last = _day(given.get("first", "")), _day(given.get("last") or given.get("first", ""))
    if first is None:
        faults["first"] = "Give a day, such as 2026-12-24."
    if last is None and given.get("last"):
        faults["last"] = "Give a day, such as 2026-12-31, or nothing for a single day."
    if first and last and today:
        faults |= _period_faults(first, last, today)
    country = None
    try:
        country = read_country(given.get("country", ""))
    except Unreadable:
        faults["country"] = "Choose one of the countries, or everywhere."
    name = " ".join(given.get("name", "").split())
    if not 1 <= len(name) <= LONGEST_NAME:
        faults["name"] = f"Give it a name of up to {LONGEST_NAME} characters, such as «Company holidays»."
    if faults or first is None or last is None:
        return None, faults
    return Closing(first, last, country, name), {}


def read_lines(typed: str, today: date) -> tuple[list[Closing], list[str]]:
    """Return the closing days of some lines «2026-12-24..2026-12-31; name; country», and what is wrong by line.

    The last day and the country may be left out; a tab separates as well as a semicolon.
    """
    found, wrong = [], []
    lines = [(number, line) for number, line in enumerate(typed.splitlines(), 1) if line.strip()]
    if len(lines) > MOST_LINES:
        return [], [f"These are {len(lines):,} lines; give up to {MOST_LINES} at once."]
    for number, line in lines:
        cells = [*(cell.strip() for cell in re.split(r"[;\t]", line)), "", ""]
        first, _, last = (part.strip() for part in cells[0].partition(".."))
        given = {"first": first, "last": last, "name": cells[1], "country": cells[2]}
        closing, faults = read_closing(given, today)
        if closing:
            found.append(closing)
        wrong += [f"Line {number}: {fault}" for fault in faults.values()]
    return found, wrong


def add(given: Iterable[Closing], *, actor: str, today: date) -> int:
    """Close these days and return how many are new; those that are closed already keep their name.

    Raises Refused when a calendar would be left without a working day within a year.
    """
    new = 0
    with transaction() as session:
        for closing in given:
            rows = [{"day": day, "country": closing.country, "name": closing.name} for day in closing.days]
            statement = insert(ClosingDay).values(rows).on_conflict_do_nothing().returning(ClosingDay.id)
            closed = len(session.scalars(statement).all())
            if closed:
                _record(session, actor, "closing days added", closing, closed)
            new += closed
            _stay_open(session, closing.country, today)
    return new


def remove(closing: Closing, *, actor: str) -> int:
    """Open these days again, as far as they are closed under that name; return how many. Raises NotFound for none."""
    with transaction() as session:
        own = (
            ClosingDay.day.between(closing.first, closing.last),
            ClosingDay.country.is_not_distinct_from(closing.country),
            ClosingDay.name == closing.name,
        )
        opened = len(session.scalars(delete(ClosingDay).where(*own).returning(ClosingDay.id)).all())
        if not opened:
            raise NotFound("These days are open already.")
        _record(session, actor, "closing days removed", closing, opened)
    return opened


def _record(session: Session, actor: str, deed: str, closing: Closing, days: int) -> None:
    span = {"first": closing.first.isoformat(), "last": closing.last.isoformat(), "days": days}
    audit.record(session, actor=actor, deed=deed, subject=closing.name, country=closing.country, **span)


def _stay_open(session: Session, country: str | None, today: date) -> None:
    try:
        next_working_day(today, country, closures(session).of_country(country))
    except NeverOpen:
        raise Refused("With these days there would be no working day left within a year.") from None


def _period_faults(first: date, last: date, today: date) -> Faults:
    if last < first:
        return {"last": f"The last day, {last}, lies before the first, {first}."}
    if last < today:
        return {"first": f"{last} is over already."}
    if last.year > today.year + YEARS_AHEAD:
        return {"last": f"Give a day within the next {YEARS_AHEAD} years."}
    if (last - first).days >= LONGEST_CLOSURE:
        return {"last": f"These are more than {LONGEST_CLOSURE} days in a row."}
    return {}


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        return None


def named_days(found: Sequence[Mapping[str, Any]], first: date, last: date) -> dict[date, list[Mapping[str, Any]]]:
    """Return the closings of each day of a period."""
    by_day: dict[date, list[Mapping[str, Any]]] = {}
    for closing in found:
        day = max(closing["first"], first)
        while day <= min(closing["last"], last):
            by_day.setdefault(day, []).append(closing)
            day += timedelta(days=1)
    return by_day
