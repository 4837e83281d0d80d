"""What is wrong in a definition, in words for the person who wrote it. Knows pydantic's errors, no survey."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

from app.core.errors import QuorumError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

_SHAPES = {
    "string_type": "should be a text",
    "tuple_type": "should be a list",
    "dict_type": "should have one text for each language, such as «en: …»",
    "model_type": "should have parts of its own below it",
    "too_short": "is empty; at least one is needed",
    "too_long": "has {actual_length}; there is room for {max_length}",
    "bool_parsing": "should be true or false",
    "string_pattern_mismatch": "should match the pattern {pattern}",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a definition: where, and what would be right."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem


class DefinitionError(QuorumError):
    """A definition that cannot be used, with everything that is wrong in it."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        self.name = name
        self.faults = faults
        super().__init__("\n".join([f"{name} is not a usable survey definition:", *(f"  {fault}" for fault in faults)]))


def explain(model: type[BaseModel], error: ErrorDetails) -> Fault:
    """Return what one pydantic `error` in `model` means to the writer of the definition."""
    kind, loc = error["type"], error["loc"]
    fields = _fields_at(model, loc[:-1])
    last = str(loc[-1]) if loc else ""
    if kind == "missing":
        description = fields[last].description if last in fields else None
        problem = f"is missing: {description}" if description else "is missing"
    elif kind == "extra_forbidden":
        problem = f"is not known here; {_known(last, fields)}"
    else:
        problem = _SHAPES[kind].format(**error.get("ctx", {})) if kind in _SHAPES else error["msg"]
    return Fault(_path(loc), problem)


def _known(name: str, fields: Mapping[str, FieldInfo]) -> str:
    near = get_close_matches(name, fields, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(fields)}"


def _fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> Mapping[str, FieldInfo]:
    """The fields of the part that stands at `loc` inside `model`; none for a mapping of languages."""
    for step in loc:
        if isinstance(step, int):
            continue
        field = model.model_fields.get(step)
        inner = [kind for kind in _kinds(field.annotation) if issubclass(kind, BaseModel)] if field else []
        if not inner:
            return {}
        model = inner[0]
    return model.model_fields


def _kinds(annotation: object) -> list[type]:
    return [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]


def _path(loc: tuple[int | str, ...]) -> str:
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return re.sub(r"^\.", "", steps)
