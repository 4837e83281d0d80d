"""The admin in a real Chromium: it reads, it fits, it can be walked with the keyboard, with and without script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.support.admin import EMAIL, PASSWORD, admin
from tests.support.browser import is_guess
from tests.support.showcase import showcase
from tests.support.web import serving

__all__ = ["admin"]

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 860}


@pytest.fixture
def address(admin: Flask) -> Iterator[str]:
    admin.register_blueprint(showcase())
    with serving(admin) as base:
        yield base


@contextmanager
def looking(chromium: Browser, address: str, path: str, **context: object) -> Iterator[Page]:
    """Open `path` as somebody who is logged in; anything the browser complains about fails the test."""
    room = chromium.new_context(base_url=address, **context)  # type: ignore[arg-type]  # playwright's own options
    page = room.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in {"error", "warning"} and not is_guess(said) else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"/login?{urlencode({'next': path})}")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(address + path)
    try:
        yield page
    finally:
        room.close()
    assert complaints == []


CONTRAST = """() => {
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgb("Canvas");
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const read = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility() || element.closest("svg, [aria-hidden], noscript")) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    read.push([(a + 0.05) / (b + 0.05), node.data.trim().slice(0, 40)]);
  }
  return read;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_has_the_contrast_of_aa(chromium: Browser, address: str, scheme: str) -> None:
    with looking(chromium, address, "/showcase/board", color_scheme=scheme, viewport=DESK) as page:
        grounds = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        read = page.evaluate(CONTRAST)
        page.goto("/showcase/form")
        read += page.evaluate(CONTRAST)
    assert grounds == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 20, 24)"}[scheme]
    assert len(read) > 150
    assert [(round(ratio, 2), words) for ratio, words in read if ratio < 4.5] == []


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("viewport", [PHONE, DESK])
def test_only_a_table_scrolls_sideways_and_only_in_its_own_box(
    chromium: Browser, address: str, viewport: dict[str, int], script: bool
) -> None:
    with looking(chromium, address, "/showcase/board", viewport=viewport, java_script_enabled=script) as page:
        assert sideways(page, "html") == 0
        page.goto("/showcase/form")
        assert sideways(page, "html") == 0
        page.goto("/showcase/wide")
        assert sideways(page, "html") == 0
        assert sideways(page, ".table-box") > 0


def sideways(page: Page, selector: str) -> int:
    """Return by how many pixels the content of `selector` is wider than the window onto it."""
    box = page.locator(selector).first
    return int(box.evaluate("element => element.scrollWidth - element.clientWidth"))


def test_rows_are_forty_pixels_whatever_the_names(chromium: Browser, address: str) -> None:
    with looking(chromium, address, "/showcase/board", viewport=DESK) as page:
        heights = page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.offsetHeight)")
        figures = page.locator("tbody td.figure-cell").first.evaluate("cell => getComputedStyle(cell).textAlign")
    assert set(heights) == {40}
    assert figures == "end"


def test_the_head_of_a_table_stays_in_sight(chromium: Browser, address: str) -> None:
    with looking(chromium, address, "/showcase/board", viewport=DESK) as page:
        page.locator(".table-box[data-fits]").wait_for()
        page.locator("tbody tr:nth-child(38)").scroll_into_view_if_needed()
        head = page.locator("thead th").first.bounding_box()
    assert head is not None
    assert head["y"] == 0


def test_every_stop_of_the_keyboard_can_be_seen(chromium: Browser, address: str) -> None:
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    with looking(chromium, address, "/showcase/board", viewport=DESK) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        stops = []
        for _ in range(24):
            stops.append((page.evaluate("document.activeElement.tagName"), page.evaluate(outline)))
            page.keyboard.press("Tab")
    assert {style for tag, style in stops if tag != "BODY"} == {"solid"}
    assert {"A", "BUTTON", "SUMMARY", "INPUT"} <= {tag for tag, _ in stops}


def test_up_and_down_walk_the_rows(chromium: Browser, address: str) -> None:
    with looking(chromium, address, "/showcase/board", viewport=DESK) as page:
        page.get_by_role("link", name="Account 0", exact=True).focus()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("link", name="Account 1", exact=True)).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(page.get_by_role("link", name="Account 0", exact=True)).to_be_focused()


