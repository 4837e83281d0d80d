"""Dispositions and the rates made of them. Pure rules.

Rules: domain section 7: one count per contact and wave, reminders never in a denominator, no rate from opens.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction


@dataclass(frozen=True)
class Dispositions:
    """How many invitations ended how; `roster` counts all contacts of the accounts that were asked."""

    roster: int = 0
    complete: int = 0
    partial: int = 0
    break_off: int = 0
    refused: int = 0
    bounced: int = 0
    silent: int = 0
    unknown: int = 0
    not_sent: int = 0

    @property
    def sent(self) -> int:
        """Invitations that left, or may have."""
        not_silent = self.complete + self.partial + self.break_off + self.refused + self.bounced
        return not_silent + self.silent + self.unknown

    @property
    def answered(self) -> int:
        """People who gave a score at least."""
        return self.complete + self.partial

    def __add__(self, other: Dispositions) -> Dispositions:
        return Dispositions(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


DISPOSITIONS = tuple(field.name for field in fields(Dispositions) if field.name != "roster")
"""How an invitation may end; every one has exactly one of these."""


def response_rate(counts: Dispositions) -> Fraction | None:
    """Return answers per invitation sent."""
    return _share(counts.answered, counts.sent)


def response_rate_of_delivered(counts: Dispositions) -> Fraction | None:
    """Return answers per invitation that did not bounce."""
    return _share(counts.answered, counts.sent - counts.bounced)


def bounce_rate(counts: Dispositions) -> Fraction | None:
    """Return bounces per invitation sent."""
    return _share(counts.bounced, counts.sent)


def completion_rate(counts: Dispositions) -> Fraction | None:
    """Return finished answers per person who began."""
    return _share(counts.complete, counts.complete + counts.partial + counts.break_off)


def participation_rate(counts: Dispositions) -> Fraction | None:
    """Return answers per contact on the roster."""
    return _share(counts.answered, counts.roster)


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole > 0 else None
