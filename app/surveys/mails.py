"""The mails of a survey: compiled from MJML when it is published, filled with a brand and a person when it is sent.

What is compiled holds a language's own sentences and the rating row, and slots (`{{ greeting }}`) for everything that
comes from a definition, a brand or a person: no such text is ever read as markup or as a template, each is escaped as
it is put in. So a changed brand shows in the very next mail, and a changed template in the next published version.
Pure but for the templates in `survey_templates/mails/`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import mrml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from app.surveys.brands import Brand
from app.surveys.cleaning import single_line
from app.surveys.definition import Definition
from app.surveys.templating import FOLDER, locale_of, one_line
from app.surveys.texts import catalogue
from app.surveys.wording import fill

# The grounds that mails/invitation.mjml puts the brand's colour on.
CARD, NIGHT_CARD = "#ffffff", "#1b1e23"
_ROW = 6  # rating cells that fit side by side in a mail of 320 px
_LINE = 72  # characters of a line in a plain-text letter

_BLANKS = re.compile("[ \t\n]+")  # a no-break space, as French has it before «?», stays what it is

Values = Mapping[str, str | None]
Compiled = Mapping[str, str]
"""One language of a survey's mail: `html` and `text`, with their slots."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail: its subject on one line, its HTML and its plain-text twin."""

    subject: str
    html: str
    text: str


def compile_mails(definition: Definition) -> dict[str, dict[str, str]]:
    """Return the mail of `definition` by language, as plain JSON that a published version keeps."""
    return {lang: compile_mail(lang, definition.scale) for lang in definition.languages}


def compile_mail(lang: str, scale: range) -> dict[str, str]:
    """Return the `html` and `text` of a mail in `lang` with one link for each number of `scale`."""
    locale = locale_of(lang)
    first = len(scale) if len(scale) <= _ROW else (len(scale) + 1) // 2
    parts = {
        "lang": lang,
        "direction": locale.text_direction,
        "start": "left" if locale.text_direction == "ltr" else "right",
        "end": "right" if locale.text_direction == "ltr" else "left",
        "scale": scale,
        "rows": [row for row in (scale[:first], scale[first:]) if row],
        "_": catalogue(lang).gettext,
    }
    mjml = _sources(markup=True).get_template("invitation.mjml").render(parts)
    text = _sources(markup=False).get_template("invitation.txt").render(parts)
    return {"html": mrml.to_html(mjml, render_options=_no_web_fonts()).content, "text": text}


class Mails:
    """The invitation and the reminders of one survey; a language that was not compiled yet is, when first asked for."""

    def __init__(self, definition: Definition, compiled: Mapping[str, Compiled] = MappingProxyType({})) -> None:
        self._definition = definition
        self._compiled = compiled
        self._templates: dict[str, tuple[Template, Template]] = {}

    def write(
        self,
        brand: Brand,
        lang: str,
        *,
        values: Values,
        survey_url: str,
        unsubscribe_url: str,
        logo_url: str | None = None,
        reminder: int = 0,
        is_test: bool = False,
    ) -> Mail:
        """Return the invitation (`reminder` 0) or a reminder, with one link for each score.

        `logo_url` is a public image; without it the brand's name stands there, since mail programs do not show
        data URIs.
        """
        words = _words(self._definition, brand, lang, values, reminder)
        slots = words | _brand_slots(brand) | {"logo_url": logo_url, "why": _why(self._definition, brand, values, lang)}
        score_url = f"{survey_url}{'&' if '?' in survey_url else '?'}score="
        slots |= {"survey_url": survey_url, "score_url": score_url, "unsubscribe_url": unsubscribe_url}
        html, text = self._template(lang)
        subject, mark = single_line(words["subject"]), catalogue(lang).gettext("Test")
        return Mail(
            f"[{mark}] {subject}" if is_test else subject,
            html.render(slots, is_test=is_test),
            _folded(text.render(slots, is_test=is_test)),
        )

    def _template(self, lang: str) -> tuple[Template, Template]:
        if lang not in self._templates:
            compiled = self._compiled.get(lang) or compile_mail(lang, self._definition.scale)
            html, text = _slots(markup=True), _slots(markup=False)
            self._templates[lang] = html.from_string(compiled["html"]), text.from_string(compiled["text"])
        return self._templates[lang]


def _words(definition: Definition, brand: Brand, lang: str, values: Values, reminder: int) -> dict[str, Any]:
    known = definition.values(lang, {**values, "company": brand.name})
    letter, question, own = definition.mail, definition.questions.score, definition.mail.of(reminder)
    texts = {
        "subject": own.subject,
        "preheader": own.preheader,
        "intro": own.intro,
        "greeting": letter.greeting,
        "closing": letter.closing,
        "button": letter.button,
        "question": question.text,
        "low": question.low,
        "high": question.high,
    }
    return {name: fill(text, lang, known) for name, text in texts.items()}


def _brand_slots(brand: Brand) -> dict[str, Any]:
    return {"brand": brand, "day": brand.shades(CARD), "night": brand.shades(NIGHT_CARD)}


def _why(definition: Definition, brand: Brand, values: Values, lang: str) -> str:
    say = catalogue(lang).gettext
    if definition.metric == "enps":
        return say("You get this mail because you work for %(company)s.") % {"company": brand.name}
    if account := single_line(values.get("account") or ""):
        sentence = say("You get this mail because %(account)s works with %(company)s.")
        return sentence % {"account": account, "company": brand.name}
    return say("You get this mail because you work with %(company)s.") % {"company": brand.name}


@cache
def _sources(*, markup: bool) -> Environment:
    """Return the environment of the templates in our own files; its marks leave `{{ }}` for the mail itself."""
    return Environment(
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        comment_start_string="[#",
        comment_end_string="#]",
        loader=FileSystemLoader(FOLDER / "mails"),
        autoescape=markup,  # noqa: S701 - plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _slots(*, markup: bool) -> Environment:
    """Return the environment of compiled mails: they come out of the database, so they run in a sandbox."""
    environment = SandboxedEnvironment(
        autoescape=markup, undefined=StrictUndefined, trim_blocks=not markup, lstrip_blocks=not markup
    )
    environment.filters |= {"one_line": one_line, "paragraphs": _paragraphs}
    return environment


def _no_web_fonts() -> mrml.RenderOptions:
    return mrml.RenderOptions(fonts={})


def _paragraphs(text: str) -> list[str]:
    return [_BLANKS.sub(" ", part).strip() for part in text.split("\n\n")]


def _folded(letter: str) -> str:
    """Return `letter` with its long lines broken between words; one that holds a link stays whole."""
    return "\n".join(_wrapped(line) if len(line) > _LINE and "://" not in line else line for line in letter.split("\n"))


def _wrapped(line: str) -> str:
    return textwrap.fill(line, _LINE, break_long_words=False, break_on_hyphens=False)
