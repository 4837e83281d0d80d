"""Every language is complete, no page mixes two, and people get the one they asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import app
from app.surveys.templating import FOLDER as TEMPLATES
from app.surveys.texts import FOLDER, LANGUAGES, SOURCE, catalogue, pick_language
from tests.support.languages import strangers

TRANSLATED = [lang for lang in LANGUAGES if lang != SOURCE]
PLACEHOLDER = re.compile(r"%\(\w+\)s")
SHARED = {("de", "Test")}
# What is filled in when a survey is published, in mails/.
SLOTS = {
    "block_start_string": "[%",
    "block_end_string": "%]",
    "variable_start_string": "[[",
    "variable_end_string": "]]",
    "comment_start_string": "[#",
    "comment_end_string": "#]",
}


@cache
def source_texts() -> set[str]:
    """Every text the code and the templates ask the catalogue for."""
    code = _extracted(Path(app.__file__).parent / "surveys", "**.py", "python")
    pages = _extracted(TEMPLATES / "pages", "**.html", "jinja2")
    mails = [
        text for kind in ("**.mjml", "**.txt") for text in _extracted(TEMPLATES / "mails", kind, "jinja2", **SLOTS)
    ]
    return {*code, *pages, *mails}


def _extracted(folder: Path, pattern: str, method: str, **more: str) -> Iterator[str]:
    options = {"**": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false", **more}}
    found = extract_from_dir(folder, [(pattern, method)], options, keywords={"_": None, "say": None, "gettext": None})
    return (text for _, _, text, _, _ in found)


def written(lang: str) -> Catalog:
    with (FOLDER / lang / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def test_there_are_texts_to_translate():
    assert {"Save and continue", "Please choose a number from %(first)s to %(last)s."} <= source_texts()
    assert "de" in TRANSLATED


@pytest.mark.parametrize("lang", TRANSLATED)
def test_a_language_has_every_text_and_no_more(lang):
    catalog = written(lang)
    texts = {message.id: message.string for message in catalog if message.id and not message.fuzzy}
    assert texts.keys() == source_texts()
    assert not catalog.obsolete
    for source, translation in texts.items():
        assert translation.strip(), source
        assert translation != source or (lang, source) in SHARED
        assert sorted(PLACEHOLDER.findall(source)) == sorted(PLACEHOLDER.findall(translation)), source


@pytest.mark.parametrize("lang", TRANSLATED)
def test_a_language_has_words_of_its_own_and_its_own_plural(lang):
    catalog = written(lang)
    assert catalog.num_plurals == get_plural(lang).num_plurals
    for message in catalog:
        if message.id:
            assert strangers(message.string, lang) == set(), message.string


def test_a_regional_tag_reads_the_texts_of_its_language():
    assert catalogue("de-AT").gettext("Thank you") == "Danke"
    assert catalogue("en-GB").gettext("Thank you") == "Thank you"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, "en"),
        ({"wanted": "de"}, "de"),
        ({"wanted": "DE_at"}, "de"),
        ({"wanted": "pt"}, "pt-BR"),
        ({"wanted": "pt-PT"}, "pt-BR"),
        ({"wanted": "en-GB"}, "en-GB"),
        ({"wanted": "en-US"}, "en"),
        ({"wanted": "xx", "contact": "de"}, "de"),
        ({"wanted": "pt-BR", "contact": "de", "accept": "en"}, "pt-BR"),
        ({"contact": "de-CH", "accept": "en"}, "de"),
        ({"contact": "", "accept": "fr, de;q=0.8, en;q=0.9"}, "en"),
        ({"accept": "fr-CH, de;q=0.8, en;q=0.2"}, "de"),
        ({"accept": "de;q=0, pt;q=0.1"}, "pt-BR"),
        ({"accept": "*"}, "en"),
        ({"accept": "de;q=x, ;;;, =, pt;q=nan, q=1"}, "en"),
        ({"wanted": "'; drop table--", "contact": "\x00", "accept": "\u202e"}, "en"),
    ],
)
def test_the_language_is_what_was_asked_for_first(asked, expected):
    assert pick_language(("en", "de", "pt-BR", "en-GB"), **asked, default="en") == expected


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=200))
def test_nonsense_is_passed_over(wanted, contact, accept):
    available = ("en", "de")
    assert pick_language(available, wanted=wanted, contact=contact, accept=accept, default="de") in available
