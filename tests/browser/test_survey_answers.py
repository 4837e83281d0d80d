"""Every ready-made survey is answered by mouse, by keyboard alone and without JavaScript, left to right and back.

The application runs as in production, on a real database; what counts at the end is what stands there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from app import create_app
from app.core import db
from app.core.signing import Signer
from app.responses.models import ResponseState, Verdict
from app.surveys.definition import Definition, Rating, definitions
from tests.support.asking import close, draft, invite, kept, posts
from tests.support.browser import PATIENCE
from tests.support.database import Cluster, fresh_database
from tests.support.settings import settings
from tests.support.web import serving, survey_path

pytestmark = pytest.mark.browser

SURVEYS = definitions()
COMMENT = "Die Nachtschicht antwortet. 夜勤の方に感謝します。 <b>شكرًا</b> 👏"


@pytest.fixture(scope="module")
def address(cluster: Cluster, valkey_server: str) -> Iterator[str]:
    with fresh_database(cluster) as url, serving(create_app(settings(url, valkey_server))) as started:
        yield started
        db.engine().dispose()


@pytest.fixture(scope="module")
def tabs(chromium: Browser) -> Iterator[dict[bool, Page]]:
    """A customer's phone, by whether scripts run."""
    screen = {"width": 390, "height": 844}
    both = {on: chromium.new_context(java_script_enabled=on, viewport=screen) for on in (True, False)}
    for context in both.values():
        context.set_default_timeout(PATIENCE)
    yield {on: context.new_page() for on, context in both.items()}
    for context in both.values():
        context.close()


@pytest.fixture
def page(tabs: dict[bool, Page]) -> Iterator[Page]:
    page = tabs[True].context.new_page()
    yield page
    page.close()


def choices(page: Page, definition: Definition) -> list[Locator]:
    """What a thorough customer ticks between score and comment, in the order of the page."""
    driver = next((path for path in definition.driver_paths if "/" in path), None)
    names = [f"driver.{driver.partition('/')[0]}", f"driver.{driver}"] if driver else []
    ratings = [page.locator(f"input[name='rating.{item.key}'][value='1']") for item in ratings_of(definition)]
    return [*(page.locator(f"[id='{name}']") for name in names), *ratings]


def ratings_of(definition: Definition) -> tuple[Rating, ...]:
    return definition.questions.ratings.items if definition.questions.ratings else ()


def by_mouse(page: Page, definition: Definition, score: int) -> None:
    page.locator(f"label:has(input[name=score][value='{score}'])").click()
    for choice in choices(page, definition):
        choice.click()
    for area in page.locator("textarea").all():
        area.click()
        page.keyboard.insert_text(COMMENT)
    for contact in page.locator("[id='contact']").all():
        contact.click()
    page.locator("#more > button").click()


def by_keyboard(page: Page, definition: Definition, score: int) -> None:
    reach(page, page.locator("input[name=score]").first)
    page.keyboard.press("Space")
    for _ in range(score - definition.scale[0]):
        page.keyboard.press("ArrowDown")
    for choice in choices(page, definition):
        reach(page, choice)
        page.keyboard.press("Space")
    for area in page.locator("textarea").all():
        reach(page, area)
        page.keyboard.insert_text(COMMENT)
    for contact in page.locator("[id='contact']").all():
        reach(page, contact)
        page.keyboard.press("Space")
    reach(page, page.locator("#more > button"))
    page.keyboard.press("Enter")


def reach(page: Page, goal: Locator) -> None:
    """Press Tab until `goal` has the focus."""
    for _ in range(60):
        if goal.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {goal} by keyboard")


def without_script(page: Page, definition: Definition, score: int) -> None:
    page.locator(f"label:has(input[name=score][value='{score}'])").click()
    page.locator("#first button").click()
    for choice in choices(page, definition):
        choice.check()
    for area in page.locator("textarea").all():
        area.fill(COMMENT)
    for contact in page.locator("[id='contact']").all():
        contact.check()
    page.locator("#more > button").click()


Way = Callable[[Page, Definition, int], None]


