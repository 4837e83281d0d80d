"""What every list reads from its address: the page, and a text to search for."""

from __future__ import annotations

from flask import request

LONGEST_NUMBER = 6


def page_asked() -> int:
    """Return the page in the address; anything that is no page is the first."""
    given = request.args.get("page", "")
    if not (given.isascii() and given.isdecimal() and len(given) <= LONGEST_NUMBER):
        return 1
    return max(int(given), 1)


def text_asked(name: str = "q") -> str:
    """Return the text in the address under `name`, without what no name or comment holds."""
    return request.args.get(name, "").replace("\0", "").strip()[:200]
