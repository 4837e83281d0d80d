"""What stands in a page and in a mail: complete, escaped, in one language, under a strict policy."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po

from app.surveys.answers import FieldFault
from app.surveys.definition import Definition, validate
from app.surveys.rendering import Mail, Page, mail, notice_page, survey_page, thanks_page, unsubscribe_page
from app.surveys.texts import FOLDER

VALUES = {"first_name": "Maria", "account": "Nordwind Logistik"}
URLS = {
    "action_url": "/s/token?lang=de",
    "change_url": "/s/token?step=1&lang=de",
    "unsubscribe_url": "/u/token",
}
FAULTS = [
    FieldFault("score", "missing", ""),
    FieldFault("driver", "unknown", "weather"),
    FieldFault("comment", "too_long", "5312"),
]
SURVEY_URL = "https://survey.halden.example/s/token"
UNSUBSCRIBE_URL = "https://survey.halden.example/u/token"


SPOKEN = ("alt", "title", "aria-label", "placeholder")


class Reader(HTMLParser):
    """Takes a page apart: its tags, and what a person sees or hears of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.heard: list[str] = []
        self._muted = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._muted = tag if tag in ("style", "script") else ""
        self.heard += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._muted = ""

    def handle_data(self, data: str) -> None:
        if not self._muted and data.strip():
            self.heard.append(data.strip())

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        found = (attrs for name, attrs in self.tags if name == tag)
        return [attrs for attrs in found if all(attrs.get(name) == value for name, value in wanted.items())]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.heard).split())


def every_page(definition, brand, lang) -> dict[str, Page]:
    survey = {"values": VALUES, **URLS}
    thanks = {"values": VALUES, "change_url": "/s/token?step=1"}
    return {
        "score": survey_page(definition, brand, lang, step=1, is_test=True, **survey),
        "score marked": survey_page(definition, brand, lang, step=1, score=9, **survey),
        "score faults": survey_page(definition, brand, lang, step=1, faults=FAULTS[:1], **survey),
        "reasons promoter": survey_page(definition, brand, lang, step=2, score=9, **survey),
        "reasons passive": survey_page(definition, brand, lang, step=2, score=7, **survey),
        "reasons faults": survey_page(definition, brand, lang, step=2, score=0, faults=FAULTS[1:], **survey),
        "thanks promoter": thanks_page(definition, brand, lang, score=10, **thanks),
        "thanks passive": thanks_page(definition, brand, lang, score=8, **thanks),
        "thanks detractor": thanks_page(definition, brand, lang, score=6, **thanks),
        **{kind: notice_page(kind, brand, lang) for kind in ("wrong", "closed", "failed")},
        "wrong, no brand": notice_page("wrong", None, lang),
        **{kind: unsubscribe_page(kind, brand, lang, action_url="/u/token") for kind in ("ask", "done", "undone")},
        "ask, no brand": unsubscribe_page("ask", None, lang, action_url="/u/token"),
    }


def every_mail(definition, brand, lang) -> list[Mail]:
    links = {"survey_url": SURVEY_URL, "unsubscribe_url": UNSUBSCRIBE_URL}
    return [
        mail(definition, brand, lang, values=values, reminder=reminder, is_test=reminder == 2, **links)
        for values in (VALUES, {})
        for reminder in (0, 1, 2)
    ]


def on_metric(definition: Definition, metric: str) -> Definition:
    return validate({**definition.model_dump(mode="json"), "metric": metric}, metric)


