"""What an examination of the installation finds: one line each, with what to do about it. Values only."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Verdict(enum.StrEnum):
    """How it stands with one part; `wrong` keeps Quorum from doing its work, `careful` may do so one day."""

    GOOD = "good"
    CAREFUL = "careful"
    WRONG = "wrong"

    @property
    def glyph(self) -> str:
        """The sign before the line."""
        return {"good": "✓", "careful": "!", "wrong": "✗"}[self.value]


class Finding(NamedTuple):
    """One line: which part, how it stands, what was found, and what to do about it (empty where all is well)."""

    part: str
    verdict: Verdict
    found: str
    advice: str = ""


def good(part: str, found: str) -> Finding:
    """Return a line about something that is as it should be."""
    return Finding(part, Verdict.GOOD, found)


def careful(part: str, found: str, advice: str) -> Finding:
    """Return a line about something that works, and should be looked at."""
    return Finding(part, Verdict.CAREFUL, found, advice)


def wrong(part: str, found: str, advice: str) -> Finding:
    """Return a line about something that keeps Quorum from its work."""
    return Finding(part, Verdict.WRONG, found, advice)
