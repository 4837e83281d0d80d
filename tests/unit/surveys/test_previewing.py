"""A draft can be looked at whatever is wrong in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surveys import stock
from app.surveys.drafting import at, texts
from app.surveys.editing import edited
from app.surveys.previewing import NOT_WRITTEN, previewable
from app.surveys.wording import fill

DRAFT = edited(stock.skeleton("trial", "Trial", "nps", ["en", "de"]), {"new:questions.drivers": ["Price"]})
PATHS = [path for path, _ in texts(DRAFT)]
PIECES = st.sampled_from(["{", "}", "{company}", "{first_name}", "{object}", "{nonsense}", "{}", "words", "{{x}}"])


@given(st.dictionaries(st.sampled_from(PATHS), st.lists(st.lists(PIECES).map(" ".join), max_size=3), max_size=5))
def test_whatever_was_typed_can_be_seen(typed):
    draft = edited(DRAFT, {f"{path}.en": lines for path, lines in typed.items()})
    shown = previewable(draft, "en")
    assert shown is not None
    for _, text in texts(shown.model_dump(mode="json")):
        assert text.keys() == {"en"}
    assert fill(shown.questions.score.text, "en", {"company": "Halden"})


def test_what_is_not_written_is_marked_and_not_taken_from_another_language():
    draft = edited(DRAFT, {"questions.score.text.de": [""]})
    assert previewable(draft, "de").questions.score.text.root == {"de": (NOT_WRITTEN,)}
    assert previewable(draft, "en").questions.score.text.root["en"] != (NOT_WRITTEN,)


@pytest.mark.parametrize(
    ("part", "change"),
    [("promoter_link", {}), ("questions.ratings", {"do": ["remove:questions.ratings.items[0]"]})],
)
def test_a_part_that_is_only_begun_is_left_out(part, change):
    draft = edited(DRAFT, {"do": [f"add:{part}"]})
    if part == "questions.ratings":
        draft["questions"]["ratings"]["items"] = []
    else:
        draft["promoter_link"]["url"] = "reviews"
    assert at(previewable(draft, "en").model_dump(mode="json"), part) is None


def test_good_words_are_shown_as_they_are():
    draft = edited(DRAFT, {"mail.subject.en": ["{oops} in the subject"]})
    shown = previewable(draft, "en")
    assert shown.mail.greeting.root["en"] == ("Hello {first_name},", "Hello,")
    assert shown.mail.subject.root["en"] == ("oops in the subject",)
