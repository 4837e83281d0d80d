"""Searching text in the database for what a person typed."""

from __future__ import annotations

import re

MOST_WORDS = 12

# Words as `contact.search_words` has them: split at everything of ASCII that is neither letter nor figure.
_WORD = re.compile(r"[0-9A-Za-z\u0080-\U0010ffff]+")


def contains(search: str) -> str:
    """Return the ILIKE pattern for «contains `search`», its own wildcards taken literally."""
    escaped = search.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def words(search: str) -> str:
    """Return the text of the tsquery for «has words that begin with each word of `search`».

    Use it as `search_words @@ to_tsquery('simple', :words)`; empty where there is nothing to look for.
    """
    found = _WORD.findall(search)[:MOST_WORDS]
    return " & ".join(f"'{word}':*" for word in found)
