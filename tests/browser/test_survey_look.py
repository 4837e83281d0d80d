"""How survey pages and mails stand in a real Chromium: sizes, folding, keyboard, policy, one request.

The pages are rendered here and handed to the browser as a server would send them; nothing is running behind.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, Route

from app.surveys import rendering
from app.surveys.answers import FieldFault
from app.surveys.brands import default_brand
from app.surveys.contrast import TEXT, contrast
from app.surveys.definition import Definition, definitions, validate

pytestmark = pytest.mark.browser

ADDRESS = "http://survey.example/s/token"
WIDTHS = [320, 390, 600, 1280]

SURVEY = definitions()["relationship_nps"]
BRAND = default_brand()
LONG = replace(BRAND, name="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft")
VALUES = {"first_name": "Maria", "account": "Nordwind"}
LONG_VALUES = {"first_name": "W" * 300, "account": "Ö" * 300}
URLS = {"action_url": "/s/token", "change_url": "/s/token?step=1", "unsubscribe_url": "/u/token"}
FAULTS = [FieldFault("driver", "unknown", "x"), FieldFault("comment", "too_long", "5200")]


class Tab:
    """A browser tab that is served one rendered page at a time, and what the last one asked for and complained of."""

    def __init__(self, browser: Browser) -> None:
        self.page: Page = browser.new_page()
        self.html = ""
        self.headers: dict[str, str] = {}
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.route("**/*", self._serve)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def show(self, html: str, csp: str = "", *, width: int = 390, scheme: str = "light") -> Page:
        self.page.set_viewport_size({"width": width, "height": 844})
        self.page.emulate_media(color_scheme=scheme)
        self.html = html
        self.headers = {"Content-Type": "text/html; charset=utf-8"} | ({"Content-Security-Policy": csp} if csp else {})
        self.requests.clear()
        self.complaints.clear()
        self.page.goto(ADDRESS)
        return self.page

    def _serve(self, route: Route) -> None:
        self.requests.append(route.request.url)
        route.fulfill(body=self.html, headers=self.headers)


@pytest.fixture(scope="module")
def tab(chromium: Browser) -> Tab:
    return Tab(chromium)


def states(lang: str) -> dict[str, rendering.Page]:
    survey = {"values": LONG_VALUES, **URLS}
    return {
        "score": rendering.survey_page(SURVEY, LONG, lang, step=1, score=9, is_test=True, **survey),
        "reasons": rendering.survey_page(
            SURVEY,
            LONG,
            lang,
            step=2,
            score=9,
            selected=SURVEY.driver_paths,
            comment="W" * 5200,
            faults=FAULTS,
            **survey,
        ),
        "thanks": rendering.thanks_page(SURVEY, LONG, lang, values=LONG_VALUES, score=2, change_url="/c"),
        "closed": rendering.notice_page("closed", LONG, lang),
        "wrong": rendering.notice_page("wrong", None, lang),
        "ask": rendering.unsubscribe_page("ask", LONG, lang, action_url="/u/token"),
        "done": rendering.unsubscribe_page("done", LONG, lang, action_url="/u/token"),
    }


def with_metric(metric: str) -> Definition:
    return validate({**SURVEY.model_dump(mode="json"), "metric": metric}, metric)


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lang", SURVEY.languages)
def test_a_page_fits_its_window_in_one_request_and_under_its_policy(tab, width, lang):
    for name, rendered in states(lang).items():
        page = tab.show(rendered.html, rendered.csp, width=width)
        assert overflow(page) <= 0, name
        assert tab.requests == [ADDRESS], name
        assert tab.complaints == [], name
        # The style is let in by its hash; refused, the column would be as wide as the window.
        assert page.locator("main").bounding_box()["width"] <= 34 * 16, name


@pytest.mark.parametrize(("width", "rows"), [(320, 2), (390, 2), (419, 2), (420, 1), (1280, 1)])
def test_the_scale_is_a_row_of_equal_buttons_to_hit_with_a_thumb(tab, width, rows):
    rendered = rendering.survey_page(SURVEY, BRAND, "de", step=1, values=VALUES, **URLS)
    page = tab.show(rendered.html, rendered.csp, width=width)
    boxes = [label.bounding_box() for label in page.locator(".scale label").all()]
    assert len(boxes) == 11
    assert len({round(box["y"]) for box in boxes}) == rows
    assert max(box["width"] for box in boxes) - min(box["width"] for box in boxes) < 1
    assert min(box["height"] for box in boxes) >= 44
    if rows == 2:
        assert min(box["width"] for box in boxes) >= 44


@pytest.mark.parametrize(("metric", "count"), [("ces", 7), ("csat", 5)])
def test_a_short_scale_stays_in_one_row_on_the_smallest_phone(tab, metric, count):
    rendered = rendering.survey_page(with_metric(metric), BRAND, "en", step=1, values=VALUES, **URLS)
    boxes = [box.bounding_box() for box in tab.show(rendered.html, width=320).locator(".scale label").all()]
    assert (len(boxes), len({box["y"] for box in boxes})) == (count, 1)


def test_the_score_is_chosen_and_sent_by_keyboard_alone(tab):
    rendered = rendering.survey_page(SURVEY, BRAND, "en", step=1, values=VALUES, **URLS)
    page = tab.show(rendered.html, rendered.csp)
    page.get_by_role("radiogroup", name="How likely are you").wait_for()
    page.keyboard.press("Tab")
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    assert page.get_by_label("9", exact=True).is_checked()
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.keyboard.press("Enter")
    assert sent.value.post_data == "step=1&score=9"


def test_tier_two_unfolds_under_its_reason_by_keyboard_and_never_hides_a_choice(tab):
    rendered = rendering.survey_page(SURVEY, BRAND, "en", step=2, score=3, values=VALUES, **URLS)
    page = tab.show(rendered.html, rendered.csp)
    parent, child = page.get_by_label("Support", exact=True), page.get_by_label("Expertise")
    assert not child.is_visible()
    parent.focus()
    page.keyboard.press("Space")
    assert child.is_visible()
    assert page.get_by_role("group", name="Support: What exactly?").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert child.is_checked()
    parent.uncheck()
    assert child.is_visible()
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Send my answer").click()
    assert sent.value.post_data == "step=2&score=3&driver=support%2Fexpertise&comment="


def test_the_fault_summary_takes_the_focus_and_leads_to_the_field(tab):
    rendered = rendering.survey_page(
        SURVEY, BRAND, "en", step=2, score=3, comment="long", faults=FAULTS, values=VALUES, **URLS
    )
    page = tab.show(rendered.html, rendered.csp)
    assert page.evaluate("document.activeElement.className") == "faults"
    page.get_by_role("alert").get_by_role("link", name="Your text has 5,200 characters").click()
    assert page.evaluate("document.activeElement.id") == "comment"
    assert page.get_by_label("What is not going well").get_attribute("aria-invalid") == "true"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["#0b4f6c", "#ffd400", "#ffffff", "#000000", "#7f7f7f"])
def test_the_button_can_be_read_in_any_brand_colour(tab, scheme, colour):
    brand = replace(BRAND, colour=colour)
    rendered = rendering.survey_page(SURVEY, brand, "en", step=1, score=3, values=VALUES, **URLS)
    page = tab.show(rendered.html, rendered.csp, scheme=scheme)
    for selector in ("button", ".scale label:has(:checked)", "body", ".greeting", ".ends"):
        ink, ground = page.locator(selector).first.evaluate(SHOWN_COLOURS)
        assert contrast(as_hex(ink), as_hex(ground)) >= TEXT, selector


SHOWN_COLOURS = """element => {
  let behind = element;
  while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
  return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
}"""


def as_hex(rgb: str) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in rgb.removeprefix("rgb(").removesuffix(")").split(","))


@pytest.mark.parametrize("lang", SURVEY.languages)
@pytest.mark.parametrize(
    ("metric", "width", "rows"),
    [
        ("nps", 320, 2),
        ("nps", 390, 2),
        ("nps", 600, 1),
        ("nps", 1280, 1),
        ("ces", 320, 2),
        ("ces", 390, 1),
        ("csat", 320, 1),
    ],
)
def test_a_mail_fits_and_its_numbers_can_be_hit(tab, lang, metric, width, rows):
    sent = rendering.mail(
        with_metric(metric),
        LONG,
        lang,
        values=LONG_VALUES,
        survey_url=ADDRESS,
        unsubscribe_url="http://survey.example/u/token",
    )
    page = tab.show(sent.html, width=width)
    assert overflow(page) <= 0
    assert tab.requests == [ADDRESS]
    boxes = [cell.bounding_box() for cell in page.locator("td.cell").all()]
    assert min(min(box["width"], box["height"]) for box in boxes) >= 44
    assert len({box["y"] for box in boxes}) == rows


def test_a_mail_can_be_read_in_the_dark(tab):
    links = {"survey_url": ADDRESS, "unsubscribe_url": ADDRESS}
    sent = rendering.mail(SURVEY, BRAND, "en", values=VALUES, **links)
    page = tab.show(sent.html, width=600, scheme="dark")
    for element in page.locator(".ink:visible, .quiet:visible, .cell a").all():
        ink, ground = element.evaluate(SHOWN_COLOURS)
        assert contrast(as_hex(ink), as_hex(ground)) >= TEXT


def test_a_page_under_its_policy_runs_no_script(tab):
    rendered = rendering.notice_page("wrong", None, "en")
    page = tab.show(rendered.html.replace("</body>", "<script>document.title = 'run'</script></body>"), rendered.csp)
    assert page.title() == "This link does not work"
    assert "script" in tab.complaints[0]