@pytest.mark.parametrize("script", [True, False])
def test_faults_take_the_focus_and_lead_to_their_field(chromium: Browser, address: str, script: bool) -> None:
    with looking(chromium, address, "/showcase/form", java_script_enabled=script) as page:
        expect(page.get_by_role("alert")).to_be_focused()
        page.get_by_role("link", name="Give the wave a name.").click()
        field = page.get_by_role("textbox", name="Name of the wave")
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description("People see it in reports. Give the wave a name.")


def test_on_a_phone_the_stages_unfold_without_script(chromium: Browser, address: str) -> None:
    with looking(chromium, address, "/showcase/board", viewport=PHONE, java_script_enabled=False) as page:
        stage = page.get_by_role("link", name="Second")
        expect(stage).to_be_hidden()
        page.get_by_text("Menu", exact=True).click()
        expect(stage).to_be_visible()
        stage.click()
        page.wait_for_url("**/page")


def test_the_coverage_glyph_says_what_it_shows(chromium: Browser, address: str) -> None:
    words = "Decision makers: 2 of 4 answered, 1 asked, 1 with nobody to ask, 1 beyond the target of 3"
    with looking(chromium, address, "/showcase/board", viewport=DESK) as page:
        glyph = page.get_by_role("img", name=words).first
        kinds = glyph.locator("rect").evaluate_all("seats => seats.map(seat => seat.getAttribute('class'))")
        dashes = glyph.locator(".nobody").evaluate("seat => getComputedStyle(seat).strokeDasharray")
        fills = glyph.locator("rect").evaluate_all("seats => seats.map(seat => getComputedStyle(seat).fill)")
    assert kinds == ["heard", "heard", "asked", "nobody"]
    assert dashes != "none"
    assert fills[0] != "none"
    assert fills[2:] == ["none", "none"]


def test_sorting_keeps_the_rest_of_the_address(chromium: Browser, address: str) -> None:
    with looking(chromium, address, "/showcase/board?manager=ana&page=3", viewport=DESK) as page:
        page.get_by_role("link", name="Annual value").click()
        expect(page).to_have_url(re.compile(r"\?manager=ana&sort=value$"))
        page.goto("/showcase/board?manager=ana")
        page.get_by_role("searchbox").fill("kestrel")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"\?manager=ana&q=kestrel$"))


def test_long_work_moves_on_its_own_and_the_page_says_when_it_is_done(chromium: Browser, address: str) -> None:
    with looking(chromium, address, "/showcase/work") as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("All invitations have left")
        assert page.locator("[data-live]").count() == 0


def test_without_script_long_work_offers_a_link(chromium: Browser, address: str) -> None:
    with looking(chromium, address, "/showcase/work", java_script_enabled=False) as page:
        page.get_by_role("link", name="See how far it is now").click()
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "1")


def test_a_menu_closes_by_escape_and_gives_the_focus_back(chromium: Browser, address: str) -> None:
    with looking(chromium, address, "/showcase/board", viewport=DESK) as page:
        page.get_by_text("Switch").click()
        page.get_by_role("link", name="Q3 2026").focus()
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="Q3 2026")).to_be_hidden()
        expect(page.locator("summary", has_text="Switch")).to_be_focused()


def test_nothing_moves_for_who_asks_for_stillness(chromium: Browser, address: str) -> None:
    longest = "[...document.querySelectorAll('*')].map(e => parseFloat(getComputedStyle(e).transitionDuration))"
    with looking(chromium, address, "/showcase/board") as page:
        assert 0 < max(page.evaluate(longest)) <= 0.15
        page.emulate_media(reduced_motion="reduce")
        assert max(page.evaluate(longest)) == 0


def test_on_paper_there_is_only_what_one_came_to_read(chromium: Browser, address: str) -> None:
    with looking(chromium, address, "/showcase/board", color_scheme="dark", viewport=DESK) as page:
        page.emulate_media(media="print")
        expect(page.get_by_role("navigation", name="Stages").first).to_be_hidden()
        expect(page.get_by_role("button", name="Send to 1,284 people now")).to_be_hidden()
        expect(page.locator("tbody tr").last).to_be_visible()
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
