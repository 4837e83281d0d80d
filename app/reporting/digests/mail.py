"""Writes a digest as a mail. Pure but for the templates in `survey_templates/mails/`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mrml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.core.formats import level_name, number, percent
from app.reporting.digests.content import ManagerDigest, Silence, Voice
from app.reporting.digests.rhythm import Week
from app.surveys.brands import Brand
from app.surveys.mails import CARD, NIGHT_CARD, Mail
from app.surveys.templating import FOLDER

LONGEST_COMMENT = 280
GLYPHS = {"detractor": "▼", "passive": "●", "promoter": "▲"}
INKS = {"detractor": "#b3401c", "passive": "#6b7280", "promoter": "#0a7566"}

Links = Callable[[Voice | Silence], str]


def write(digest: ManagerDigest, week: Week, brand: Brand, *, stop_url: str, links: Links | None) -> Mail:
    """Return the mail; `links` lead to the account pages of whoever may open them."""
    title = f"Your customers in the week to {week.until:%-d %B %Y}"
    summary = _summary(digest)
    values: dict[str, Any] = {
        "subject": f"{title}: {_headline(digest)}",
        "preheader": summary[0],
        "title": title,
        "summary": summary,
        "digest": digest,
        "more_answers": max(digest.answers - len(digest.voices), 0),
        "more_silent": max(digest.silent - len(digest.silences), 0),
        "links": links,
        "glyphs": GLYPHS,
        "inks": INKS,
        "day": brand.shades(CARD),
        "night": brand.shades(NIGHT_CARD),
        "why": f"You get this mail because you look after customers of {brand.name}.",
        "stop_url": stop_url,
    }
    markup = _templates(markup=True).get_template("digest.mjml").render(values)
    html = mrml.to_html(markup, render_options=mrml.RenderOptions(fonts={})).content
    return Mail(values["subject"], html, _templates(markup=False).get_template("digest.txt").render(values))


def _headline(digest: ManagerDigest) -> str:
    answers = "no new answer" if not digest.answers else _counted(digest.answers, "new answer")
    return f"{answers}, {_counted(digest.silent, 'silent account')}" if digest.silent else answers


def _summary(digest: ManagerDigest) -> list[str]:
    bands = ", ".join(_counted(n, band) for band, n in digest.bands.most_common())
    answers = f"{_counted(digest.answers, 'new answer')}: {bands}."
    first = answers if digest.answers else "Nobody has answered this week."
    if not digest.wanted:
        return [first]
    coverage = f"Coverage of running waves: {percent(digest.coverage)}, {number(digest.heard)} of"
    heard = f"{number(digest.accounts_heard)} of {_counted(digest.accounts, 'account')} heard"
    return [first, f"{coverage} {_counted(digest.wanted, 'wanted answer')}; {heard}."]


def _counted(count: int, word: str) -> str:
    return f"{number(count)} {word}{'' if count == 1 else 's'}"


def _short(comment: str) -> str:
    return comment if len(comment) <= LONGEST_COMMENT else comment[: LONGEST_COMMENT - 1].rstrip() + "…"


@cache
def _templates(*, markup: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "mails"),
        autoescape=markup,  # noqa: S701 - plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["short"] = _short
    environment.globals["level_name"] = level_name
    return environment
