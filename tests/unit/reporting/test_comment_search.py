"""What people type into the search of comments, and how hits come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reporting.comment_search import CLOSES, OPENS, marked, query_text, texts


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("slow support", "'slow' & 'support'"),
        ('"slow support" invoice', "'slow support' & 'invoice'"),
        ("invoic*", "'invoic':*"),
        ("slow -support", "'slow' & !'support'"),
        ('slow -"very slow"', "'slow' & !'very slow'"),
        ("slow OR late", "'slow' | 'late'"),
        ("OR slow OR", "'slow'"),
        ("O'Reilly", "'O''Reilly'"),
        ("a\\b", "'a\\\\b'"),
        ("太慢", "'太 慢'"),
        ("", ""),
        ('  !! & | ( ) : * " ', ""),
    ],
)
def test_what_is_typed_becomes_a_query(typed: str, asked: str) -> None:
    assert query_text(typed) == asked


def test_there_is_an_end_to_words() -> None:
    assert query_text("word " * 100).count("'word'") == 12


def test_hits_are_marked_and_everything_else_is_escaped() -> None:
    assert marked(f"<b>{OPENS}slow{CLOSES}</b> & late") == "&lt;b&gt;<mark>slow</mark>&lt;/b&gt; &amp; late"


def test_languages_without_spaces_are_marked_as_typed() -> None:
    assert marked("物流太慢了", "太慢") == "物流<mark>太慢</mark>了"


@given(st.text(), st.text())
def test_no_comment_brings_markup_of_its_own(comment: str, search: str) -> None:
    bare = comment.replace(OPENS, "").replace(CLOSES, "")
    html = str(marked(bare, search)).replace("<mark>", "").replace("</mark>", "")
    assert "<" not in html
    assert ">" not in html


def test_files_hold_no_marks() -> None:
    assert texts({"b": "two", "a": f"{OPENS}one{CLOSES}"}) == ["one", "two"]
