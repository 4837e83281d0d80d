"""Pages and mails from a definition, a brand and values: pure functions, with no request and no database.

Lives here: what each page and mail needs, its Content-Security-Policy, and the sentences for faults.
How they look is in `survey_templates/`. All values are escaped; pages carry no script at all.
"""

from __future__ import annotations

import base64
import hashlib
import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

from babel import Locale
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from app.surveys.answers import COMMENT_LIMIT, FieldFault, Step
from app.surveys.brands import NEUTRAL_COLOUR, Brand, Shades, shades
from app.surveys.cleaning import single_line
from app.surveys.definition import Definition
from app.surveys.texts import catalogue
from app.surveys.wording import fill

FOLDER = Path(__file__).resolve().parents[2] / "survey_templates"

Notice = Literal["wrong", "closed", "failed"]
Unsubscribe = Literal["ask", "done", "undone"]
Values = Mapping[str, str | None]

# The grounds that pages/page.css and mails/invitation.html put the brand's colour on.
_PAPER, _NIGHT = "#ffffff", "#15171b"
_CARD, _NIGHT_CARD = "#ffffff", "#1b1e23"
_ROW = 6  # rating cells that fit side by side in a mail of 320 px


@dataclass(frozen=True, slots=True)
class Page:
    """An HTML page and the Content-Security-Policy header it must be sent with."""

    html: str
    csp: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail: its subject on one line, its HTML and its plain-text twin."""

    subject: str
    html: str
    text: str


def survey_page(
    definition: Definition,
    brand: Brand,
    lang: str,
    *,
    step: Step,
    action_url: str,
    values: Values,
    change_url: str | None = None,
    score: int | None = None,
    selected: Collection[str] = (),
    comment: str = "",
    faults: Sequence[FieldFault] = (),
    is_test: bool = False,
    unsubscribe_url: str | None = None,
) -> Page:
    """Return step 1 (the score) or step 2 (reasons and comment) with what was typed and its faults.

    Without a valid `score` it is step 1, whatever was asked for. `change_url` is a GET that shows step 1.
    """
    known = score if score in definition.scale else None
    context = _survey(definition, brand, lang, values, known)
    context |= {"action_url": action_url, "change_url": change_url or action_url}
    context |= {"selected": selected, "comment": comment, "is_test": is_test, "unsubscribe_url": unsubscribe_url}
    sentences = {fault.field: _sentence(definition, fault, lang) for fault in faults}
    template = "score" if step == 1 or known is None else "reasons"
    return _page(template, brand, lang, sentences=sentences, **context)


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
) -> Page:
    """Return the page after the last step: thanks in the words for this score, and the way to change it."""
    context = _survey(definition, brand, lang, values, score)
    return _page(
        "thanks", brand, lang, change_url=change_url, is_test=is_test, unsubscribe_url=unsubscribe_url, **context
    )


def notice_page(kind: Notice, brand: Brand | None, lang: str) -> Page:
    """Return the page for a link that is wrong (404) or closed (410), or for an answer that failed (500, 503).

    Without a brand it needs nothing but this call, so that a forged link costs no look at the database.
    """
    return _page(kind, brand, lang)


def unsubscribe_page(kind: Unsubscribe, brand: Brand | None, lang: str, *, action_url: str) -> Page:
    """Return the page that asks, confirms, or confirms the undoing.

    Its forms POST `action=unsubscribe` or `action=resubscribe` to `action_url`.
    """
    return _page("unsubscribe", brand, lang, kind=kind, action_url=action_url)


def mail(
    definition: Definition,
    brand: Brand,
    lang: str,
    *,
    values: Values,
    survey_url: str,
    unsubscribe_url: str,
    reminder: int = 0,
    logo_url: str | None = None,
    is_test: bool = False,
) -> Mail:
    """Return the invitation (`reminder` 0) or a reminder, one link for each score.

    `logo_url` is a public image; without it the brand's name stands there, since mail programs do not show
    data URIs.
    """
    context = _survey(definition, brand, lang, values, None)
    context |= _mail_parts(definition, brand, survey_url, reminder)
    context |= {"unsubscribe_url": unsubscribe_url, "logo_url": logo_url, "why": _why(brand, values, lang)}
    html = _render("mails/invitation.html", lang, brand=brand, is_test=is_test, **context)
    text = _render("mails/invitation.txt", lang, brand=brand, is_test=is_test, **context)
    subject = single_line(context["say"](context["words"].subject))
    return Mail(f"[Test] {subject}" if is_test else subject, html, text)


def _survey(definition: Definition, brand: Brand, lang: str, values: Values, score: int | None) -> dict[str, Any]:
    known = {**values, "company": brand.name}
    return {
        "questions": definition.questions,
        "thanks": definition.thanks,
        "scale": definition.scale,
        "score": score,
        "band": None if score is None else definition.band(score),
        "say": lambda text: fill(text, lang, known),
    }


def _mail_parts(definition: Definition, brand: Brand, survey_url: str, reminder: int) -> dict[str, Any]:
    links = [(number, _with_score(survey_url, number)) for number in definition.scale]
    first = len(links) if len(links) <= _ROW else (len(links) + 1) // 2
    return {
        "words": definition.mail.of(reminder),
        "letter": definition.mail,
        "survey_url": survey_url,
        "links": links,
        "rows": [row for row in (links[:first], links[first:]) if row],
        "day": shades(brand.colour, _CARD),
        "night": shades(brand.colour, _NIGHT_CARD),
    }


def _why(brand: Brand, values: Values, lang: str) -> str:
    say = catalogue(lang).gettext
    if account := single_line(values.get("account") or ""):
        sentence = say("You get this mail because %(account)s works with %(company)s.")
        return sentence % {"account": account, "company": brand.name}
    return say("You get this mail because you work with %(company)s.") % {"company": brand.name}


def _with_score(url: str, score: int) -> str:
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode({"score": score}))))
    return urlunsplit(parts._replace(query=query))


def _sentence(definition: Definition, fault: FieldFault, lang: str) -> str:
    say = catalogue(lang).gettext
    if fault.field == "score":
        first, last = definition.scale[0], definition.scale[-1]
        return say("Please choose a number from %(first)s to %(last)s.") % {"first": first, "last": last}
    if fault.field == "driver":
        return say("One of these reasons is no longer part of this survey. Please tick again.")
    sizes = {"length": _number(int(fault.given), lang), "limit": _number(COMMENT_LIMIT, lang)}
    return say("Your text has %(length)s characters; there is room for %(limit)s. Please shorten it.") % sizes


def _number(number: int, lang: str) -> str:
    return format_decimal(number, locale=_locale(lang))


def _page(template: str, brand: Brand | None, lang: str, **context: Any) -> Page:
    style = _style(brand.colour if brand else NEUTRAL_COLOUR)
    common: dict[str, Any] = {"brand": brand, "style": style, "is_test": False, "unsubscribe_url": None}
    html = _render(f"pages/{template}.html", lang, **({"sentences": {}} | common | context))
    return Page(html, _policy(style))


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


@cache
def _stylesheet() -> str:
    return (FOLDER / "pages" / "page.css").read_text(encoding="utf-8")


def _style(colour: str) -> str:
    day, night = _properties(shades(colour, _PAPER)), _properties(shades(colour, _NIGHT))
    return f"{day}@media (prefers-color-scheme: dark) {{ {night}}}\n{_stylesheet()}"


def _properties(used: Shades) -> str:
    return f":root {{ --accent: {used.accent}; --on-accent: {used.on_accent}; --accent-edge: {used.edge}; }}\n"


def _render(template: str, lang: str, **context: Any) -> str:
    locale = _locale(lang)
    return _environment(lang).get_template(template).render(lang=lang, direction=locale.text_direction, **context)


@cache
def _locale(lang: str) -> Locale:
    return Locale.parse(lang, sep="-")


@cache
def _environment(lang: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.install_gettext_translations(catalogue(lang), newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    environment.filters |= {"one_line": _one_line, "paragraphs": _paragraphs, "wrapped": _wrapped}
    environment.globals |= {"strong": _strong, "mail_link": _mail_link}
    return environment


def _one_line(lines: str) -> str:
    return ", ".join(part for line in lines.splitlines() if (part := line.strip(" ,")))


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n")]


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 72, break_long_words=False, break_on_hyphens=False)


def _strong(value: object) -> Markup:
    return Markup("<strong>{}</strong>").format(value)


def _mail_link(address: str) -> Markup:
    return Markup('<a href="mailto:{0}">{0}</a>').format(address)
