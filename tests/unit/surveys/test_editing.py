"""What a person does in the designer: words, order, reasons that come and go, languages."""

from __future__ import annotations

import pytest

from app.core.errors import Refused
from app.surveys import stock
from app.surveys.drafting import at, faults_of, missing
from app.surveys.editing import edited, key_from, with_language, with_source, without_language
from app.surveys.metrics import METRICS
from app.surveys.texts import LANGUAGES

DRIVERS = "questions.drivers"


@pytest.fixture
def draft():
    small = stock.skeleton("trial", "Trial", "nps", ["en", "de"])
    for label in ("Price", "Support", "Delivery"):
        small = edited(small, {f"new:{DRIVERS}": [label]})
    return edited(small, {f"{DRIVERS}[{place}].label.de": ["Grund"] for place in range(3)})


def keys(draft):
    return [driver["key"] for driver in draft["questions"]["drivers"]]


@pytest.mark.parametrize("metric", METRICS)
def test_a_survey_from_nothing_can_be_published_in_every_language(metric):
    skeleton = stock.skeleton("trial", "Trial", metric, LANGUAGES)
    assert faults_of(skeleton) == ()
    assert skeleton["metric"] == metric
    assert skeleton["questions"]["drivers"] == []


def test_words_are_written_where_they_belong_and_nothing_else_moves(draft):
    after = edited(draft, {"mail.subject.en": ["One question"], "no.such.field": ["x"], "mail.subject.fr": ["Une"]})
    assert after["mail"]["subject"]["en"] == "One question"
    after["mail"]["subject"]["en"] = draft["mail"]["subject"]["en"]
    assert after == draft


def test_alternatives_are_fields_of_the_same_name(draft):
    after = edited(draft, {"mail.greeting.en": ["Dear {first_name},", "", "Good day,"]})
    assert after["mail"]["greeting"]["en"] == ["Dear {first_name},", "Good day,"]


def test_a_reason_keeps_its_key_whatever_it_is_called(draft):
    assert keys(draft) == ["price", "support", "delivery"]
    assert keys(edited(draft, {f"{DRIVERS}[0].label.en": ["Cost"]})) == ["price", "support", "delivery"]


def test_a_new_reason_that_was_typed_is_never_lost(draft):
    after = edited(draft, {f"new:{DRIVERS}": [" Account  management "], f"new:{DRIVERS}[1].drivers": ["Speed"]})
    assert keys(after)[-1] == "account_management"
    assert after["questions"]["drivers"][1]["drivers"][0]["label"]["en"] == "Speed"


def test_with_the_first_reason_comes_the_question_above_it():
    small = stock.skeleton("trial", "Trial", "nps", ["en"])
    assert small["questions"]["reasons"] is None
    assert faults_of(edited(small, {f"new:{DRIVERS}": ["Price"]})) == ()


@pytest.mark.parametrize(("metric", "words"), [("nps", "What would you particularly recommend?"), ("ces", "easy")])
def test_that_question_is_one_of_the_same_metric(metric, words):
    asked = edited(stock.skeleton("trial", "Trial", metric, ["en"]), {f"new:{DRIVERS}": ["Price"]})
    assert words in asked["questions"]["reasons"]["promoter"]["en"]


@pytest.mark.parametrize(
    ("do", "order"),
    [
        (f"up:{DRIVERS}[0]", ["price", "support", "delivery"]),
        (f"up:{DRIVERS}[2]", ["price", "delivery", "support"]),
        (f"down:{DRIVERS}[0]", ["support", "price", "delivery"]),
        (f"down:{DRIVERS}[2]", ["price", "support", "delivery"]),
        (f"remove:{DRIVERS}[1]", ["price", "delivery"]),
    ],
)
def test_buttons_move_and_remove_reasons(draft, do, order):
    assert keys(edited(draft, {"do": [do]})) == order


def test_the_order_of_the_page_is_the_order_of_the_draft(draft):
    fields = {f"order:{DRIVERS}": ["2", "0", "1"], f"{DRIVERS}[2].label.en": ["Delivery dates"]}
    after = edited(draft, {**fields, "do": [f"retire:{DRIVERS}[2]"]})
    assert keys(after) == ["delivery", "price", "support"]
    assert after["questions"]["drivers"][0]["label"]["en"] == "Delivery dates"
    assert after["questions"]["drivers"][0]["retired"]


