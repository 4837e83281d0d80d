"""Cuts in addresses: read from a page's parameters, written into links, and said in words."""

from __future__ import annotations

from typing import Any

from flask import request

from app.accounts.models import Level
from app.core.formats import level_name
from app.core.listing import text_asked
from app.core.navigation import url_with
from app.reporting.cuts import LEVEL, UNKNOWN, Cut, is_dimension, label_of

INSIDE = "in."
"""What dimensions other than the level begin with in an address: `in.industry=Banking`."""

MOST_CUTS = 4


def cut_asked() -> Cut:
    """Return the cut in the address; what is no dimension or no level is passed over."""
    values: dict[str, str] = {}
    if (level := text_asked(LEVEL)) in list(Level):
        values[LEVEL] = level
    for name in list(request.args)[:50]:
        dimension = name.removeprefix(INSIDE)
        if name.startswith(INSIDE) and dimension != LEVEL and is_dimension(dimension) and len(values) < MOST_CUTS:
            values[dimension] = text_asked(name)
    return Cut(values)


def parameters(cut: Cut) -> dict[str, str]:
    """Return a cut as parameters of an address."""
    return {_parameter(dimension): value for dimension, value in cut.values.items()}


def value_in_words(dimension: str, value: str) -> str:
    """Return what people call one group of a dimension."""
    if dimension == LEVEL:
        return level_name(value, many=True)
    return value if value != UNKNOWN else "not known"


def chips(cut: Cut) -> list[dict[str, Any]]:
    """Return the filters of a cut that are in force, each with the address without it."""
    return [
        {"label": _chip(dimension, value), "remove": url_with(**{_parameter(dimension): None, "page": None})}
        for dimension, value in cut.values.items()
    ]


def level_choices(cut: Cut) -> list[dict[str, Any]]:
    """Return the levels one may add to a cut."""
    if LEVEL in cut.values:
        return []
    known = (level for level in Level if level is not Level.UNKNOWN)
    return [{"label": _chip(LEVEL, level), "href": url_with(level=level.value, page=None)} for level in known]


def _chip(dimension: str, value: str) -> str:
    said = value_in_words(dimension, value)
    return f"by {said.lower()}" if dimension == LEVEL else f"{label_of(dimension).lower()}: {said}"


def _parameter(dimension: str) -> str:
    return dimension if dimension == LEVEL else INSIDE + dimension
