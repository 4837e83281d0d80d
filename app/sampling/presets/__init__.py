"""Quota tables that ship, one file each: `rows(cap)` gives «annual value at least V → N contacts»."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

Rows = tuple[tuple[Decimal | int, int], ...]

DEFAULT = "logarithmic"


def names() -> list[str]:
    """Return the presets there are, the default first."""
    found = sorted(module.name for module in iter_modules(__path__))
    return sorted(found, key=lambda name: name != DEFAULT)


def rows(name: str, cap: int) -> Rows:
    """Return the rows of a preset, made for a table with that cap; KeyError when there is none of the name."""
    if name not in names():
        raise KeyError(name)
    return cast(Rows, import_module(f"{__name__}.{name}").rows(cap))


def summary(name: str) -> str:
    """Return what a preset is, in the first line of its file; KeyError when there is none of the name."""
    if name not in names():
        raise KeyError(name)
    return (import_module(f"{__name__}.{name}").__doc__ or "").partition("\n")[0]
