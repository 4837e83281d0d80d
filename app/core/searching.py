"""Searching text in the database for what a person typed."""

from __future__ import annotations


def contains(search: str) -> str:
    """Return the ILIKE pattern for «contains `search`», its own wildcards taken literally."""
    escaped = search.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
