"""What people send is read strictly, and what they typed is never lost."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.surveys.answers import COMMENT_LIMIT, Answer, FieldFault, read_answer, typed
from app.surveys.definition import Definition, definitions, validate

DEFINITION = definitions()["relationship_nps"]


def definition_with(**questions: object) -> Definition:
    """The ready-made survey in English alone, with some of its questions replaced."""
    content = english(DEFINITION.model_dump(mode="json"))
    content["questions"] = content["questions"] | {"contact": None} | questions
    return validate({**content, "languages": ["en"]}, "a test")


def english(part: Any) -> Any:
    """Leave only the English of every text."""
    if isinstance(part, list):
        return [english(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {"en": part["en"]} if "en" in part else {name: english(value) for name, value in part.items()}


def form(comment: str | None = None, **fields: object) -> MultiDict[str, str]:
    """A whole form; `comment` is the first open question's."""
    said = {} if comment is None else {"comment.why": comment}
    return MultiDict({"step": "2"} | said | fields)


def test_the_score_alone_is_an_answer_to_step_one():
    assert read_answer(DEFINITION, form(step="1", score="9")) == Answer(9, step="score")


def test_step_two_brings_reasons_and_words():
    sent = form(step="2", score="3", driver=["support/response_time", "product"], comment="Two days.\r\nToo long.")
    expected = Answer(
        3, ("product", "support", "support/response_time"), {"why": "Two days.\nToo long."}, may_contact=False
    )
    assert read_answer(DEFINITION, sent) == expected


def test_a_child_implies_its_parent_once():
    sent = form(score="3", driver=["support/response_time", "support", "support/expertise", "support/response_time"])
    answer = read_answer(DEFINITION, sent)
    assert answer.drivers == ("support", "support/response_time", "support/expertise")


def test_a_draft_is_the_whole_form_and_does_not_complete_it():
    sent = form(step="draft", score="3", driver="product", comment="Too")
    assert read_answer(DEFINITION, sent) == Answer(3, ("product",), {"why": "Too"}, may_contact=False, step="draft")


def test_the_first_step_leaves_everything_else_alone():
    assert read_answer(DEFINITION, form(step="1", score="3", driver="product", comment="!")) == Answer(3, step="score")


@pytest.mark.parametrize("step", ["", "3", "two", "02", "２"])
def test_an_unreadable_step_is_the_first(step):
    assert read_answer(DEFINITION, form(score="3", step=step)).step == "score"


@pytest.mark.parametrize("score", DEFINITION.scale)
def test_every_number_of_the_scale_counts(score):
    assert read_answer(DEFINITION, form(score=f" {score} ")).score == score


@pytest.mark.parametrize("score", ["11", "-1", "9.0", "nine", "９", "09", "1e0", "0x9", "9" * 5000, "true"])
def test_what_is_not_on_the_scale_is_a_fault(score):
    assert read_answer(DEFINITION, form(score=score)) == [FieldFault("score", "invalid", score[:60])]


@pytest.mark.parametrize("sent", [form(), form(score=""), form(score="  ")])
def test_a_missing_score_is_a_fault(sent):
    assert read_answer(DEFINITION, sent) == [FieldFault("score", "missing", "")]


def test_two_scores_at_once_are_a_fault_and_twice_the_same_is_one():
    assert read_answer(DEFINITION, form(score=["9", "2"])) == [FieldFault("score", "invalid", "9, 2")]
    assert read_answer(DEFINITION, form(score=["9", "9"])).score == 9


@pytest.mark.parametrize("driver", ["weather", "support/price", "weather/support", "support/", "/", "Support", ""])
def test_an_unknown_driver_is_a_fault_and_the_known_ones_stay_ticked(driver):
    sent = form(score="3", driver=["product", driver])
    assert read_answer(DEFINITION, sent) == [FieldFault("driver", "unknown", driver)]
    assert typed(DEFINITION, sent).selected == ("product",)


