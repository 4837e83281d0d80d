"""Two people at the designer at once: nothing is lost, and both are told."""

from __future__ import annotations

import re
from html import unescape

from flask import Flask
from sqlalchemy import func, select

from app.core.auth.users import add_user
from app.core.db import reading
from app.surveys import designing
from app.surveys.models import SurveyRevision
from tests.support.designer import DRIVERS, KEY, MAIL, QUESTIONS, Designer, stored, versions


def test_two_people_at_once_lose_nothing(designer: Designer) -> None:
    designer.make()
    begun = stored().revision
    designer.save(QUESTIONS, {"questions.score.text.en": "Ana's question", "title.en": "Ana's title"}, begun)
    other = designer.save(QUESTIONS, {"questions.score.text.en": "Bo's question", "title.de": "Bo's title"}, begun)
    assert other.status_code == 409
    page = unescape(other.text)
    assert "<q>Ana's question</q>" in page
    assert ">Bo's question</textarea>" in page
    assert stored().draft["questions"]["score"]["text"]["en"] == "Ana's question"
    revision = int(re.search(r'name="revision" value="(\d+)"', page)[1])
    decided = designer.save(QUESTIONS, {"questions.score.text.en": "Bo's question", "title.de": "Bo's title"}, revision)
    assert decided.status_code == 303
    draft = stored().draft
    assert draft["questions"]["score"]["text"]["en"] == "Bo's question"
    assert draft["title"] == {"en": "Ana's title", "de": "Bo's title"}


def test_what_fits_together_is_put_together(designer: Designer) -> None:
    designer.make()
    begun = stored().revision
    designer.save(DRIVERS, {"new:questions.drivers": "Price"}, begun)
    saved = designer.save(MAIL, {"mail.subject.en": "Hello"}, begun)
    assert saved.status_code == 303
    assert "together with what" in designer.page(saved.location)
    draft = stored().draft
    assert draft["mail"]["subject"]["en"] == "Hello"
    assert [driver["key"] for driver in draft["questions"]["drivers"]] == ["price"]


def test_what_one_typed_stays_when_the_button_is_refused(designer: Designer) -> None:
    designer.make(languages=("en",))
    designer.save(DRIVERS, {"new:questions.drivers": "Price"})
    designer.publish()
    fields = {"do": "remove:questions.drivers[0]", "questions.drivers[0].label.en": "What it costs"}
    answer = designer.save(DRIVERS, fields)
    assert answer.status_code == 422
    assert ">What it costs</textarea>" in answer.text
    assert stored().draft["questions"]["drivers"][0]["label"]["en"] == "Price"


def test_only_the_newest_hundred_saves_are_kept_and_an_older_page_is_told(designer: Designer) -> None:
    designer.make()
    for number in range(designing.REVISIONS_KEPT):
        designing.change(KEY, lambda draft, n=number: draft | {"title": {"en": str(n)}}, deed="test", actor="test")
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(SurveyRevision)) == designing.REVISIONS_KEPT
    answer = designer.save(QUESTIONS, {"title.en": "Late"}, revision=1)
    assert answer.status_code == 409
    assert "open for too long" in answer.text


def test_publishing_what_one_did_not_look_at_is_refused(designer: Designer) -> None:
    designer.make()
    seen = str(stored().revision)
    designer.save(QUESTIONS, {"title.en": "Somebody else"})
    answer = designer.post(f"/surveys/{KEY}/publish", revision=seen)
    assert answer.status_code == 409
    assert "Look at it once more" in answer.text
    assert versions() == []


def test_who_saved_in_between_is_named(designer: Designer, application: Flask) -> None:
    designer.make()
    add_user("bo.lind@quorum.example", "Bo Lind", "ink and paper, 24 sheets")
    designing.change(KEY, lambda draft: draft | {"title": {"en": "Bo's"}}, deed="t", actor="bo.lind@quorum.example")
    answer = designer.save(QUESTIONS, {"title.en": "Ana's"}, revision=1)
    assert answer.status_code == 409
    assert "bo.lind@quorum.example changed the same words" in unescape(answer.text)


def test_words_in_a_language_that_somebody_removed_meanwhile_are_shown_and_can_be_brought_back(
    designer: Designer,
) -> None:
    designer.make()
    before = stored()
    subject = before.draft["mail"]["subject"]["de"]
    assert designer.post(f"/surveys/{KEY}/languages", do="remove", lang="de").status_code == 303
    mine = {"questions.score.text.de": "Wie war die Lieferung?", "beside": "de"}
    overtaken = designer.save(f"{QUESTIONS}?lang=de", mine, revision=before.revision)
    assert overtaken.status_code == 409
    page = unescape(overtaken.text)
    assert "removed German in the meantime" in page
    assert "Wie war die Lieferung?</textarea>" in page
    assert '<input type="hidden" name="bring_back" value="de">' in page
    assert stored().draft["languages"] == ["en"]
    again = mine | {"bring_back": "de"}
    assert designer.save(f"{QUESTIONS}?lang=de", again).status_code == 303
    draft = stored().draft
    assert draft["languages"] == ["en", "de"]
    assert draft["questions"]["score"]["text"]["de"] == "Wie war die Lieferung?"
    assert draft["mail"]["subject"]["de"] == subject  # words of other pages return as they were
