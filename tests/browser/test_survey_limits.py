"""A customer's page at its limits: more text than the server takes in, and another language without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app import create_app
from app.core import db
from tests.support.asking import invite, kept
from tests.support.browser import PATIENCE
from tests.support.settings import settings
from tests.support.web import serving, survey_path

pytestmark = pytest.mark.browser

WORDS = "The night shift answers."


@pytest.fixture
def address(database: str, valkey: str) -> Iterator[str]:
    with serving(create_app(settings(database, valkey))) as started:
        yield started
        db.engine().dispose()


@pytest.fixture(params=[True, False], ids=["script", "plain"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=request.param, viewport={"width": 390, "height": 844})
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["script"])
def test_more_than_the_server_takes_in_stays_on_the_page_and_is_said_there(address: str, page: Page) -> None:
    invitation = invite("relationship_nps")
    page.goto(address + survey_path(invitation))
    page.get_by_label("9", exact=True).click()
    page.locator("textarea").first.fill(WORDS)
    refusing = ("**/s/*", lambda route: route.fulfill(status=413, body="too large"))
    page.route(*refusing)
    page.locator("#more > button").click()
    expect(page.locator("#state")).to_have_text("That was more than we can take in.")
    expect(page.locator("textarea").first).to_have_value(WORDS)
    page.unroute(refusing[0])
    page.locator("textarea").first.press_sequentially(" Really.")
    page.locator("#more > button").click()
    expect(page.locator("main.notice h1")).to_be_visible()
    answer = kept(invitation)
    assert answer is not None
    assert WORDS in "".join(answer.comments.values())


def test_another_language_keeps_what_was_typed(address: str, page: Page) -> None:
    page.goto(f"{address}{survey_path(invite('relationship_nps'))}")
    page.get_by_label("9", exact=True).click()
    if page.locator("#first").is_visible():
        page.locator("#first button").click()
    page.locator("label[for='driver.support']").click()
    page.locator("textarea").first.fill(WORDS)
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("textarea").first).to_have_value(WORDS)
    expect(page.locator("[id='driver.support']")).to_be_checked()
