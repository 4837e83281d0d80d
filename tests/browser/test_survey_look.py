"""How survey pages stand in a real Chromium: sizes, folding, colours, paper, policy, one request, what axe finds.

The pages are rendered here and handed to the browser as a server would send them; nothing is running behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from app.surveys import rendering
from app.surveys.answers import FieldFault, Typed
from app.surveys.brands import Brand, default_brand
from app.surveys.contrast import TEXT, contrast
from app.surveys.definition import Definition, definitions
from tests.support.axe import violations
from tests.support.logos import plain_logo

pytestmark = pytest.mark.browser

ADDRESS = "http://survey.example/s/token"
SURVEYS = definitions()
NPS = SURVEYS["relationship_nps"]
RICHEST = SURVEYS["relationship_quality"]
BRAND = replace(default_brand(), logo=plain_logo(), privacy_url="https://example.com/privacy")
VALUES = {"first_name": "Maria", "account": "Nordwind", "product": "Compass", "touchpoint": "workshop"}
LONG = replace(default_brand(), name="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft")
LONG_VALUES = dict.fromkeys(VALUES, "Ö" * 300)
WIDTHS = [320, 390, 640, 1280]  # 640 is 1280 at a zoom of 200 %
OTHERS = [lang for lang in RICHEST.languages if lang not in ("en", "ar")]


class Tab:
    """A browser tab that is served one rendered page at a time, and what the last one asked for and complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.shown = rendering.Page("", "")
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.route("**/*", self._serve)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def show(self, rendered: rendering.Page, *, width: int = 390, scheme: str = "light") -> Page:
        self.page.set_viewport_size({"width": width, "height": 844})
        self.page.emulate_media(color_scheme=scheme)
        self.shown = rendered
        self.requests.clear()
        self.complaints.clear()
        self.page.goto(ADDRESS)
        return self.page

    def _serve(self, route: Route) -> None:
        self.requests.append(route.request.url)
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": self.shown.csp}
        route.fulfill(body=self.shown.html, headers=headers)


@pytest.fixture(scope="module")
def tab(chromium: Browser) -> Iterator[Tab]:
    context = chromium.new_context(reduced_motion="reduce")
    yield Tab(context.new_page())
    context.close()


@pytest.fixture(scope="module")
def plain_tab(chromium: Browser) -> Iterator[Tab]:
    """A tab without JavaScript."""
    context = chromium.new_context(java_script_enabled=False)
    yield Tab(context.new_page())
    context.close()


def asked(definition: Definition, lang: str, step: str, shown: Typed, brand: Brand = BRAND, **more: Any):
    languages = {tag: f"/s/token?lang={tag}" for tag in definition.languages}
    links = {"action_url": "/s/token", "change_url": "/s/token?step=1", "unsubscribe_url": "/u/token"}
    given = {"values": VALUES, **links, "languages": languages, **more}
    return rendering.survey_page(definition, brand, lang, step=step, shown=shown, **given)


def all_ticked(definition: Definition, score: int) -> Typed:
    return Typed(
        score, definition.driver_paths, {verbatim.key: "W" * 5200 for verbatim in definition.questions.comments}
    )


def notices(lang: str, brand: Brand = BRAND) -> dict[str, rendering.Page]:
    return {
        **{kind: rendering.notice_page(kind, brand, lang) for kind in ("wrong", "closed", "failed", "too_large")},
        "failed post": rendering.failed_page(None, lang, action_url="/s/token", posted=[("score", "9")]),
        "thanks": rendering.thanks_page(NPS, brand, lang, values=VALUES, score=9, change_url="/c", is_test=True),
        **{
            kind: rendering.unsubscribe_page(kind, brand, lang, action_url="/u/token")
            for kind in ("ask", "done", "undone")
        },
    }


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("key", SURVEYS)
def test_axe_finds_nothing_in_any_step_of_any_survey(tab: Tab, key: str, lang: str, scheme: str) -> None:
    definition = SURVEYS[key]
    low, high = definition.scale[0], definition.scale[-1]
    page = tab.show(asked(definition, lang, "score", Typed(None)), scheme=scheme)
    if scheme == "light":
        assert violations(page) == []
    page.locator(f"label:has(input[name=score][value='{low}'])").click()
    for label in page.locator(".reason > label").all():
        label.click()
    assert violations(page) == []
    if scheme == "dark":
        assert violations(tab.show(no_script(asked(definition, lang, "draft", Typed(high))), scheme=scheme)) == []


def no_script(rendered: rendering.Page) -> rendering.Page:
    """Return the page as it stands without its script (where scripts are off altogether, axe does not run either)."""
    return replace(rendered, html=re.sub("<script>.*</script>", "", rendered.html, flags=re.DOTALL))


