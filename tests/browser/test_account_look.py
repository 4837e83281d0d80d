"""Overview, page and sheet of accounts in a real Chromium: they fit, axe finds nothing, and they print well."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect

from app.accounts.models import Level
from tests.browser.test_delivery_look import LONG, inside
from tests.support.axe import PHONE_BY_DAY, unfit
from tests.support.company import TODAY, Person, add_account, people, three_levels
from tests.support.heard import asked, change, say
from tests.support.web import serving

pytestmark = pytest.mark.browser

PAGES = (
    *("/accounts", "/accounts?alert=silent&manager=Ana+Sand&value_from=lots", "/accounts?q=nobody", "/accounts/1"),
    *("/accounts/2", "/accounts/1/review", "/accounts/1/review?names=hidden"),
    *("/views?list=accounts.index", "/views/new?list=accounts.index", "/views/1/edit"),
)
COMMENT = "The people are kind and know what they do, but every second delivery comes a day later than was agreed."


@pytest.fixture
def heard(application: Flask) -> Iterator[str]:
    """A group of accounts with long names, answers on every level and seats with nobody; yields its address."""
    usual = add_account("A1", 6_000_000, three_levels("A1", 4, 4, 3), manager_name="Ana Sand", renewal_on=TODAY)
    odd = [
        Person("A2D", Level.DECISION_MAKER, more={"first_name": LONG, "job_title": LONG}),
        Person("A2U", more={"first_name": "وليد", "last_name": "陈"}),
        *people("A2X", Level.UNKNOWN, 70),
    ]
    add_account("A2", 900_000, odd, parent_id=usual, manager_name=LONG, industry=LONG)
    add_account("A3", None, [], parent_id=usual)
    wave_id = asked()
    change("UPDATE invitation SET sent_at = now() - interval '1 day'")
    change("UPDATE account SET name = :name WHERE id = 2", {"name": LONG})
    for person, score in {"A1D000": 2, "A1I000": 9, "A1U000": 10, "A1U001": 8, "A1D001": 7}.items():
        say(wave_id, person, score, ["support"], COMMENT)
    say(wave_id, "A2D", 10, comment=LONG)
    with serving(application) as address:
        yield address


def test_every_page_fits_and_axe_finds_nothing(chromium: Browser, admin_client: FlaskClient, heard: str) -> None:
    with inside(chromium, admin_client, heard, viewport=PHONE_BY_DAY[0]) as page:
        faults = []
        page.on("console", lambda message: faults.append(message.text))
        page.goto("/accounts?alert=renewal_near")
        page.get_by_text("Views", exact=True).click()
        page.get_by_role("link", name="Save this view").click()
        page.get_by_role("textbox", name="Name of the view").fill("Renewing soon")
        page.get_by_role("button", name="Save this view").click()
        expect(page.get_by_text("View: Renewing soon")).to_be_visible()
        for path in PAGES:
            page.goto(path)
            for menu in page.locator("main details > summary").all():
                menu.dispatch_event("click")
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide <= 0, f"{path} is {wide} px too wide"
            assert unfit(page) == []
            page.set_viewport_size(PHONE_BY_DAY[0])
        assert faults == []


def test_the_sheet_is_one_page_of_either_paper_and_a_long_one_flows(
    chromium: Browser, admin_client: FlaskClient, heard: str
) -> None:
    with inside(chromium, admin_client, heard) as page:
        for path in ("/accounts/1/review", "/accounts/1/review?names=hidden"):
            page.goto(path)
            for paper in ("A4", "Letter"):
                assert sheets(page.pdf(format=paper)) == 1, f"{path} on {paper}"
        change("UPDATE response SET comments = jsonb_build_object('why', repeat(:words, 30))", {"words": COMMENT})
        page.goto("/accounts/1/review")
        assert sheets(page.pdf(format="A4")) > 1
        page.emulate_media(media="print")
        expect(page.get_by_role("link", name="Hide who said what")).to_be_hidden()


def sheets(pdf: bytes) -> int:
    """Return how many pages a PDF of Chromium's has."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))
