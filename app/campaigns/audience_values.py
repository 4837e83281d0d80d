"""Which values the fields of accounts and contacts really have, the commonest first: what a filter has to offer.

Of very many people those of some thousand accounts are looked at; a rare value of theirs can still be typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.places import country_name, language_name
from app.campaigns.audience import ATTRIBUTE
from app.campaigns.audience_form import Chosen, attribute_label
from app.core.formats import level_name

MOST_OFFERED = 12
SAMPLES = {"accounts": 20_000, "with_people": 2000}
"""Accounts that are looked at, and those whose contacts are; of more, about so many."""

MOST_ATTRIBUTES = 20

FIELDS: Mapping[tuple[str, str], str] = {
    ("account", "industry"): "Industry",
    ("account", "country"): "Country of the account",
    ("account", "manager_name"): "Account manager",
    ("account", "currency"): "Currency of the value",
    ("account", "name"): "Account name",
    ("account", "external_id"): "Account ID",
    ("contact", "level"): "Level",
    ("contact", "department"): "Department",
    ("contact", "job_title"): "Job title",
    ("contact", "language"): "Language",
    ("contact", "country"): "Country of the person",
    ("contact", "time_zone"): "Time zone",
}
"""Field → its label, in the order in which they are offered; attributes come after those of their side."""

ONLY_TYPED = {("account", "name"), ("account", "external_id")}
"""Fields of which each account has its own value."""

ALSO_KNOWN = {("account", "manager_email"): "Account manager's address"}
"""Fields that are shown where a campaign has them, and not offered."""

_ACCOUNTS = """
    SELECT 'account' AS side, f.field, f.value, count(*) AS rows
    FROM (SELECT * FROM account WHERE status = 'active' ORDER BY hashint8(id) LIMIT :accounts) a
    CROSS JOIN LATERAL (
        SELECT * FROM (VALUES ('industry', a.industry), ('country', a.country), ('manager_name', a.manager_name),
                              ('currency', a.currency)) AS plain
        UNION ALL SELECT 'attributes.' || key, value FROM jsonb_each_text(a.attributes)
    ) AS f(field, value)
    GROUP BY 2, 3
"""
# OFFSET 0 has each account look for its own people, instead of all people being read.
_CONTACTS = """
    SELECT 'contact' AS side, f.field, f.value, count(*) AS rows
    FROM (SELECT id FROM account WHERE status = 'active' ORDER BY hashint8(id) LIMIT :with_people) a
    CROSS JOIN LATERAL (SELECT * FROM contact p WHERE p.account_id = a.id AND p.status = 'active' OFFSET 0) c
    CROSS JOIN LATERAL (
        SELECT * FROM (VALUES ('level', c.level::text), ('department', c.department), ('job_title', c.job_title),
                              ('language', c.language), ('country', c.country), ('time_zone', c.time_zone)) AS plain
        UNION ALL SELECT 'attributes.' || key, value FROM jsonb_each_text(c.attributes)
    ) AS f(field, value)
    GROUP BY 2, 3
"""
_OFFERED = text(
    f"""
    SELECT side, field, coalesce(value, '') FROM (
        SELECT *, row_number() OVER (PARTITION BY side, field ORDER BY rows DESC, value) AS place
        FROM ({_ACCOUNTS} UNION ALL {_CONTACTS}) valued
    ) ranked WHERE place <= :most ORDER BY side, field, place
    """  # noqa: S608 - put together from constants of this module
)


@dataclass(frozen=True)
class Offered:
    """A field of the filter: its values as (value, label), those that are ticked, and what is typed beside."""

    side: str
    field: str
    label: str
    values: tuple[tuple[str, str], ...]
    chosen: Chosen

    @property
    def name(self) -> str:
        """Return its name in the form."""
        return f"{self.side}.{self.field}"

    @property
    def summary(self) -> str:
        """Return in words what is chosen of it."""
        return ", ".join(value_label(self.field, value) for value in self.chosen.values)


def offered(session: Session, chosen: Mapping[tuple[str, str], Chosen]) -> list[Offered]:
    """Return the fields of the filter with their values; what is chosen is among them, there or not."""
    found: dict[tuple[str, str], list[str]] = {}
    for side, field, value in session.execute(_OFFERED, SAMPLES | {"most": MOST_OFFERED}):
        found.setdefault((side, field), []).append(value)
    attributes = [key for key in found if key[1].startswith(ATTRIBUTE)][:MOST_ATTRIBUTES]
    known = dict.fromkeys((*FIELDS, *attributes, *chosen))
    return [_offered(key, found.get(key, []), chosen.get(key, Chosen((), ""))) for key in sorted(known, key=_place)]


def field_label(side: str, field: str) -> str:
    """Return what people call a field."""
    return FIELDS.get((side, field)) or ALSO_KNOWN.get((side, field)) or attribute_label(field)


def value_label(field: str, value: str) -> str:
    """Return a value as people read it."""
    if not value:
        return "(nothing)"
    if field == "level":
        return level_name(value) if value in ("decision_maker", "influencer", "user", "unknown") else value
    if field == "country":
        return country_name(value) or value
    return (language_name(value) or value) if field == "language" else value


def audience_in_words(kept: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return a kept audience as (field, values) in words, without amounts; empty for everybody."""
    return [
        (field_label(side, field), ", ".join(value_label(field, value) for value in values))
        for side in ("account", "contact")
        for field, values in (kept.get(side) or {}).items()
    ]


def _offered(key: tuple[str, str], values: list[str], chosen: Chosen) -> Offered:
    side, field = key
    shown = [] if key in ONLY_TYPED or values == [""] else values
    there = dict.fromkeys((*shown, *chosen.ticked))
    labelled = tuple((value, value_label(field, value)) for value in there)
    return Offered(side, field, field_label(side, field), labelled, chosen)


def _place(key: tuple[str, str]) -> tuple[str, int, str]:
    order = list(FIELDS)
    return key[0], order.index(key) if key in FIELDS else len(order), key[1]
