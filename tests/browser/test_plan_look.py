"""A plan's preview in a real Chromium: look, ask why not, exclude somebody, look again, confirm; every page fits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts.models import Level
from app.campaigns.planning import preview_wave
from tests.support.axe import unfit
from tests.support.company import Person, add_account, draft, three_levels
from tests.support.desk import at_desk

pytestmark = pytest.mark.browser

PAGES = (
    "/waves/1/plan",
    "/waves/1/plan?reason=not_needed&manager=Ana+Sand",
    "/waves/1/plan?q=Outsider",
    "/waves/1/plan/accounts?only=short",
    "/waves/1/plan/exclusions",
    "/waves/1/plan/why?q=Maximilian",
    "/waves/1/plan/people/1",
    "/waves/1/plan/people/2",
)


@pytest.fixture
def admin(chromium: Browser, application: Flask) -> Iterator[Page]:
    """Somebody who is logged in, with the preview of a wave; complaints of the page fail the test."""
    long = Person("L1", Level.DECISION_MAKER, more={"first_name": "Maximilian", "last_name": "ab" * 45})
    out = Person(
        "X1",
        Level.INFLUENCER,
        more={"exclusion_reason": "Asked to be left alone", "first_name": "王", "last_name": "小明"},
    )
    for number in range(9):
        people = [long, out] if number == 0 else []
        people += three_levels(f"P{number}", number % 3, 2, 4)
        more = {"manager_name": "Ana Sand" if number % 2 else "Bo Lind", "country": "DE", "industry": "Rail"}
        add_account(f"A{number}", 900 * 3**number, people, **more)
    preview_wave(draft(), actor="test")
    with at_desk(chromium, application, "/waves/1/plan", pardoned="422") as page:
        yield page


def test_somebody_is_excluded_and_the_preview_is_confirmed(admin: Page) -> None:
    admin.get_by_role("searchbox").fill("Maximilian")
    admin.keyboard.press("Enter")
    admin.get_by_role("link", name="Maximilian").click()
    expect(admin.get_by_role("heading", level=1)).to_contain_text("would be asked")
    admin.get_by_text("Do not ask").click()
    admin.get_by_role("button", name="Exclude").click()
    expect(admin.get_by_role("alert")).to_be_focused()
    admin.locator("#field-reason-exclude").fill("Leaves the company this month")
    admin.get_by_role("button", name="Exclude").click()
    expect(admin.get_by_role("heading", level=1)).to_contain_text("would not be asked")
    expect(admin.get_by_role("status")).to_contain_text(
        "excluded by the account manager: Leaves the company this month"
    )
    admin.get_by_role("link", name="Back to the plan").click()
    confirm = admin.get_by_role("button", name="Confirm")
    expect(confirm).to_contain_text("people")
    confirm.click()
    expect(admin.get_by_role("status")).to_contain_text("is confirmed")


def test_every_page_fits_and_is_accessible(admin: Page) -> None:
    for path in PAGES:
        admin.goto(path)
        for summary in admin.locator("details.hand-pick > summary").all():
            summary.click()
        assert unfit(admin) == []
