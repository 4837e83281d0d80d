"""Campaigns in a real Chromium: every page fits and axe finds nothing, the count follows what is ticked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from app.campaigns.upcoming import note_trouble
from app.core.db import transaction
from tests.support.axe import unfit, violations
from tests.support.company import TODAY, add_account, launch, planned, three_levels
from tests.support.desk import at_desk
from tests.support.events import event_campaign

pytestmark = pytest.mark.browser

PAGES = (
    *("/campaigns", "/campaigns?state=finished", "/campaigns/new", "/campaigns/1", "/campaigns/2", "/campaigns/1/edit"),
    *("/campaigns/1/finish", "/waves/2/stop", "/waves/2/extend", "/waves/2/compare", "/waves/1/compare", "/waves"),
)


@pytest.fixture
def admin(chromium: Browser, application: Flask) -> Iterator[Page]:
    """Somebody who is logged in, with a wave that is over, one that leaves, trouble and long names."""
    for number in range(8):
        tier = {"attributes": {"service_tier": "X" * 90}} if number == 3 else {}
        people = three_levels(f"A{number}", 1, 2, 3)
        add_account(f"A{number}", 900 * 5**number, people, industry=("Rail", "Banking")[number % 2], **tier)
    launch(planned("q3", planned_for=TODAY))
    with transaction() as session:
        session.execute(text("UPDATE contact SET last_invited_on = NULL"))
        session.execute(text("UPDATE invitation SET closes_on = CURRENT_DATE - 1, sent_at = now()"))
        session.execute(text("UPDATE wave SET state = 'finished'"))
    launch(planned("q4"))
    note_trouble(1, "There is no rate from CHF to USD, and so the next wave knows the value of too few accounts.")
    event_campaign("Support" + "X" * 73)
    with at_desk(chromium, application, "/campaigns", pardoned="422") as page:
        yield page


def test_the_count_follows_what_is_ticked_and_faults_take_the_focus(admin: Page) -> None:
    admin.goto("/campaigns/new")
    accounts = admin.locator("#count .figure").first
    expect(accounts).to_have_text("8")
    admin.locator("summary", has_text="Industry").click()
    admin.get_by_label("Rail", exact=True).check()
    expect(accounts).to_have_text("4")
    admin.get_by_text("More: quota, sending").click()
    admin.get_by_label("Time zone, where nobody knows").fill("Mars/Phobos")
    admin.get_by_role("button", name="Make it and see whom it would ask").click()
    summary = admin.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Mars/Phobos").click()
    expect(admin.get_by_label("Time zone, where nobody knows")).to_be_focused()
    expect(admin.get_by_label("Rail", exact=True)).to_be_checked()
    assert violations(admin) == []


def test_progress_follows_by_itself_and_leaves_the_rest_of_the_page_alone(admin: Page) -> None:
    admin.goto("/campaigns/1")
    change = admin.get_by_role("link", name="Change", exact=True)
    change.focus()
    with transaction() as session:
        session.execute(text("UPDATE invitation SET sent_at = now() WHERE wave_id = 2"))
    expect(admin.get_by_text("all of them")).to_be_visible()
    expect(change).to_be_focused()


def test_every_page_fits_and_axe_finds_nothing(admin: Page) -> None:
    for path in PAGES:
        admin.goto(path)
        assert unfit(admin) == []
