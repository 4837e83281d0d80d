"""Pages after the survey, and words that must not become markup on any page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from app.surveys.answers import Typed
from app.surveys.rendering import (
    failed_page,
    notice_page,
    survey_page,
    thanks_page,
    unsubscribe_page,
)
from tests.support.logos import plain_logo
from tests.support.markup import Reader
from tests.support.respondents_pages import URLS, VALUES, changed, in_every_language


def test_thanks_are_by_band_and_offer_to_change_the_answer(definition, brand):
    pages = [thanks_page(definition, brand, "en", values=VALUES, score=s, change_url="/c") for s in (9, 8, 6)]
    assert len({re.search("<h1>(.*?)</h1>", page.html)[1] for page in pages}) == 3
    assert all(Reader(page.html).all("a", href="/c") for page in pages)
    assert "Thank you, Maria." in pages[0].html


def test_only_promoters_are_shown_the_way_to_a_review(definition, brand):
    link = {"url": "https://reviews.example/halden", "label": in_every_language(definition, "Tell others")}
    linked = changed(definition, promoter_link=link)
    pages = [thanks_page(linked, brand, "en", values=VALUES, score=s, change_url="/c") for s in (9, 8, 0)]
    assert ["https://reviews.example/halden" in page.html for page in pages] == [True, False, False]


def test_a_closed_page_says_whom_to_write_to(definition, brand):
    assert Reader(notice_page("closed", brand, "en").html).all("a", href=f"mailto:{brand.reply_to}")


def test_what_could_not_be_saved_is_kept_to_be_sent_again(brand):
    posted = [("step", "2"), ("driver", "support"), ("driver", "product"), ("comment.why", "\n<b>&\nZoë")]
    page = failed_page(brand, "en", action_url="/s/token?lang=en", posted=posted)
    read = Reader(page.html)
    assert read.all("form") == [{"method": "post", "action": "/s/token?lang=en"}]
    assert [(kept["name"], "hidden" in kept) for kept in read.all("textarea")] == [(name, True) for name, _ in posted]
    assert ">\n\n&lt;b&gt;&amp;\nZoë</textarea>" in page.html


@pytest.mark.parametrize(("kind", "action"), [("ask", "unsubscribe"), ("done", "resubscribe")])
def test_unsubscribing_is_a_button_and_can_be_undone(brand, kind, action):
    read = Reader(unsubscribe_page(kind, brand, "en", action_url="/u/token").html)
    assert read.all("form") == [{"method": "post", "action": "/u/token"}]
    assert read.all("button", name="action", value=action)


HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}{company}\r\nBcc: x@y.example"


def test_no_value_becomes_markup(definition, brand):
    values = dict.fromkeys(("first_name", "account", "product", "touchpoint"), HOSTILE)
    nasty = replace(brand, name='<b>"&', sender_name="<i>", footer="<u>", postal_address="<s>")
    bad = '/s/"><script>'
    urls = {"action_url": bad, "change_url": bad, "unsubscribe_url": bad, "languages": {"en": bad, "de": bad}}
    typed = Typed(3, comments={"why": f"</textarea>{HOSTILE}"})
    html = [
        *(
            survey_page(definition, nasty, "en", step="score", shown=Typed(s), values=values, **urls).html
            for s in (None, 3)
        ),
        survey_page(definition, nasty, "en", step="draft", shown=typed, values=values, **urls).html,
        thanks_page(definition, nasty, "en", values=values, score=9, change_url='"><script>').html,
        failed_page(nasty, "en", action_url=bad, posted=[('"><b>', f"</textarea>{HOSTILE}")]).html,
    ]
    for page in html:
        read = Reader(page)
        assert not any(read.all(tag) for tag in ("b", "i", "u", "s"))
        assert len(read.all("script")) == ("<form id=" in page)
        assert "49" not in read.text


def test_a_brand_may_use_any_character(definition, brand):
    odd = replace(brand, footer="\ue000\ue001 \ue000first_name\ue001 \ue000x\ue001")
    page = survey_page(definition, odd, "en", step="score", values=VALUES, **URLS).html
    assert "\ue000x\ue001" in page


def test_a_logo_is_shown_from_the_page_itself(brand):
    logo = plain_logo()
    read = Reader(notice_page("closed", replace(brand, logo=logo), "en").html)
    assert [image["src"] for image in read.all("img")] == [logo.uri]
    assert read.all("img")[0]["alt"] == brand.name