@pytest.mark.parametrize("lang", OTHERS)
def test_axe_finds_nothing_in_any_other_language(tab: Tab, lang: str) -> None:
    assert violations(tab.show(asked(RICHEST, lang, "draft", all_ticked(RICHEST, 9)))) == []


@pytest.mark.parametrize(("lang", "scheme"), [("en", "dark"), ("ar", "light")])
def test_axe_finds_nothing_where_there_is_nothing_to_ask(tab: Tab, lang: str, scheme: str) -> None:
    for name, rendered in notices(lang).items():
        assert violations(tab.show(rendered, scheme=scheme)) == [], name
    faults = [FieldFault("driver", "unknown", "x"), FieldFault("comment.why", "too_long", "5200")]
    assert violations(tab.show(asked(NPS, lang, "complete", all_ticked(NPS, 3), faults=faults), scheme=scheme)) == []
    missing = [FieldFault("score", "missing", "")]
    assert violations(tab.show(asked(NPS, lang, "score", Typed(None), faults=missing), scheme=scheme)) == []


@pytest.mark.parametrize("lang", ["de", "ar", "ja"])
def test_a_page_fits_any_window_in_one_request_and_under_its_policy(tab: Tab, lang: str) -> None:
    pages = {
        **notices(lang, LONG),
        **{key: asked(each, lang, "score", Typed(None), LONG, values=LONG_VALUES) for key, each in SURVEYS.items()},
        "all ticked": asked(RICHEST, lang, "draft", all_ticked(RICHEST, 2), LONG, values=LONG_VALUES),
    }
    for name, rendered in pages.items():
        page = tab.show(rendered)
        assert tab.requests == [ADDRESS], name
        assert tab.complaints == [], name
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            assert overflow(page) <= 0, (name, width)
            # The style is let in by its hash; refused, the column would be as wide as the window.
            assert page.locator("main").evaluate("main => main.offsetWidth") <= 34 * 16, (name, width)


@pytest.mark.parametrize("lang", ["de", "ar"])
def test_letters_of_twice_the_size_fit_a_phone(tab: Tab, lang: str) -> None:
    page = tab.show(asked(RICHEST, lang, "draft", all_ticked(RICHEST, 2)))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert overflow(page) <= 0


@pytest.mark.parametrize(("width", "rows"), [(320, 2), (419, 2), (420, 1), (1280, 1)])
def test_the_scale_is_a_row_of_equal_buttons_to_hit_with_a_thumb(tab: Tab, width: int, rows: int) -> None:
    page = tab.show(asked(NPS, "de", "score", Typed(None)), width=width)
    boxes = [label.bounding_box() for label in page.locator(".scale.long label").all()]
    assert len(boxes) == 11
    assert len({round(box["y"]) for box in boxes}) == rows
    assert max(box["width"] for box in boxes) - min(box["width"] for box in boxes) < 1
    assert min(box["height"] for box in boxes) >= 44
    if rows == 2:
        assert min(box["width"] for box in boxes) >= 44


@pytest.mark.parametrize(("key", "count"), [("support_ces", 7), ("delivery_csat", 5)])
def test_a_short_scale_stays_in_one_row_on_the_smallest_phone(tab: Tab, key: str, count: int) -> None:
    page = tab.show(asked(SURVEYS[key], "en", "score", Typed(None)), width=320)
    boxes = [box.bounding_box() for box in page.locator("#choice .scale label").all()]
    assert (len(boxes), len({box["y"] for box in boxes})) == (count, 1)


def test_a_scale_reads_from_the_right_in_arabic(tab: Tab) -> None:
    page = tab.show(asked(NPS, "ar", "score", Typed(None)), width=1280)
    places = [label.bounding_box()["x"] for label in page.locator("#choice .scale label").all()]
    assert places == sorted(places, reverse=True)


def test_choosing_moves_nothing_that_is_already_there(tab: Tab) -> None:
    page = tab.show(asked(NPS, "en", "score", Typed(None)), width=1280)
    places = "[...document.querySelectorAll('h1, .scale label, .ends')].map((e) => e.getBoundingClientRect().top)"
    before = page.evaluate(places)
    page.get_by_label("3", exact=True).click()
    assert page.get_by_role("button", name="Send my answer").is_visible()
    assert page.evaluate(places)[: len(before)][:13] == before[:13]
    assert page.evaluate("scrollY") == 0


