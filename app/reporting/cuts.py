"""Cuts: which part of a wave's answers a page speaks of, by level and by what stayed on the invitation that day.

Segments are those frozen on the invitation, so a person who changed account or level since counts where the answer was
given. For an anonymous survey only one cut at a time may be made, and only where `anonymity` lets it show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.reporting.anonymity import Anonymity

LEVEL = "level"
ATTRIBUTE = "attributes."
PERSON = "person."

DIMENSIONS: Mapping[str, str] = MappingProxyType(
    {
        LEVEL: "Level",
        "manager": "Account manager",
        "industry": "Industry",
        "account_country": "Country of the account",
        "country": "Country of the person",
        "language": "Language",
        "department": "Department",
    }
)
"""What answers can be cut by beside the attributes that an import brought: name in the address → label."""

OF_ACCOUNTS = frozenset({"manager", "industry", "account_country"})
"""Dimensions that whole accounts fall into; the others divide the people of one account."""

UNKNOWN = ""
"""The value of whoever has none."""

_LONGEST = 200


@dataclass(frozen=True)
class Cut:
    """Which answers: all of a wave, or those whose dimensions have these values; `UNKNOWN` asks for those without."""

    values: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values)

    def condition(self, of: str) -> tuple[str, dict[str, str]]:
        """Return the cut as an SQL condition on an invitation or a response, and its parameters."""
        parameters: dict[str, str] = {}
        parts = ["true"]
        for number, (dimension, value) in enumerate(self.values.items()):
            expression, more = dimension_sql(dimension, of, f"cut_key_{number}")
            parameters |= {**more, f"cut_{number}": value}
            parts.append(f"{expression} = :cut_{number}")
        return " AND ".join(parts), parameters


WHOLE = Cut()


def is_dimension(name: str) -> bool:
    """Tell whether answers can be cut by something of that name."""
    attribute = name.startswith((ATTRIBUTE, PERSON)) and not name.endswith(".") and len(name) <= _LONGEST
    return name in DIMENSIONS or attribute


def of_accounts(dimension: str) -> bool:
    """Tell whether whole accounts fall into the groups of a dimension."""
    return dimension in OF_ACCOUNTS or dimension.startswith(ATTRIBUTE)


def label_of(dimension: str) -> str:
    """Return what people call a dimension."""
    return DIMENSIONS.get(dimension) or dimension.partition(".")[2].replace("_", " ").capitalize()


def dimension_sql(dimension: str, of: str, key: str = "dimension_key") -> tuple[str, dict[str, str]]:
    """Return the value of a dimension as SQL text that is never NULL, with its parameters.

    `of` is the alias of an invitation or a response; `is_dimension` must hold.
    """
    if dimension == LEVEL:
        return f"{of}.level::text", {}
    if dimension in DIMENSIONS:
        return f"coalesce({of}.segments ->> '{dimension}', '')", {}
    side, _, name = dimension.partition(".")
    return f"coalesce({of}.segments -> '{side}' ->> :{key}, '')", {key: name}


def answers_by(session: Session, wave_id: int, dimension: str) -> dict[str, int]:
    """Return how many answers of a wave fall into each group of a dimension."""
    expression, parameters = dimension_sql(dimension, "r")
    statement = text(
        f"""
        SELECT {expression} AS value, count(*) AS answers FROM response r
        WHERE r.wave_id = :wave_id AND r.verdict <> 'machine' GROUP BY 1
        """
    )
    return {row.value: row.answers for row in session.execute(statement, {"wave_id": wave_id, **parameters})}


Crossing = Mapping[tuple[str, str], int]


def may_be_cut(session: Session, wave_id: int, cut: Cut, allowed: Anonymity) -> bool:
    """Tell whether the details of a cut may be shown: never two cuts of an anonymous survey, nor one too small."""
    if allowed.named or not cut:
        return True
    if len(cut.values) > 1 or not cut.values.keys() <= DIMENSIONS.keys():
        return False
    [(dimension, value)] = cut.values.items()
    crossed = crossings(session, wave_id, dimension, allowed)
    return value in allowed.detailed(answers_by(session, wave_id, dimension), crossed)


def crossings(session: Session, wave_id: int, dimension: str, allowed: Anonymity) -> list[Crossing]:
    """Return how the groups of a dimension cross those of the dimensions before it; nothing where people are named.

    Of two groups that differ by a few people only the one of the earlier dimension stays, so one direction is enough.
    """
    names = list(DIMENSIONS)
    if allowed.named or dimension not in DIMENSIONS:
        return []
    before = names[: names.index(dimension)]
    return [_crossing(session, wave_id, dimension, other) for other in before]


def _crossing(session: Session, wave_id: int, dimension: str, other: str) -> Crossing:
    statement = text(
        f"""
        SELECT {dimension_sql(dimension, "r")[0]} AS value, {dimension_sql(other, "r")[0]} AS other, count(*) AS answers
        FROM response r WHERE r.wave_id = :wave_id AND r.verdict <> 'machine' GROUP BY 1, 2
        """
    )
    return {(row.value, row.other): row.answers for row in session.execute(statement, {"wave_id": wave_id})}
