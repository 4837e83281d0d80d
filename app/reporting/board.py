"""The wave board: how many were asked and answered on each level, and how much of the revenue is heard.

The totals are read, not counted: `standing` keeps them. Their definitions are the pure rules in `coverage` and `rates`,
and a test holds the two together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.campaigns.models import Campaign, Wave
from app.core.errors import NotFound
from app.reporting.rates import DISPOSITIONS, Dispositions
from app.reporting.standing_sql import SUMS
from app.surveys.metrics import METRICS, Score
from app.surveys.published import published

_TALLY = text("SELECT level, what, amount FROM tally WHERE wave_id = :wave_id")
_BEFORE = text(
    """
    SELECT e.id FROM wave w JOIN wave e ON e.campaign_id = w.campaign_id AND e.launched_at IS NOT NULL
    WHERE w.id = :wave_id AND (e.planned_for, e.id) < (w.planned_for, w.id)
    ORDER BY e.planned_for DESC, e.id DESC LIMIT 1
    """
)


@dataclass(frozen=True)
class LevelLine:
    """One level of a wave, and how often each answer was given on it; people of unknown level have no target."""

    level: Level
    counts: Dispositions
    target: int
    heard: int
    scores: Mapping[int, int]

    @property
    def coverage(self) -> Fraction | None:
        """Return the part of the level's target that is heard."""
        return Fraction(self.heard, self.target) if self.target else None


@dataclass(frozen=True)
class Board:
    """What a wave came to so far; money in the wave's currency."""

    wave: Wave
    campaign: Campaign
    lines: tuple[LevelLine, ...]
    accounts: Mapping[str, Any]
    metric: str

    @property
    def scores(self) -> Counter[int]:
        """Return how often each answer was given on all levels together."""
        return sum((Counter(line.scores) for line in self.lines), Counter())

    @property
    def score(self) -> Score | None:
        """Return the score of all answers, None where there is none to be shown."""
        return METRICS[self.metric].score(self.scores)

    @property
    def counts(self) -> Dispositions:
        """Return the dispositions of all levels together."""
        return sum((line.counts for line in self.lines), Dispositions())

    @property
    def target(self) -> int:
        """Return the answers wanted on all levels together."""
        return sum(line.target for line in self.lines)

    @property
    def heard(self) -> int:
        """Return the wanted answers that are there."""
        return sum(line.heard for line in self.lines)

    @property
    def coverage(self) -> Fraction | None:
        """Return Σ heard / Σ target, never a mean of percentages."""
        return Fraction(self.heard, self.target) if self.target else None

    def of_revenue(self, part: str, level: Level | None = None) -> Fraction | None:
        """Return the share of the known revenue that is `surveyed`, `heard` or `weighted` by coverage.

        Of a level: among the accounts of which somebody on it is wanted.
        """
        suffix = f"_{level}" if level else ""
        return share(self.accounts[f"revenue_{part}{suffix}"], self.accounts[f"revenue{suffix}"])

    def of_accounts(self, part: str, level: Level | None = None) -> Fraction | None:
        """Return the share of the accounts that are `surveyed`, `heard` or `covered`, on a level or on all of them."""
        suffix = f"_{level}" if level else ""
        return share(self.accounts[f"accounts_{part}{suffix}"], self.accounts[f"accounts{suffix}"])


def share(part: Decimal | int, whole: Decimal | int) -> Fraction | None:
    """Return part / whole, or None where there is no whole."""
    return Fraction(part) / Fraction(whole) if whole else None


def wave_board(session: Session, wave_id: int) -> Board:
    """Return the board of a wave; raises NotFound."""
    wave = session.get(Wave, wave_id)
    if wave is None:
        raise NotFound(f"There is no wave {wave_id}.")
    totals: dict[str, dict[str, Decimal]] = {"": {}, **{level: {} for level in Level}}
    for level, what, amount in session.execute(_TALLY, {"wave_id": wave_id}):
        totals[level][what] = amount
    accounts = {name: _exact(name, totals[""].get(name)) for name in SUMS}
    return Board(
        wave=wave,
        campaign=session.get_one(Campaign, wave.campaign_id),
        lines=tuple(_line(level, totals[level], accounts) for level in Level),
        accounts=accounts,
        metric=published(wave.survey_version_id).definition.metric,
    )


def board_before(session: Session, board: Board) -> Board | None:
    """Return the board of the campaign's wave before, None for the first one."""
    wave_id = session.scalar(_BEFORE, {"wave_id": board.wave.id})
    return wave_board(session, wave_id) if wave_id is not None else None


def _line(level: Level, totals: Mapping[str, Decimal], accounts: Mapping[str, Any]) -> LevelLine:
    ended = {what: int(people) for what, people in totals.items() if what in DISPOSITIONS}
    return LevelLine(
        level,
        Dispositions(roster=accounts[f"roster_{level}"], **ended),
        target=accounts.get(f"target_{level}", 0),
        heard=accounts.get(f"heard_{level}", 0),
        scores={int(what): int(people) for what, people in totals.items() if what.isdecimal() and people},
    )


def _exact(name: str, amount: Decimal | None) -> Decimal | int:
    known = amount or Decimal(0)
    return known if name.startswith("revenue") else int(known)


def latest_wave_id(session: Session) -> int | None:
    """Return the wave a visitor wants to see first: the newest launched one, else the newest; one with a quota."""
    newest = text(
        "SELECT w.id FROM wave w JOIN campaign g ON g.id = w.campaign_id AND g.kind = 'relationship'"
        " ORDER BY w.launched_at IS NULL, w.launched_at DESC, w.id DESC LIMIT 1"
    )
    found: int | None = session.scalar(newest)
    return found
