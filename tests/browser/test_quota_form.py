"""Quota tables in a real Chromium: the example follows what is typed, faults take the focus, every page fits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.campaigns.quota_tables import add_table
from app.sampling.quota import QuotaTable
from tests.support.axe import unfit
from tests.support.company import add_account, draft, three_levels
from tests.support.desk import at_desk

pytestmark = pytest.mark.browser

PAGES = (
    "/quotas",
    "/quotas/logarithmic?only=short",
    "/quotas/new",
    "/quotas/1/edit",
    "/quotas/compare?a=1&b=logarithmic",
    "/waves/1/terms",
    "/people",
)


@pytest.fixture
def admin(chromium: Browser, application: Flask) -> Iterator[Page]:
    """Somebody who is logged in, with accounts in two currencies; complaints of the page fail the test."""
    for number in range(12):
        people = three_levels(f"A{number}", number % 2, 2, 4)
        add_account(f"A{number}", 900 * 3**number, people, currency="EUR" if number % 4 == 0 else "USD")
    add_account("B", None, [])
    add_table("Key accounts", QuotaTable(((1, 1), (5_000, 4))), actor="test")
    draft()
    with at_desk(chromium, application, "/quotas/new", pardoned="422") as page:
        yield page


def test_the_example_follows_what_is_typed(admin: Page) -> None:
    admin.goto("/quotas/1/edit")
    wanted = admin.locator("#example .figures > div").first
    before = wanted.inner_text()
    row = admin.get_by_label("Row 2: people")
    row.fill("9")
    expect(wanted).not_to_have_text(before)
    expect(wanted).to_contain_text("to the saved table")
    expect(row).to_be_focused()
    row.fill("0")
    expect(admin.locator("#example")).to_contain_text("as soon as every row can be read")
    admin.get_by_role("button", name="Save this table").click()
    summary = admin.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Nobody is asked here").click()
    expect(row).to_be_focused()
    row.fill("9")
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("heading", level=1)).to_contain_text("«Key accounts» asks for")


def test_every_page_fits_and_axe_finds_nothing(admin: Page) -> None:
    for path in PAGES:
        admin.goto(path)
        assert unfit(admin) == []
