"""Whom a campaign is about, as a person ticks and types it: values of fields, amounts, quota tables of segments. Pure.

Of each field some values are ticked and others typed, one a line; a tick without text means an empty field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from app.accounts.amounts import money
from app.accounts.cells import Unreadable
from app.accounts.text import shortened, visible
from app.campaigns.audience import ATTRIBUTE, MOST_VALUES, Audience
from app.campaigns.segment_quotas import MOST_SEGMENTS, Quotas

SIDES = ("account", "contact")
TYPED = "typed."
"""What stands before the name of a field in the name of the box for further values of it."""

SEGMENT_FIELD, SEGMENT_VALUES, SEGMENT_TABLE = "segment-field", "segment-values", "segment-table"

Given = Mapping[str, Sequence[str]]
"""Name of a field in a form → what was given under it, in the order of the page."""

Faults = dict[str, str]

_amount = money(",")


class TypedSegment(NamedTuple):
    """A row of the segments with a table of their own, as it stands in the form."""

    field: str = ""
    typed: str = ""
    table: str = ""


@dataclass(frozen=True)
class Chosen:
    """The values chosen of one field of accounts or contacts; `typed` is what stands in its box."""

    ticked: tuple[str, ...]
    typed: str

    @property
    def values(self) -> tuple[str, ...]:
        """Return all of them once, in the order of the page; two spellings that differ in case are one."""
        found: dict[str, str] = {}
        for value in (*self.ticked, *lines(self.typed)):
            found.setdefault(value.casefold(), value)
        return tuple(found.values())


def chosen(given: Given) -> dict[tuple[str, str], Chosen]:
    """Return what is chosen of which field, as (side, field); fields with nothing chosen are left out."""
    found: dict[tuple[str, str], Chosen] = {}
    for name in given:
        side, _, field = name.removeprefix(TYPED).partition(".")
        if side in SIDES and field and (side, field) not in found:
            both = Chosen(tuple(given.get(f"{side}.{field}", ())), first(given, f"{TYPED}{side}.{field}"))
            if both.values:
                found[side, field] = both
    return found


def read_audience(given: Given) -> tuple[Audience | None, Faults]:
    """Return the audience that is meant, or None and what is wrong."""
    faults: Faults = {}
    kept: dict[str, Any] = {}
    for (side, field), each in chosen(given).items():
        if len(each.values) > MOST_VALUES:
            name = f"{side}.{field}"
            faults[name] = f"There are {len(each.values)} values; give at most {MOST_VALUES}, or leave the field open."
        kept.setdefault(side, {})[field] = list(each.values)
    low, high = _money(given, "value_from", faults), _money(given, "value_to", faults)
    if low is not None and high is not None and low > high:
        faults["value_to"] = f"From {low:,} to {high:,} there is nobody; give an amount from {low:,} on."
    if faults:
        return None, faults
    try:
        kept["value"] = {name: str(amount) for name, amount in (("from", low), ("to", high)) if amount is not None}
        return Audience.read(kept), {}
    except ValueError as error:
        return None, {"audience": str(error)}


def typed_audience(audience: Audience) -> dict[str, list[str]]:
    """Return an audience as the form shows it."""
    found = {
        f"{side}.{field}": list(values)
        for side, wanted in (("account", audience.account), ("contact", audience.contact))
        for field, values in wanted.items()
    }
    for name, amount in (("value_from", audience.value_from), ("value_to", audience.value_to)):
        if amount is not None:
            found[name] = [f"{amount:f}"]
    return found


def typed_segments(given: Given) -> list[TypedSegment]:
    """Return the rows of segments as they stand in the form, those that wait to be filled among them."""
    columns = (given.get(name, ()) for name in (SEGMENT_FIELD, SEGMENT_VALUES, SEGMENT_TABLE))
    return [TypedSegment(*row) for row in zip(*columns, strict=False)]


def read_segments(rows: Iterable[TypedSegment], tables: Mapping[str, Any]) -> tuple[list[dict[str, Any]], Faults]:
    """Return the sound segments as a campaign keeps them, and what is wrong with row 3 under `segment-3`.

    `tables` are the quota tables one may choose, as JSON by their key.
    """
    kept: list[dict[str, Any]] = []
    faults: Faults = {}
    for number, row in enumerate(rows, start=1):
        if not row.field and not lines(row.typed):
            continue
        segment = {"field": row.field, "values": lines(row.typed), "quota": tables.get(row.table)}
        if fault := _segment_fault(row, segment):
            faults[f"segment-{number}"] = fault
        else:
            kept.append(segment)
    if len(kept) > MOST_SEGMENTS:
        faults["segment-1"] = f"There are {len(kept)} segments with a table of their own; keep to {MOST_SEGMENTS}."
    return kept, faults


def as_rows(segment_quotas: Iterable[Mapping[str, Any]], name: str) -> Iterator[TypedSegment]:
    """Yield kept segments as rows of the form; `name` is under which name a quota says which table it is of."""
    for each in segment_quotas:
        yield TypedSegment(each["field"], "\n".join(each["values"]), str(each["quota"].get(name, "")))


def lines(text: str) -> list[str]:
    """Return the values in a box, one a line."""
    return [line for line in map(visible, text.splitlines()) if line]


def first(given: Given, name: str) -> str:
    """Return what was given under a name, without space around it; empty when there is nothing."""
    return next(iter(given.get(name, ())), "").strip()


def attribute_label(field: str) -> str:
    """Return how people call a field that came as a column of their own: its key, from attributes.service_tier."""
    return field.removeprefix(ATTRIBUTE).replace("_", " ").capitalize()


def _segment_fault(row: TypedSegment, segment: dict[str, Any]) -> str | None:
    if not row.field:
        return "Choose the field that makes this segment."
    if not segment["values"]:
        return "Write at least one value, one a line."
    if segment["quota"] is None:
        return "Choose the quota table of this segment."
    try:
        Quotas.read(segment["quota"], [segment])
    except ValueError as error:
        return str(error)
    return None


def _money(given: Given, name: str, faults: Faults) -> Decimal | None:
    try:
        return _amount(first(given, name))
    except Unreadable as error:
        faults[name] = f"«{shortened(first(given, name))}» {error}."
        return None
