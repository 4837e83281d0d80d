"""One page of the designer as its template needs it: the draft, one or two languages of it, and what is wrong where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.surveys.drafting import Draft, at, faults_of, missing, texts
from app.surveys.faults import Fault
from app.surveys.metrics import Band
from app.surveys.naming import band_scores, label_of, language_name, words
from app.surveys.wording import ALWAYS_KNOWN, placeholders_in

PARTS = {"questions": "Questions", "drivers": "Reasons", "mail": "Mail"}


@dataclass(frozen=True, slots=True)
class Pointer:
    """Something to do: where, in words, and the page and field it is done at."""

    what: str
    problem: str
    part: str
    path: str
    lang: str | None = None


@dataclass(frozen=True)
class Sheet:
    """A draft on the page `part`, in its source language and perhaps one more; `theirs` is by the name of a field.

    `lost` is a language that somebody removed while this person wrote in it.
    """

    draft: Draft
    revision: int
    part: str = "questions"
    target: str | None = None
    published: frozenset[str] = frozenset()
    theirs: Mapping[str, str] = field(default_factory=dict)
    lost: str | None = None

    @property
    def source(self) -> str:
        """The language the survey is written in first."""
        return str(self.draft["default_language"])

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages side by side."""
        return (self.source, self.target) if self.target else (self.source,)

    @property
    def bands(self) -> Mapping[Band, str]:
        """The scores of each band, in words."""
        return band_scores(self.draft["metric"])

    @cached_property
    def faults(self) -> dict[str, str]:
        """Everything that keeps the draft from being published, by path."""
        return {each.path: _sentence(each.problem) for each in self.to_do}

    @cached_property
    def missing(self) -> dict[str, int]:
        """How many texts each language lacks."""
        return {lang: len(paths) for lang, paths in missing(self.draft).items()}

    @cached_property
    def size(self) -> int:
        """How many texts the draft has in each language when it is complete."""
        return sum(1 for _ in texts(self.draft))

    def alternatives(self, path: str, lang: str) -> list[str]:
        """Return what is written at `path`, best first, and an empty one where another is needed."""
        written = at(self.draft, path).get(lang, [])
        lines = [written] if isinstance(written, str) else list(written)
        needs_more = not lines or placeholders_in(lines[-1]) - ALWAYS_KNOWN
        return [*lines, ""] if needs_more else lines

    def label(self, item: dict[str, Any]) -> str:
        """Return how people know a reason."""
        return label_of(self.draft, item)

    def say(self, field_name: str) -> str:
        """Return what the field of that name is called, with its language."""
        return pointer(self.draft, Fault(field_name, "")).what

    def is_open(self, path: str) -> bool:
        """Tell whether something below `path` needs to be seen."""
        names = (*self.theirs, *(each.path for each in self.here()))
        return any(name.startswith(f"{path}.drivers") for name in names)

    def here(self) -> list[Pointer]:
        """Return what is to be put right on this very page, in the languages it shows."""
        return [each for each in self.to_do if each.part == self.part and each.lang in (None, *self.languages)]

    @cached_property
    def to_do(self) -> list[Pointer]:
        """Everything that is to be put right before the draft can be published."""
        return [pointer(self.draft, fault) for fault in faults_of(self.draft)]


def _sentence(problem: str) -> str:
    return f"{problem[:1].upper()}{problem[1:]}."


def pointer(draft: Draft, fault: Fault) -> Pointer:
    """Return where in the designer `fault` is put right."""
    parent, _, leaf = fault.path.rpartition(".")
    lang = leaf if parent and leaf in draft["languages"] else None
    path = parent if lang else fault.path
    try:
        what, written = words(draft, path), lang is None or lang in at(draft, path)
    except LookupError:  # a fault of the whole, such as a key that is there twice, has no place of its own
        what, written = path, True
    problem = fault.problem if written else "not written yet"
    said = what if lang in (None, draft["default_language"]) else f"{what} in {language_name(str(lang))}"
    return Pointer(said, problem, part_of(path), fault.path, lang)


def part_of(path: str) -> str:
    """Return the page of the designer on which the text at `path` is written."""
    if path.startswith("mail"):
        return "mail"
    if path.startswith(("questions.drivers", "questions.reasons")):
        return "drivers"
    return "languages" if path in ("languages", "default_language") else "questions"