@pytest.mark.parametrize("way", [by_mouse, by_keyboard, without_script])
@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("key", SURVEYS)
def test_a_survey_is_answered(address: str, tabs: dict[bool, Page], key: str, lang: str, way: Way) -> None:
    definition, invitation = SURVEYS[key], invite(key, language=lang)
    score = definition.scale[1] if lang == "ar" else definition.scale[-1]
    page = tabs[way is not without_script]
    page.goto(address + survey_path(invitation))
    assert page.locator("html").get_attribute("dir") == {"en": "ltr", "ar": "rtl"}[lang]
    way(page, definition, score)
    expect(page.locator("main.notice h1")).to_be_visible()
    answer = kept(invitation)
    assert answer is not None
    assert (answer.state, answer.score, answer.language) == (ResponseState.COMPLETE, score, lang)
    assert len(answer.drivers) == (2 if definition.driver_paths else 0)
    assert set(answer.ratings.values()) == ({1} if ratings_of(definition) else set())
    assert set(answer.comments.values()) == ({COMMENT} if definition.questions.comments else set())
    assert answer.may_contact == (True if definition.questions.contact else None)
    assert answer.verdict is Verdict.HUMAN
    assert posts(invitation)[-1], "the last word is the customer's own"


def saved(page: Page, sentence: str) -> None:
    expect(page.locator("#saved")).to_have_text(sentence)


def test_a_score_is_kept_as_soon_as_it_is_chosen(address: str, page: Page) -> None:
    invitation = invite("relationship_nps")
    page.goto(address + survey_path(invitation))
    expect(page.locator("main button:visible")).to_have_count(0)
    page.get_by_label("6", exact=True).click()
    expect(page.get_by_role("group", name="What should we improve first?")).to_be_visible()
    saved(page, "Your 6 is saved.")
    page.get_by_label("9", exact=True).click()
    expect(page.get_by_role("group", name="What would you particularly recommend?")).to_be_visible()
    expect(page.locator("main button:visible")).to_have_count(1)
    saved(page, "Your 9 is saved.")
    answer = kept(invitation)
    assert answer is not None
    assert (answer.score, answer.state) == (9, ResponseState.PARTIAL)
    assert posts(invitation) == [False, False]


def test_who_leaves_at_once_has_still_said_a_number(address: str, page: Page) -> None:
    invitation = invite("support_ces")
    page.goto(address + survey_path(invitation))
    page.get_by_label("2", exact=True).click()
    page.goto("about:blank")
    # A post that outlives its page has no answer a browser would tell of.
    deadline = time.monotonic() + 10
    while kept(invitation) is None and time.monotonic() < deadline:
        page.wait_for_timeout(25)
    answer = kept(invitation)
    assert answer is not None
    assert answer.score == 2
    assert posts(invitation) == [False]


def test_neither_a_look_nor_a_program_that_presses_answers(address: str, page: Page) -> None:
    invitation = invite("relationship_nps")
    page.goto(f"{address}{survey_path(invitation)}?score=9")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    expect(page.locator("#saved")).to_contain_text("Your 9 is marked.")
    page.evaluate("document.querySelector('input[name=score]').click()")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.keyboard.press("Tab")
    page.wait_for_timeout(900)  # longer than the page waits before it saves
    assert asked == []
    assert kept(invitation) is None
    page.locator("label[for='driver.support']").click()
    expect(page.locator("#saved")).to_contain_text("is saved.")
    assert kept(invitation) is not None


def test_nothing_typed_is_lost_while_the_network_is_away(address: str, page: Page) -> None:
    invitation = invite("relationship_nps")
    page.goto(address + survey_path(invitation))
    page.get_by_label("3", exact=True).click()
    saved(page, "Your 3 is saved.")
    page.context.set_offline(True)
    page.locator("textarea").first.click()
    page.keyboard.insert_text("Written in a tunnel.")
    saved(page, "Not saved yet. We are trying again.")
    page.locator("#more > button").click()
    expect(page.locator("#state")).to_have_text("Not saved yet. We are trying again.")
    expect(page.locator("textarea").first).to_have_value("Written in a tunnel.")
    page.context.set_offline(False)
    expect(page.locator("main.notice h1")).to_be_visible()
    answer = kept(invitation)
    assert answer is not None
    assert answer.state is ResponseState.COMPLETE
    assert "Written in a tunnel." in answer.comments.values()


