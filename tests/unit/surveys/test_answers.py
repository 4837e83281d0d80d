"""What people send is read strictly, and what they typed is never lost."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.surveys.answers import COMMENT_LIMIT, Answer, FieldFault, read_answer, typed
from app.surveys.definition import definitions

DEFINITION = definitions()["relationship_nps"]


def form(**fields: object) -> MultiDict[str, str]:
    return MultiDict(fields)


def test_the_score_alone_is_an_answer_to_step_one():
    assert read_answer(DEFINITION, form(step="1", score="9")) == Answer(9, (), "", 1)


def test_step_two_brings_reasons_and_words():
    sent = form(step="2", score="3", driver=["support/response_time", "product"], comment="Two days.\r\nToo long.")
    expected = Answer(3, ("product", "support", "support/response_time"), "Two days.\nToo long.", 2)
    assert read_answer(DEFINITION, sent) == expected


def test_a_child_implies_its_parent_once():
    sent = form(score="3", driver=["support/response_time", "support", "support/expertise", "support/response_time"])
    answer = read_answer(DEFINITION, sent)
    assert answer.drivers == ("support", "support/response_time", "support/expertise")


@pytest.mark.parametrize("step", ["", "3", "two", "02", "２"])
def test_an_unreadable_step_is_the_first(step):
    assert read_answer(DEFINITION, form(score="3", step=step)).step == 1


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
    assert read_answer(DEFINITION, form(score="3", comment=comment)).comment == comment


def test_line_ends_count_once_towards_the_limit():
    comment = "a\r\n" * (COMMENT_LIMIT // 2)
    assert len(read_answer(DEFINITION, form(score="3", comment=comment)).comment) == COMMENT_LIMIT - 1


def test_a_comment_that_is_too_long_is_given_back_whole():
    comment = "ü" * (COMMENT_LIMIT + 1)
    sent = form(score="3", driver="support", comment=comment)
    assert read_answer(DEFINITION, sent) == [FieldFault("comment", "too_long", "5001")]
    assert typed(DEFINITION, sent).comment == comment


def test_all_faults_come_at_once():
    faults = read_answer(DEFINITION, form(score="x", driver="y", comment="z" * 6000))
    assert [fault.field for fault in faults] == ["score", "driver", "comment"]


def test_right_to_left_writing_is_kept_and_overrides_are_not():
    arabic = "خدمة ممتازة\u200f 👩\u200d💻"
    comment = f"\u202e{arabic}\u202c\u2067!\u2069\x00\x1b"
    assert read_answer(DEFINITION, form(score="3", comment=comment)).comment == f"{arabic}!"


def test_half_a_character_cannot_break_the_storing():
    assert read_answer(DEFINITION, form(score="3", comment="a\ud800b")).comment == "ab"


@given(st.text(max_size=200))
def test_a_comment_can_always_be_stored_and_loses_only_what_it_must(comment):
    kept = read_answer(DEFINITION, form(score="3", comment=comment)).comment
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
