"""What changed between two states of a survey, in words a person can check."""

from __future__ import annotations

from copy import deepcopy

import pytest

from app.surveys import stock
from app.surveys.comparing import Change, compare
from app.surveys.definition import definitions
from app.surveys.drafting import shaped
from app.surveys.editing import edited, with_language, with_source

DRIVERS = "questions.drivers"


@pytest.fixture
def draft():
    small = stock.skeleton("trial", "Trial", "nps", ["en", "de"])
    for label in ("Price", "Support", "Delivery"):
        small = edited(small, {f"new:{DRIVERS}": [label]})
    return edited(small, {f"new:{DRIVERS}[1].drivers": ["Speed"]})


@pytest.mark.parametrize("key", definitions())
def test_a_survey_does_not_differ_from_itself(key):
    draft = shaped(definitions()[key].model_dump(mode="json"))
    assert compare(draft, deepcopy(draft)) == []


def test_a_reworded_text_is_told_by_language_with_both_texts(draft):
    after = edited(draft, {"mail.subject.de": ["Eine Frage"]})
    before = draft["mail"]["subject"]["de"]
    assert compare(draft, after) == [Change("reworded", "Subject", "de", before, "Eine Frage")]


def test_a_reason_that_comes_or_goes_is_told_once_and_with_what_is_below_it(draft):
    without = edited(draft, {"do": [f"remove:{DRIVERS}[1]"]})
    assert compare(draft, without) == [Change("removed", "Reason «Support»")]
    assert compare(without, draft) == [
        Change("added", "Reason «Support»"),
    ]
    below = edited(draft, {f"new:{DRIVERS}[1].drivers": ["Kindness"]})
    assert compare(draft, below) == [Change("added", "Reason «Kindness» below «Support»")]


def test_a_reason_that_moved_has_moved_and_nothing_else(draft):
    after = edited(draft, {f"order:{DRIVERS}": ["2", "0", "1"]})
    assert compare(draft, after) == [
        Change("changed", "Order of: Reasons", None, "Price, Support, Delivery", "Delivery, Price, Support")
    ]


def test_a_retired_reason_is_no_longer_asked(draft):
    after = edited(draft, {"do": [f"retire:{DRIVERS}[0]"]})
    assert compare(draft, after) == [Change("changed", "Reason «Price» is no longer asked")]
    assert compare(after, draft) == [Change("changed", "Reason «Price» is asked again")]


def test_a_language_is_told_once(draft):
    after = with_language(draft, "fr")
    assert compare(draft, after) == [Change("added", "Language: French")]
    assert compare(after, draft) == [Change("removed", "Language: French")]
    assert compare(draft, with_source(draft, "de")) == [Change("changed", "Source language", None, "en", "de")]


def test_parts_that_come_are_named(draft):
    after = edited(draft, {"do": ["add:questions.contact"]})
    after = edited(after, {"do": ["add:questions.ratings"]})
    after = edited(after, {"do": ["add:promoter_link"]})
    assert [change.what for change in compare(draft, after)] == ["Ratings", "May we contact you", "Link for promoters"]
    assert {change.kind for change in compare(draft, after)} == {"added"}
    linked = edited(after, {"promoter_link.url": ["https://reviews.example/us"]})
    moved = edited(linked, {"promoter_link.url": ["https://reviews.example/them"]})
    assert [change.after for change in compare(linked, moved)] == ["https://reviews.example/them"]
