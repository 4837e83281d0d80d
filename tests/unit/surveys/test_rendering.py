"""What stands in the page of a survey: complete, escaped, in one language, under a strict policy."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from app.surveys.answers import FieldFault, Typed
from app.surveys.rendering import (
    fault_sentences,
    survey_page,
    thanks_page,
)
from tests.support.markup import Reader
from tests.support.respondents_pages import FAULTS, MISSING, URLS, VALUES, changed, every_page, in_every_language


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
