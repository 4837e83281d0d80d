"""One contract for every ready-made survey."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from app.surveys.definition import Definition, advice, definitions, validate
from app.surveys.texts import LANGUAGES
from app.surveys.wording import Text
from tests.support.languages import SCRIPTS, WORDS, strangers

DEFINITIONS = definitions()
METRICS = {
    "relationship_nps": "nps",
    "transactional_nps": "nps",
    "support_ces": "ces",
    "delivery_csat": "csat",
    "onboarding_csat": "csat",
    "relationship_quality": "nps",
    "churn": "csat",
    "enps": "enps",
}
TWELVE = {"en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl", "ja", "zh", "ar"}
# Words that two languages really have in common.
SHARED = {("de", "Support")}
# Marks that a language does not use, or uses otherwise.
MISPRINTS = {
    "fr": r"[^\u00a0](?=[?!:;»])|«(?!\u00a0)",
    "es": r"^[^¿]*\?|[“”]",
    "pl": r"[“«»]",
    "de": r"[”«»]",
    "ja": r"[?!,.;:“”]",
    "zh": r"[?!,.;:「」]",
    "ar": r"[?,;“”]",
}


def texts(part: BaseModel, path: str = "") -> Iterator[tuple[str, Text]]:
    for name in type(part).model_fields:
        value, here = getattr(part, name), f"{path}.{name}"
        if isinstance(value, Text):
            yield here, value
        elif isinstance(value, BaseModel):
            yield from texts(value, here)
        elif isinstance(value, tuple):
            for place, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from texts(item, f"{here}[{place}]")


def lines(definition: Definition, language: str) -> list[str]:
    return [line for _, text in texts(definition) for line in text.root[language]]


def test_there_are_eight_each_with_its_metric() -> None:
    assert {key: definition.metric for key, definition in DEFINITIONS.items()} == METRICS


@pytest.mark.parametrize("key", METRICS)
def test_it_is_named_after_its_file_and_survives_the_database(key: str) -> None:
    definition = DEFINITIONS[key]
    assert definition.key == key
    assert validate(definition.model_dump(mode="json"), key) == definition


@pytest.mark.parametrize("key", METRICS)
def test_it_speaks_all_twelve_languages_and_is_as_short_as_we_advise(key: str) -> None:
    definition = DEFINITIONS[key]
    assert set(definition.languages) == set(LANGUAGES) == TWELVE
    assert advice(definition) == ()
    assert 3 <= len(definition.questions.drivers) <= 5
    assert all(2 <= len(driver.drivers) <= 5 for driver in definition.questions.drivers)
    assert 1 <= len(definition.questions.comments) <= 2


@pytest.mark.parametrize("key", METRICS)
def test_nothing_was_left_in_english_or_copied_from_another_language(key: str) -> None:
    for path, text in texts(DEFINITIONS[key]):
        for language, written in text.root.items():
            for line in written:
                others = {other for other in text.root if other != language and line in text.root[other]}
                if "en" in others and language != "en":
                    assert (language, line) in SHARED, path
                assert not others or len(line) <= len("Responsabilidades claras"), (path, line)


@pytest.mark.parametrize("language", sorted(TWELVE))
@pytest.mark.parametrize("key", METRICS)
def test_every_text_is_in_the_language_it_stands_for(key: str, language: str) -> None:
    for line in lines(DEFINITIONS[key], language):
        assert strangers(line, language) == set(), line
        if language in SCRIPTS:
            assert re.search(SCRIPTS[language], line), line
        if language == "ja" and len(line) > 8:
            assert re.search(r"[\u3041-\u30ff]", line), line
        if wrong := MISPRINTS.get(language):
            assert not re.search(wrong, re.sub(r"\{\w+\}", "", line)), line


@pytest.mark.parametrize("language", WORDS)
def test_the_words_that_give_a_language_away_are_words_it_uses(language: str) -> None:
    used = " ".join(line for definition in DEFINITIONS.values() for line in lines(definition, language))
    assert WORDS[language] <= set(re.findall(r"\w+", used.lower()))


@pytest.mark.parametrize("key", METRICS)
def test_what_was_asked_about_is_named_in_every_language(key: str) -> None:
    for path, text in texts(DEFINITIONS[key]):
        named = {
            language: {
                name
                for name in ("company", "product", "touchpoint", "object")
                if any(f"{{{name}}}" in line for line in written)
            }
            for language, written in text.root.items()
        }
        assert all(names == named["en"] for names in named.values()), (path, named)


def test_employees_are_not_spoken_to_as_customers_and_stay_unnamed() -> None:
    enps = DEFINITIONS["enps"]
    assert not [path for path, text in texts(enps) if {"account", "product"} & text.placeholders and "mail" not in path]
    assert not [path for path, text in texts(enps) if "first_name" in text.placeholders and path != ".mail.greeting"]
    assert "{account}" not in "".join(lines(enps, "ja"))
    assert enps.questions.contact is None
