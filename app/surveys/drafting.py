"""Drafts: definitions while people still write them, with texts missing and faults in them.

A draft has the shape of a `Definition` as plain JSON: every part that is not optional is there, a text that nobody has
written yet is an empty mapping of languages. Pure: nothing here stores, and what is wrong in a draft never keeps it
from being saved.

A path names a place in a draft as faults do: `questions.drivers[2].label.en`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel

from app.surveys.definition import Definition, validate
from app.surveys.faults import DefinitionError, Fault
from app.surveys.reading import ReadingError, read_yaml
from app.surveys.wording import Text

Draft = dict[str, Any]

_NAME = "the draft"
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_MENDABLE = ("promoter_link.url", "questions.reasons", "questions.ratings.items")


def shaped(content: object, name: str = _NAME) -> Draft:
    """Return `content` as a draft; DefinitionError for all in it that the designer could not show or would lose."""
    faults: list[Fault] = []
    draft = _shape(Definition, content, "", faults)
    if not faults:
        draft["default_language"] = draft["default_language"] or next(iter(draft["languages"]), "")
        faults = [fault for fault in faults_of(draft) if not _is_mendable(draft, fault.path)]
    if faults:
        raise DefinitionError(name, tuple(faults))
    return draft


def read_draft(text: str, name: str) -> Draft:
    """Return the draft written in the YAML `text`; DefinitionError calls it `name`."""
    try:
        return shaped(read_yaml(text), name)
    except ReadingError as error:
        raise DefinitionError(name, (Fault(error.where, error.problem),)) from error


def as_yaml(draft: Draft) -> str:
    """Return `draft` as people read it: parts in their order, languages in theirs, nothing that says nothing."""
    ordered = _shape(Definition, draft, "", [])
    for _, text in texts(ordered):
        written = {lang: text[lang] for lang in draft["languages"] if lang in text}
        text.clear()
        text.update(written)
    return yaml.safe_dump(_without_nothing(ordered), sort_keys=False, allow_unicode=True, width=110)


def blank(model: type[BaseModel]) -> Draft:
    """Return an empty part of the kind `model`."""
    return _shape(model, {}, "", [])


def faults_of(draft: Draft) -> tuple[Fault, ...]:
    """Return everything that keeps `draft` from being published, one fault a place."""
    found: dict[str, Fault] = {}
    looked_at = deepcopy(draft)
    for _ in range(2):  # a text that cannot be read hides what is wrong elsewhere, so it is taken out the second time
        try:
            validate(looked_at, _NAME)
        except DefinitionError as error:
            for fault in error.faults:
                found.setdefault(fault.path, fault)
            _take_out(looked_at, error.faults)
        else:
            break
    return tuple(found.values())


def missing(draft: Draft) -> dict[str, list[str]]:
    """Return, by language, the paths of the texts that nobody has written in it yet."""
    every = list(texts(draft))
    return {lang: [path for path, text in every if lang not in text] for lang in draft["languages"]}


def texts(part: Draft, model: type[BaseModel] = Definition, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every text of `part` with its path: the mapping itself, so that it may be changed."""
    for name, kind, listed in _fields(model):
        value, here = part.get(name), f"{path}.{name}".lstrip(".")
        if value is None or not issubclass(kind, BaseModel):
            continue
        for place, item in enumerate(value if listed else [value]):
            at_item = f"{here}[{place}]" if listed else here
            if issubclass(kind, Text):
                yield at_item, item
            else:
                yield from texts(item, kind, at_item)


def steps(path: str) -> list[str | int]:
    """Return the names and places that `path` consists of."""
    return [int(found[1]) if found[1] else found[2] for found in _STEP.finditer(path)]


def at(draft: Draft, path: str) -> Any:
    """Return what stands at `path`; LookupError when nothing does."""
    value: Any = draft
    for step in steps(path):
        if not isinstance(value, list if isinstance(step, int) else dict):
            raise LookupError(path)
        value = value[step]  # type: ignore[index]  # a place in a list or a name in a mapping, as was just made sure
    return value


