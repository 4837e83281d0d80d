"""Two people at one draft: what both did is there, and where both wrote, both texts are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surveys import stock
from app.surveys.drafting import shaped, texts
from app.surveys.editing import edited
from app.surveys.merging import Conflict, merge

DRIVERS = "questions.drivers"
BASE = edited(
    edited(stock.skeleton("trial", "Trial", "nps", ["en", "de"]), {f"new:{DRIVERS}": ["Price"]}),
    {f"new:{DRIVERS}": ["Support"]},
)
FIELDS = [f"{path}.{lang}" for path, _ in texts(BASE) for lang in BASE["languages"]]
EDITS = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["", "One", "Two", "Three"]), max_size=6)


def form(edits):
    return {name: [words] for name, words in edits.items()}


@given(EDITS, EDITS)
def test_every_word_of_both_is_kept_or_named(mine, theirs):
    here, there = edited(BASE, form(mine)), edited(BASE, form(theirs))
    merged, conflicts = merge(BASE, here, there)
    at_odds = {conflict.path for conflict in conflicts}
    # what the first person changed is there, unless it is named; what the second one changed always is
    expected = edited(edited(BASE, form({k: v for k, v in theirs.items() if k not in at_odds})), form(mine))
    kept = edited(
        expected, form({k: v for k, v in theirs.items() if k not in mine or edited(BASE, form({k: mine[k]})) == BASE})
    )
    assert merged == kept
    assert at_odds <= mine.keys() & theirs.keys()
    assert shaped(merged) == merged


def test_alone_one_is_never_in_conflict():
    mine = edited(BASE, {"title.en": ["Other"], "do": [f"up:{DRIVERS}[1]"]})
    assert merge(BASE, mine, BASE) == (mine, [])
    assert merge(BASE, BASE, mine) == (mine, [])
    assert merge(BASE, mine, mine) == (mine, [])


def test_reasons_of_both_are_there_and_words_find_the_reason_that_moved():
    mine = edited(BASE, {f"{DRIVERS}[1].label.en": ["Help"], f"new:{DRIVERS}": ["Delivery"]})
    theirs = edited(BASE, {"do": [f"up:{DRIVERS}[1]"], f"new:{DRIVERS}": ["Product"]})
    merged, conflicts = merge(BASE, mine, theirs)
    assert conflicts == []
    labels = {driver["key"]: driver["label"]["en"] for driver in merged["questions"]["drivers"]}
    assert labels == {"price": "Price", "support": "Help", "delivery": "Delivery", "product": "Product"}


def test_a_reason_removed_by_one_and_reworded_by_the_other_stays_and_is_named():
    mine = edited(BASE, {f"{DRIVERS}[1].label.en": ["Help"]})
    theirs = edited(BASE, {"do": [f"remove:{DRIVERS}[1]"]})
    merged, (conflict,) = merge(BASE, mine, theirs)
    assert merged["questions"]["drivers"][1]["label"]["en"] == "Help"
    assert conflict.path == f"{DRIVERS}[1]"
    assert conflict.theirs is None


@pytest.mark.parametrize("part", ["questions.contact", "promoter_link"])
def test_a_part_that_one_added_is_added(part):
    mine = edited(BASE, {"do": [f"add:{part}"]})
    theirs = edited(BASE, {"title.de": ["Anders"]})
    merged, conflicts = merge(BASE, mine, theirs)
    assert conflicts == []
    assert merged == edited(mine, {"title.de": ["Anders"]})


def test_the_same_place_in_a_reminder_is_found():
    mine = edited(BASE, {"mail.reminders[1].subject.en": ["Mine"]})
    theirs = edited(BASE, {"mail.reminders[1].subject.en": ["Theirs"], "mail.reminders[0].subject.en": ["First"]})
    merged, conflicts = merge(BASE, mine, theirs)
    assert conflicts == [Conflict("mail.reminders[1].subject.en", "Mine", "Theirs")]
    assert [reminder["subject"]["en"] for reminder in merged["mail"]["reminders"]] == ["First", "Mine"]
