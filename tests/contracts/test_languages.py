"""No page and no mail mixes two languages: each is made in every language and read for words of another.

Everything that comes from people and brands is a star here, so that each letter left is one of ours.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.surveys.answers import FieldFault, Typed
from app.surveys.brands import Brand
from app.surveys.definition import Definition, definitions
from app.surveys.mails import Mails
from app.surveys.metrics import METRICS
from app.surveys.rendering import failed_page, notice_page, survey_page, thanks_page, unsubscribe_page
from app.surveys.texts import LANGUAGES
from app.surveys.wording import PLACEHOLDERS
from tests.support.languages import strangers
from tests.support.markup import Reader

DEFINITIONS = definitions()
STAR = "★"
BRAND = Brand(
    name=STAR,
    sender_name=STAR,
    sender_address="a@company.example",
    reply_to="b@company.example",
    postal_address=STAR,
    footer=STAR,
    privacy_url="https://company.example/p",
)
KNOWN = dict.fromkeys(PLACEHOLDERS, STAR)
LINKS = {"survey_url": "https://ask.example.com/s/x", "unsubscribe_url": "https://ask.example.com/u/x"}
SWITCH = {language: f"/s/x?lang={language}" for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", DEFINITIONS)
def test_every_page_of_a_survey_is_in_one_language(key: str, language: str) -> None:
    for page in _pages(DEFINITIONS[key], language):
        _is_in_one_language(page, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", DEFINITIONS)
def test_every_mail_of_a_survey_is_in_one_language(key: str, language: str) -> None:
    mails = Mails(DEFINITIONS[key])
    for values in (KNOWN, {}):
        for reminder in range(len(DEFINITIONS[key].mail.reminders) + 1):
            mail = mails.write(BRAND, language, values=values, reminder=reminder, is_test=True, **LINKS)
            _is_in_one_language(mail.html, language)
            assert strangers(f"{mail.subject}\n{mail.text}", language) == set()
            assert "{" not in mail.subject + mail.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_other_page_is_in_one_language(language: str) -> None:
    for brand in (BRAND, None):
        for notice in ("wrong", "closed", "failed", "too_large"):
            _is_in_one_language(notice_page(notice, brand, language, languages=SWITCH).html, language)
        _is_in_one_language(failed_page(brand, language, action_url="/s/x", posted=[("a", STAR)]).html, language)
        for kind in ("ask", "done", "undone"):
            _is_in_one_language(unsubscribe_page(kind, brand, language, action_url="/u/x", is_test=True).html, language)
    for kind in ("ask", "done_brand"):
        page = unsubscribe_page(kind, BRAND, language, action_url="/u/x", several_brands=True)
        _is_in_one_language(page.html, language)


def test_a_word_that_slipped_in_is_found() -> None:
    page = notice_page("closed", BRAND, "fr").html
    assert strangers(Reader(page.replace("Votre", "Your")).text, "fr") == {"your"}
    assert strangers(Reader(page).text, "ar") >= {"c", "e", "t"}


def _pages(definition: Definition, language: str) -> Iterator[str]:
    scores = _one_of_each_band(definition)
    links = {"action_url": "/s/x", "unsubscribe_url": "/u/x", "languages": SWITCH}
    after = {"change_url": "/s/x", "languages": SWITCH}
    first = {"step": "score", "shown": Typed(None), "is_test": True, **links}
    for values in (KNOWN, {}):
        yield survey_page(definition, BRAND, language, values=values, **first).html
        for score in scores:
            yield thanks_page(definition, BRAND, language, values=values, score=score, **after).html
    for score in scores:
        given = {"step": "complete", "shown": Typed(score), **links}
        yield survey_page(definition, BRAND, language, values=KNOWN, **given).html
    faults = [FieldFault("score", "missing", ""), FieldFault("driver", "unknown", "x")]
    faults += [FieldFault(f"comment.{question.key}", "too_long", "5001") for question in definition.questions.comments]
    for step in ("score", "complete"):
        wrong = {"step": step, "shown": Typed(scores[0]), "faults": faults, **links}
        yield survey_page(definition, BRAND, language, values=KNOWN, **wrong).html


def _one_of_each_band(definition: Definition) -> list[int]:
    band = METRICS[definition.metric].band
    return list({band(score): score for score in definition.scale}.values())


def _is_in_one_language(html: str, language: str) -> None:
    text = Reader(html).text
    assert strangers(text, language) == set(), text
    assert f'lang="{language}"' in html
    assert ('dir="rtl"' in html[:300]) == (language == "ar")
