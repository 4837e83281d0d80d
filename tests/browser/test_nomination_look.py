"""The pages of nominations and engagement in a real Chromium: they fit, axe finds nothing, a manager gets through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect

from app.accounts.activities import Told, take_activities
from app.accounts.engagement import ActivityKind
from app.accounts.engaging import score_everybody
from app.accounts.models import Level
from app.campaigns.nominating import correct_person, exclude_person, say
from app.campaigns.nominating_models import Word
from app.campaigns.nomination_rounds import close_round
from app.core.auth.rights import Role
from tests.browser.test_delivery_look import LONG, inside
from tests.support.axe import unfit
from tests.support.company import Person, add_account, draft, people, three_levels
from tests.support.nominations import EVERYBODY, NOW, mark_of, name_somebody, named, round_of
from tests.support.people import logged_in
from tests.support.web import serving

pytestmark = pytest.mark.browser

MANAGER = "account_manager@quorum.example"
PAGES = (
    *("/nominations", "/nominations/new", "/nominations/1", "/nominations/1?only=waiting&q=Rail", "/nominations/2"),
    *("/nominations/1/accounts/1", "/nominations/1/accounts/2", "/nominations/2/accounts/2", "/nominations/1/people/2"),
    *("/nominations/1/people/3", "/nominations/1/managers", "/nominations/1/record", "/nominations/1/edit"),
    *("/engagement", "/contacts/1"),
)


@pytest.fixture
def busy(application: Flask) -> Iterator[str]:
    """Two rounds, one of them over, with every kind of deed, and activities; yields the address."""
    known = [*people("P", Level.USER, 2), Person("P9", more={"first_name": "مريم", "last_name": LONG})]
    add_account("A1", 543_210, known, manager_email=MANAGER, manager_name="Ida Quill")
    add_account(LONG[:60], 1_000_000, three_levels("B", 3, 1, 3), manager_email=LONG[:80], manager_name=LONG[:90])
    add_account("A3", None, [])
    over, open_one = draft("q3"), draft("q4")
    rounds = [round_of(open_one, message="Please look at the banks first.\nThank you, Ana"), round_of(over)]
    name_somebody(rounds[0], 1)
    correct_person(rounds[0], 1, named("Bo Hill"), seen=mark_of(1), another=False, by=EVERYBODY, now=NOW)
    exclude_person(rounds[0], 2, f"In a dispute about {LONG}", by=EVERYBODY, now=NOW)
    say(rounds[0], 3, Word.NOBODY, by=EVERYBODY, now=NOW)
    close_round(rounds[1], actor="test", now=NOW)
    meetings = [Told("P000", None, kind, NOW - timedelta(days=9 * n)) for n, kind in enumerate(ActivityKind)]
    take_activities(meetings, now=NOW, actor="test")
    score_everybody(datetime.now(UTC))
    with serving(application) as address:
        yield address


def test_every_page_fits_and_axe_finds_nothing(chromium: Browser, admin_client: FlaskClient, busy: str) -> None:
    with inside(chromium, admin_client, busy) as page:
        faults = []
        page.on("console", lambda message: faults.append(message.text))
        for path in PAGES:
            page.goto(path)
            assert unfit(page) == []
        assert faults == []


def test_an_account_manager_names_a_person_on_a_phone(chromium: Browser, application: Flask, busy: str) -> None:
    client = logged_in(application, Role.ACCOUNT_MANAGER)
    with inside(chromium, client, busy, viewport={"width": 390, "height": 844}) as page:
        page.goto("/")
        page.get_by_role("region", name="Rounds").get_by_role("link").first.click()
        page.get_by_role("link", name="Company A1").click()
        page.get_by_label("First name").fill("Cy")
        page.get_by_role("button", name="Add this person").click()
        expect(page.get_by_role("alert")).to_be_focused()
        page.get_by_label("Last name").fill("Hall")
        page.get_by_label("Address").fill("cy.hall@company.example")
        page.get_by_label("Level", exact=True).select_option("influencer")
        page.get_by_role("button", name="Add this person").click()
        expect(page.get_by_text("Cy Hall is on the list.")).to_be_visible()
        page.get_by_role("button", name="This account is done").click()
        expect(page.get_by_text("This account is done. Thank you.")).to_be_visible()