def test_who_is_quicker_than_the_network_is_not_taken_for_a_draft(address: str, page: Page) -> None:
    invitation = invite("relationship_nps")
    page.goto(address + survey_path(invitation))
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if route.request.method == "POST" and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/s/*", hold_the_first)
    page.get_by_label("9", exact=True).click()
    with page.expect_request(lambda request: request.method == "POST"):
        page.locator("label[for='driver.support']").click()
    page.locator("#more > button").click()
    held[0].continue_()
    expect(page.locator("main.notice h1")).to_be_visible()
    assert posts(invitation) == [False, True]
    answer = kept(invitation)
    assert answer is not None
    assert (answer.state, answer.drivers) == (ResponseState.COMPLETE, ["support"])


def test_a_text_that_is_too_long_is_counted_and_kept_on_the_page(address: str, page: Page) -> None:
    invitation = invite("relationship_nps", language="de")
    page.goto(address + survey_path(invitation))
    page.get_by_label("3", exact=True).click()
    area, long = page.locator("textarea").first, "ä" * 5_001
    area.click()
    page.keyboard.insert_text(long)
    expect(page.locator(".count").first).to_have_text("5.001 von 5.000 Zeichen")
    expect(page.locator(".comment .fault").first).to_contain_text("5.001 Zeichen; Platz ist für 5.000")
    expect(area).to_have_attribute("aria-invalid", "true")
    answer = kept(invitation)
    assert answer is not None
    assert answer.score == 3, "the number is kept all the same"
    page.locator("#more > button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.locator(".comment .fault").first).not_to_be_empty()
    expect(area).to_have_value(long)
    area.press("Control+End")
    page.keyboard.press("Backspace")
    expect(page.locator(".comment .fault").first).to_be_empty()
    page.locator("#more > button").click()
    expect(page.locator("main.notice h1")).to_be_visible()
    assert long[:5_000] in kept(invitation).comments.values()


def test_a_survey_that_closes_meanwhile_says_so_and_takes_nothing_away(address: str, page: Page) -> None:
    invitation = invite("relationship_nps")
    page.goto(address + survey_path(invitation))
    close(invitation)
    page.get_by_label("3", exact=True).click()
    saved(page, "This survey is closed.")
    page.locator("textarea").first.press_sequentially("Too late?")
    expect(page.locator("textarea").first).to_have_value("Too late?")
    page.locator("#more > button").click()
    expect(page.locator("h1")).to_have_text("This survey is closed.")
    assert kept(invitation) is None


def test_another_language_takes_along_what_was_typed(address: str, page: Page) -> None:
    invitation = invite("relationship_nps")
    page.goto(address + survey_path(invitation))
    page.get_by_label("3", exact=True).click()
    page.locator("textarea").first.click()
    page.keyboard.insert_text("Slow.")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("textarea").first).to_have_value("Slow.")
    saved(page, "Ihre 3 ist gespeichert.")


def test_another_number_than_the_mails_stays_chosen(address: str, page: Page) -> None:
    invitation = invite("relationship_nps")
    page.goto(f"{address}{survey_path(invitation)}?score=9")
    page.get_by_label("4", exact=True).click()
    saved(page, "Your 4 is saved.")
    page.reload()
    saved(page, "Your 4 is saved.")
    page.get_by_label("3", exact=True).click()
    page.get_by_role("button", name="Deutsch").click()
    saved(page, "Ihre 3 ist gespeichert.")
    answer = kept(invitation)
    assert answer is not None
    assert answer.score == 3


def test_an_answer_is_resumed_and_changed_and_the_last_word_counts(address: str, page: Page) -> None:
    invitation = invite("relationship_nps")
    url = address + survey_path(invitation)
    page.goto(url)
    page.get_by_label("9", exact=True).click()
    page.locator("label[for='driver.support']").click()
    saved(page, "Your 9 is saved.")
    page.goto(url)
    expect(page.get_by_label("9", exact=True)).to_be_checked()
    expect(page.get_by_label("Support", exact=True)).to_be_checked()
    page.locator("#more > button").click()
    page.get_by_role("link", name="Change my answer").click()
    page.get_by_label("2", exact=True).click()
    page.locator("#more > button").click()
    expect(page.locator("main.notice")).to_contain_text("You chose 2.")
    answer = kept(invitation)
    assert answer is not None
    assert (answer.score, answer.drivers) == (2, ["support"])


def test_a_test_link_says_so_and_is_forgotten(address: str, page: Page) -> None:
    token = Signer("k" * 64).sign("test", draft("relationship_nps"))
    page.goto(f"{address}/s/{token}")
    expect(page.get_by_role("complementary")).to_have_text("This is a test. Nothing you enter here is counted.")
    page.get_by_label("9", exact=True).click()
    saved(page, "Your 9 is saved.")
    page.locator("#more > button").click()
    expect(page.locator("main.notice")).to_contain_text("You chose 9.")
    expect(page.get_by_role("complementary")).to_be_visible()


def test_a_forged_link_is_answered_kindly_in_the_readers_language(address: str, chromium: Browser) -> None:
    context = chromium.new_context(locale="ar")
    page = context.new_page()
    answer = page.goto(f"{address}/s/forged")
    assert answer is not None
    assert answer.status == 404
    assert page.locator("html").get_attribute("lang") == "ar"
    context.close()