def test_a_comment_may_be_as_long_as_the_limit():
    comment = "ü" * COMMENT_LIMIT
    assert read_answer(DEFINITION, form(score="3", comment=comment)).comments["why"] == comment


def test_line_ends_count_once_towards_the_limit():
    comment = "a\r\n" * (COMMENT_LIMIT // 2)
    assert len(read_answer(DEFINITION, form(score="3", comment=comment)).comments["why"]) == COMMENT_LIMIT - 1


def test_a_comment_that_is_too_long_is_given_back_whole():
    comment = "ü" * (COMMENT_LIMIT + 1)
    sent = form(score="3", driver="support", comment=comment)
    assert read_answer(DEFINITION, sent) == [FieldFault("comment.why", "too_long", "5001")]
    assert typed(DEFINITION, sent).comments["why"] == comment


def test_all_faults_come_at_once():
    faults = read_answer(DEFINITION, form(score="x", driver="y", comment="z" * 6000))
    assert [fault.field for fault in faults] == ["score", "driver", "comment.why"]


def test_right_to_left_writing_is_kept_and_overrides_are_not():
    arabic = "خدمة ممتازة\u200f 👩\u200d💻"
    comment = f"\u202e{arabic}\u202c\u2067!\u2069\x00\x1b"
    assert read_answer(DEFINITION, form(score="3", comment=comment)).comments["why"] == f"{arabic}!"


def test_half_a_character_cannot_break_the_storing():
    assert read_answer(DEFINITION, form(score="3", comment="a\ud800b")).comments["why"] == "ab"


@given(st.text(max_size=200))
def test_a_comment_can_always_be_stored_and_loses_only_what_it_must(comment):
    kept = read_answer(DEFINITION, form(score="3", comment=comment)).comments.get("why", "")
    kept.encode("utf-8")
    assert not [mark for mark in kept if unicodedata.category(mark) == "Cc" and mark != "\n"]
    assert not set(kept) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    letters = [mark for mark in comment if unicodedata.category(mark)[0] in "LNPSM"]
    assert [mark for mark in kept if unicodedata.category(mark)[0] in "LNPSM"] == letters


@given(st.lists(st.sampled_from(DEFINITION.driver_paths)))
def test_drivers_come_once_in_order_each_with_its_parent(sent):
    drivers = read_answer(DEFINITION, form(score="3", driver=sent)).drivers
    assert list(drivers) == [path for path in DEFINITION.driver_paths if path in drivers]
    assert set(sent) <= set(drivers)
    assert {path.split("/")[0] for path in drivers} <= set(drivers)


WHOLE = definition_with(
    ratings={
        "text": {"en": "How true is this?"},
        "low": {"en": "Not at all"},
        "high": {"en": "Wholly"},
        "items": [{"key": key, "text": {"en": key}} for key in ("trust", "value")],
    },
    contact={"en": "You may ask me about this."},
)


def test_ratings_and_the_leave_to_ask_are_read():
    answer = read_answer(WHOLE, form(score="8", contact="yes", **{"rating.trust": "7", "rating.value": ""}))
    assert (answer.ratings, answer.may_contact) == ({"trust": 7}, True)


@pytest.mark.parametrize("given", ["0", "8", "7.0", "７", "high", "-1"])
def test_a_rating_off_its_scale_is_a_fault(given):
    assert read_answer(WHOLE, form(score="8", **{"rating.trust": given})) == [
        FieldFault("rating.trust", "invalid", given)
    ]


def test_a_rating_nobody_asked_for_is_passed_over():
    assert read_answer(WHOLE, form(score="8", **{"rating.price": "3"})).ratings == {}


@pytest.mark.parametrize(("sent", "read"), [("yes", True), ("no", False), ("", False), ("on", False)])
def test_only_a_tick_is_a_yes(sent, read):
    assert read_answer(WHOLE, form(score="8", contact=sent)).may_contact is read


def test_where_nobody_asked_for_leave_there_is_none():
    assert read_answer(definition_with(), form(score="8", contact="yes")).may_contact is None
