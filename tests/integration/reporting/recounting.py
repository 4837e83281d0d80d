"""A plain recount of everything the board says: row by row, in Python, with the pure rules. It knows no totals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.reporting.board import Board, wave_board
from app.reporting.coverage import coverage, heard, level_coverage, revenue_coverage
from app.reporting.rates import Dispositions
from app.sampling.quota import Levels
from app.surveys.metrics import METRICS

PARTS = ("surveyed", "heard", "weighted")
TARGETED = (Level.DECISION_MAKER, Level.INFLUENCER, Level.USER)

_INVITATIONS = text(
    """
    SELECT i.id, i.account_id, i.level::text, i.sent_at, i.bounced_at, i.opened_at, i.refused_at,
           EXISTS (SELECT FROM message m WHERE m.invitation_id = i.id AND m.number = 0 AND m.state = 'unknown')
    FROM invitation i WHERE i.wave_id = :wave_id
    """
)
_ANSWERS = text("SELECT invitation_id, state::text, score, verdict::text FROM response WHERE wave_id = :wave_id")
_FROZEN = text("SELECT * FROM wave_account WHERE wave_id = :wave_id")
_ROSTER = text("SELECT level::text, reason::text FROM decision WHERE wave_id = :wave_id")


class Person(NamedTuple):
    """An invited person: the account, the level, how it ended, and the score given."""

    account_id: int
    level: str
    disposition: str
    score: int | None


def _person(row: Any, answer: Any) -> Person:
    _, account_id, level, sent_at, bounced_at, opened_at, refused_at, unknown = row
    if answer is not None and answer.verdict != "machine":
        return Person(account_id, level, answer.state, answer.score)
    if refused_at:
        return Person(account_id, level, "refused", None)
    if bounced_at:
        return Person(account_id, level, "bounced", None)
    if opened_at:
        return Person(account_id, level, "break_off", None)
    if unknown:
        return Person(account_id, level, "unknown", None)
    return Person(account_id, level, "silent" if sent_at else "not_sent", None)


class Frozen(NamedTuple):
    """What a plan wrote down once: its accounts, and how many people stand on the roster of each level."""

    accounts: list[dict[str, Any]]
    roster: Counter[str]


def frozen(session: Session, wave_id: int) -> Frozen:
    """Return what never changes of a wave."""
    given = {"wave_id": wave_id}
    roster = Counter(level for level, reason in session.execute(_ROSTER, given) if reason != "account_inactive")
    return Frozen([dict(row) for row in session.execute(_FROZEN, given).mappings()], roster)


def recount(session: Session, wave_id: int, plan: Frozen | None = None) -> dict[str, Any]:
    """Return everything the board of a wave says, by name."""
    given, plan = {"wave_id": wave_id}, plan or frozen(session, wave_id)
    answers = {row.invitation_id: row for row in session.execute(_ANSWERS, given)}
    people = [_person(row, answers.get(row[0])) for row in session.execute(_INVITATIONS, given)]
    found: dict[str, Any] = {
        f"counts of {level}": Dispositions(roster=plan.roster[level], **_ended(people, level)) for level in Level
    }
    found |= {
        f"scores of {level}": Counter(one.score for one in people if one.level == level and one.score is not None)
        for level in Level
    }
    return found | _accounts(plan.accounts, people)


def _ended(people: Iterable[Person], level: str) -> dict[str, int]:
    return Counter(one.disposition for one in people if one.level == level)


def _accounts(frozen: list[dict[str, Any]], people: list[Person]) -> dict[str, Any]:
    responded, sent = _by_account(people)
    rows = [
        (row["annual_value"], _targets(row), responded[row["account_id"]], sent[row["account_id"]], row["shortage"])
        for row in frozen
        if sum(_targets(row))
    ]
    revenue = revenue_coverage(
        (value, any(answers.values()), coverage(_levels(answers), target)) for value, target, answers, _, _ in rows
    )
    rows_sent = [(value, any(sent.values())) for value, _, _, sent, _ in rows]
    return {
        "accounts": len(rows),
        "accounts_surveyed": sum(any(sent.values()) for _, _, _, sent, _ in rows),
        "accounts_heard": sum(any(answers.values()) for _, _, answers, _, _ in rows),
        "accounts_covered": sum(heard(_levels(answers), target) == target for _, target, answers, _, _ in rows),
        "decision_makers_heard": sum(answers[Level.DECISION_MAKER] > 0 for _, _, answers, _, _ in rows),
        "accounts_short": sum(short > 0 for *_, short in rows),
        "shortage": sum(short for *_, short in rows),
        "values_unknown": revenue.unknown,
        "revenue": sum((_worth(value) for value, *_ in rows), Decimal(0)),
        "revenue surveyed": _share(rows_sent),
        "revenue heard": revenue.heard,
        "revenue weighted": revenue.weighted,
        **{name: figure for place, level in enumerate(TARGETED) for name, figure in _level(rows, place, level).items()},
    }


def _by_account(people: Iterable[Person]) -> tuple[dict[int, Counter[str]], dict[int, Counter[str]]]:
    responded: dict[int, Counter[str]] = defaultdict(Counter)
    sent: dict[int, Counter[str]] = defaultdict(Counter)
    for one in people:
        responded[one.account_id][one.level] += one.disposition in ("complete", "partial")
        sent[one.account_id][one.level] += one.disposition != "not_sent"
    return responded, sent


def _level(rows: list[Any], place: int, level: Level) -> dict[str, Any]:
    """Return the figures of a level, over the accounts of which somebody on it is wanted."""
    mine = [
        (value, target[place], answers[level], sent[level]) for value, target, answers, sent, _ in rows if target[place]
    ]
    revenue = revenue_coverage(
        (value, answers > 0, level_coverage(answers, target)) for value, target, answers, _ in mine
    )
    return {
        f"target_{level}": sum(target for _, target, _, _ in mine),
        f"heard_{level}": sum(min(answers, target) for _, target, answers, _ in mine),
        f"accounts_{level}": len(mine),
        f"accounts_surveyed_{level}": sum(sent > 0 for *_, sent in mine),
        f"accounts_heard_{level}": sum(answers > 0 for _, _, answers, _ in mine),
        f"accounts_covered_{level}": sum(answers >= target for _, target, answers, _ in mine),
        f"revenue surveyed {level}": _share([(value, sent > 0) for value, _, _, sent in mine]),
        f"revenue heard {level}": revenue.heard,
        f"revenue weighted {level}": revenue.weighted,
    }


def _share(rows: list[tuple[Decimal | None, bool]]) -> Fraction | None:
    """Return the share of the known value that those have of whom something holds."""
    known = sum(Fraction(_worth(value)) for value, _ in rows)
    return sum(Fraction(_worth(value)) for value, holds in rows if holds) / known if known else None


def _targets(row: dict[str, Any]) -> Levels:
    return Levels(row["target_decision_maker"], row["target_influencer"], row["target_user"])


def _levels(answers: Counter[str]) -> Levels:
    return Levels(*(answers[level] for level in TARGETED))


def _worth(value: Decimal | None) -> Decimal:
    return max(value, Decimal(0)) if value is not None else Decimal(0)


def same(one: Any, other: Any) -> bool:
    """Tell whether two figures are the same; the database divides money to a finite number of digits."""
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return abs(one - other) < Fraction(1, 10**12)
    return bool(one == other)


def said(board: Board) -> dict[str, Any]:
    """Return what a board says by the names of the recount."""
    levels = [line.level for line in board.lines if line.level is not Level.UNKNOWN]
    return {
        **{f"counts of {line.level}": line.counts for line in board.lines},
        **{f"scores of {line.level}": Counter(line.scores) for line in board.lines},
        **{name: figure for name, figure in board.accounts.items() if not name.startswith(("revenue_", "roster_"))},
        **{f"revenue {part}": board.of_revenue(part) for part in PARTS},
        **{f"revenue {part} {level}": board.of_revenue(part, level) for part in PARTS for level in levels},
    }


def assert_right(session: Session, wave_id: int, plan: Frozen | None = None) -> Board:
    """Hold every figure of the board against the recount, and return the board."""
    board, plain = wave_board(session, wave_id), recount(session, wave_id, plan)
    shown = {name: figure for name, figure in said(board).items() if not name.startswith("revenue_")}
    assert shown.keys() == plain.keys()
    assert {name: (shown[name], plain[name]) for name in plain if not same(shown[name], plain[name])} == {}
    whole = sum((Counter(line.scores) for line in board.lines), Counter[int]())
    assert board.score == METRICS[board.metric].score(whole)
    return board