@pytest.mark.parametrize("order", [["0"], ["0", "0", "1"], ["0", "1", "2", "3"], ["a", "b", "c"], ["-1", "0", "1"]])
def test_an_order_that_is_none_changes_nothing(draft, order):
    assert edited(draft, {f"order:{DRIVERS}": order}) == draft


def test_what_was_published_is_retired_and_not_removed(draft):
    with pytest.raises(Refused, match="Retire it instead"):
        edited(draft, {"do": [f"remove:{DRIVERS}[1]"]}, published={"support"})
    retired = edited(draft, {"do": [f"retire:{DRIVERS}[1]"]}, published={"support"})
    assert faults_of(retired) == ()
    assert edited(retired, {"do": [f"return:{DRIVERS}[1]"]}) == draft


@pytest.mark.parametrize("part", stock.OPTIONAL)
def test_optional_parts_come_with_words_and_go(draft, part):
    draft = edited(draft, {"do": [f"remove:{part}"]})
    there = edited(draft, {"do": [f"add:{part}"]})
    assert at(there, part)
    assert edited(there, {"do": [f"add:{part}"]}) == there
    assert at(edited(there, {"do": [f"remove:{part}"]}), part) is None


def test_there_is_room_for_two_open_questions_with_keys_of_their_own(draft):
    two = edited(draft, {"do": ["add:questions.comments"]})
    assert len({comment["key"] for comment in two["questions"]["comments"]}) == 2
    assert faults_of(two) == ()
    with pytest.raises(Refused, match="room for 2"):
        edited(two, {"do": ["add:questions.comments"]})


def test_aspects_to_rate_are_added_up_to_six(draft):
    rated = edited(draft, {"do": ["add:questions.ratings"]})
    rated["questions"]["ratings"]["items"] = []
    assert "questions.ratings.items" in {fault.path for fault in faults_of(rated)}
    for number in range(6):
        rated = edited(rated, {"new:questions.ratings.items": [f"Aspect {number}"]})
    with pytest.raises(Refused, match="room for 6"):
        edited(rated, {"new:questions.ratings.items": ["One more"]})


@pytest.mark.parametrize(
    "do",
    ["up:questions.drivers[9]", "explode:questions.drivers[0]", "remove:mail", "retire:questions.comments[0]",
     "add:languages", "remove:", "up:languages[0].x[0]", "remove:thanks.promoter"],
)  # fmt: skip
def test_a_deed_on_what_is_not_there_is_refused_in_words(draft, do):
    with pytest.raises(Refused, match="not there any more"):
        edited(draft, {"do": [do]})


@pytest.mark.parametrize(
    ("label", "taken", "key"),
    [
        ("Speed of the answer", (), "speed_of_the_answer"),
        ("Größe & Preis", (), "grosse_preis"),
        ("24/7 support", (), "reason_24_7_support"),
        ("サポート", (), "reason"),
        ("サポート", ("reason",), "reason_2"),
        ("Price", ("price", "price_2"), "price_3"),
        ("x" * 200, (), "x" * 36),
    ],
)
def test_a_key_is_made_from_the_label(label, taken, key):
    assert key_from(label, taken, "reason") == key


def test_a_further_language_begins_with_what_is_known_of_it(draft):
    french = with_language(draft, "fr")
    assert french["languages"] == ["en", "de", "fr"]
    assert set(missing(french)["fr"]) == {
        "title",
        *(
            f"{DRIVERS}[{place}].label"
            for place in range(3)
            if "fr" not in french["questions"]["drivers"][place]["label"]
        ),
    }
    assert with_language(french, "fr") == french
    assert without_language(french, "fr") == draft


def test_the_source_language_stays_until_another_one_is(draft):
    with pytest.raises(Refused, match="source language stays"):
        without_language(draft, "en")
    assert without_language(with_source(draft, "de"), "en")["languages"] == ["de"]
    with pytest.raises(Refused):
        with_source(draft, "fr")
