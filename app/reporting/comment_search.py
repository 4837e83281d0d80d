"""Searching comments: what a person typed becomes a query of words, and hits become marks. Pure rules, no database.

People type words, "phrases in quotes", beginnings* and -words that must not be there; OR between two means either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

from app.responses.search_words import CONFIGURATIONS, SIMPLE, UNSPACED, by_language

MOST_TERMS = 12

OPENS, CLOSES = "\x02", "\x03"
"""What PostgreSQL puts around hits: characters that no comment can hold, since they are taken out when it is kept."""

_TERM = re.compile(r'(-?)"([^"]*)"|(\S+)')
_LETTERS = re.compile(r"\w")
_UNSPACED = re.compile(UNSPACED)
_NAMES = sorted({*CONFIGURATIONS.values(), SIMPLE})


def query_text(search: str) -> str:
    """Return `search` in the syntax of `to_tsquery`; empty where there is nothing to look for."""
    written, joined = "", " & "
    for term in _terms(search):
        if term == "OR":
            joined = " | " if written else joined
            continue
        written = f"{written}{joined}{term}" if written else term
        joined = " & "
    return written


def _terms(search: str) -> Iterator[str]:
    for found in list(_TERM.finditer(search))[:MOST_TERMS]:
        without, phrase, word = found.groups()
        if word == "OR":
            yield word
            continue
        begins = word is not None and len(word) > 1 and word.endswith("*")
        if word is not None:
            without = "-" if word.startswith("-") else ""
            phrase = word.removeprefix("-").removesuffix("*") if begins else word.removeprefix("-")
        if _LETTERS.search(phrase):
            yield f"{'!' if without else ''}{_quoted(phrase)}{':*' if begins else ''}"


def _quoted(phrase: str) -> str:
    """Return words that follow each other; characters of languages without spaces are words of their own."""
    apart = " ".join(_UNSPACED.sub(r" \1 ", phrase).split())
    escaped = apart.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _asked(name: str) -> str:
    return f"to_tsquery('{name}', :words)"


_ANY = " || ".join(map(_asked, _NAMES))
_OWN = {name: f"(SELECT {_asked(name)})" for name in _NAMES}

FOUND = f"r.search_words @@ (SELECT {_ANY}) AND r.search_words @@ {by_language('r.language', _OWN, _OWN[SIMPLE])}"
"""SQL condition on a response `r`: its comments hold `:words`, read as its own language has them.

The first half asks the index for the words as any language would have them, the second is exact.
"""

_REGCONFIG = {name: f"'{name}'::regconfig" for name in _NAMES}

HEADLINE = (
    f"ts_headline({by_language('r.language', _REGCONFIG, _REGCONFIG[SIMPLE])}, r.comments,"
    f" {by_language('r.language', _OWN, _OWN[SIMPLE])},"
    f" 'HighlightAll=true, StartSel={OPENS}, StopSel={CLOSES}')"
)
"""SQL: the comments of a response `r` with its hits between `OPENS` and `CLOSES`."""


def marked(comment: str, search: str = "") -> Markup:
    """Return a comment, safe for a page, with its hits marked.

    Where PostgreSQL marked none, what was typed is marked as it stands: so in languages that put no spaces.
    """
    if OPENS in comment:
        return _between(comment, OPENS, CLOSES)
    terms = [term for term in re.findall(r"[^\s\"*]+", search) if _UNSPACED.search(term)]
    if not terms:
        return escape(comment)
    wanted = re.compile("|".join(re.escape(term.removeprefix("-")) for term in terms))
    return _between(wanted.sub(lambda hit: f"{OPENS}{hit[0]}{CLOSES}", comment), OPENS, CLOSES)


def _between(comment: str, opens: str, closes: str) -> Markup:
    safe = str(escape(comment))
    return Markup(safe.replace(opens, "<mark>").replace(closes, "</mark>"))  # noqa: S704 - escaped just before


def texts(comments: Mapping[str, Any]) -> list[str]:
    """Return the comments of an answer without their hits' marks, in the order of their keys."""
    return [str(comments[key]).replace(OPENS, "").replace(CLOSES, "") for key in sorted(comments)]
