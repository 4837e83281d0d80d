"""The tables of the wave board: one line a level and one for all of them, every figure with the address of its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import url_for

from app.accounts.models import Level
from app.core.formats import NOTHING, level_name, number
from app.reporting.board import Board, LevelLine
from app.reporting.board_figures import Shown, coverage, response, revenue, score, share, why_not_sent, why_nothing

TARGETED = (Level.DECISION_MAKER, Level.INFLUENCER, Level.USER)


@dataclass(frozen=True)
class Cell:
    """A figure and the address of the rows it counts, None where there are none."""

    shown: Shown
    href: str | None = None


@dataclass(frozen=True)
class Line:
    """A line of a table of the board: its level in words, and its cells by the names of their columns."""

    label: str
    cells: dict[str, Cell]


def people_lines(board: Board, before: Board | None) -> list[Line]:
    """Return who was asked and who answered, and what the answers came to, by level and in all."""
    lines = [
        Line(level_name(line.level, many=True), _people(board, before, line))
        for line in board.lines
        if line.counts.roster or line.target or line.counts.sent or line.counts.not_sent
    ]
    return [*lines, Line("All levels", _people(board, before, None))] if lines else []


def _people(board: Board, before: Board | None, line: LevelLine | None) -> dict[str, Cell]:
    wave, level = board.wave.id, line.level if line else None
    counts, mine = (line or board).counts, line or board
    roster = url_for("waves.plan", wave_id=wave, level=level)
    said = url_for("answers.index", wave=wave, level=level)
    silent = url_for("accounts.index", wave=wave, sort=level if level in TARGETED else "coverage")
    return {
        "roster": Cell(_count(counts.roster), roster),
        "sent": Cell(_count(counts.sent), url_for("accounts.index", wave=wave, surveyed=level or "any")),
        "answered": Cell(_count(counts.answered), said),
        "response": Cell(response(board, before, line), said),
        "wanted": Cell(_count(mine.target) if mine.target else Shown(NOTHING, "nobody is wanted here"), silent),
        "coverage": Cell(coverage(board, before, line), silent if mine.target else None),
        "score": Cell(score(board, before, level), said),
    }


def account_lines(board: Board, before: Board | None) -> list[Line]:
    """Return how many accounts, and how much of the revenue, are surveyed, heard and covered, by level and in all."""
    if not board.accounts["accounts"]:
        return []
    return [
        *(Line(level_name(level, many=True), _accounts(board, before, level)) for level in TARGETED),
        Line("Any level", _accounts(board, before, None)),
    ]


def _accounts(board: Board, before: Board | None, level: Level | None) -> dict[str, Cell]:
    def listed(**asked: Any) -> str:
        return url_for("accounts.index", wave=board.wave.id, **asked)

    wanted = board.accounts[f"accounts_{level}" if level else "accounts"]
    heard, surveyed = listed(heard=level or "any"), listed(surveyed=level or "any")
    return {
        "accounts": Cell(_count(wanted), listed(wanted=level) if level else listed()),
        "surveyed": Cell(_part(board, before, "surveyed", level), surveyed),
        "heard": Cell(_part(board, before, "heard", level), heard),
        "covered": Cell(_part(board, before, "covered", level), listed(covered=level or "all")),
        "revenue_surveyed": Cell(revenue(board, before, "surveyed", level), surveyed),
        "revenue_heard": Cell(revenue(board, before, "heard", level), heard),
        "revenue_weighted": Cell(revenue(board, before, "weighted", level), listed(sort=level or "coverage")),
    }


def decision_makers(board: Board, before: Board | None) -> Shown:
    """Return in how many accounts a decision maker answered."""
    return replace(_part(board, before, "heard", Level.DECISION_MAKER), note=None)


def _part(board: Board, before: Board | None, part: str, level: Level | None) -> Shown:
    """Return how many accounts are surveyed, heard or covered, with their share beside."""
    old = before.of_accounts(part, level) if before and not why_nothing(before) else None
    reason = why_not_sent(board) if part == "surveyed" else why_nothing(board)
    found = share(board.of_accounts(part, level), old, reason)
    counted = board.accounts[f"accounts_{part}{f'_{level}' if level else ''}"]
    return found if found.reason else replace(found, value=number(counted), note=found.value)


def _count(count: int) -> Shown:
    return Shown(number(count))
