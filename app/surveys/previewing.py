"""A draft as its reader would see it, however unfinished: what cannot be shown is marked in its place. Pure."""

from __future__ import annotations

import re
from copy import deepcopy

from app.surveys.definition import Definition, validate
from app.surveys.drafting import Draft, at, faults_of, texts
from app.surveys.faults import DefinitionError
from app.surveys.wording import ALWAYS_KNOWN, PLACEHOLDERS

NOT_WRITTEN = "[…]"

_BRACED = re.compile(r"\{([^{}]*)\}")


def previewable(draft: Draft, lang: str) -> Definition | None:
    """Return `draft` in one language with marks where texts are missing; None when there is nothing to show."""
    shown = deepcopy(draft)
    shown |= {"languages": [lang], "default_language": lang}
    questions, link = shown["questions"], shown["promoter_link"]
    if questions["ratings"] and not questions["ratings"]["items"]:
        questions["ratings"] = None
    if link and any(fault.path == "promoter_link.url" for fault in faults_of(draft)):
        shown["promoter_link"] = None
    if questions["drivers"] and questions["reasons"] is None:
        questions["reasons"] = {"promoter": {}, "passive": {}, "detractor": {}}
    for _, text in texts(shown):
        words = text.get(lang)
        text.clear()
        text[lang] = words or NOT_WRITTEN
    for fault in faults_of(shown):
        _mend(shown, fault.path.removesuffix(f".{lang}"), lang)
    try:
        return validate(shown, "the preview")
    except DefinitionError:
        return None


def _mend(shown: Draft, path: str, lang: str) -> None:
    """Make the text at `path` one that can be filled: without the braces that name nothing, with a last way out."""
    try:
        words = at(shown, path)[lang]
    except (LookupError, TypeError):
        return
    lines = [words] if isinstance(words, str) else words
    known = set(PLACEHOLDERS)
    if shown["questions"]["object"] is None or path == "questions.object":
        known.discard("object")
    if path.startswith("questions.drivers"):  # a label reads the same for everybody
        known.clear()
    kept = [_braced(line, known) for line in lines]
    kept = [line for line in kept if line.strip()] or [NOT_WRITTEN]
    last = _braced(kept[-1], known & ALWAYS_KNOWN)
    at(shown, path)[lang] = kept if last == kept[-1] else [*kept, last]


def _braced(line: str, known: set[str]) -> str:
    """`line` with the braces of `known` names alone."""
    parts = _BRACED.split(line)
    plain = [re.sub(r"[{}]", "", part) for part in parts]
    return "".join(f"{{{name}}}" if place % 2 and name in known else plain[place] for place, name in enumerate(parts))
