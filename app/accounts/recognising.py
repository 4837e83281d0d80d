"""What kind of file a header belongs to, and which of its columns are ours. Pure: a header is all that is looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from app.accounts.columns import ATTRIBUTE, LEFT_OUT, find_columns, own_columns
from app.accounts.kinds import KINDS, KindName
from app.accounts.text import shortened, squashed, visible
from app.core.errors import QuorumError


def kind_of(header: Sequence[str], said: Mapping[str, Collection[str]] | None = None) -> KindName | None:
    """Return the kind that most columns of a header speak for, or None when that is none or not one.

    `said` holds for each kind what else people have called columns of such files, `squashed`.
    """
    theirs = {squashed(visible(name)) for name in own_columns(header)}
    also = said or {}
    known = {name: len(theirs & (_words(kind.columns) | {*also.get(name, ())})) for name, kind in KINDS.items()}
    most = max(known.values())
    found = [name for name, count in known.items() if most and count == most]
    whole = [name for name in found if not _missing(header, name, {})]
    return found[0] if len(found) == 1 else whole[0] if len(whole) == 1 else None


def columns_fault(header: Sequence[str], kind: KindName, mapping: Mapping[str, str], file: str) -> str | None:
    """Return why a file cannot be read as that kind, in one sentence, or None when it can."""
    if missing := _missing(header, kind, mapping):
        return f"None of its columns stands for {' or '.join(missing)}; choose the one that does."
    try:
        find_columns(header, KINDS[kind].columns, KINDS[kind].required, mapping=mapping, file=file)
    except QuorumError as fault:
        return str(fault)
    return None


def meanings(header: Sequence[str], kind: KindName, mapping: Mapping[str, str]) -> dict[str, str]:
    """Return what becomes of each column of a header: our column, `ATTRIBUTE` or `LEFT_OUT`.

    Columns that could be several of ours are attributes here; `columns_fault` speaks of them.
    """
    given = {squashed(visible(theirs)): ours for theirs, ours in mapping.items()}
    names = own_columns(header)
    found = {name: given[squashed(name)] for name in names if squashed(name) in given}
    spellings = KINDS[kind].columns
    for column in spellings.keys() - found.values():
        free = {squashed(name): name for name in names if name not in found}
        own, others = free.get(squashed(column)), [free[key] for key in _keys(spellings[column]) if key in free]
        if own is not None or len(others) == 1:
            found[own if own is not None else others[0]] = column
    rest = ATTRIBUTE if "attributes" in KINDS[kind].row._fields else LEFT_OUT
    return {name: found.get(name, rest) for name in names}


def named(header: Sequence[str], kind: KindName, chosen: Sequence[str]) -> tuple[dict[str, str], dict[int, str]]:
    """Return the mapping that a choice for each column makes, and what is wrong with it by the column's place.

    Only what differs from what the header says by itself is in the mapping. Missing choices are left to the header.
    """
    allowed = {value for value, _ in choices(kind)}
    by_itself = meanings(header, kind, {})
    mapping: dict[str, str] = {}
    taken: dict[str, str] = {}
    faults = {}
    for place, (name, ours) in enumerate(zip(own_columns(header), chosen, strict=False)):
        if ours in KINDS[kind].columns and taken.setdefault(ours, name) != name:
            faults[place] = f"«{shortened(taken[ours])}» is {ours} already; one of the two has to be something else."
        elif ours in allowed and ours != by_itself[name]:
            mapping[name] = ours
    return mapping, faults


def choices(kind: KindName) -> list[tuple[str, str]]:
    """Return what a column of a file of this kind may be called, with its label."""
    attributes = "attributes" in KINDS[kind].row._fields
    kept = [(ATTRIBUTE, "Keep as an attribute")] if attributes else []
    return [*kept, (LEFT_OUT, "Leave out"), *((column, column) for column in KINDS[kind].columns)]


def _missing(header: Sequence[str], kind: KindName, mapping: Mapping[str, str]) -> Sequence[str] | None:
    """Return the columns of which a file of that kind needs one and has none."""
    there = set(meanings(header, kind, mapping).values())
    return next((group for group in KINDS[kind].required if there.isdisjoint(group)), None)


def _words(spellings: Mapping[str, Sequence[str]]) -> set[str]:
    return {squashed(column) for column in spellings} | {key for also in spellings.values() for key in _keys(also)}


def _keys(also: Iterable[str]) -> list[str]:
    return [squashed(spelling) for spelling in also]
