"""Reading YAML that people write or upload: strict, harmless, and with faults that name the line.

Every scalar is read as the text that stands there, so that the language `no` is not a false and a label
`2024` not a number; control characters, which databases refuse, are taken out. Aliases and towers of
brackets are refused: a few lines of them cost gigabytes or minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Protocol

import yaml

from app.surveys.cleaning import clean_text

_LARGEST = 1_000_000
_DEEPEST = 20
# The parser in C, where PyYAML brings it, is ten times as fast.
_PARSER = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
_CONTENT = (yaml.NodeEvent, yaml.CollectionEndEvent)


class ReadingError(Exception):
    """Text that is not usable YAML: `where` it breaks and what the `problem` is."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}".removeprefix(": "))
        self.where = where
        self.problem = problem


class _Mark(Protocol):
    line: int


def read_yaml(text: str) -> object:
    """Return the mappings, lists and texts written in `text`; ReadingError when it is not one YAML document."""
    if len(text) > _LARGEST:
        raise ReadingError("", f"has {len(text):,} characters; there is room for {_LARGEST:,}")
    try:
        events = (event for event in yaml.parse(text, Loader=_PARSER) if isinstance(event, _CONTENT))
        found = [_node(event, events, 0) for event in events]
    except yaml.MarkedYAMLError as error:
        raise ReadingError(_line(error.problem_mark), f"is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ReadingError("", f"is not YAML: {error}") from error
    if len(found) > 1:
        raise ReadingError("", "holds several documents, parted by ---; one is right")
    return found[0] if found else None


def _node(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> object:
    if isinstance(event, yaml.ScalarEvent):
        return clean_text(event.value)
    if isinstance(event, yaml.AliasEvent):
        raise ReadingError(_line(event.start_mark), f"write the text out; *{event.anchor} is not followed")
    if depth == _DEEPEST:
        raise ReadingError(_line(event.start_mark), f"is nested too deeply; {_DEEPEST} levels are enough")
    inside = takewhile(lambda following: not isinstance(following, yaml.CollectionEndEvent), events)
    if isinstance(event, yaml.SequenceStartEvent):
        return [_node(item, events, depth + 1) for item in inside]
    return _mapping(inside, events, depth + 1)


def _mapping(keys: Iterator[yaml.Event], events: Iterator[yaml.Event], depth: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for key in keys:
        if not isinstance(key, yaml.ScalarEvent):
            raise ReadingError(_line(key.start_mark), "a name before a colon should be a plain word")
        if key.value in found:
            raise ReadingError(_line(key.start_mark), f"«{key.value}» is there a second time; once is right")
        found[key.value] = _node(next(events), events, depth)
    return found


def _line(mark: _Mark | None) -> str:
    return f"line {mark.line + 1}" if mark else ""
