"""Quota tables by segment: which table holds for an account. Pure rules, and the same rule for the database.

As JSON: `[{"field": "industry", "values": ["Banking"], "quota": {…}}, …]`. The first segment that matches wins; text is
compared without case, and an empty value means an empty field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.campaigns.audience import ACCOUNT_FIELDS, ATTRIBUTE, MOST_VALUES
from app.campaigns.creating import quota_from_json
from app.sampling.quota import QuotaTable

MOST_SEGMENTS = 50

_ONE_OF = "lower(coalesce({column}, '')) IN (SELECT lower(v) FROM unnest({values}::text[]) v)"


@dataclass(frozen=True)
class Segment:
    """The accounts of which `field` has one of `values`, and their quota table."""

    field: str
    values: tuple[str, ...]
    table: QuotaTable

    def holds(self, account: Mapping[str, Any]) -> bool:
        """Tell whether an account, as its columns, belongs to the segment."""
        if self.field.startswith(ATTRIBUTE):
            found = (account.get("attributes") or {}).get(self.field.removeprefix(ATTRIBUTE))
        else:
            found = account.get(self.field)
        return ("" if found is None else str(found)).lower() in {value.lower() for value in self.values}

    def sql(self, account: str, name: str, parameters: dict[str, Any]) -> str:
        """Return `holds` as SQL over the account `account`; what it binds is named after `name`."""
        column = f"{account}.{self.field}"
        if self.field.startswith(ATTRIBUTE):
            parameters[f"key{name}"] = self.field.removeprefix(ATTRIBUTE)
            column = f"{account}.attributes ->> %(key{name})s"
        parameters[f"values{name}"] = list(self.values)
        return _ONE_OF.format(column=column, values=f"%(values{name})s")


@dataclass(frozen=True)
class Quotas:
    """The quota table of a campaign or wave, and those of its segments in the order in which they are tried."""

    table: QuotaTable
    segments: tuple[Segment, ...] = ()

    @classmethod
    def read(cls, quota: Mapping[str, Any], segment_quotas: Iterable[Mapping[str, Any]] = ()) -> Quotas:
        """Return what the database keeps; raises ValueError with a sentence for what cannot be meant."""
        segments = tuple(_segment(kept) for kept in segment_quotas)
        if len(segments) > MOST_SEGMENTS:
            raise ValueError(f"There are {len(segments)} segments with a table of their own; keep to {MOST_SEGMENTS}.")
        return cls(quota_from_json(quota), segments)

    def of(self, account: Mapping[str, Any]) -> QuotaTable:
        """Return the table of an account, given as its columns."""
        return next((segment.table for segment in self.segments if segment.holds(account)), self.table)

    def numbered(self) -> list[tuple[int | None, QuotaTable]]:
        """Return every table under its number in `number_sql`, None for the accounts of no segment."""
        return [(None, self.table), *((number, each.table) for number, each in enumerate(self.segments))]

    def number_sql(self, parameters: dict[str, Any], *, account: str = "a", name: str = "") -> str:
        """Return the number of an account's segment as SQL, NULL for none; adds what it binds to `parameters`.

        `account` is how the query calls the account; a `name` tells two sets of quotas in one query apart.
        """
        cases = [
            f"WHEN {each.sql(account, f'{name}_{number}', parameters)} THEN {number}"
            for number, each in enumerate(self.segments)
        ]
        return f"(CASE {' '.join(cases)} END)" if cases else "NULL::int"


def _segment(kept: Mapping[str, Any]) -> Segment:
    field, values, quota = kept.get("field"), kept.get("values"), kept.get("quota")
    if not isinstance(field, str) or not (field in ACCOUNT_FIELDS or field.removeprefix(ATTRIBUTE) not in ("", field)):
        raise ValueError(f"There is no field «{field}» of an account.")
    if not isinstance(values, list) or not 1 <= len(values) <= MOST_VALUES:
        raise ValueError(f"Give from 1 to {MOST_VALUES} values of «{field}».")
    if not all(isinstance(value, str) and "\0" not in value for value in values):
        raise ValueError(f"The values of «{field}» must be text.")
    if not isinstance(quota, Mapping):
        raise ValueError(f"Choose the quota table of «{field}: {values[0]}».")
    return Segment(field, tuple(values), quota_from_json(quota))
