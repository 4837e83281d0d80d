"""The form of a brand in a real Chromium: what is typed shows beside it, and the way back stays one step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import unfit
from tests.support.desk import at_desk
from tests.support.logos import plain_logo

pytestmark = pytest.mark.browser


@pytest.fixture
def form(chromium: Browser, application: Flask) -> Iterator[Page]:
    """The form of the default brand, open in front of somebody who is logged in; complaints fail the test."""
    with at_desk(chromium, application, "/brands/default") as page:
        yield page


def seen(form: Page, question: str, *given: object) -> None:
    """Wait until both frames, looked into as the script of the page does it, answer `question` with yes."""
    for name in ("preview-page", "preview-mail"):
        form.wait_for_function(
            f"([name, ...given]) => (({question})(document.getElementsByName(name)[0].contentDocument, ...given))",
            arg=[name, *given],
        )


def test_what_is_typed_shows_beside_it_and_back_leaves_the_page(form: Page) -> None:
    steps, name = form.evaluate("history.length"), "Nordwind & <b>Söhne</b>"
    seen(form, "(shown, name) => shown.body?.innerText.includes(name)", "Example Company")
    form.get_by_label("Name", exact=True).fill(name)
    seen(form, "(shown, name) => shown.body?.innerText.includes(name)", name)
    form.get_by_label("Logo").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": plain_logo().png})
    seen(form, "(shown) => shown.querySelector('img')?.naturalWidth === 240")
    form.get_by_label("Colour", exact=True).fill("#7a1f5c")
    seen(form, "(shown, colour) => shown.documentElement?.outerHTML.includes(colour)", "#7a1f5c")
    assert form.evaluate("history.length") == steps
    form.get_by_role("button", name="Save this brand").click()
    expect(form.get_by_role("heading", level=1)).to_have_text(f"The brand «{name}»")
    expect(form.get_by_alt_text("The logo as it is kept")).to_have_js_property("naturalWidth", 240)


def test_list_and_form_fit_and_axe_finds_nothing(form: Page) -> None:
    for path in ("/brands/default", "/brands", "/brands/new"):
        form.goto(path)
        assert unfit(form) == []
