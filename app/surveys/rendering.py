"""The pages of a customer from a definition, a brand and values: pure functions, with no request and no database.

Lives here: which pages there are, what each needs, and the sentences for faults. All values are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode, urlsplit, urlunsplit

from babel.numbers import format_decimal
from markupsafe import escape

from app.surveys.answers import COMMENT_LIMIT, RATING_SCALE, FieldFault, Step, Typed
from app.surveys.brands import Brand
from app.surveys.cleaning import single_line
from app.surveys.definition import ByBand, Definition, Driver, TopDriver
from app.surveys.metrics import BANDS, Band
from app.surveys.templating import NOTHING, Page, locale_of, markup, page_script, policy
from app.surveys.texts import catalogue
from app.surveys.wording import Text, fill

__all__ = [
    "Notice",
    "Page",
    "Unsubscribe",
    "Values",
    "closed_page",
    "failed_page",
    "fault_sentences",
    "notice_page",
    "survey_page",
    "thanks_page",
    "unsubscribe_page",
]

Notice = Literal["wrong", "closed", "failed", "too_large"]
Unsubscribe = Literal["ask", "done", "done_brand", "undone"]
Values = Mapping[str, str | None]

NOTHING_TYPED = Typed(None)


def survey_page(
    definition: Definition,
    brand: Brand,
    lang: str,
    *,
    step: Step,
    action_url: str,
    values: Values,
    change_url: str | None = None,
    shown: Typed = NOTHING_TYPED,
    faults: Sequence[FieldFault] = (),
    is_test: bool = False,
    unsubscribe_url: str | None = None,
    languages: Mapping[str, str] = NOTHING,
) -> Page:
    """Return the step «score», or the one after it with reasons, ratings and comments: what was typed, and its faults.

    Without a valid score it is the first, whatever was asked for. `change_url` is a GET that shows the first step,
    `languages` holds the address of this page in each language. With JavaScript both steps are one page.
    """
    score = shown.score if shown.score in definition.scale else None
    frame = _Frame(_Same(definition), brand, lang, "score" if score is None else step, score, is_test)
    links = {"action_url": action_url, "trap_url": _with_query(action_url, website=1)}
    links |= {"change_url": change_url or action_url, "unsubscribe_url": unsubscribe_url or ""}
    if faults or shown != Typed(shown.score):
        sentences = fault_sentences(definition, faults, lang)
        html = _survey_html(frame, values, links, languages, shown, sentences)
    else:
        html = _blank_html(frame, values, links, languages)
    return Page(html, policy(brand, script=page_script()))


def thanks_page(
    definition: Definition,
    brand: Brand,
    lang: str,
    *,
    values: Values,
    score: int,
    change_url: str,
    is_test: bool = False,
    unsubscribe_url: str | None = None,
    languages: Mapping[str, str] = NOTHING,
) -> Page:
    """Return the page after the last step: thanks in the words for this score, and the way to change it."""
    band = definition.band(score)
    context = {
        "say": _speaker(definition, brand, lang, values),
        "thanks": definition.thanks.of(band),
        "promoter_link": definition.promoter_link if band == "promoter" else None,
        "score": score,
        "change_url": change_url,
        "is_test": is_test,
        "unsubscribe_url": unsubscribe_url,
        "languages": languages,
    }
    return _page("thanks", brand, lang, context)


def closed_page(
    definition: Definition, brand: Brand, lang: str, *, values: Values, shown: Typed, languages: Mapping[str, str]
) -> Page:
    """Return the page for a closed link; what was written in vain is given back, to be sent to somebody by mail."""
    say = _speaker(definition, brand, lang, values)
    band = "passive" if shown.score is None else definition.band(shown.score)
    asked = (
        (say(verbatim.text.of(band)), shown.comments.get(verbatim.key)) for verbatim in definition.questions.comments
    )
    written = [(question, words) for question, words in asked if words]
    return _page("closed", brand, lang, {"written": written, "languages": NOTHING if written else languages})


def notice_page(kind: Notice, brand: Brand | None, lang: str, *, languages: Mapping[str, str] = NOTHING) -> Page:
    """Return the page for a link that is wrong (404) or closed (410), a post too large (413), a failure (500, 503).

    Without a brand it needs nothing but this call, so that a forged link costs no look at the database.
    """
    return _page(kind, brand, lang, {"posted": (), "written": (), "languages": languages})


def failed_page(brand: Brand | None, lang: str, *, action_url: str, posted: Iterable[tuple[str, str]]) -> Page:
    """Return the page for a post that could not be kept (500, 503); it holds all that was posted, to be sent again."""
    return _page("failed", brand, lang, {"action_url": action_url, "posted": tuple(posted)})


def unsubscribe_page(
    kind: Unsubscribe,
    brand: Brand | None,
    lang: str,
    *,
    action_url: str,
    several_brands: bool = False,
    undoable: bool = True,
    is_test: bool = False,
) -> Page:
    """Return the page that asks, confirms, or confirms the undoing.

    Its forms POST `action=unsubscribe`, `unsubscribe_brand` (with `several_brands`: this one only) or `resubscribe`
    (while `undoable`) to `action_url`.
    """
    context = {
        "kind": kind,
        "action_url": action_url,
        "several_brands": several_brands,
        "undoable": undoable,
        "is_test": is_test,
    }
    return _page("unsubscribe", brand, lang, context)


def fault_sentences(definition: Definition, faults: Iterable[FieldFault], lang: str) -> dict[str, str]:
    """Return what is wrong with each field, by the field's name, as a sentence for the person who typed it."""
    return {fault.field: _sentence(definition, fault, lang) for fault in faults}


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A definition as a key: this very one; comparing two that read alike would take longer than making a page."""

    definition: Definition

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.definition is self.definition

    def __hash__(self) -> int:
        return id(self.definition)


class _Frame(NamedTuple):
    """What is the same on the page of everybody who stands at the same point of the same survey."""

    survey: _Same
    brand: Brand
    lang: str
    step: Step
    score: int | None
    is_test: bool


def _blank_html(frame: _Frame, values: Values, links: Values, languages: Values) -> str:
    """Return the page of somebody who has typed nothing yet but perhaps a score, as nearly all pages are."""
    names = {name: line for name, value in values.items() if value and (line := single_line(value))}
    given = {**names, **links, **languages}
    pieces = _pieces(frame, tuple(names), tuple(name for name in links if links[name]), tuple(languages))
    return "".join(escape(given[piece]) if place % 2 else piece for place, piece in enumerate(pieces))


@lru_cache(maxsize=512)
def _pieces(
    frame: _Frame, names: tuple[str, ...], links: tuple[str, ...], languages: tuple[str, ...]
) -> tuple[str, ...]:
    """Return a blank page cut where people's names and addresses go: a piece for all, the name of a slot, a piece …

    Private-use characters mark the slots while the page is made. Filling them takes a fiftieth of making the page.
    """
    name_marks, link_marks, language_marks = (
        {slot: f"\ue000{slot}\ue001" for slot in slots} for slots in (names, links, languages)
    )
    html = _survey_html(frame, name_marks, link_marks, language_marks, Typed(frame.score), NOTHING)
    slots = "|".join(map(re.escape, (*names, *links, *languages)))  # a brand's own text may hold such marks too
    return tuple(re.split(f"\ue000({slots})\ue001", html))


def _survey_html(
    frame: _Frame, values: Values, links: Values, languages: Values, shown: Typed, sentences: Mapping[str, str]
) -> str:
    definition = frame.survey.definition
    say = _speaker(definition, frame.brand, frame.lang, values)
    context = {
        **{name: links.get(name) for name in ("action_url", "trap_url", "change_url", "unsubscribe_url")},
        "languages": languages,
        "step": frame.step,
        "score": frame.score,
        "is_test": frame.is_test,
        "shown": shown,
        "sentences": sentences,
        "questions": definition.questions,
        "scale": definition.scale,
        "band": None if frame.score is None else definition.band(frame.score),
        "band_of": definition.band,
        "say": say,
        "spoken": lambda text: _spoken(text, say),
        "drivers": _asked(definition),
        "rating_scale": RATING_SCALE,
        "comment_limit": COMMENT_LIMIT,
    }
    return markup("survey", frame.brand, frame.lang, context, script=page_script())


def _speaker(definition: Definition, brand: Brand, lang: str, values: Values) -> Callable[[Text], str]:
    known = definition.values(lang, {**values, "company": brand.name})
    return lambda text: fill(text, lang, known)


def _spoken(text: ByBand, say: Callable[[Text], str]) -> list[tuple[list[Band], str]]:
    """Return each wording of `text` once, with the bands it is for."""
    bands: dict[str, list[Band]] = {}
    for band in BANDS:
        bands.setdefault(say(text.of(band)), []).append(band)
    return [(those, words) for words, those in bands.items()]


def _asked(definition: Definition) -> list[tuple[TopDriver, list[Driver]]]:
    """Return the drivers that are asked today, each with those below it."""
    return [
        (parent, [child for child in parent.drivers if not child.retired])
        for parent in definition.questions.drivers
        if not parent.retired
    ]


def _page(template: str, brand: Brand | None, lang: str, context: Mapping[str, Any]) -> Page:
    return Page(markup(template, brand, lang, context), policy(brand))


def _sentence(definition: Definition, fault: FieldFault, lang: str) -> str:
    say = catalogue(lang).gettext
    if fault.field == "score" or fault.field.startswith("rating."):
        scale = definition.scale if fault.field == "score" else RATING_SCALE
        first, last = scale[0], scale[-1]
        return say("Please choose a number from %(first)s to %(last)s.") % {"first": first, "last": last}
    if fault.field == "driver":
        return say("One of these reasons is no longer part of this survey. Please tick again.")
    sizes = {"length": _number(int(fault.given), lang), "limit": _number(COMMENT_LIMIT, lang)}
    return say("Your text has %(length)s characters; there is room for %(limit)s. Please shorten it.") % sizes


def _number(number: int, lang: str) -> str:
    return format_decimal(number, locale=locale_of(lang))


def _with_query(url: str, **more: int) -> str:
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(more))))
    return urlunsplit(parts._replace(query=query))
