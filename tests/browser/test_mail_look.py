"""How a mail stands in a real Chromium: sizes, two rows on a narrow screen, the dark, no images, right to left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, Route

from app.surveys.brands import default_brand
from app.surveys.contrast import TEXT, contrast
from app.surveys.definition import definitions
from app.surveys.mails import Mail, Mails
from tests.support.logos import plain_logo

pytestmark = pytest.mark.browser

ADDRESS, LOGO = "http://mail.example/", "http://mail.example/logo.png"
BRAND = replace(default_brand(), logo=plain_logo(), footer="HRB 1", privacy_url="https://halden.example/privacy")
LONG = replace(BRAND, name="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft")
LONG_VALUES = {"first_name": "W" * 300, "account": "Ö" * 300}
SURVEYS = definitions()
SCALES = {"relationship_nps": 11, "support_ces": 7, "delivery_csat": 5}

COLOURS = """element => {
    const ground = (node) => {
        const colour = getComputedStyle(node).backgroundColor;
        return colour !== "rgba(0, 0, 0, 0)" || !node.parentElement ? colour : ground(node.parentElement);
    };
    return [getComputedStyle(element).color, ground(element)];
}"""


class Inbox:
    """A window onto one mail; pictures arrive unless they are switched off."""

    def __init__(self, browser: Browser) -> None:
        self.page: Page = browser.new_page()
        self.html, self.pictures = "", True
        self.asked: set[str] = set()
        self.page.route("**/*", self._serve)

    def show(self, mail: Mail, *, width: int = 600, scheme: str = "light", pictures: bool = True) -> Page:
        self.html, self.pictures = mail.html, pictures
        self.asked.clear()
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme)
        self.page.goto(ADDRESS)
        return self.page

    def _serve(self, route: Route) -> None:
        self.asked.add(route.request.url)
        if route.request.url == ADDRESS:
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
        elif self.pictures:
            route.fulfill(body=plain_logo().png, content_type="image/png")
        else:
            route.abort()


@pytest.fixture(scope="module")
def inbox(chromium: Browser) -> Iterator[Inbox]:
    inbox = Inbox(chromium)
    yield inbox
    inbox.page.close()


def written(key: str, lang: str, brand=BRAND, **more: object) -> Mail:
    given = {"values": LONG_VALUES, "logo_url": LOGO, **more}
    return Mails(SURVEYS[key]).write(brand, lang, survey_url=f"{ADDRESS}s/x", unsubscribe_url=f"{ADDRESS}u/x", **given)


def hexadecimal(colour: str) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])


@pytest.mark.parametrize("lang", ["en", "de", "ar", "ja"])
@pytest.mark.parametrize(
    ("key", "width", "rows"),
    [
        ("relationship_nps", 320, 2),
        ("relationship_nps", 390, 2),
        ("relationship_nps", 600, 1),
        ("relationship_nps", 1280, 1),
        ("support_ces", 320, 2),
        ("support_ces", 390, 1),
        ("delivery_csat", 320, 1),
    ],
)
def test_a_mail_fits_and_its_numbers_can_be_hit(inbox: Inbox, lang: str, key: str, width: int, rows: int) -> None:
    page = inbox.show(written(key, lang, LONG, is_test=True), width=width)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert inbox.asked <= {ADDRESS, LOGO, f"{ADDRESS}favicon.ico"}
    boxes = [cell.bounding_box() for cell in page.locator("td.cell").all()]
    assert len(boxes) == SCALES[key]
    assert min(min(box["width"], box["height"]) for box in boxes) >= 44
    assert len({box["y"] for box in boxes}) == rows
    assert (boxes[0]["x"] < boxes[1]["x"]) == (lang != "ar")
    assert page.locator("body > div").first.bounding_box() is None  # the preheader is for the list of mails


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "ar"])
def test_every_word_can_be_read_by_day_and_by_night(inbox: Inbox, scheme: str, lang: str) -> None:
    page = inbox.show(written("relationship_nps", lang, is_test=True), scheme=scheme)
    for element in page.locator(".ink div:visible, .ink h1, .quiet div:visible, .quiet a, .ends td, .cell a").all():
        ink, ground = element.evaluate(COLOURS)
        assert contrast(hexadecimal(ink), hexadecimal(ground)) >= TEXT


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_pictures_the_name_stands_where_the_logo_was(inbox: Inbox, scheme: str) -> None:
    page = inbox.show(written("relationship_nps", "en"), scheme=scheme, pictures=False)
    logo = page.get_by_role("img", name=BRAND.name)
    ink, ground = logo.evaluate(COLOURS)
    assert contrast(hexadecimal(ink), hexadecimal(ground)) >= TEXT


def test_in_the_dark_a_clear_logo_stands_on_a_light_plate(inbox: Inbox) -> None:
    page = inbox.show(written("relationship_nps", "en"), scheme="dark")
    box = page.locator("img.logo").bounding_box()
    assert box["width"] > plain_logo().width  # the plate leaves room around it
    assert (
        page.locator("img.logo").evaluate("element => getComputedStyle(element).backgroundColor")
        == "rgb(255, 255, 255)"
    )


def test_a_number_read_aloud_says_what_the_ends_mean(inbox: Inbox) -> None:
    page = inbox.show(written("relationship_nps", "en"))
    names = [link.get_attribute("aria-label") for link in page.locator(".cell a").all()]
    assert names[0] == "0, Not at all likely"
    assert names[1] == "1"
    assert names[10] == "10, Extremely likely"
