"""Which accounts of a wave a list shows, and in which order: what was asked for as values, and as SQL.

Conditions speak of a standing `s`, its account `a` and the standing `b` of the wave before. What a person typed is
always bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from app.accounts.joining import account_today
from app.accounts.text import name_key
from app.core.searching import contains
from app.reporting.alerts import ALERTS

LEVELS = ("decision_maker", "influencer", "user")
"""The levels on which answers are wanted, from the top."""

TREND = "CASE WHEN s.answers > 1 AND b.answers > 1 THEN s.score - b.score END"
"""Points against the wave before; one answer alone is no score (domain section 6)."""

LIFETIME = "CASE WHEN a.id = s.account_id THEN a.lifetime_value END"
"""The lifetime value in the account's own line: one that was merged into it brought its revenue along."""

SORTS: Mapping[str, str] = MappingProxyType(
    {
        "name": "a.name_key",
        "annual_value": "s.annual_value",
        "lifetime_value": LIFETIME,
        "required": "s.required",
        "sent": "s.sent",
        "answers": "s.answers",
        "contacts": "s.contacts",
        **{f"contacts_{level}": f"s.contacts_{level}" for level in LEVELS},
        **{
            level: f"least(s.answers_{level}, s.target_{level})::numeric / nullif(s.target_{level}, 0)"
            for level in LEVELS
        },
        "coverage": "s.coverage",
        "score": "CASE WHEN s.answers > 1 THEN s.score END",
        "trend": TREND,
        "shortage": "s.shortage",
        "manager": "a.manager_name",
        "renewal_on": "a.renewal_on",
        "industry": "a.industry",
        "country": "a.country",
    }
)
"""What the list can be sorted by: name in the address → SQL."""

AMOUNTS = frozenset({"annual_value", "lifetime_value"})
"""Sorts whose order would tell amounts, also to whoever sees only the bucket that each lies in."""

OF_ANSWERS = frozenset({"score", "trend"})
"""Sorts that would tell what people said, and are not there for an anonymous survey."""

FIELDS: Mapping[str, str] = MappingProxyType(
    {"manager": "a.manager_name", "industry": "a.industry", "country": "a.country"}
)
"""Fields to filter by, several values of one being alternatives: name in the address → SQL."""

BANDS: Mapping[str, str] = MappingProxyType(
    {"detractor": "s.detractors > 0", "passive": "s.passives > 0", "promoter": "s.promoters > 0"}
)

STAGES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "wanted": {level: f"s.target_{level} > 0" for level in LEVELS},
        "surveyed": {
            "any": "s.sent > 0",
            **{level: f"s.target_{level} > 0 AND s.sent_{level} > 0" for level in LEVELS},
        },
        "heard": {
            "any": "s.answers > 0",
            **{level: f"s.target_{level} > 0 AND s.answers_{level} > 0" for level in LEVELS},
        },
        "covered": {
            "all": "s.wanted > 0 AND s.heard = s.wanted",
            **{level: f"s.target_{level} > 0 AND s.answers_{level} >= s.target_{level}" for level in LEVELS},
        },
        "silent": {level: f"s.target_{level} > 0 AND s.answers_{level} = 0" for level in LEVELS},
    }
)
"""How far an account, or a level of it, has come: parameter of the address → its values → SQL."""

DEFAULT_SORT = "-annual_value"

ACCOUNT_TODAY = account_today("s")
"""The account `a` that a standing `s` is with today."""

_OF_WAVE = "s.wave_id = :wave_id"
_BELOW = """
    s.account_id IN (
        WITH RECURSIVE below AS (
            SELECT id FROM account WHERE parent_id = :parent
            UNION SELECT k.id FROM account k JOIN below ON k.parent_id = below.id
        ), whole AS (SELECT id FROM below UNION ALL SELECT CAST(:parent AS bigint))
        SELECT id FROM whole UNION ALL SELECT old_id FROM merged_account JOIN whole ON id = account_id
    )
"""


@dataclass(frozen=True)
class Wanted:
    """Which accounts of a wave to show; `before_id` is the wave that trends are held against.

    `fields` holds the values asked for by field, `stages` how far the accounts have come. Unknown sorts, bands and
    alerts are as none. With `bounds`, accounts are sorted by the bucket that their value lies in between these.
    """

    wave_id: int
    before_id: int | None = None
    today: date = date.min
    sort: str = DEFAULT_SORT
    search: str = ""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    band: str = ""
    alerts: tuple[str, ...] = ()
    stages: Mapping[str, str] = field(default_factory=dict)
    value_from: Decimal | None = None
    value_to: Decimal | None = None
    parent: int | None = None
    page: int = 1
    per_page: int = 50
    bounds: tuple[Decimal, ...] = ()

    @property
    def key(self) -> str:
        """Return what the accounts are sorted by, as SQL."""
        name = self.sort.removeprefix("-")
        key = SORTS.get(name, SORTS["annual_value"])
        amount = name in AMOUNTS or name not in SORTS
        return f"width_bucket({key}, CAST(:bounds AS numeric[]))" if self.bounds and amount else key

    @property
    def direction(self) -> str:
        """Return which way they are sorted, the unknown always last."""
        known = self.sort.removeprefix("-") in SORTS
        return "ASC NULLS LAST" if known and not self.sort.startswith("-") else "DESC NULLS LAST"

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is filtered: every account of the wave is wanted."""
        return self.condition == _OF_WAVE

    @property
    def condition(self) -> str:
        """Return the condition on `s`, `a` and `b` that the accounts meet."""
        parts = [_OF_WAVE, *(f"({ALERTS[key].sql})" for key in self.alerts if key in ALERTS)]
        parts += [f"{FIELDS[name]} = ANY(:{name})" for name in self.fields]
        parts += [BANDS[self.band]] if self.band in BANDS else []
        parts += [STAGES[name][value] for name, value in self.stages.items() if value in STAGES.get(name, ())]
        if self.search:
            parts.append("(a.name_key LIKE :like OR a.external_id = :search)")
        if self.value_from is not None:
            parts.append("s.annual_value >= :value_from")
        if self.value_to is not None:
            parts.append("s.annual_value <= :value_to")
        if self.parent is not None:
            parts.append(_BELOW)
        return " AND ".join(parts)

    @property
    def parameters(self) -> dict[str, Any]:
        """Return what the condition binds."""
        return {
            "wave_id": self.wave_id,
            "before_id": self.before_id,
            "today": self.today,
            "search": self.search,
            "like": contains(name_key(self.search)),
            "value_from": self.value_from,
            "value_to": self.value_to,
            "parent": self.parent,
            "bounds": list(self.bounds),
            **{name: list(values) for name, values in self.fields.items()},
        }


def tables(*parts: str) -> str:
    """Return the FROM that these pieces of SQL need: an account is only joined where one speaks of it.

    A wave keeps the line of an account that was deleted or merged since; one that was merged counts as the account
    that took it in.
    """
    sql = " ".join(parts)
    joined = ["standing s"]
    if re.search(r"\ba\.", sql):
        joined.append(ACCOUNT_TODAY)
    if re.search(r"\bb\.", sql):
        joined.append(
            "LEFT JOIN standing b ON b.wave_id = :before_id AND b.account_id = s.account_id AND b.answers > 1"
        )
    return " ".join(joined)
