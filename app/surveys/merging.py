"""Two people edited one draft: what both did is put together, and where they differ, both texts are named. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.surveys.drafting import Draft


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place that both changed: `mine` stands in the merged draft, `theirs` is what was saved first.

    `path` is a path of the merged draft; None stands for what was taken out.
    """

    path: str
    mine: Any
    theirs: Any


def merge(base: Draft, mine: Draft, theirs: Draft) -> tuple[Draft, list[Conflict]]:
    """Return `theirs` with everything that `mine` changed since `base`, and the places that both changed otherwise."""
    conflicts: list[Conflict] = []
    merged: Draft = _merged(base, mine, theirs, "", conflicts)
    return merged, conflicts


def _merged(base: Any, mine: Any, theirs: Any, path: str, conflicts: list[Conflict]) -> Any:
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return _mapping(base if isinstance(base, dict) else {}, mine, theirs, path, conflicts)
    if _is_keyed(mine) and _is_keyed(theirs):
        return _list(base if isinstance(base, list) else [], mine, theirs, path, conflicts)
    if isinstance(mine, list) and isinstance(theirs, list) and len(base) == len(mine) == len(theirs):
        trios = enumerate(zip(base, mine, theirs, strict=True))
        return [_merged(*trio, f"{path}[{place}]", conflicts) for place, trio in trios]
    conflicts.append(Conflict(path, mine, theirs))
    return mine


def _mapping(base: Draft, mine: Draft, theirs: Draft, path: str, conflicts: list[Conflict]) -> Draft:
    merged = {}
    for name in {**theirs, **mine}:
        value = _merged(base.get(name), mine.get(name), theirs.get(name), f"{path}.{name}".lstrip("."), conflicts)
        # a text that is not written is not there at all; an optional part that is not wanted is there as None
        if value is not None or any(part.get(name, ...) is None for part in (base, mine, theirs)):
            merged[name] = value
    return merged


def _list(base: list[Any], mine: list[Any], theirs: list[Any], path: str, conflicts: list[Conflict]) -> list[Any]:
    was, here, there = ({item["key"]: item for item in items} for items in (base, mine, theirs))
    order = list(here) if list(here) != list(was) else list(there)
    order += [key for key in (*here, *there) if key not in order]
    merged: list[Any] = []
    for key in dict.fromkeys(order):
        item = _merged(was.get(key), here.get(key), there.get(key), f"{path}[{len(merged)}]", conflicts)
        if item is not None:
            merged.append(item)
    return merged


def _is_keyed(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) and "key" in item for item in value)
