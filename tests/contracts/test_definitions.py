"""One contract for every ready-made survey."""

import pytest

from app.surveys.brands import default_brand
from app.surveys.definition import definitions, validate
from app.surveys.rendering import mail, survey_page
from app.surveys.texts import LANGUAGES

DEFINITIONS = definitions()
EACH = [(key, language) for key, definition in DEFINITIONS.items() for language in definition.languages]
VALUES = {"first_name": "Ann", "account": "Company", "product": None, "touchpoint": None}


@pytest.mark.parametrize("key", DEFINITIONS)
def test_it_is_named_after_its_file_and_survives_the_database(key: str) -> None:
    definition = DEFINITIONS[key]
    assert definition.key == key
    assert validate(definition.model_dump(mode="json"), key) == definition
    assert set(definition.languages) <= set(LANGUAGES)


@pytest.mark.parametrize(("key", "language"), EACH)
def test_page_and_mail_are_whole_in_every_language(key: str, language: str) -> None:
    definition, brand = DEFINITIONS[key], default_brand()
    links = {"survey_url": "https://ask.example.com/s/x", "unsubscribe_url": "https://ask.example.com/u/x"}
    letter = mail(definition, brand, language, values=VALUES, **links)
    pages = [
        survey_page(definition, brand, language, step=step, action_url="/s/x", values=VALUES, score=definition.scale[0])
        for step in (1, 2)
    ]
    for text in (letter.subject, letter.text, letter.html, *(page.html for page in pages)):
        assert "{first_name}" not in text
        assert "{company}" not in text
    assert len(letter.html.encode()) < 30_000
