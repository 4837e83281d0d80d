"""Answers, drivers and segments in a real Chromium: they fit, axe finds nothing, search and filters lead on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect

from app.reporting.charts.drawing import end_drawing
from tests.browser.test_delivery_look import LONG, inside
from tests.support.axe import unfit_among
from tests.support.company import Person, add_account, three_levels
from tests.support.heard import asked, change, finish, say
from tests.support.web import serving

pytestmark = pytest.mark.browser

PAGES = (
    *("/answers?wave=1", "/answers?wave=all&q=slow&band=detractor&in.manager=" + LONG, "/answers?wave=1&q=nothing"),
    *("/answers/1", "/drivers?wave=1", "/drivers?wave=1&level=user", "/segments?wave=1&by=manager&with=2"),
    *("/segments?by=wave", "/segments?by=campaign", "/answers?wave=2", "/drivers?wave=2", "/segments?wave=2"),
)
LONG_COMMENT = "Der Support ist zu langsam. " * 40 + LONG


@pytest.fixture
def heard(application: Flask) -> Iterator[str]:
    """A wave with answers in several languages, and an anonymous one that is over; yields the address."""
    add_account("A1", 10**9, three_levels("A", 4, 4, 4), manager_name=LONG, industry="深圳")
    add_account("A2", 20_000, [Person("X", more={"first_name": LONG, "last_name": "القاهرة"})])
    wave = asked()
    say(wave, "X", 2, ["support/response_time"], LONG_COMMENT, language="de")
    for place, name in enumerate(("AD000", "AD001", "AI000", "AU000")):
        say(wave, name, 3 * place, ["support", "product/fit"][: place + 1], "The team is slow." * (place % 2))
    change("UPDATE contact SET last_invited_on = NULL")
    change("UPDATE invitation SET completed_at = now(), sent_at = now() - interval '1 year'")
    staff = asked("staff", survey="enps")
    for place, name in enumerate(f"A{level}{at:03}" for level in "DIU" for at in range(3)):
        say(staff, name, place % 11, [], f"Anonymous words {place}")
    finish(staff)
    with serving(application) as address:
        yield address
    end_drawing()


def test_every_page_fits_and_axe_finds_nothing(chromium: Browser, admin_client: FlaskClient, heard: str) -> None:
    with inside(chromium, admin_client, heard) as page:
        assert unfit_among(page, PAGES) == []


def test_from_the_driver_that_costs_most_to_what_people_said(
    chromium: Browser, admin_client: FlaskClient, heard: str
) -> None:
    with inside(chromium, admin_client, heard) as page:
        page.goto("/drivers?wave=1")
        page.locator(".figures").get_by_role("link", name="Support").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("answers in Q4")
        expect(page.locator(".chips")).to_contain_text("because of «Support»")
        page.get_by_label("Search comments").fill("langsam")
        page.get_by_role("button", name="Search").click()
        expect(page.locator("mark").first).to_have_text("langsam")
        page.locator("tbody").get_by_role("link", name=LONG).first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("gave a 2")
        expect(page.get_by_text("Every revision, the first one first")).to_be_visible()
