"""The columns of the account overview: what they are called, how they are shown, and what a file says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from app.accounts.discretion import told
from app.reporting.alerts import alerts_shown
from app.reporting.filtering import LEVELS
from app.surveys.metrics import rounded

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column: `cell` returns what a file says of a row; `of_answers` when it tells what somebody said."""

    label: str
    cell: Callable[[Row], object]
    kind: str = "text"
    usual: bool = True
    of_answers: bool = False


def _plain(key: str) -> Callable[[Row], object]:
    return lambda row: row[key]


def _share(key: str) -> Callable[[Row], object]:
    return lambda row: None if row[key] is None else rounded(row[key], 4)


def _lifetime(row: Row) -> object:
    return told(row["lifetime_value"], row["currency"])


def _seats(level: str) -> Callable[[Row], object]:
    return lambda row: f"{row[f'answers_{level}']} of {row[f'target_{level}']}" if row[f"target_{level}"] else None


def _points(key: str) -> Callable[[Row], object]:
    return lambda row: None if row[key] is None or row["answers"] < 2 else rounded(Fraction(row[key]), 1)


COLUMNS: Mapping[str, Column] = {
    "name": Column("Account", _plain("name")),
    "annual_value": Column("Annual value", lambda row: told(row["annual_value"], row["wave_currency"]), "number"),
    "lifetime_value": Column("Lifetime value", _lifetime, "number", usual=False),
    "required": Column("Required", _plain("required"), "number"),
    "sent": Column("Asked", _plain("sent"), "number"),
    "answers": Column("Answered", _plain("answers"), "number"),
    "decision_maker": Column("Decision makers", _seats("decision_maker"), "glyph"),
    "influencer": Column("Influencers", _seats("influencer"), "glyph"),
    "user": Column("Users", _seats("user"), "glyph"),
    "coverage": Column("Coverage", _share("coverage"), "percent"),
    "score": Column("Score", _points("score"), "number", of_answers=True),
    "trend": Column("Trend", _points("trend"), "number", of_answers=True),
    "manager": Column("Manager", _plain("manager")),
    "renewal_on": Column("Renewal", _plain("renewal_on"), "day"),
    "contacts": Column("Contacts", _plain("contacts"), "number", usual=False),
    **{
        f"contacts_{level}": Column(f"Known {name}", _plain(f"contacts_{level}"), "number", usual=False)
        for level, name in zip(LEVELS, ("decision makers", "influencers", "users"), strict=True)
    },
    "shortage": Column("Seats with nobody", _plain("shortage"), "number", usual=False),
    "industry": Column("Industry", _plain("industry"), usual=False),
    "country": Column("Country", _plain("country"), usual=False),
}
"""Every column by its name in addresses, in the order in which they stand."""

USUAL = tuple(key for key, column in COLUMNS.items() if column.usual)


def columns_shown(keys: tuple[str, ...], *, named: bool) -> dict[str, Column]:
    """Return these columns in their order, the account first; of an anonymous survey none of what people said."""
    return {
        key: column
        for key, column in COLUMNS.items()
        if (key in keys or key == "name") and (named or not column.of_answers)
    }


def file_header(columns: Mapping[str, Column], currency: str) -> list[str]:
    """Return the first line of a file with these columns; values are in the wave's currency."""
    labels = [
        f"{column.label} ({currency})" if key == "annual_value" else column.label for key, column in columns.items()
    ]
    more = ["Lifetime currency"] if "lifetime_value" in columns else []
    return ["Account ID", *labels, *more, "Alerts"]


def file_line(columns: Mapping[str, Column], row: Row, *, named: bool) -> list[object]:
    """Return a row of that file; of an anonymous survey without the alerts that tell what somebody said."""
    more = [row["currency"]] if "lifetime_value" in columns else []
    shown = alerts_shown(named)
    alerts = "; ".join(shown[key].phrase for key in row["alerts"] if key in shown)
    return [row["external_id"], *(column.cell(row) for column in columns.values()), *more, alerts]
