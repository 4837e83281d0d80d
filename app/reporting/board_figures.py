"""Figures of the wave board as people read them: a dash with its reason where there is none, never 0 % or NaN, and
what changed since the wave before. No database, no addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from app.accounts.models import Level
from app.campaigns.models import WaveState
from app.core.formats import NOTHING, number, percent
from app.reporting.anonymity import Anonymity, anonymity
from app.reporting.board import Board, LevelLine
from app.reporting.rates import Dispositions, response_rate
from app.surveys.metrics import METRICS, Score, display, rounded

DIGITS = {"ces": 1}
"""Decimals of a score, where it has any."""


@dataclass(frozen=True)
class Shown:
    """A figure in words: `reason` is why there is none, `note` stands beside it, `change` is since the wave before."""

    value: str
    reason: str | None = None
    note: str | None = None
    change: str | None = None
    trend: Literal["up", "down", "same"] | None = None

    @property
    def tone(self) -> str | None:
        """Return how a change reads: more is better for every figure of the board."""
        return {"up": "good", "down": "bad"}.get(self.trend or "")


def why_nothing(board: Board) -> str | None:
    """Return why a wave has nothing that people said, None when somebody answered."""
    counts = board.counts
    if counts.answered:
        return None
    if board.wave.state is WaveState.DRAFT:
        return "nobody is chosen yet"
    return _why_no_answers(counts)


def _why_no_answers(counts: Dispositions) -> str:
    if not counts.sent:
        return "nothing has been sent yet" if counts.not_sent else "nobody was asked"
    return "every mail bounced" if counts.sent == counts.bounced else "nobody has answered yet"


def headline(board: Board) -> str:
    """Return the board as a sentence: «Q4 2026: 61 % of revenue heard»."""
    reason, heard = why_nothing(board), board.of_revenue("heard")
    if reason:
        return f"{board.wave.name}: {reason}"
    if not board.accounts["accounts"]:
        return f"{board.wave.name}: {_people(board.counts.answered)} answered"
    if heard is None:
        accounts = board.accounts
        return (
            f"{board.wave.name}: {number(accounts['accounts_heard'])} of {number(accounts['accounts'])} accounts heard"
        )
    return f"{board.wave.name}: {percent(heard)} of revenue heard"


def share(value: Fraction | None, before: Fraction | None, reason: str | None, digits: int = 0) -> Shown:
    """Return a share of one with its change in points, or a dash with the `reason` why there is none."""
    if value is None or reason:
        return Shown(NOTHING, reason=reason or "there is nothing to count")
    if before is None:
        return Shown(percent(value, digits))
    change, trend = _change((value - before) * 100, digits)
    return Shown(percent(value, digits), change=change, trend=trend)


def _change(points: Fraction, digits: int = 0) -> tuple[str, Literal["up", "down", "same"]]:
    moved = rounded(points, digits)
    if not moved:
        return "no change", "same"
    word = "point" if abs(moved) == 1 else "points"
    return f"{'+' if moved > 0 else ''}{display(points, digits)} {word}", "up" if moved > 0 else "down"


def revenue(board: Board, before: Board | None, part: str, level: Level | None = None) -> Shown:
    """Return the share of the revenue that is surveyed, heard or weighted by coverage."""
    reason = why_nothing(board) if part != "surveyed" else why_not_sent(board)
    if board.of_revenue(part, level) is None:
        reason = "nobody is wanted here" if level and not board.accounts[f"accounts_{level}"] else "no value is known"
    return share(board.of_revenue(part, level), _said(before, part, level) if before else None, reason)


def _said(before: Board, part: str, level: Level | None) -> Fraction | None:
    return before.of_revenue(part, level) if part == "surveyed" or not why_nothing(before) else None


def why_not_sent(board: Board) -> str | None:
    """Return why nobody is surveyed yet, None when somebody is."""
    return None if board.counts.sent else "nothing has been sent yet"


def coverage(board: Board, before: Board | None, line: LevelLine | None = None) -> Shown:
    """Return the part of the wanted answers that is there, on a level or on all of them."""
    old = _line_of(before, line)
    mine = line or board
    reason = why_nothing(board) if mine.target else "nobody is wanted here"
    return share(mine.coverage, old.coverage if old and before and not why_nothing(before) else None, reason)


def response(board: Board, before: Board | None, line: LevelLine | None = None) -> Shown:
    """Return answers per invitation sent, on a level or on all of them, with one decimal."""
    mine, old = (line or board).counts, _line_of(before, line)
    reason = _why_no_answers(mine) if not mine.answered and _says_nothing(board, mine) else None
    return share(response_rate(mine), response_rate(old.counts) if old and old.counts.answered else None, reason, 1)


def _says_nothing(board: Board, counts: Dispositions) -> bool:
    """Tell whether no answers are no news: nobody could answer, or the wave has none anywhere."""
    return counts.sent == counts.bounced or not board.counts.answered


def _line_of(board: Board | None, line: LevelLine | None) -> Board | LevelLine | None:
    if board is None or line is None:
        return board
    return next(found for found in board.lines if found.level == line.level)


def privacy(board: Board) -> Anonymity:
    """Return what may be shown of what was said in a wave."""
    return anonymity(board.metric, finished=board.wave.state is WaveState.FINISHED)


def scores(board: Board) -> dict[Level | None, Score]:
    """Return the scores that may be shown: of all levels together (None), and of each level."""
    guard, metric = privacy(board), METRICS[board.metric]
    if not guard.score(board.scores.total()):
        return {}
    shown = guard.scored({line.level: sum(line.scores.values()) for line in board.lines})
    found: dict[Level | None, Score | None] = {None: board.score}
    found |= {line.level: metric.score(line.scores) for line in board.lines if line.level in shown}
    return {level: score for level, score in found.items() if score is not None}


def score(board: Board, before: Board | None, level: Level | None = None) -> Shown:
    """Return a score with its interval and n beside it; one answer is shown as that, and no score."""
    answers = board.scores if level is None else next(line for line in board.lines if line.level == level).scores
    n = sum(answers.values())
    found = scores(board).get(level)
    if found is None:
        return Shown(NOTHING, reason=why_nothing(board) or privacy(board).why(n) or "no answers here")
    if n == 1:
        return Shown(str(next(iter(answers))), note="one answer, no score")
    digits = DIGITS.get(board.metric, 0)
    note = f"{display(found.low, digits)} to {display(found.high, digits)}, n = {number(n)}"
    old = scores(before).get(level) if before is not None and before.metric == board.metric else None
    if old is None or old.n < 2:
        return Shown(display(found.value, digits), note=note)
    change, trend = _change(found.value - old.value, digits)
    return Shown(display(found.value, digits), note=note, change=change, trend=trend)


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{number(count)} people"
