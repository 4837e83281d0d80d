"""The designer in a real Chromium: a survey from nothing to an answered test, reasons moved by hand, readable pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from app.core.auth.users import add_user
from app.core.db import reading
from app.surveys import designing
from tests.support.axe import violations
from tests.support.browser import is_guess
from tests.support.web import EMAIL, PASSWORD, serving

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 860}


@pytest.fixture
def address(application: Flask) -> Iterator[str]:
    add_user(EMAIL, "Ana Sand", PASSWORD)
    with serving(application) as base:
        yield base


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A page of somebody who is logged in; anything the browser complains about fails the test."""
    room = chromium.new_context(base_url=address, viewport=DESK)
    page = room.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in {"error", "warning"} and not is_guess(said) else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/login")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")
    yield page
    room.close()
    assert complaints == []


def test_a_survey_is_made_from_nothing_published_sent_as_a_test_and_answered(page: Page, address: str) -> None:
    page.goto("/surveys")
    page.get_by_role("link", name="Make a survey").click()
    begun = page.locator("form", has=page.locator("[name=begin][value=nothing]"))
    begun.get_by_label("Name of the survey").fill("After delivery")
    begun.get_by_label("Metric").select_option("nps")
    begun.get_by_role("button", name="Make it from nothing").click()

    shown = page.frame_locator("iframe[name=preview]")
    page.get_by_role("textbox", name="Question", exact=True).fill("Would you order from {company} again?")
    expect(shown.get_by_text("Would you order from Example Company again?")).to_be_visible()
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.get_by_role("button", name="Save the draft").last.click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    page.get_by_role("navigation", name="Parts").get_by_role("link", name="Reasons").click()
    for reason in ("Price", "Delivery"):
        page.get_by_label("A further reason, in English").fill(reason)
        page.keyboard.press("Enter")
        expect(page.get_by_role("textbox", name="Reason", exact=True).last).to_have_value(reason)

    page.get_by_role("navigation", name="Parts").get_by_role("link", name="Publish").click()
    expect(page.get_by_role("heading", name="Nothing stands in the way of version 1")).to_be_visible()
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_text("Version 1 is published")).to_be_visible()

    page.get_by_role("link", name="Send a test").click()
    page.get_by_role("button", name="Send this test mail").click()
    expect(page.get_by_text("The test mail to")).to_be_visible()
    page.goto("/outbox")
    page.locator("main tbody a").first.click()
    expect(page.get_by_role("heading", name="[Test]")).to_be_visible()
    href = page.get_by_role("link", name="/s/").first.get_attribute("href")
    assert href is not None
    answer_test(page, "/s/" + href.split("/s/")[1])
    with reading() as session:
        assert session.scalar(text("SELECT count(*) FROM response")) == 0


def answer_test(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_text("This is a test.")).to_be_visible()
    expect(page.get_by_text("Would you order from Example Company again?")).to_be_visible()
    page.locator("input[name=score][value='9']").check(force=True)
    page.get_by_text("Delivery", exact=True).click()
    page.locator("form button").last.click()
    expect(page.get_by_role("main")).to_contain_text("Thank you")


def three_reasons() -> str:
    key = designing.start_from_nothing("Trial", "nps", ["en"], actor="test")
    for number, label in enumerate(("Price", "Support", "Delivery"), 1):
        designing.save(key, {"new:questions.drivers": [label]}, revision=number, actor="test")
    return key


def reasons(page: Page) -> list[str]:
    return [field.input_value() for field in page.get_by_role("textbox", name="Reason", exact=True).all()]


def test_reasons_move_by_key_and_by_hand_and_stay_where_they_were_put(page: Page) -> None:
    key = three_reasons()
    page.goto(f"/surveys/{key}/drivers")
    page.get_by_role("button", name="Move «Delivery» up").focus()
    page.keyboard.press("Enter")
    assert reasons(page) == ["Price", "Delivery", "Support"]
    expect(page.get_by_role("button", name="Move «Delivery» up")).to_be_focused()
    expect(page.get_by_text("Delivery is number 2 of 3")).to_be_attached()
    page.keyboard.press("Enter")
    assert reasons(page) == ["Delivery", "Price", "Support"]
    expect(page.get_by_role("button", name="Move «Delivery» down")).to_be_focused()
    shown = page.frame_locator("iframe[name=preview]")
    expect(shown.locator("main label").filter(has_text="Delivery").first).to_be_visible()
    page.locator("[data-item=Support] .handle").drag_to(
        page.locator("[data-item=Delivery]"), target_position={"x": 40, "y": 4}
    )
    assert reasons(page) == ["Support", "Delivery", "Price"]
    page.get_by_role("button", name="Save the draft").last.click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert reasons(page) == ["Support", "Delivery", "Price"]


def test_a_name_asks_for_other_words_at_once_and_nobody_leaves_them_behind_by_mistake(page: Page) -> None:
    key = three_reasons()
    page.goto(f"/surveys/{key}/mail")
    page.get_by_role("textbox", name="Subject", exact=True).first.fill("Half a th")
    other = page.get_by_role("textbox", name="Subject, when a name is not known", exact=True).first
    expect(other).to_have_count(0)
    page.get_by_role("textbox", name="Subject", exact=True).first.press_sequentially("ing, {first_name}")
    expect(other).to_be_visible()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("link", name="Languages").click()
    page.wait_for_url("**/languages")
    assert asked == ["beforeunload"]


def test_every_page_of_the_designer_reads_well(page: Page) -> None:
    key = three_reasons()
    designing.change(key, lambda draft: {**draft, "languages": ["en", "de"]}, deed="test", actor="test")
    paths = ["/surveys", "/surveys/new", "/surveys/support_ces", f"/surveys/{key}"]
    paths += [f"/surveys/{key}/{part}?lang=de" for part in ("questions", "drivers", "mail")]
    paths += [f"/surveys/{key}/{part}" for part in ("languages", "publish", "compare?old=r1")]
    for scheme, viewport in (("light", DESK), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(viewport)
        for path in paths:
            page.goto(path)
            # what the frame of the preview shows has tests of its own, and no script may look into it
            assert [found for found in violations(page) if not found.startswith("frame-tested")] == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
