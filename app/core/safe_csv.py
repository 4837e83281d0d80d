"""Cells that a spreadsheet program must not run as formulas."""

from __future__ import annotations

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> object:
    """Return text that begins like a formula with an apostrophe before it; anything else as it is, None as empty.

    Numbers and dates stay what they are: only text comes from outside.
    """
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_DANGEROUS) else value