@pytest.mark.parametrize("lang", ["en", "de"])
def test_every_page_is_whole_and_keeps_its_own_policy(definition, brand, lang):
    for name, page in every_page(definition, brand, lang).items():
        read = Reader(page.html)
        assert read.all("html") == [{"lang": lang, "dir": "ltr"}], name
        assert len(read.all("h1")) == 1, name
        assert not read.all("script"), name
        assert not [attrs for _, attrs in read.tags if any(a == "style" or a.startswith("on") for a in attrs)], name
        assert not {"{", "}", "None", "%("} & set(re.findall(r"[{}]|None|%\(", read.text)), name
        style = re.findall(r"<style>(.*?)</style>", page.html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
        assert len(style) == 1, name
        assert f"style-src 'sha256-{digest}';" in page.csp, name
        for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert rule in page.csp, name


def words(texts: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[^\W\d_]{2,}", texts)}


def german_words(definition: Definition) -> set[str]:
    with (FOLDER / "de" / "LC_MESSAGES" / "messages.po").open("rb") as written:
        product = " ".join(str(message.string) for message in read_po(written) if message.id)
    return words(product) | words(" ".join(_german(definition.model_dump(mode="json"))))


def _german(node: object) -> list[str]:
    if isinstance(node, dict):
        return [str(node["de"])] if "de" in node else [text for inner in node.values() for text in _german(inner)]
    return [text for inner in node for text in _german(inner)] if isinstance(node, list) else []


def test_no_german_page_or_mail_holds_english(definition, brand):
    known = german_words(definition) | words(f"{brand} {VALUES} {SURVEY_URL} {UNSUBSCRIBE_URL}")
    seen = {name: Reader(page.html).text for name, page in every_page(definition, brand, "de").items()}
    for number, sent in enumerate(every_mail(definition, brand, "de")):
        seen[f"mail {number}"] = f"{sent.subject} {Reader(sent.html).text}"
        seen[f"text {number}"] = sent.text
    for name, text in seen.items():
        assert words(text) <= known, name


def test_step_one_asks_for_a_number_and_keeps_nothing_marked(definition, brand):
    read = Reader(survey_page(definition, brand, "en", step=1, values=VALUES, **URLS).html)
    radios = read.all("input", type="radio", name="score")
    assert [radio["value"] for radio in radios] == [str(number) for number in range(11)]
    assert not [radio for radio in radios if "checked" in radio]
    assert read.all("form") == [{"method": "post", "action": URLS["action_url"], "novalidate": None}]
    assert read.all("input", name="step") == [{"type": "hidden", "name": "step", "value": "1"}]
    assert "Hello Maria," in read.text
    assert "0 , Not at all likely" in read.text


def test_a_score_from_the_link_is_marked_and_the_page_says_that_it_is_not_saved(definition, brand):
    read = Reader(survey_page(definition, brand, "en", step=1, values=VALUES, score=9, **URLS).html)
    assert [radio["value"] for radio in read.all("input", type="radio") if "checked" in radio] == ["9"]
    assert "Your 9 is marked. Save it" in read.text


@pytest.mark.parametrize(
    ("score", "question"),
    [(10, "particularly recommend"), (8, "improve first"), (0, "improve first")],
)
def test_step_two_says_what_is_saved_and_asks_by_band(definition, brand, score, question):
    page = survey_page(definition, brand, "en", step=2, values=VALUES, score=score, comment="a\n<b>", **URLS)
    read = Reader(page.html)
    assert f"Your {score} is saved." in read.text
    assert question in read.text
    assert read.all("a", href=URLS["change_url"])
    assert read.all("input", type="hidden", name="score", value=str(score))
    assert [box["value"] for box in read.all("input", name="driver")] == list(definition.driver_paths)
    assert ">\na\n&lt;b&gt;</textarea>" in page.html


def test_step_two_shows_what_was_ticked(definition, brand):
    ticked = ("support", "support/expertise")
    read = Reader(survey_page(definition, brand, "de", step=2, values={}, score=3, selected=ticked, **URLS).html)
    assert [box["value"] for box in read.all("input", name="driver") if "checked" in box] == list(ticked)


@pytest.mark.parametrize("score", [None, 11, -1])
def test_without_a_score_there_is_only_step_one(definition, brand, score):
    read = Reader(survey_page(definition, brand, "en", step=2, values=VALUES, score=score, **URLS).html)
    assert read.all("input", name="step", value="1")


def test_faults_stand_in_a_summary_and_beside_their_fields(definition, brand):
    page = survey_page(definition, brand, "de", step=2, values={}, score=3, faults=FAULTS[1:], comment="lang", **URLS)
    read = Reader(page.html)
    sentence = "Ihr Text hat 5.312 Zeichen; Platz ist für 5.000."
    assert page.html.count(sentence) == 2
    targets = [attrs["href"] for attrs in read.all("a") if str(attrs["href"]).startswith("#")]
    assert targets == ["#drivers", "#comment"]
    places = {attrs.get("id") for _, attrs in read.tags}
    assert {"drivers", "comment", "driver-fault", "comment-fault"} <= places
    assert read.all("textarea")[0]["aria-describedby"] == "comment-fault"
    assert "<title>Bitte prüfen: " in page.html


def test_a_missing_score_is_asked_for_in_the_words_of_the_scale(definition, brand):
    ces = on_metric(definition, "ces")
    page = survey_page(ces, brand, "en", step=1, values={}, faults=FAULTS[:1], **URLS)
    assert page.html.count("Please choose a number from 1 to 7.") == 2


def test_thanks_are_by_band_and_offer_to_change_the_answer(definition, brand):
    pages = [thanks_page(definition, brand, "en", values=VALUES, score=s, change_url="/c") for s in (9, 8, 6)]
    assert len({re.search("<h1>(.*?)</h1>", page.html)[1] for page in pages}) == 3
    assert all(Reader(page.html).all("a", href="/c") for page in pages)
    assert "Thank you, Maria." in pages[0].html


def test_a_closed_page_says_whom_to_write_to(definition, brand):
    assert Reader(notice_page("closed", brand, "en").html).all("a", href=f"mailto:{brand.reply_to}")


@pytest.mark.parametrize(("kind", "action"), [("ask", "unsubscribe"), ("done", "resubscribe")])
def test_unsubscribing_is_a_button_and_can_be_undone(brand, kind, action):
    read = Reader(unsubscribe_page(kind, brand, "en", action_url="/u/token").html)
    assert read.all("form") == [{"method": "post", "action": "/u/token"}]
    assert read.all("button", name="action", value=action)


HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}{company}\r\nBcc: x@y.example"


def test_no_value_becomes_markup(definition, brand):
    values = dict.fromkeys(("first_name", "account", "product", "touchpoint"), HOSTILE)
    nasty = replace(brand, name='<b>"&', sender_name="<i>", footer="<u>", postal_address="<s>")
    urls = dict.fromkeys(URLS, '/s/"><script>')
    links = {"survey_url": 'https://x.example/"><script>', "unsubscribe_url": "/u/<script>"}
    survey = {"values": values, "comment": f"</textarea>{HOSTILE}", "score": 3, **urls}
    html = [
        survey_page(definition, nasty, "en", step=1, **survey).html,
        survey_page(definition, nasty, "en", step=2, **survey).html,
        thanks_page(definition, nasty, "en", values=values, score=9, change_url='"><script>').html,
        mail(definition, nasty, "en", values=values, **links).html,
    ]
    for page in html:
        read = Reader(page)
        assert not any(read.all(tag) for tag in ("script", "b", "i", "u", "s"))
        assert "49" not in read.text


def test_a_logo_is_shown_from_the_page_itself(definition, brand):
    logo = "data:image/png;base64,iVBORw0KGgo="
    read = Reader(notice_page("closed", replace(brand, logo=logo), "en").html)
    assert read.all("img") == [{"src": logo, "alt": brand.name, "height": "40"}]


@pytest.mark.parametrize("metric", ["nps", "ces", "csat", "enps"])
def test_a_mail_has_one_link_for_each_score_in_both_its_forms(definition, brand, metric):
    survey = on_metric(definition, metric)
    sent = mail(survey, brand, "en", values=VALUES, survey_url=f"{SURVEY_URL}?x=1", unsubscribe_url=UNSUBSCRIBE_URL)
    links = [f"{SURVEY_URL}?x=1&score={number}" for number in survey.scale]
    shown = [attrs["href"] for attrs in Reader(sent.html).all("a")]
    assert [href for href in shown if "score=" in str(href)] == links
    assert re.findall(r"\S+score=\d+", sent.text) == links


@pytest.mark.parametrize("lang", ["en", "de"])
def test_every_mail_has_what_the_law_and_good_manners_ask_for(definition, brand, lang):
    for sent in every_mail(definition, brand, lang):
        assert len(sent.html.encode()) < 30_000
        assert "\n" not in sent.subject
        for form in (sent.text, Reader(sent.html).text):
            assert "Uferweg 12, 20095 Hamburg" in form
            assert "Ines Moor" in form
            assert not set("{}") & set(form)
        assert Reader(sent.html).all("a", href=UNSUBSCRIBE_URL)
        assert UNSUBSCRIBE_URL in sent.text
        assert not re.findall("<img|<script|url\\(|@import|http-equiv", sent.html)
        assert all(len(line) <= 72 or "https://" in line for line in sent.text.splitlines())
        assert sent.text.endswith("\n")


def test_the_text_twin_is_not_escaped_and_reads_like_a_letter(definition, brand):
    account = {"account": "Nord & Süd", "first_name": "Zoë"}
    sent = mail(definition, brand, "en", values=account, survey_url=SURVEY_URL, unsubscribe_url=UNSUBSCRIBE_URL)
    assert sent.text.startswith("Hello Zoë,\n\n")
    assert "Nord & Süd" in sent.text
    assert "\n-- \n" in sent.text


def test_a_mail_without_a_name_or_an_account_has_no_hole(definition, brand):
    sent = mail(definition, brand, "de", values={}, survey_url=SURVEY_URL, unsubscribe_url=UNSUBSCRIBE_URL)
    assert sent.text.startswith("Guten Tag,\n\n")
    assert "weil Sie mit Halden Systems zusammenarbeiten" in sent.text


def test_reminders_say_so_and_tests_say_so(definition, brand):
    subjects = [sent.subject for sent in every_mail(definition, brand, "en")[:3]]
    assert subjects[1].startswith("A reminder:")
    assert subjects[2].startswith("[Test] We ask one last time:")


def test_a_hosted_logo_has_the_name_beside_it_for_those_who_do_not_see_it(definition, brand):
    links = {"survey_url": SURVEY_URL, "unsubscribe_url": UNSUBSCRIBE_URL}
    sent = mail(definition, brand, "en", values={}, logo_url="https://survey.halden.example/logo.png", **links)
    assert [image["alt"] for image in Reader(sent.html).all("img")] == ["Halden Systems"]
