"""What the pages of the designer show, find and refuse; everything is done without script."""

from __future__ import annotations

import pytest

from app.core.errors import NotFound, Refused
from app.surveys import designing
from app.surveys.drafting import faults_of
from tests.support.designer import KEY, MAIL, QUESTIONS, Designer, stored


def test_the_preview_shows_what_is_typed_and_stores_nothing(designer: Designer) -> None:
    designer.make()
    typed = {"questions.score.text.en": "Typed just {now} & <here>?", "revision": "1", "do": "remove:mail", "in": "en"}
    shown = designer.post(f"/surveys/{KEY}/preview", **typed)
    assert shown.status_code == 200
    assert "Typed just now &amp; &lt;here&gt;?" in shown.text
    assert "<script" not in shown.text
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    for view in ("score", "reasons", "thanks", "mail0", "mail2", "mail", "no_such"):
        for lang in ("de", "tlh"):
            for band in ("detractor", "x"):
                page = designer.client.get(f"/surveys/{KEY}/preview?view={view}&in={lang}&band={band}&names=unknown")
                assert page.status_code == 200, view
    assert designer.client.get("/surveys/support_ces/preview").status_code == 200
    assert designer.client.get("/surveys/no_such/preview").status_code == 404
    assert stored().revision == 1


def test_what_a_test_shows_is_the_draft_when_it_is_right_and_else_the_newest_version(designer: Designer) -> None:
    designer.make()
    designer.save(MAIL, {"mail.subject.en": ""})
    survey_id = stored().id
    assert designing.test_definition(survey_id) is None
    with pytest.raises(Refused, match="nothing to try"):
        designing.trial(KEY)
    designer.save(MAIL, {"mail.subject.en": "First"})
    definition, brand_id = designing.test_definition(survey_id)
    assert definition.mail.subject.root["en"] == ("First",)
    assert brand_id is None
    designer.publish()
    designer.save(MAIL, {"mail.subject.en": ""})
    assert designing.trial(KEY)[1].mail.subject.root["en"] == ("First",)
    assert designing.test_definition(survey_id + 1) is None
    with pytest.raises(NotFound):
        designing.trial("no_such")


def test_a_long_survey_shows_two_languages_at_a_time(designer: Designer) -> None:
    designer.post("/surveys/new", begin="copy", title="Long", origin="relationship_nps")
    page = designer.page("/surveys/long/drivers?lang=ja")
    assert page.count('.en"') > 20
    assert page.count('.de"') == 0
    assert len(page) < 150_000


def test_the_list_finds_and_filters(designer: Designer) -> None:
    designer.make()
    assert "After delivery" in designer.page("/surveys?q=DELIVERY")
    assert "After delivery" not in designer.page("/surveys?q=effort")
    assert "No survey fits" in designer.page("/surveys?q=%25%00zzz")
    assert "After delivery" not in designer.page("/surveys?state=ready_made")
    assert "After delivery" in designer.page("/surveys?state=draft")


def test_pages_of_no_survey_are_not_found(designer: Designer) -> None:
    for page in ("questions", "drivers", "mail", "languages", "publish", "compare", "nothing_like_it"):
        assert designer.client.get(f"/surveys/no_such/{page}").status_code == 404, page
    assert designer.client.get("/surveys/no_such").status_code == 404


def test_nothing_is_done_without_the_token_of_the_form(designer: Designer) -> None:
    designer.make()
    for deed in ("publish", "archive", "go-back", "languages", "questions", "replace", "brand", "preview"):
        assert designer.client.post(f"/surveys/{KEY}/{deed}", data={"revision": "1"}).status_code == 400
    assert stored().revision == 1


def test_hostile_words_are_shown_as_words(designer: Designer) -> None:
    designer.make(languages=("en", "ar"))
    hostile = '"><script>alert(1)</script>\u202e{{7*7}}'
    designer.save(QUESTIONS, {"title.en": hostile, "questions.score.text.ar": hostile})
    for path in ("/surveys", f"/surveys/{KEY}", f"{QUESTIONS}?lang=ar", f"/surveys/{KEY}/publish", "/campaigns/new"):
        page = designer.client.get(path)
        assert "<script>alert" not in page.text, path
    assert "\u202e" not in str(stored().draft)


def test_a_survey_can_be_tried_as_soon_as_there_is_something_to_try(designer: Designer) -> None:
    designer.make()
    pages = (f"/surveys/{KEY}", f"/surveys/{KEY}/publish")
    assert all("Send a test" in designer.page(page) for page in pages)
    designer.save(MAIL, {"mail.subject.de": ""})
    assert not any("Send a test" in designer.page(page) for page in pages)
    assert "Open the test link" not in designer.page(pages[0])


def test_before_it_is_published_one_reads_in_whose_name_it_goes_out(designer: Designer) -> None:
    designer.make()
    assert "in the name of Example Company, from" in designer.page(f"/surveys/{KEY}/publish")


def test_a_text_that_names_somebody_gets_a_field_for_when_nobody_is_known(designer: Designer) -> None:
    designer.make(languages=("en",))
    designer.save(MAIL, {"mail.subject.en": "A question, {first_name}"})
    page = designer.page(MAIL)
    assert page.count('name="mail.subject.en"') == 2
    designer.save(MAIL, {"mail.subject.en": ["A question, {first_name}", "A question"]})
    assert faults_of(stored().draft) == ()
