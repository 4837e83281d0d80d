"""Which column of a file is which: headers as CRMs write them, and the mapping a user may give. No cells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from app.accounts.text import shortened, squashed, visible
from app.core.errors import QuorumError

Spellings = Mapping[str, Sequence[str]]
"""Our column → the other names CRMs give it; case, spaces, `_` and `-` do not matter."""

REASON_COLUMNS = ("Line", "Reason")
"""The last two columns of a file of rejected rows, which comes back mended."""


ATTRIBUTE = "(attribute)"
LEFT_OUT = "(left out)"
"""What a mapping may call a column that is none of ours: kept as an attribute to segment by, or not taken at all."""


class Columns(NamedTuple):
    """Where in a record each of our columns stands, and where the columns that become attributes."""

    known: dict[str, int]
    attributes: dict[str, int]


def find_columns(
    header: Sequence[str],
    spellings: Spellings,
    required: Collection[Sequence[str]],
    *,
    mapping: Mapping[str, str] | None = None,
    file: str,
) -> Columns:
    """Match `header` with our columns; of each group in `required` at least one has to be there.

    The user's mapping goes first, then our own name of a column, then the other spellings. What is left over becomes
    attributes. One mapping may serve several files: what is said of columns of other files does no harm.
    """
    header = own_columns(header)
    mapped = _mapped(header, spellings, mapping or {}, file)
    aside = _aside(header, mapping or {})
    known = {column: index for index, column in mapped.items()}
    for column in spellings.keys() - known.keys():
        index = _matching(header, column, spellings[column], mapped.keys() | aside.keys(), file)
        if index is not None:
            known[column] = index
    for theirs, ours in (mapping or {}).items():
        if (wanted := _our_column(ours, spellings)) and wanted not in known:
            raise QuorumError(f"The mapping calls {wanted} «{shortened(theirs)}», which is no column of {file}.")
    for group in required:
        if not any(column in known for column in group):
            raise QuorumError(_missing(group, spellings, header, file))
    taken = {*known.values(), *(index for index, said in aside.items() if said == LEFT_OUT)}
    return Columns(known, {name: index for index, name in enumerate(header) if index not in taken})


def own_columns(header: Sequence[str]) -> Sequence[str]:
    """Return the columns of a file without those that were added when its rows were rejected before."""
    return header[:-2] if tuple(header[-2:]) == REASON_COLUMNS else header


def _mapped(header: Sequence[str], spellings: Spellings, mapping: Mapping[str, str], file: str) -> dict[int, str]:
    names = {squashed(name): index for index, name in enumerate(header)}
    found: dict[int, str] = {}
    for theirs, ours in mapping.items():
        column = _our_column(ours, spellings)
        index = names.get(squashed(visible(theirs)))
        if column is None or index is None:
            continue
        if column in found.values():
            raise QuorumError(f"{file}: the mapping names two columns for {column}; name one.")
        found[index] = column
    return found


def _aside(header: Sequence[str], mapping: Mapping[str, str]) -> dict[int, str]:
    """Return the columns that the mapping calls none of ours, with what becomes of them."""
    said = {squashed(visible(theirs)): ours for theirs, ours in mapping.items() if ours in (ATTRIBUTE, LEFT_OUT)}
    return {index: said[key] for index, key in enumerate(map(squashed, header)) if key in said}


def check_mapping(mapping: Mapping[str, str], *kinds: Spellings) -> None:
    """Refuse a mapping to a column that no kind of file has."""
    for ours in mapping.values():
        if ours not in (ATTRIBUTE, LEFT_OUT) and not any(_our_column(ours, spellings) for spellings in kinds):
            known = ", ".join(dict.fromkeys(column for spellings in kinds for column in spellings))
            raise QuorumError(f"The mapping speaks of a column «{shortened(ours)}»; there are: {known}.")


def _our_column(name: str, spellings: Spellings) -> str | None:
    wanted = squashed(name)
    exact = (column for column in spellings if squashed(column) == wanted)
    other = (column for column, also in spellings.items() if wanted in map(squashed, also))
    return next(exact, None) or next(other, None)


def _matching(
    header: Sequence[str], column: str, also: Sequence[str], spoken_for: Collection[int], file: str
) -> int | None:
    free = {squashed(name): index for index, name in enumerate(header) if index not in spoken_for}
    if squashed(column) in free:
        return free[squashed(column)]
    found = [free[spelling] for spelling in map(squashed, also) if spelling in free]
    if len(found) > 1:
        names = " and ".join(f"«{header[index]}»" for index in sorted(found))
        raise QuorumError(f"{file}: {names} could both be {column}; say which with a mapping.")
    return found[0] if found else None


def _missing(group: Sequence[str], spellings: Spellings, header: Sequence[str], file: str) -> str:
    wanted = " or ".join(f"«{column}»" for column in group)
    also = ", ".join(spelling for column in group for spelling in spellings[column])
    there = ", ".join(shortened(name) for name in header[:40])
    return f"{file} has no column {wanted} (also read: {also}). Its columns are: {there}. A mapping can name another."