@cache
def _fields(model: type[BaseModel]) -> tuple[tuple[str, type, bool], ...]:
    """The fields of `model`: name, kind, and whether it is a list of that kind."""
    found = []
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        inner = [kind for kind in get_args(annotation) if kind not in (NoneType, Ellipsis)] or [annotation]
        kind = inner[0] if isinstance(inner[0], type) else get_args(inner[0])[0]
        found.append((name, kind, get_origin(annotation) is tuple))
    return tuple(found)


def _shape(model: type[BaseModel], content: object, path: str, faults: list[Fault]) -> Draft:
    if not isinstance(content, Mapping):
        faults.append(Fault(path, "should have parts of its own below it"))
        return {}
    fields = _fields(model)
    known = ", ".join(name for name, _, _ in fields)
    unknown = sorted(content.keys() - {name for name, _, _ in fields})
    faults.extend(Fault(f"{path}.{name}".lstrip("."), f"is not known here; there are {known}") for name in unknown)
    draft: Draft = {}
    for name, kind, listed in fields:
        here, value = f"{path}.{name}".lstrip("."), content.get(name)
        if value is None:
            draft[name] = _nothing(model, name, kind, listed)
        elif not listed:
            draft[name] = _value(kind, value, here, faults)
        elif isinstance(value, list | tuple):
            draft[name] = [_value(kind, item, f"{here}[{place}]", faults) for place, item in enumerate(value)]
        else:
            faults.append(Fault(here, "should be a list"))
    return draft


def _nothing(model: type[BaseModel], name: str, kind: type, listed: bool) -> Any:
    if listed:
        return []
    field = model.model_fields[name]
    if not field.is_required():
        return field.default
    if issubclass(kind, Text):
        return {}
    return blank(kind) if issubclass(kind, BaseModel) else ""


def _value(kind: type, value: object, path: str, faults: list[Fault]) -> Any:
    if issubclass(kind, Text):
        return _text(value, path, faults)
    if issubclass(kind, BaseModel):
        return _shape(kind, value, path, faults)
    if kind is bool:
        if value not in (True, False, "true", "false"):
            faults.append(Fault(path, "should be true or false"))
        return value in (True, "true")
    if not isinstance(value, str):
        faults.append(Fault(path, "should be a text"))
    return value


def _text(value: object, path: str, faults: list[Fault]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        faults.append(Fault(path, "should have one text for each language, such as «en: …»"))
        return {}
    written: dict[str, Any] = {}
    for lang, given in value.items():
        alternatives = list(given) if isinstance(given, list | tuple) else [given]
        if not all(isinstance(text, str) for text in alternatives):
            faults.append(Fault(f"{path}.{lang}", "should be a text, or a list of alternative texts, best first"))
            continue
        put(written, lang, alternatives)
    return written


def put(text: dict[str, Any], lang: str, alternatives: Iterable[str]) -> None:
    """Write `alternatives` into `text`; those that are empty count as not written."""
    kept = [line for given in alternatives if (line := given.strip())]
    if kept:
        text[lang] = kept[0] if len(kept) == 1 else kept
    else:
        text.pop(lang, None)


def _is_mendable(draft: Draft, path: str) -> bool:
    """Whether a fault at `path` stands at a field that the designer shows."""
    if path in _MENDABLE:
        return True
    return any(
        path == at_text or path in (f"{at_text}.{lang}" for lang in draft["languages"]) for at_text, _ in texts(draft)
    )


def _take_out(draft: Draft, faults: Iterable[Fault]) -> None:
    for fault in faults:
        parent, _, lang = fault.path.rpartition(".")
        try:
            at(draft, parent).pop(lang, None)
        except (LookupError, AttributeError):
            continue


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _without_nothing(inner) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if inner not in (None, False, [])}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value
