"""One contract for the mail of every ready-made survey in every one of its languages."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surveys.brands import default_brand, logo_url
from app.surveys.definition import definitions
from app.surveys.mails import Mails, compile_mails
from app.surveys.wording import SAMPLE_VALUES
from tests.support.logos import heavy_logo
from tests.support.markup import Reader

DEFINITIONS = definitions()
EACH = [(key, lang) for key, definition in DEFINITIONS.items() for lang in definition.languages]
MAILS = {key: Mails(definition, compile_mails(definition)) for key, definition in DEFINITIONS.items()}
BRAND = replace(default_brand(), logo=heavy_logo(), privacy_url="https://example.com/privacy", footer="HRB 1")
LINKS = {
    "survey_url": f"https://survey.example.com/s/{'x' * 32}",
    "unsubscribe_url": f"https://survey.example.com/u/{'x' * 32}",
    "logo_url": logo_url("https://survey.example.com", BRAND),
}
SLOTS = {"subject", "preheader", "greeting", "intro", "question", "low", "high", "button", "closing", "why"}
SLOTS |= {"brand", "paragraph", "day", "night", "is_test", "logo_url", "survey_url", "score_url", "unsubscribe_url"}

LARGEST = 30_000
"""Bytes of the HTML; Gmail cuts a mail off at 102 kB."""


@pytest.mark.parametrize("key", DEFINITIONS)
def test_what_is_compiled_has_slots_that_a_mail_fills_and_nothing_of_anybody(key: str) -> None:
    definition = DEFINITIONS[key]
    for lang, parts in compile_mails(definition).items():
        for form in parts.values():
            assert set(re.findall(r"\{[{%] (?:if |for \w+ in )?(\w+)", form)) - {"else", "endif", "endfor"} <= SLOTS, (
                lang
            )
            assert "[[" not in form
            assert "[%" not in form


@pytest.mark.parametrize(("key", "lang"), EACH)
def test_a_mail_is_small_and_complete(key: str, lang: str) -> None:
    definition = DEFINITIONS[key]
    for reminder in (0, 1, 2):
        sent = MAILS[key].write(BRAND, lang, values=SAMPLE_VALUES, reminder=reminder, is_test=True, **LINKS)
        read = Reader(sent.html)
        assert len(sent.html.encode()) < LARGEST
        links = [f"{LINKS['survey_url']}?score={number}" for number in definition.scale]
        assert [link["href"] for link in read.all("a") if "score=" in str(link["href"])] == links
        assert re.findall(r"\S+score=\d+", sent.text) == links
        assert read.all("html")[0]["lang"] == lang
        assert read.all("html")[0]["dir"] == ("rtl" if lang == "ar" else "ltr")
        assert read.all("a", href=LINKS["unsubscribe_url"])
        assert LINKS["unsubscribe_url"] in sent.text
        assert all(len(line) <= 72 or " " not in line or "https://" in line for line in sent.text.splitlines())
        assert [image["alt"] for image in read.all("img")] == [BRAND.name]
        assert not re.findall("<script|<link|url\\(|@import|fonts.googleapis", sent.html)


@pytest.mark.parametrize(("key", "lang"), EACH)
def test_a_missing_value_leaves_neither_braces_nor_a_hole(key: str, lang: str) -> None:
    choices = [(None, value) for value in SAMPLE_VALUES.values()]
    for known, reminder in product(product(*choices), (0, 1, 2)):
        values = dict(zip(SAMPLE_VALUES, known, strict=True))
        sent = MAILS[key].write(BRAND, lang, values=values, reminder=reminder, **LINKS)
        for text in (sent.subject, sent.text):
            assert not re.search(r"[{}]|None|%\(|[([«„“「][\s\u00a0]*[)\]»“”」]", text)
            assert not re.search(r"(?<=\w) [,.،。、](?=\s|$)|,,", text)


@given(value=st.text() | st.sampled_from(["{company}", "{{ 7*7 }}", "{% raw %}", "</td><script>", '"><img src=x>']))
def test_what_people_are_called_is_never_markup_nor_a_template(value: str) -> None:
    brand = replace(BRAND, footer=" ".join(value.split())[:500])
    values = dict.fromkeys(SAMPLE_VALUES, value)
    sent = MAILS["transactional_nps"].write(brand, "en", values=values, **LINKS)
    plain = MAILS["transactional_nps"].write(brand, "en", values={**values, **dict.fromkeys(values, "x")}, **LINKS)
    tags = [(tag, attributes.keys()) for tag, attributes in Reader(sent.html).tags]
    assert tags == [(tag, attributes.keys()) for tag, attributes in Reader(plain.html).tags]
    assert "49" not in sent.text.replace(value, "")
