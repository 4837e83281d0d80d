"""A definition is complete, comes back from JSON as it was, and its faults say where and what would be right."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from app.surveys.definition import FOLDER, DefinitionError, advice, definitions, load, parse, validate
from app.surveys.metrics import BANDS, METRICS
from app.surveys.texts import LANGUAGES
from app.surveys.wording import fill

READY_MADE = definitions()


@pytest.fixture
def content() -> dict:
    """The ready-made relationship survey in two languages, as plain values."""
    whole = yaml.safe_load((FOLDER / "relationship_nps.yaml").read_text(encoding="utf-8"))
    return {**bilingual(whole), "languages": ["en", "de"]}


def bilingual(part: Any) -> Any:
    """Leave only the English and the German of every text."""
    if isinstance(part, list):
        return [bilingual(item) for item in part]
    if not isinstance(part, dict):
        return part
    if "en" in part:
        return {"en": part["en"], "de": part["de"]}
    return {name: bilingual(value) for name, value in part.items()}


def faults_of(content: object) -> dict[str, str]:
    with pytest.raises(DefinitionError) as caught:
        parse(json.dumps(content), "trial.yaml")  # JSON is YAML, and never has aliases
    return {fault.path: fault.problem for fault in caught.value.faults}


ABOUT = {"en": "About {object}", "de": "Über {object}"}
WHY = {"key": "why", "text": {band: {"en": "Why?", "de": "Warum?"} for band in BANDS}}


@pytest.mark.parametrize("key", READY_MADE)
def test_a_ready_made_survey_is_named_as_its_file_and_has_texts_for_its_pages(key):
    definition = load(FOLDER / f"{key}.yaml")
    assert definition.key == key
    assert set(definition.languages) <= set(LANGUAGES)
    assert definition.scale == METRICS[definition.metric].scale


@pytest.mark.parametrize("key", READY_MADE)
def test_a_definition_comes_back_from_plain_json_as_it_was(key):
    stored = json.loads(json.dumps(READY_MADE[key].model_dump(mode="json")))
    assert validate(stored, key) == READY_MADE[key]


def test_the_relationship_survey_asks_five_times_about_the_whole_relationship(definition):
    parents = definition.questions.drivers
    assert len(parents) == 5
    assert all(3 <= len(parent.drivers) <= 5 for parent in parents)
    assert len(definition.languages) == 12


def test_drivers_have_paths_and_labels(definition):
    assert "support" in definition.driver_paths
    assert "support/response_time" in definition.driver_paths
    assert definition.driver_label("support/response_time", "de") == "Reaktionszeit"
    with pytest.raises(KeyError):
        definition.driver_label("support/price", "de")


def test_reminders_have_words_of_their_own_and_the_last_one_lasts(definition):
    subjects = [definition.mail.of(number).subject.root["en"] for number in range(4)]
    assert len(set(subjects[:3])) == 3
    assert subjects[3] == subjects[2]


def test_a_missing_language_is_named_with_its_path(content):
    del content["questions"]["drivers"][2]["label"]["de"]
    assert faults_of(content) == {
        "questions.drivers[2].label.de": "is missing; every text is needed in en, de",
    }


def change(content: dict, path: str, value: object) -> None:
    *steps, last = path.split(".")
    for step in steps:
        content = content[int(step)] if step.isdigit() else content[step]
    content[int(last) if last.isdigit() else last] = value


@pytest.mark.parametrize(
    ("path", "value", "fault", "problem"),
    [
        ("metric", "npx", "metric", "one of ces, csat, enps, nps"),
        ("default_language", "fr", "default_language", "one of en, de"),
        ("languages", [], "languages", "at least one"),
        ("languages", ["en", "de", "de"], "languages", "de is there 2 times"),
        ("languages", ["en"], "title.de", "add de to languages"),
        ("key", "Relationship NPS", "key", "pattern"),
        ("tittle", {"en": "x", "de": "y"}, "tittle", "did you mean title?"),
        ("questions", "What?", "questions", "parts of its own"),
        ("questions.score.text", "What?", "questions.score.text", "one text for each language"),
        ("questions.score.text.en", "", "questions.score.text.en", "is empty"),
        ("questions.score.text.en", {"a": "b"}, "questions.score.text.en", "should be a text"),
        ("questions.score.text.en", "Is {compny} good?", "questions.score.text.en", "did you mean {company}"),
        ("questions.score.text.en", "Is {0} good?", "questions.score.text.en", "there are {company}, {account}"),
        ("questions.score.text.en", "Is {company good?", "questions.score.text.en", "brace without its other half"),
        ("mail.greeting.en", "Hello {first_name},", "mail.greeting.en", "last alternative without {first_name}"),
        ("mail.greeting.en", ["Hello,", "Hello {first_name},"], "mail.greeting.en", "without {first_name}"),
        ("questions.drivers.1.key", "product", "questions.drivers", "product is there 2 times"),
        (
            "questions.drivers.1.drivers.0.key",
            "expertise",
            "questions.drivers[1].drivers",
            "expertise is there 2 times",
        ),
        ("questions.drivers.1.label.en", "Support by {company}", "questions.drivers[1].label", "plain words"),
        ("questions.drivers.0.retired", "perhaps", "questions.drivers[0].retired", "should be true or false"),
        ("questions.comments", 3 * [WHY], "questions.comments", "has 3; there is room for 2"),
        ("questions.object", ABOUT, "questions.object", "cannot stand for itself"),
        ("questions.greeting", ABOUT, "questions.greeting", "does not say what that is"),
        ("questions.ratings", {"items": []}, "questions.ratings.items", "at least one is needed"),
        ("promoter_link", {"url": "http://x.example"}, "promoter_link.url", "should match the pattern"),
        ("questions.drivers.0.drivers", "none", "questions.drivers[0].drivers", "should be a list"),
    ],
)
def test_a_fault_says_where_and_what_would_be_right(content, path, value, fault, problem):
    change(content, path, value)
    assert problem in faults_of(content)[fault]


def test_a_language_without_texts_of_the_product_would_mix_two(content):
    content["languages"] = ["en", "de", "tlh"]
    assert "tlh is not a language Quorum speaks" in faults_of(content)["languages"]


def test_a_survey_may_ask_for_nothing_but_the_score(content):
    content["questions"] |= {"drivers": [], "comments": []}
    del content["questions"]["reasons"]
    assert validate(content, "trial").driver_paths == ()


def test_a_retired_driver_is_not_asked_and_keeps_its_label(content):
    content["questions"]["drivers"][0]["retired"] = True
    content["questions"]["drivers"][1]["drivers"][0]["retired"] = "true"
    definition = validate(content, "trial")
    first, second = definition.questions.drivers[:2]
    assert not [path for path in definition.driver_paths if path.split("/")[0] == first.key]
    assert f"{second.key}/{second.drivers[0].key}" not in definition.driver_paths
    assert definition.driver_label(f"{first.key}/{first.drivers[0].key}", "de") == first.drivers[0].label.root["de"][-1]


def test_more_than_five_drivers_are_allowed_and_advised_against(content):
    drivers = content["questions"]["drivers"]
    drivers.append({**drivers[0], "key": "sixth", "drivers": [{**drivers[0], "key": f"d{n}"} for n in range(6)]})
    for child in drivers[-1]["drivers"]:
        child.pop("drivers")
    advised = {fault.path: fault.problem for fault in advice(validate(content, "trial"))}
    assert advised == {
        "questions.drivers": "has 6 reasons; people read at most 5",
        "questions.drivers[5].drivers": "has 6 reasons; people read at most 5",
    }


def test_the_object_of_a_survey_is_said_in_its_own_texts(content):
    content["questions"]["object"] = {"en": ["{product}", "our support"], "de": "unseren Support"}
    content["questions"]["greeting"] = ABOUT
    definition = validate(content, "trial")
    filled = [
        fill(definition.questions.greeting, "en", definition.values("en", given)) for given in ({}, {"product": "X1"})
    ]
    assert filled == ["About our support", "About X1"]


def test_a_missing_part_is_described(content):
    del content["questions"]["score"]["low"]
    assert faults_of(content) == {"questions.score.low": "is missing: what the lowest number means"}


def test_all_faults_come_at_once(content):
    del content["questions"]["drivers"][0]["key"]
    del content["mail"]["subject"]
    content["colour"] = "blue"
    assert len(faults_of(content)) == 3


def test_the_message_names_the_file_and_every_fault(content):
    del content["mail"]["subject"]
    with pytest.raises(DefinitionError, match=r"(?s)trial\.yaml.*mail\.subject: is missing: the subject"):
        parse(yaml.safe_dump(content), "trial.yaml")


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ("key: a\nkey: b\n", "line 2", "second time"),
        ("key: &a [x]\ntitle: *a\n", "line 2", "*a is not followed"),
        ("key: [a\n", "line 2", "not YAML"),
        ("? [a, b]\n: c\n", "line 1", "plain word"),
        ("key: \x00\n", "", "not YAML"),
        ("[" * 200_000, "line 1", "nested too deeply"),
        ("x" * 1_000_001, "", "room for 1,000,000"),
        ("", "", "parts of its own"),
        ("- a\n- b\n", "", "parts of its own"),
        ("key: a\n---\nkey: b\n", "", "several documents"),
    ],
)
def test_text_that_is_no_definition_is_refused_kindly(text, where, problem):
    with pytest.raises(DefinitionError) as caught:
        parse(text, "trial.yaml")
    (fault,) = caught.value.faults
    assert fault.path == where
    assert problem in fault.problem


def test_drivers_need_a_question_above_them(content):
    del content["questions"]["reasons"]
    assert "is missing: the question above the drivers" in faults_of(content)["questions.reasons"]


def test_control_characters_and_overrides_of_direction_are_taken_out(content):
    content["title"]["en"] = "Af\0ter \u202edelivery\x07"
    written = yaml.safe_dump(content)
    assert parse(written, "a test").title.root["en"] == ("After delivery",)


def test_the_language_no_is_norwegian_and_not_a_false(content):
    text = yaml.safe_dump(content, allow_unicode=True).replace("en:", "no:").replace("- en\n", "- no\n")
    with pytest.raises(DefinitionError, match="languages: no is not a language Quorum speaks"):
        parse(text.replace("default_language: en", "default_language: no"), "trial.yaml")


def test_a_file_in_another_encoding_is_refused_kindly(tmp_path):
    (tmp_path / "old.yaml").write_bytes("title: Überblick".encode("latin-1"))
    with pytest.raises(DefinitionError, match="should be UTF-8 text; byte 7 is not"):
        load(tmp_path / "old.yaml")
