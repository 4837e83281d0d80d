"""A mail is compiled once and filled often: complete, escaped, in its brand, with a twin that reads like a letter."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from app.surveys.definition import Definition, validate
from app.surveys.mails import Mails, compile_mails
from tests.support.logos import plain_logo
from tests.support.markup import Reader

VALUES = {"first_name": "Maria", "account": "Nordwind"}
SURVEY_URL = "https://survey.halden.example/s/token"
UNSUBSCRIBE_URL = "https://survey.halden.example/u/token"
LINKS = {"survey_url": SURVEY_URL, "unsubscribe_url": UNSUBSCRIBE_URL}


@pytest.fixture(scope="module")
def mails(definition: Definition) -> Mails:
    return Mails(definition, compile_mails(definition))


def worded(definition: Definition, line: str) -> Definition:
    """The survey with `line` for each of its English texts."""

    def reworded(node):
        if isinstance(node, dict):
            return {key: line if key == "en" else reworded(inner) for key, inner in node.items()}
        return [reworded(inner) for inner in node] if isinstance(node, list) else node

    return validate(reworded(definition.model_dump(mode="json")), "worded")


def test_what_is_stored_gives_the_same_mail_as_what_was_compiled_just_now(definition, brand, mails):
    stored = Mails(definition, json.loads(json.dumps(compile_mails(definition))))
    for lang in definition.languages:
        written = mails.write(brand, lang, values=VALUES, **LINKS)
        assert stored.write(brand, lang, values=VALUES, **LINKS) == written
        assert Mails(definition).write(brand, lang, values=VALUES, **LINKS) == written


def test_a_changed_brand_shows_in_a_mail_that_was_compiled_before(brand, mails):
    new = replace(brand, name="Halden & Söhne", colour="#7a1f5c", footer="HRB 1", sender_name="Kim", privacy_url=None)
    sent = mails.write(new, "en", values=VALUES, **LINKS)
    assert "#7a1f5c" in sent.html
    assert "Halden &amp; Söhne" in sent.html
    assert "Halden Systems" not in sent.html + sent.text + sent.subject
    assert "Privacy" not in sent.html + sent.text


@pytest.mark.parametrize(
    "line", ["{{ brand.sender_address }} {% raw %}", "</mj-text><script>x</script>", "[[ lang ]] [# x"]
)
def test_what_an_admin_writes_is_text_and_nothing_else(definition, brand, line):
    """A definition refuses single braces; even if one came through, nothing would read it."""
    texts = worded(definition, re.sub(r"[{}]", "", line) or "x")
    hostile = replace(brand, name=line, footer=line, sender_name=line, postal_address=line)
    sent = Mails(texts, compile_mails(texts)).write(hostile, "en", values=dict.fromkeys(VALUES, line), **LINKS)
    usual = Mails(definition).write(brand, "en", values=VALUES, **LINKS)
    assert [tag for tag, _ in Reader(sent.html).tags] == [tag for tag, _ in Reader(usual.html).tags]
    assert line in sent.text
    assert " ".join(line.split()) in Reader(sent.html).text


def test_addresses_are_escaped_too(brand, mails):
    links = {"survey_url": 'https://x.example/"><script>', "unsubscribe_url": "/u/<script>"}
    read = Reader(mails.write(brand, "en", values={}, **links).html)
    assert not read.all("script")
    assert read.all("a", href="/u/<script>")


def test_a_survey_address_may_have_a_query_already(brand, mails):
    links = {"survey_url": f"{SURVEY_URL}?lang=de", "unsubscribe_url": UNSUBSCRIBE_URL}
    assert f"{SURVEY_URL}?lang=de&score=7" in mails.write(brand, "en", values={}, **links).text


def test_the_text_twin_is_not_escaped_and_reads_like_a_letter(brand, mails):
    sent = mails.write(brand, "en", values={"account": "Nord & Süd", "first_name": "Zoë"}, **LINKS)
    assert sent.text.startswith("Hello Zoë,\n\n")
    assert "Nord & Süd" in sent.text
    assert "\n-- \n" in sent.text
    assert sent.text.endswith("Halden Systems, Uferweg 12, 20095 Hamburg")
    assert "\n\n\n" not in sent.text


def test_a_mail_without_a_name_or_an_account_has_no_hole(brand, mails):
    sent = mails.write(brand, "de", values={}, **LINKS)
    assert sent.text.startswith("Guten Tag,\n\n")
    assert "weil Sie mit Halden Systems zusammenarbeiten" in sent.text.replace("\n", " ")


def test_people_who_work_for_the_company_are_told_so(definition, brand):
    employees = validate({**definition.model_dump(mode="json"), "metric": "enps"}, "enps")
    sent = Mails(employees).write(brand, "en", values=VALUES, **LINKS)
    assert "because you work for Halden Systems." in sent.text


def test_reminders_say_so_and_tests_say_so(brand, mails):
    subjects = [mails.write(brand, "en", values=VALUES, reminder=number, **LINKS).subject for number in (0, 1, 5)]
    assert len(set(subjects)) == 3
    test = mails.write(brand, "en", values=VALUES, is_test=True, **LINKS)
    assert test.subject == f"[Test] {subjects[0]}"
    assert "This is a test" in test.text
    assert "This is a test" in test.html


def test_a_logo_has_its_size_and_the_name_beside_it_for_those_who_do_not_see_it(brand, mails):
    shown = replace(brand, logo=plain_logo())
    sent = mails.write(shown, "en", values={}, logo_url="https://survey.halden.example/logos/1.png", **LINKS)
    [image] = Reader(sent.html).all("img")
    assert (image["alt"], image["width"], image["height"]) == ("Halden Systems", "120", "40")
    without = mails.write(brand, "en", values={}, **LINKS)
    assert not Reader(without.html).all("img")


def test_a_subject_is_one_line_whatever_a_definition_holds(definition, brand):
    sent = Mails(worded(definition, "Two\nlines: Bcc")).write(brand, "en", values={}, **LINKS)
    assert sent.subject == "Two lines: Bcc"
