"""One contract for the page of every ready-made survey in every one of its languages: it is one small answer."""

import gzip
from dataclasses import replace

import pytest

from app.surveys.answers import Typed
from app.surveys.brands import default_brand
from app.surveys.definition import definitions
from app.surveys.rendering import survey_page
from app.surveys.respondent import QUICK
from app.surveys.wording import SAMPLE_VALUES
from tests.support.logos import heavy_logo

DEFINITIONS = definitions()
EACH = [(key, lang) for key, definition in DEFINITIONS.items() for lang in definition.languages]
BRAND = replace(default_brand(), logo=heavy_logo(), privacy_url="https://example.com/privacy")

LARGEST = 14_000
"""Bytes of a page, compressed: what a server may send before it waits for the first acknowledgement."""


@pytest.mark.parametrize(("key", "lang"), EACH)
def test_a_page_with_the_heaviest_logo_is_one_small_answer(key: str, lang: str) -> None:
    definition = DEFINITIONS[key]
    links = {tag: f"/s/{'x' * 60}?lang={tag}" for tag in definition.languages}
    asked = {"values": SAMPLE_VALUES, "action_url": links[lang], "languages": links, "unsubscribe_url": "/u/x"}
    for step, shown in (("score", Typed(None)), ("draft", Typed(definition.scale[-1], definition.driver_paths))):
        page = survey_page(definition, BRAND, lang, step=step, shown=shown, is_test=True, **asked)
        assert len(gzip.compress(page.html.encode(), QUICK)) <= LARGEST