def test_what_the_ends_mean_is_read_out(tab: Tab) -> None:
    page = tab.show(asked(RICHEST, "en", "draft", Typed(9)))
    scale = page.get_by_role("radiogroup").first
    assert scale.get_by_role("radio", name=re.compile("^0 ?, Not at all likely$")).count() == 1
    assert scale.get_by_role("radio", name=re.compile("^10 ?, Extremely likely$")).count() == 1
    ratings = RICHEST.questions.ratings
    assert ratings is not None
    for item in ratings.items:
        group = page.locator(f"fieldset:has([name='rating.{item.key}'])")
        assert group.get_by_role("radio", name=re.compile(f"^1 ?, {ratings.low.root['en'][0]}$")).count() == 1
        assert group.get_by_role("radio", name=re.compile(f"^7 ?, {ratings.high.root['en'][0]}$")).count() == 1
        assert page.get_by_role("radiogroup", name=item.text.root["en"][0].format(company=BRAND.name)).count() == 1


def test_tier_two_unfolds_under_its_reason_and_never_hides_a_choice(plain_tab: Tab) -> None:
    page = plain_tab.show(asked(NPS, "en", "draft", Typed(3)))
    parent, child = page.get_by_label("Support", exact=True), page.get_by_label("Expertise")
    assert not child.is_visible()
    parent.check()
    assert page.get_by_role("group", name="Support: What exactly?").is_visible()
    child.check()
    parent.uncheck()
    assert child.is_visible()
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Send my answer").click()
    fields = (sent.value.post_data or "").split("&")
    assert {"step=2", "score=3", "driver=support%2Fexpertise", "website="} <= set(fields)
    assert "driver=support" not in fields


def test_the_fault_summary_takes_the_focus_and_leads_to_the_field(tab: Tab) -> None:
    faults = [FieldFault("driver", "unknown", "x"), FieldFault("comment.why", "too_long", "5200")]
    page = tab.show(asked(NPS, "en", "complete", all_ticked(NPS, 3), faults=faults))
    assert page.evaluate("document.activeElement.className") == "faults"
    page.get_by_role("alert").get_by_role("link", name="Your text has 5,200 characters").click()
    assert page.evaluate("document.activeElement.id") == "comment.why"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["#0b4f6c", "#ffd400", "#ffffff", "#000000", "#7f7f7f"])
def test_the_button_can_be_read_in_any_brand_colour(tab: Tab, scheme: str, colour: str) -> None:
    page = tab.show(asked(NPS, "en", "score", Typed(3), replace(BRAND, colour=colour)), scheme=scheme)
    for selector in ("#more > button", ".scale label:has(:checked)", "body", ".greeting", ".ends"):
        ink, ground = page.locator(selector).first.evaluate(SHOWN_COLOURS)
        assert contrast(as_hex(ink), as_hex(ground)) >= TEXT, selector


SHOWN_COLOURS = """element => {
  let behind = element;
  while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
  return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
}"""


def as_hex(rgb: str) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in rgb.removeprefix("rgb(").removesuffix(")").split(","))


def test_on_paper_stands_what_was_answered_in_black_on_white(tab: Tab) -> None:
    page = tab.show(asked(NPS, "en", "draft", all_ticked(NPS, 9)), scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator("button:visible, footer nav:visible").count()
    for selector in ("body", ".scale label:has(:checked)", "textarea", ".reason > label"):
        ink, ground = page.locator(selector).first.evaluate(SHOWN_COLOURS)
        assert (as_hex(ink), as_hex(ground)) == ("#000000", "#ffffff"), selector
    page.emulate_media(media="screen")


def test_a_choice_shows_where_the_system_sets_the_colours(tab: Tab) -> None:
    page = tab.show(asked(NPS, "en", "score", Typed(9)))
    page.emulate_media(forced_colors="active")
    chosen, other = (
        page.locator(f".scale label:has(input[value='{number}'])").evaluate(SHOWN_COLOURS)[1] for number in (9, 8)
    )
    page.emulate_media(forced_colors="none")
    assert chosen != other


def test_nothing_moves_for_those_who_want_it_so(tab: Tab) -> None:
    page = tab.show(asked(NPS, "en", "score", Typed(None)))
    moving = "[...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).transitionDuration !== '0s').length"
    assert page.evaluate(moving) == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving) > 0
    page.emulate_media(reduced_motion="reduce")


def test_a_page_under_its_policy_runs_no_script_but_its_own(tab: Tab) -> None:
    rendered = asked(NPS, "en", "score", Typed(None))
    strange = rendered.html.replace("</body>", "<script>document.title = 'run'</script></body>")
    page = tab.show(rendering.Page(strange, rendered.csp))
    assert page.title() == "Your opinion · Example Company"
    assert "script" in tab.complaints[0]
    assert page.locator("#first").count() == 0, "our own ran"
