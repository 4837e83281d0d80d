"""What stands in a page: complete, escaped, in one language, under a strict policy."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from typing import Any

import pytest

from app.surveys.answers import FieldFault, Typed
from app.surveys.definition import Definition, validate
from app.surveys.rendering import (
    NOTHING_TYPED,
    Page,
    failed_page,
    fault_sentences,
    notice_page,
    survey_page,
    thanks_page,
    unsubscribe_page,
)
from tests.support.logos import plain_logo
from tests.support.markup import Reader

VALUES = {"first_name": "Maria", "account": "Nordwind Logistik"}
URLS = {
    "action_url": "/s/token?lang=de",
    "change_url": "/s/token?step=1&lang=de",
    "unsubscribe_url": "/u/token",
    "languages": {"en": "/s/token?lang=en", "de": "/s/token?lang=de"},
}
MISSING = FieldFault("score", "missing", "")
FAULTS = [FieldFault("driver", "unknown", "weather"), FieldFault("comment.why", "too_long", "5312")]
BANDS = {"promoter": 10, "passive": 8, "detractor": 6}


def changed(definition: Definition, *, questions: dict[str, Any] | None = None, **parts: Any) -> Definition:
    """Return the definition with other parts; its questions are changed one by one."""
    content = definition.model_dump(mode="json")
    return validate({**content, **parts, "questions": {**content["questions"], **(questions or {})}}, "changed")


def in_every_language(definition: Definition, text: str) -> dict[str, str]:
    return dict.fromkeys(definition.languages, text)


def every_page(definition: Definition, brand, lang: str) -> dict[str, Page]:
    def asked(step: str, shown: Typed = NOTHING_TYPED, **more: Any) -> Page:
        return survey_page(definition, brand, lang, step=step, shown=shown, values=VALUES, **URLS, **more)

    def thanked(score: int) -> Page:
        return thanks_page(definition, brand, lang, values=VALUES, score=score, change_url="/c")

    return {
        "score": asked("score", is_test=True),
        "score marked": asked("score", Typed(9)),
        "score faults": asked("score", faults=[MISSING]),
        **{f"reasons {band}": asked("draft", Typed(score)) for band, score in BANDS.items()},
        "reasons faults": asked("complete", Typed(0, ("support",)), faults=FAULTS),
        **{f"thanks {band}": thanked(score) for band, score in BANDS.items()},
        **{kind: notice_page(kind, brand, lang) for kind in ("wrong", "closed", "failed", "too_large")},
        "failed post": failed_page(brand, lang, action_url="/s/token", posted=[("score", "9")]),
        "wrong, no brand": notice_page("wrong", None, lang),
        **{kind: unsubscribe_page(kind, brand, lang, action_url="/u/token") for kind in ("ask", "done", "undone")},
        "ask, no brand": unsubscribe_page("ask", None, lang, action_url="/u/token"),
    }


@pytest.mark.parametrize(("lang", "direction"), [("en", "ltr"), ("de", "ltr"), ("ar", "rtl")])
def test_every_page_is_whole_and_keeps_its_own_policy(definition, brand, lang, direction):
    for name, page in every_page(definition, brand, lang).items():
        read = Reader(page.html)
        assert read.all("html") == [{"lang": lang, "dir": direction}], name
        assert len(read.all("h1")) == 1, name
        assert not [attrs for _, attrs in read.tags if any(a == "style" or a.startswith("on") for a in attrs)], name
        assert not re.findall(r"None|%\(|\ue000|undefined", read.text), name
        assert inline(page.html, "style") == allowed(page.csp, "style-src"), name
        assert inline(page.html, "script") == allowed(page.csp, "script-src"), name
        assert ("connect-src 'self'" in page.csp) == bool(read.all("script")), name
        assert "unsafe" not in page.csp, name
        for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert rule in page.csp, name


def inline(html: str, tag: str) -> list[str]:
    """Return the digest of each piece of style or script that stands in a page."""
    pieces = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    return [base64.b64encode(hashlib.sha256(piece.encode()).digest()).decode() for piece in pieces]


def allowed(csp: str, rule: str) -> list[str]:
    return [
        digest for found in re.findall(rf"{rule} ([^;]+)", csp) for digest in re.findall(r"'sha256-([^']+)'", found)
    ]


def test_only_the_survey_itself_has_a_script(definition, brand):
    with_script = {name for name, page in every_page(definition, brand, "en").items() if "<script" in page.html}
    assert with_script == {
        name for name in every_page(definition, brand, "en") if name.startswith(("score", "reasons"))
    }


def test_the_first_step_asks_for_a_number_and_marks_nothing(definition, brand):
    read = Reader(survey_page(definition, brand, "en", step="score", values=VALUES, **URLS).html)
    radios = read.all("input", type="radio", name="score")
    assert [radio["value"] for radio in radios] == [str(number) for number in range(11)]
    assert [radio["data-band"] for radio in radios] == ["detractor"] * 7 + ["passive"] * 2 + ["promoter"] * 2
    assert not [radio for radio in radios if "checked" in radio]
    form = read.all("form")[0]
    assert (form["method"], form["action"], "novalidate" in form) == ("post", URLS["action_url"], True)
    assert read.all("input", name="step") == [{"type": "hidden", "name": "step", "value": "1"}]
    assert "hidden" in read.all("div", id="more")[0]
    assert "Hello Maria," in read.text
    assert "0 , Not at all likely" in read.text


def test_programs_find_a_field_and_a_link_that_people_do_not(definition, brand):
    read = Reader(survey_page(definition, brand, "en", step="score", values=VALUES, **URLS).html)
    assert read.all("input", name="website") == [{"name": "website", "tabindex": "-1", "autocomplete": "off"}]
    assert read.all("a", href="/s/token?lang=de&website=1", tabindex="-1")
    assert read.all("div", **{"class": "hidden", "aria-hidden": "true"})


def test_a_score_from_the_link_is_marked_and_the_page_says_that_it_is_not_saved(definition, brand):
    page = survey_page(definition, brand, "en", step="score", values=VALUES, shown=Typed(9), **URLS)
    read = Reader(page.html)
    assert [radio["value"] for radio in read.all("input", type="radio", name="score") if "checked" in radio] == ["9"]
    assert "Your 9 is marked. Save it" in read.text.replace("<strong>", "")
    assert "data-kept" not in read.all("form")[0]


@pytest.mark.parametrize(
    ("score", "question"),
    [(10, "particularly recommend"), (8, "improve first"), (0, "improve first")],
)
def test_the_second_step_says_what_is_saved_and_asks_by_band(definition, brand, score, question):
    shown = Typed(score, comments={"why": "a\n<b>"})
    page = survey_page(definition, brand, "en", step="draft", values=VALUES, shown=shown, **URLS)
    read = Reader(page.html)
    assert f"Your {score} is saved." in read.text
    assert question in spoken(page.html)
    assert read.all("a", href=URLS["change_url"])
    assert [radio["value"] for radio in read.all("input", type="radio", name="score") if "checked" in radio] == [
        str(score)
    ]
    assert "hidden" in read.all("div", id="choice")[0]
    assert "data-kept" in read.all("form")[0]
    assert [box["value"] for box in read.all("input", name="driver")] == list(definition.driver_paths)
    assert ">\na\n&lt;b&gt;</textarea>" in page.html


def spoken(html: str) -> str:
    """Return the wordings by band that are shown."""
    return " ".join(re.findall(r'<span data-bands="[^"]+">(.*?)</span>', html))


def test_what_reads_alike_in_two_bands_stands_there_once(definition, brand):
    page = survey_page(definition, brand, "en", step="score", values={}, **URLS)
    assert re.findall(
        r'<h2><span data-bands="([^"]+)" hidden>[^<]+</span><span data-bands="([^"]+)" hidden>', page.html
    )


def test_what_was_typed_is_shown_again(definition, brand):
    ratings = {"low": "no", "high": "yes", "text": "How much?", "items": [{"key": "trust", "text": "Trust"}]}
    words = {name: in_every_language(definition, text) for name, text in ratings.items() if name != "items"}
    items = [{"key": "trust", "text": in_every_language(definition, "Trust")}]
    asking = changed(
        definition,
        questions={"ratings": {**words, "items": items}, "contact": in_every_language(definition, "May we write?")},
    )
    ticked = ("support", "support/expertise")
    shown = Typed(3, ticked, {"why": "slow"}, {"trust": 2}, may_contact=True)
    read = Reader(survey_page(asking, brand, "de", step="draft", values={}, shown=shown, **URLS).html)
    assert [box["value"] for box in read.all("input", name="driver") if "checked" in box] == list(ticked)
    assert [radio["value"] for radio in read.all("input", name="rating.trust") if "checked" in radio] == ["2"]
    assert [radio["value"] for radio in read.all("input", name="rating.trust")] == [str(n) for n in range(1, 8)]
    assert ["checked" in box for box in read.all("input", name="contact")] == [True]
    untouched = Reader(survey_page(asking, brand, "de", step="draft", values={}, shown=Typed(3), **URLS).html)
    assert ["checked" in box for box in untouched.all("input", name="contact")] == [False]


def test_a_retired_reason_is_not_asked(definition, brand):
    drivers = definition.model_dump(mode="json")["questions"]["drivers"]
    drivers[0]["retired"] = True
    drivers[1]["drivers"][0]["retired"] = True
    page = survey_page(
        changed(definition, questions={"drivers": drivers}), brand, "en", step="score", values={}, **URLS
    )
    asked = [box["value"] for box in Reader(page.html).all("input", name="driver")]
    assert "product" not in asked
    assert "support/response_time" not in asked
    assert "support/expertise" in asked


def test_a_survey_may_ask_for_a_number_alone(definition, brand):
    bare = changed(definition, questions={"drivers": [], "reasons": None, "comments": [], "contact": None})
    page = survey_page(bare, brand, "en", step="draft", values={}, shown=Typed(9), **URLS)
    assert not Reader(page.html).all("textarea")
    assert "Send my answer" in page.html


@pytest.mark.parametrize("score", [None, 11, -1])
def test_without_a_score_there_is_only_the_first_step(definition, brand, score):
    page = survey_page(definition, brand, "en", step="draft", values=VALUES, shown=Typed(score), **URLS)
    assert Reader(page.html).all("input", name="step", value="1")


def test_people_at_the_same_point_get_their_own_names_and_addresses(definition, brand):
    def page(name: str, account: str | None, url: str, unsubscribe_url: str | None) -> str:
        values = {"first_name": name, "account": account}
        links = {
            "action_url": url,
            "unsubscribe_url": unsubscribe_url,
            "languages": {"en": f"{url}?lang=en", "de": url},
        }
        return survey_page(definition, brand, "en", step="score", values=values, **links).html

    first, second = page("Maria", "Nordwind", "/s/1", "/u/1"), page("<i>\ue000Zoë\ue001", None, "/s/2", None)
    assert "Hello Maria," in first
    assert "Hello &lt;i&gt;\ue000Zoë\ue001," in second
    assert "Maria" not in second
    assert "/s/1" not in second
    assert "/u/" not in second
    assert "Hello" not in page("", None, "/s/3", None)


def test_a_changed_definition_is_never_shown_as_it_was(definition, brand):
    greeting = in_every_language(definition, "Good morning.")
    for survey, words in (
        (definition, "Hello Maria,"),
        (changed(definition, questions={"greeting": greeting}), "Good"),
    ):
        assert words in survey_page(survey, brand, "en", step="score", values=VALUES, **URLS).html


def test_faults_stand_in_a_summary_and_beside_their_fields(definition, brand):
    shown = Typed(3, comments={"why": "lang"})
    page = survey_page(definition, brand, "de", step="complete", values={}, shown=shown, faults=FAULTS, **URLS)
    read = Reader(page.html)
    sentence = "Ihr Text hat 5.312 Zeichen; Platz ist für 5.000."
    assert page.html.count(sentence) == 2
    targets = [attrs["href"] for attrs in read.all("a") if str(attrs["href"]).startswith("#")]
    assert targets == ["#driver", "#comment.why"]
    places = {attrs.get("id") for _, attrs in read.tags}
    assert {"driver", "comment.why", "driver-fault", "comment.why-fault"} <= places
    assert "comment.why-fault" in read.all("textarea")[0]["aria-describedby"]
    assert read.all("textarea")[0]["aria-invalid"] == "true"
    assert "data-kept" not in read.all("form")[0]
    assert "<title>Bitte prüfen: " in page.html


def test_every_id_is_there_once_and_every_reference_leads_somewhere(definition, brand):
    for name, page in every_page(definition, brand, "en").items():
        tags = [attrs for _, attrs in Reader(page.html).tags]
        ids = [attrs["id"] for attrs in tags if "id" in attrs]
        assert len(ids) == len(set(ids)), name
        wanted = [attrs.get(kind) or "" for attrs in tags for kind in ("for", "aria-labelledby", "aria-describedby")]
        assert {place for places in wanted for place in places.split()} <= set(ids), name


def test_a_missing_score_is_asked_for_in_the_words_of_the_scale(definition, brand):
    ces = changed(definition, metric="ces")
    page = survey_page(ces, brand, "en", step="score", values={}, faults=[MISSING], **URLS)
    assert page.html.count("Please choose a number from 1 to 7.") == 2
    rating = FieldFault("rating.trust", "invalid", "9")
    assert fault_sentences(ces, [rating], "en") == {"rating.trust": "Please choose a number from 1 to 7."}


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


def test_a_page_says_which_languages_it_has_by_their_own_names(definition, brand):
    page = survey_page(definition, brand, "de", step="score", values=VALUES, **URLS)
    buttons = Reader(page.html).all("button", name="lang")
    takes_along_what_was_typed = {"form": "survey", "formaction": "/s/token?lang=en", "name": "lang"}
    assert buttons == [takes_along_what_was_typed | {"value": "en", "lang": "en"}]
    done = thanks_page(definition, brand, "de", values=VALUES, score=9, change_url="/c", languages=URLS["languages"])
    links = Reader(done.html).all("a", hreflang="en")
    assert links == [{"href": "/s/token?lang=en", "lang": "en", "hreflang": "en", "rel": "nofollow"}]
    assert '<span aria-current="true">Deutsch</span>' in page.html
    alone = survey_page(definition, brand, "de", step="score", values={}, action_url="/s/t", languages={"de": "/s/t"})
    assert not Reader(alone.html).all("nav", id="languages")


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
