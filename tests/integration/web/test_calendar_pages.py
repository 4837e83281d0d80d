"""The calendar of coming sends, closing days and public holidays in the admin."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from sqlalchemy import select, text

from app.campaigns.models import ClosingDay
from app.core.audit import AuditEntry
from app.core.db import reading, transaction
from app.delivery.foreseeing import Send, coming, moved, outlook
from tests.support.axe import violations
from tests.support.company import TODAY, Person, add_account, planned
from tests.support.desk import at_desk
from tests.support.web import csrf_token, post_form

PATH = "/calendar/closing-days"
IN_A_MONTH = TODAY + timedelta(days=30)


def weekday_from(day: date) -> date:
    return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)


@pytest.fixture
def waiting(application: Flask) -> int:
    """A running wave with five mails that wait for a Wednesday in a month: two in Germany, three nowhere we know of."""
    for number in range(5):
        country = "DE" if number < 2 else None
        add_account(f"A{number}", 1_000, [Person(f"P{number}", more={"country": country})])
    wave_id = planned()
    with transaction() as session:
        session.execute(
            text("UPDATE wave SET state = 'running', launched_at = now(), ends_on = :day"), {"day": "2099-01-01"}
        )
        session.execute(text("UPDATE campaign SET daily_cap = 4"))
        session.execute(text("INSERT INTO place (zone, country) VALUES ('UTC', ''), ('Europe/Berlin', 'DE')"))
        session.execute(
            text(
                "INSERT INTO message (invitation_id, wave_id, account_id, place_id, due_on)"
                " SELECT i.id, i.wave_id, i.account_id, CASE WHEN i.account_id <= 2 THEN 2 ELSE 1 END, :day"
                " FROM invitation i"
            ),
            {"day": wednesday()},
        )
    return wave_id


def wednesday() -> date:
    """A Wednesday about a month ahead whose Thursday lies in the same month, and which is no holiday of Germany."""
    day = IN_A_MONTH
    while (
        day.weekday() != 2
        or (day + timedelta(days=1)).month != day.month
        or (day.month, day.day) in ((12, 24), (12, 25))
    ):
        day += timedelta(days=1)
    return day


def test_a_month_shows_what_leaves_on_which_day(admin_client: FlaskClient, waiting: int) -> None:
    day = wednesday()
    page = admin_client.get(f"/calendar?month={day:%Y-%m}").text
    assert f"{day:%B %Y}: 5 mails are to leave" in page
    assert page.count(f'href="/messages?wave={waiting}&amp;state=queued">4 of 4</a>') == 1
    assert page.count(f'href="/messages?wave={waiting}&amp;state=queued">1 of 4</a>') == 1
    assert "Nothing fits these filters" in admin_client.get(f"/calendar?month={day:%Y-%m}&kind=reminder").text
    assert "nothing is to leave" in admin_client.get(f"/calendar?month={day:%Y-%m}&campaign=999").text
    shown = admin_client.get(f"/calendar/{day}").text
    assert "4 mails are to leave" in shown
    assert "settled" in shown
    rows = list(csv.DictReader(io.StringIO(admin_client.get(f"/calendar.csv?month={day:%Y-%m}").text)))
    assert [(row["day"], row["kind"], row["mails"], row["cap"]) for row in rows] == [
        (str(day), "invitation", "4", "4"),
        (str(day + timedelta(days=1)), "invitation", "1", "4"),
    ]


def test_odd_months_and_days_break_nothing(admin_client: FlaskClient) -> None:
    assert "What will leave stands here" in admin_client.get("/calendar").text
    for odd in ("2020-01", "9999-12", "x", "2026-13", "%00", "../.."):
        assert f"{TODAY:%B %Y}" in admin_client.get(f"/calendar?month={odd}&campaign=99999999999999999999&kind=x").text
    for odd in ("2020-01-01", "9999-12-31", "x", "2026-13-01"):
        assert admin_client.get(f"/calendar/{odd}").status_code == 404
    for odd in ("country=ZZ&year=9999", "country=de&year=x"):
        assert admin_client.get(f"/calendar/holidays?{odd}").status_code == 200
    assert "Unity Day" in admin_client.get("/calendar/holidays?country=DE").text


def test_mails_that_may_still_leave_today_are_those_the_cap_leaves(application: Flask, waiting: int) -> None:
    with transaction() as session:
        session.execute(text("UPDATE message SET due_on = current_date"))
        session.execute(
            text("UPDATE message SET due_at = now() WHERE id IN (SELECT id FROM message ORDER BY id LIMIT 3)")
        )
        found = coming(session, datetime.now(UTC), 20)
        assert sum(one.mails or 0 for one in found if one.day == TODAY) <= 1
        assert sum(one.mails or 0 for one in found) == 2
        session.execute(text("UPDATE wave SET state = 'paused'"))
        assert all(one.paused for one in coming(session, datetime.now(UTC), 20))


def test_a_planned_wave_is_spread_like_one_that_runs(application: Flask) -> None:
    for number in range(5):
        add_account(f"A{number}", 1_000, [Person(f"P{number}")])
    wave_id = planned()
    with transaction() as session:
        session.execute(text("UPDATE campaign SET daily_cap = 2"))
        first = coming(session, datetime.now(UTC), 20)
        session.execute(text("UPDATE wave SET approved_at = now()"))
        found = coming(session, datetime.now(UTC), 20)
    assert [(one.kind, one.mails, one.wave_id) for one in first] == [(Send.WAVE, 5, wave_id)]
    invitations = [one for one in found if one.kind is Send.INVITATION]
    assert [one.mails for one in invitations] == [2, 2, 1]
    assert len({one.day for one in invitations}) == 3


def test_a_closing_day_is_added_says_what_it_moves_and_is_undone(admin_client: FlaskClient, waiting: int) -> None:
    day = wednesday()
    given = {"first": str(day), "last": "", "country": "", "name": "Works outing"}
    with reading() as session:
        foreseen = outlook(session, datetime.now(UTC), 60)
    assert (moved(foreseen, [day], None), moved(foreseen, [day], "DE"), moved(foreseen, [day], "FR")) == (4, 2, 0)
    status, page = post_form(admin_client, PATH, PATH, **given)
    assert "About 4 foreseen mails leave later" in page
    assert "Works outing" in page
    assert "Works outing" in admin_client.get(f"/calendar?month={day:%Y-%m}").text
    rows = list(csv.DictReader(io.StringIO(admin_client.get(f"/calendar.csv?month={day:%Y-%m}").text)))
    assert rows[0]["day"] == str(day + timedelta(days=1))
    _, page = post_form(admin_client, PATH, PATH, **given)
    assert "closed already; nothing has changed" in page
    _, page = post_form(admin_client, f"{PATH}/remove", PATH, **(given | {"last": given["first"]}))
    assert "is open again" in page
    assert "Undo: close them again" in page
    _, page = post_form(admin_client, PATH, PATH, **given)
    assert "1 day is closed" in page
    with reading() as session:
        trail = session.scalars(
            select(AuditEntry.deed).where(AuditEntry.subject == "Works outing").order_by(AuditEntry.id)
        )
        assert trail.all() == ["closing days added", "closing days removed", "closing days added"]
    answer = admin_client.post(
        f"{PATH}/remove", data={"csrf_token": csrf_token(admin_client, PATH), **given, "name": "Other"}
    )
    assert answer.status_code == 404
    assert status == 302


def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(admin_client: FlaskClient) -> None:
    wrong = {"first": "tomorrow", "last": "", "country": "ZZ", "name": "An outing"}
    status, page = post_form(admin_client, PATH, PATH, **wrong)
    assert (status, 'id="fault-first"' in page, 'id="fault-country"' in page) == (422, True, True)
    assert 'value="An outing"' in page
    always = {"first": str(TODAY), "last": str(TODAY + timedelta(days=365)), "country": "", "name": "For ever"}
    post_form(admin_client, PATH, PATH, **(always | {"last": str(TODAY + timedelta(days=300))}))
    status, page = post_form(admin_client, PATH, PATH, **(always | {"name": "Longer"}))
    assert (status, "no working day left" in page) == (422, True)
    with reading() as session:
        assert session.scalars(select(ClosingDay.name).distinct()).all() == ["For ever"]


def test_several_days_are_closed_by_lines_all_or_none(admin_client: FlaskClient) -> None:
    year = TODAY.year + 1
    lines = f"{year}-12-24..{year}-12-31; Between the years; DE\n{year}-05-14; Bridge day\nsome day; What"
    status, page = post_form(admin_client, f"{PATH}/lines", PATH, lines=lines)
    assert (status, "Line 3: Give a day" in page, "Between the years; DE" in page) == (422, True, True)
    with reading() as session:
        assert session.scalar(select(ClosingDay.id).limit(1)) is None
    status, page = post_form(admin_client, f"{PATH}/lines", PATH, lines=lines.rpartition("\n")[0])
    assert "9 days are closed" in page
    assert f"31 Dec {year}" in page
    assert "1 day is closed" in admin_client.get(f"{PATH}?q=BRIDGE&sort=-name").text
    assert "8 days are closed" in admin_client.get(f"{PATH}?country=DE").text
    assert "No closing day fits" in admin_client.get(f"{PATH}?country=FR").text
    rows = list(csv.DictReader(io.StringIO(admin_client.get(f"{PATH}.csv?sort=name").text)))
    assert [(row["name"], row["country"], row["days"]) for row in rows] == [
        ("Between the years", "DE", "8"),
        ("Bridge day", "*", "1"),
    ]


def test_in_a_real_browser(application: Flask, chromium: Browser, waiting: int) -> None:
    day = wednesday()
    with at_desk(chromium, application, "/calendar") as page:
        page.goto(f"/calendar?month={day:%Y-%m}")
        assert violations(page) == []
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expect(page.get_by_text(f"{day:%A}, {day.day} {day:%B}")).to_be_visible()
        page.get_by_role("link", name="Closing days").click()
        page.fill("[name=first]", str(day))
        page.fill("[name=name]", "Works outing")
        page.get_by_role("button", name="Close these days").click()
        expect(page.get_by_text("About 4 foreseen mails leave later")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("button", name="Open again").click()
        page.get_by_role("button", name="Undo: close them again").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("1 day is closed")
