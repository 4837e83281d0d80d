"""The calendar of coming sends: a month, a day, and the same as CSV. What comes is foreseen, nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.places import country_names
from app.campaigns.closing_days import Wanted as WantedClosings
from app.campaigns.closing_days import closings, named_days
from app.campaigns.models import Campaign, CampaignState
from app.core.db import reading
from app.core.listing import text_asked
from app.core.safe_csv import csv_pieces
from app.delivery.foreseeing import Coming, Send, outlook
from app.delivery.months import Day, busiest, days_of, last_day, later, mails_of, month_asked

pages = Blueprint("calendar", __name__, template_folder="templates")

MONTHS_AHEAD = 23
LINES = 3
"""What a day of the month shows of itself; the rest stands on the day's own page."""

KINDS = {Send.INVITATION: "invitations", Send.REMINDER: "reminders", Send.WAVE: "waves that begin"}
COLUMNS = ("day", "kind", "campaign_id", "campaign", "wave_id", "wave", "mails", "cap", "certain", "paused")


class Wanted(NamedTuple):
    """What of the calendar: of one campaign or all, of one kind or all."""

    campaign_id: int | None
    kind: str


@pages.get("/calendar")
def index() -> str:
    """Show a month, the present one unless another is asked for."""
    today, wanted = _today(), _wanted()
    month = month_asked(text_asked("month"), today, ahead=MONTHS_AHEAD)
    with reading() as session:
        days, countries = _days(session, month, last_day(month), wanted)
        campaigns = _campaigns(session)
    coming = [one for day in days for one in day.coming]
    return render_template(
        "delivery/calendar.html",
        month=month,
        before=later(month, -1) if month > today.replace(day=1) else None,
        after=later(month, 1) if month < later(today.replace(day=1), MONTHS_AHEAD) else None,
        days=[_told(day) for day in days],
        mails=mails_of(coming),
        busiest=busiest(days),
        waves=[one for one in coming if one.kind is Send.WAVE],
        wanted=wanted,
        kinds=KINDS,
        campaigns=campaigns,
        countries=_named(countries),
    )


@pages.get("/calendar/<day>")
def day(day: str) -> str:
    """Show all that comes on one day."""
    asked = _day(day) or abort(404)
    today, wanted = _today(), _wanted()
    if not today <= asked <= last_day(later(today.replace(day=1), MONTHS_AHEAD)):
        abort(404)
    with reading() as session:
        days, _ = _days(session, asked, asked, wanted)
        campaigns = _campaigns(session)
    return render_template(
        "delivery/calendar_day.html", day=_told(days[0]), wanted=wanted, kinds=KINDS, campaigns=campaigns
    )


@pages.get("/calendar.csv")
def as_csv() -> Response:
    """Return what comes in the month that is shown."""
    month = month_asked(text_asked("month"), _today(), ahead=MONTHS_AHEAD)
    with reading() as session:
        days, _ = _days(session, month, last_day(month), _wanted())
    rows: Iterator[list[Any]] = ([getattr(one, name) for name in COLUMNS] for day in days for one in day.coming)
    headers = {"Content-Disposition": f'attachment; filename="calendar-{month:%Y-%m}.csv"'}
    return Response(csv_pieces(COLUMNS, rows), mimetype="text/csv", headers=headers)


def _today() -> date:
    return datetime.now(UTC).date()


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _wanted() -> Wanted:
    given, kind = request.args.get("campaign", ""), text_asked("kind")
    known = given.isascii() and given.isdecimal() and len(given) < 18
    return Wanted(int(given) if known else None, kind if kind in set(Send) else "")


def _campaigns(session: Session) -> list[tuple[int, str]]:
    over = (CampaignState.DRAFT, CampaignState.FINISHED)
    query = select(Campaign.id, Campaign.name).where(Campaign.state.not_in(over)).order_by(Campaign.name)
    return [(id, name) for id, name in session.execute(query)]


def _days(session: Session, first: date, last: date, wanted: Wanted) -> tuple[list[Day], set[str]]:
    today = _today()
    ahead = (last - today).days + 2  # a campaign's own day may be a day behind
    found = outlook(session, datetime.now(UTC), ahead, wanted.campaign_id)
    coming = [one for one in found.coming if not wanted.kind or one.kind == wanted.kind]
    closed = named_days(closings(session, WantedClosings(since=first)), first, last)
    names = {day: [_closing_in_words(each) for each in closings] for day, closings in closed.items()}
    return days_of(first, last, today, coming, found.countries, names), found.countries


def _closing_in_words(closing: Any) -> str:
    return f"{closing['name']} ({closing['country']})" if closing["country"] else str(closing["name"])


def _told(day: Day) -> dict[str, Any]:
    """Return a day for the page, with an address behind everything that stands on it."""
    told = [{"one": one, "href": _behind(one)} for one in day.coming]
    return {
        "it": day,
        "told": told,
        "shown": told if len(told) <= LINES else told[: LINES - 1],
        "more": 0 if len(told) <= LINES else len(told) - LINES + 1,
        "holidays": [(name, ", ".join(_named(codes).values())) for name, codes in day.holidays.items()],
    }


def _behind(one: Coming) -> str:
    if one.wave_id is None:
        return url_for("campaigns.show", campaign_id=one.campaign_id)
    if one.kind is Send.WAVE:
        return url_for("waves.plan", wave_id=one.wave_id)
    return url_for("ledger.index", wave=one.wave_id, state="queued")


def _named(codes: Any) -> dict[str, str]:
    return {code: country_names().get(code, code) for code in sorted(codes)}
