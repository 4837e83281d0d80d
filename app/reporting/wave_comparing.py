"""Holds a wave against another one: how many were asked, what came back, and the score where it is the same measure.

Figures come from the board of each wave; here are only those that the board does not keep: answers after a reminder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.campaigns.models import Wave, WaveState
from app.reporting.anonymity import anonymity
from app.reporting.board import Board, board_before, wave_board
from app.reporting.counting import ANSWERS
from app.reporting.rates import Dispositions, response_rate
from app.surveys.metrics import Score

# Of a person who answered after a mail that was not the first one: the reminder is taken to have done it.
_AFTER_REMINDER = text(
    f"""
    SELECT count(*) FROM {ANSWERS} r
    WHERE r.wave_id = :wave_id AND EXISTS (
        SELECT FROM message m WHERE m.invitation_id = r.invitation_id AND m.number > 0 AND m.claimed_at <= r.answered_at
    )
    """
)


class Figure(NamedTuple):
    """A figure of both waves; `kind` is number or percent, `now` and `before` None where there is none."""

    label: str
    now: Fraction | int | None
    before: Fraction | int | None
    kind: str = "number"

    @property
    def change(self) -> Fraction | int | None:
        """Return now less before; of shares in points, as a share."""
        return None if self.now is None or self.before is None else self.now - self.before


@dataclass(frozen=True)
class Compared:
    """A wave beside another one; `scores` is None where they are not the same measure, or not to be shown."""

    now: Board
    before: Board
    figures: tuple[Figure, ...]
    scores: tuple[Score, Score] | None
    why_no_score: str = ""


def compare_waves(session: Session, wave_id: int, other_id: int | None = None) -> Compared | Board:
    """Return a wave beside another one of its campaign, else the one before; its board where there is none before."""
    now = wave_board(session, wave_id)
    before = wave_board(session, other_id) if other_id is not None else board_before(session, now)
    if before is None:
        return now
    reminded = [session.scalar(_AFTER_REMINDER, {"wave_id": board.wave.id}) or 0 for board in (now, before)]
    scores, why = _scores(now, before)
    return Compared(now, before, tuple(_figures(now, before, reminded)), scores, why)


def comparable(session: Session, board: Board) -> Sequence[Wave]:
    """Return the other waves of the campaign that set out, the latest first."""
    others = select(Wave).where(
        Wave.campaign_id == board.wave.campaign_id, Wave.id != board.wave.id, Wave.launched_at.is_not(None)
    )
    return session.scalars(others.order_by(Wave.planned_for.desc(), Wave.id.desc()).limit(100)).all()


def _figures(now: Board, before: Board, reminded: list[int]) -> Iterator[Figure]:
    a, b = now.counts, before.counts
    yield Figure("Accounts asked", now.accounts["accounts_surveyed"], before.accounts["accounts_surveyed"])
    yield Figure("People to be asked", _planned(a), _planned(b))
    yield Figure("Invitations sent", a.sent, b.sent)
    yield Figure("Delivered", a.sent - a.bounced, b.sent - b.bounced)
    yield Figure("Answered", a.answered, b.answered)
    yield Figure("Of them after a reminder", reminded[0], reminded[1])
    yield Figure("Response rate", response_rate(a), response_rate(b), "percent")
    for level in Level:
        mine, theirs = (next(line.counts for line in board.lines if line.level == level) for board in (now, before))
        if mine.sent or theirs.sent:
            yield Figure(level, response_rate(mine), response_rate(theirs), "percent")
    yield Figure("Revenue heard", now.of_revenue("heard"), before.of_revenue("heard"), "percent")
    yield Figure("Accounts heard", now.of_accounts("heard"), before.of_accounts("heard"), "percent")


def _planned(counts: Dispositions) -> int:
    return counts.sent + counts.not_sent


def _scores(now: Board, before: Board) -> tuple[tuple[Score, Score] | None, str]:
    if now.metric != before.metric:
        return None, f"{now.wave.name} asked for {now.metric.upper()}, {before.wave.name} for {before.metric.upper()}."
    pair = []
    for board in (now, before):
        score = board.score
        shown = anonymity(board.metric, finished=board.wave.state is WaveState.FINISHED)
        if score is None or not shown.score(score.n):
            return None, f"{board.wave.name} has no score to show."
        pair.append(score)
    return (pair[0], pair[1]), ""
