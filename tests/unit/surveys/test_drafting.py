"""Drafts: whatever is unfinished in them is kept, whatever a designer could not show is refused with its place."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surveys.definition import definitions, validate
from app.surveys.drafting import as_yaml, at, faults_of, missing, put, read_draft, shaped, texts
from app.surveys.faults import DefinitionError

READY_MADE = definitions()
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(bool)


@pytest.fixture
def draft(definition):
    return shaped(definition.model_dump(mode="json"))


@pytest.mark.parametrize("key", READY_MADE)
def test_a_complete_survey_is_a_draft_as_it_stands_and_back(key):
    stored = json.loads(json.dumps(READY_MADE[key].model_dump(mode="json")))
    assert shaped(stored) == stored
    assert validate(shaped(stored), key) == READY_MADE[key]
    assert faults_of(stored) == ()


@pytest.mark.parametrize("key", READY_MADE)
def test_the_file_of_a_survey_says_all_of_it(key):
    draft = shaped(READY_MADE[key].model_dump(mode="json"))
    assert read_draft(as_yaml(draft), "file") == draft


@given(st.lists(WORDS, min_size=1, max_size=3), WORDS)
def test_whatever_people_write_comes_back_from_the_file(lines, label):
    draft = shaped(READY_MADE["relationship_nps"].model_dump(mode="json"))
    put(draft["mail"]["intro"], "en", lines)
    draft["questions"]["drivers"][0]["label"]["de"] = label
    assert read_draft(as_yaml(draft), "file") == draft


def test_an_unfinished_survey_goes_to_a_file_and_comes_back(draft):
    del draft["mail"]["subject"]["de"]
    draft["questions"]["score"]["text"] = {}
    draft["questions"]["drivers"][1]["retired"] = True
    assert read_draft(as_yaml(draft), "file") == draft


def test_an_empty_file_is_told_what_a_survey_needs():
    with pytest.raises(DefinitionError) as caught:
        shaped({})
    assert {fault.path for fault in caught.value.faults} >= {"key", "languages", "default_language"}


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("mail", "Hello", "mail"),
        ("questions.drivers", {"a": "b"}, "questions.drivers"),
        ("questions.drivers[0].label", "Price", "questions.drivers[0].label"),
        ("questions.score.text.en", {"a": "b"}, "questions.score.text.en"),
        ("questions.score.text.en", ["a", 3], "questions.score.text.en"),
        ("questions.scale", "1-5", "questions.scale"),
        ("questions.drivers[0].retired", "perhaps", "questions.drivers[0].retired"),
        ("questions.drivers[0].key", "Not A Key", "questions.drivers[0].key"),
        ("questions.drivers[1].key", "product", "questions.drivers"),
        ("title.tlh", "nuqneH", "title.tlh"),
        ("languages", ["en", "tlh"], "languages"),
        ("metric", "smiles", "metric"),
        ("default_language", "sv-FI", "default_language"),
    ],
)
def test_what_the_designer_could_not_show_is_refused_with_its_place(draft, path, value, fault):
    parent, _, last = path.rpartition(".")
    (at(draft, parent) if parent else draft)[last] = value
    with pytest.raises(DefinitionError) as caught:
        shaped(draft)
    assert fault in {each.path for each in caught.value.faults}


def test_an_unwritten_text_hides_no_other_fault(draft):
    draft["questions"]["score"]["text"]["en"] = "Would you {recomend} us?"
    del draft["mail"]["subject"]["de"]
    draft["questions"]["drivers"][0]["label"]["en"] = "Price of {company}"
    found = {fault.path: fault.problem for fault in faults_of(draft)}
    assert "is not a placeholder" in found["questions.score.text.en"]
    assert "is missing" in found["mail.subject.de"]
    assert "plain words" in found["questions.drivers[0].label"]
    assert len(found) == 3


def test_looking_for_faults_changes_nothing(draft):
    draft["questions"]["score"]["text"]["en"] = "{"
    before = deepcopy(draft)
    assert faults_of(draft)
    assert draft == before


def test_what_is_missing_is_told_by_language(draft):
    draft["languages"] = ["en", "de"]
    for _, text in texts(draft):
        for lang in text.keys() - {"en", "de"}:
            del text[lang]
    del draft["thanks"]["passive"]["de"]
    assert missing(draft) == {"en": [], "de": ["thanks.passive"]}


def test_a_text_of_nothing_counts_as_not_written():
    text = {"en": "Hello"}
    put(text, "en", ["  ", ""])
    put(text, "de", [" Hallo {first_name}, ", "", "Hallo,"])
    assert text == {"de": ["Hallo {first_name},", "Hallo,"]}
