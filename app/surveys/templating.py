"""The ground that respondent pages stand on: templates in a language, the brand's style, the policy that lets it in.

Which pages there are and what each needs is in `rendering`; how they look is in `survey_templates/pages/`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from app.surveys.brands import NEUTRAL_COLOUR, NIGHT, PAPER, Brand, Shades, shades
from app.surveys.texts import catalogue

FOLDER = Path(__file__).resolve().parents[2] / "survey_templates"

NOTHING: Mapping[str, str] = MappingProxyType({})

_COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """An HTML page and the Content-Security-Policy header it must be sent with."""

    html: str
    csp: str


def markup(template: str, brand: Brand | None, lang: str, context: Mapping[str, Any], *, script: str = "") -> str:
    """Return the page in `pages/<template>.html`; without a brand it has neither header nor footer."""
    common: dict[str, Any] = {"is_test": False, "unsubscribe_url": None, "languages": NOTHING, "sentences": NOTHING}
    common |= {"brand": brand, "style": _style(brand), "script": script}
    common |= {"lang": lang, "direction": locale_of(lang).text_direction}
    return _environment(lang).get_template(f"pages/{template}.html").render({**common, **context})


def policy(brand: Brand | None, *, script: str = "") -> str:
    """Return the Content-Security-Policy that lets in a brand's style and `script`, and nothing else."""
    return _policy(_style(brand), script)


@cache
def page_script() -> str:
    """Return the script of the survey page."""
    return _squeezed("page.js")


@cache
def locale_of(lang: str) -> Locale:
    """Return how `lang` writes numbers and names, and in which direction."""
    return Locale.parse(lang, sep="-")


@lru_cache(maxsize=256)
def _policy(style: str, script: str) -> str:
    runs = f"script-src '{_digest(script)}'; connect-src 'self'; " if script else ""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; {runs}img-src data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def _digest(inline: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}"


@lru_cache(maxsize=256)
def _style(brand: Brand | None) -> str:
    day, night = (
        _properties(brand.shades(ground) if brand else shades(NEUTRAL_COLOUR, ground)) for ground in (PAPER, NIGHT)
    )
    return f"{day}@media (prefers-color-scheme: dark) {{ {night}}}\n{_stylesheet()}"


def _properties(used: Shades) -> str:
    return f":root {{ --accent: {used.accent}; --on-accent: {used.on_accent}; --accent-edge: {used.edge}; }}\n"


@cache
def _stylesheet() -> str:
    return _squeezed("page.css")


def _squeezed(name: str) -> str:
    """Return a file without its comments and indentation, which the reader of a page need not load."""
    lines = _COMMENT.sub("", (FOLDER / "pages" / name).read_text(encoding="utf-8")).splitlines()
    return "\n".join(filter(None, map(str.strip, lines)))


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
        auto_reload=False,
    )
    environment.install_gettext_translations(catalogue(lang), newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    environment.filters["one_line"] = one_line
    environment.globals |= {"strong": _strong, "mail_link": _mail_link, "own_name": _own_name}
    return environment


def one_line(lines: str) -> str:
    """Return a text of several lines, such as a postal address, as one."""
    return ", ".join(part for line in lines.splitlines() if (part := line.strip(" ,")))


def _strong(value: object) -> Markup:
    return Markup("<strong>{}</strong>").format(value)


def _mail_link(address: str) -> Markup:
    return Markup('<a href="mailto:{0}" dir="ltr">{0}</a>').format(address)


@cache
def _own_name(tag: str) -> str:
    """Return what the speakers of a language call it, as a word that stands alone."""
    name = locale_of(tag).get_display_name() or tag
    return name[0].upper() + name[1:]
