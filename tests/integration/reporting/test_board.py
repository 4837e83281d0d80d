"""The board against a plain recount: every figure, after every event."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.campaigns.models import Decision, Invitation, WaveAccount
from app.core.db import reading, transaction
from app.core.errors import NotFound
from app.delivery.dispatching import settle_stale
from app.delivery.launching import launch_wave
from app.delivery.models import Message
from app.delivery.sending import Sender
from app.delivery.unsubscribing import unsubscribe
from app.reporting.board import Board, latest_wave_id, wave_board
from app.reporting.coverage import coverage, heard, revenue_coverage
from app.reporting.overview import COLUMNS, FILTERS, Wanted, account_overview
from app.reporting.rates import Dispositions
from app.responses.collecting import record_answer
from app.responses.models import Response, Verdict
from app.sampling.quota import Levels
from app.surveys.answers import Answer
from tests.support.company import Person, add_account, draft, planned, three_levels
from tests.support.settings import settings
from tests.support.transport import ToldTransport

LEVELS = (Level.DECISION_MAKER, Level.INFLUENCER, Level.USER)


def company() -> None:
    """Accounts of every kind: large, small, without decision makers, without people, unknown, worthless, parentless."""
    add_account("A1", 6_000_000, three_levels("A1", 6, 6, 6))
    add_account("A2", 1_000_000, three_levels("A2", 0, 1, 9))
    add_account("A3", 100_000, three_levels("A3", 2, 2, 2))
    add_account("A4", 50_000, [])
    add_account("A5", None, three_levels("A5", 1, 1, 1))
    add_account("A6", 0, three_levels("A6", 0, 0, 2))
    add_account("A7", 900, [Person("A7X", Level.UNKNOWN)])
    add_account("A8", 20_000, three_levels("A8", 1, 1, 1), parent_id=1)


def launched(database: str) -> int:
    company()
    wave_id = planned()
    launch_wave(wave_id, now=datetime.now(UTC), actor="test", at_once=True)
    return wave_id


def _answers(wave_id: int) -> Select[Response]:
    return select(Response).where(Response.wave_id == wave_id, Response.verdict != Verdict.MACHINE)


def recount(session: Session, wave_id: int) -> dict[str, object]:
    """Count everything again, row by row and with the pure rules."""
    answers = {row.contact_id: row for row in session.scalars(_answers(wave_id))}
    by_account: dict[int, Counter[str]] = {}
    for row in answers.values():
        by_account.setdefault(row.account_id, Counter())[row.level] += 1
    frozen = session.scalars(select(WaveAccount).where(WaveAccount.wave_id == wave_id)).all()
    targets = {a.account_id: Levels(a.target_decision_maker, a.target_influencer, a.target_user) for a in frozen}
    asked = [account for account in frozen if sum(targets[account.account_id])]
    responded = {
        account.account_id: Levels(*(by_account.get(account.account_id, Counter())[level] for level in LEVELS))
        for account in asked
    }
    there = {id: heard(responded[id], targets[id]) for id in responded}
    revenue = revenue_coverage(
        (a.annual_value, bool(by_account.get(a.account_id)), coverage(responded[a.account_id], targets[a.account_id]))
        for a in asked
    )
    return {
        "counts": sum((_dispositions(session, wave_id, level, answers) for level in Level), Dispositions()),
        "levels": {level: _dispositions(session, wave_id, level, answers) for level in Level},
        "target": sum(sum(target) for target in targets.values()),
        "heard": sum(sum(levels) for levels in there.values()),
        "accounts_heard": sum(bool(by_account.get(account.account_id)) for account in asked),
        "accounts_covered": sum(there[account.account_id] == targets[account.account_id] for account in asked),
        "decision_makers_heard": sum(levels.decision_maker > 0 for levels in responded.values()),
        "accounts_surveyed": _surveyed(session, wave_id, {account.account_id for account in asked}),
        "revenue": revenue,
        "scores": Counter(row.score for row in answers.values()),
    }


def _surveyed(session: Session, wave_id: int, asked: set[int]) -> int:
    sent = select(Invitation.account_id).where(Invitation.wave_id == wave_id, Invitation.sent_at.is_not(None))
    return len(asked & set(session.scalars(sent)))


def _dispositions(session: Session, wave_id: int, level: Level, answers: dict[int, Response]) -> Dispositions:
    query = select(Invitation).where(Invitation.wave_id == wave_id, Invitation.level == level)
    unknown = set(session.scalars(select(Message.invitation_id).where(Message.state == "unknown")))
    found: Counter[str] = Counter()
    for invitation in session.scalars(query):
        answer = answers.get(invitation.contact_id)
        if answer is not None:
            found[answer.state] += 1
        elif invitation.refused_at:
            found["refused"] += 1
        elif invitation.id in unknown:
            found["unknown"] += 1
        else:
            found["silent" if invitation.sent_at else "not_sent"] += 1
    roster = select(Decision.contact_id).where(Decision.wave_id == wave_id, Decision.level == level)
    return Dispositions(roster=len(session.scalars(roster).all()), **found)


def shown(board: Board) -> dict[str, object]:
    """Return the same figures as the board has them."""
    facts = board.accounts
    return {
        "counts": board.counts,
        "levels": {line.level: line.counts for line in board.lines},
        "target": board.target,
        "heard": board.heard,
        "accounts_heard": facts["accounts_heard"],
        "accounts_covered": facts["accounts_covered"],
        "decision_makers_heard": facts["decision_makers_heard"],
        "accounts_surveyed": facts["accounts_surveyed"],
    }


def test_every_figure_is_right_while_mails_leave_and_answers_arrive(database: str) -> None:
    wave_id = launched(database)
    rng = random.Random(11)
    sender = Sender(settings(database), ToldTransport())
    with transaction() as session:
        messages = list(session.scalars(select(Message.id)))
        invitations = list(session.scalars(select(Invitation.id)))
    for _ in range(120):
        _something_happens(rng, sender, messages, invitations)
        with reading() as session:
            board, plain = wave_board(session, wave_id), recount(session, wave_id)
        assert shown(board) == {name: plain[name] for name in shown(board)}
        revenue = plain["revenue"]
        assert board.of_revenue("heard") == revenue.heard  # type: ignore[attr-defined] # a RevenueCoverage
        assert _near(board.of_revenue("weighted"), revenue.weighted)  # type: ignore[attr-defined]
        assert board.accounts["values_unknown"] == revenue.unknown  # type: ignore[attr-defined]
        assert (board.score.n if board.score else 0) == plain["scores"].total()  # type: ignore[attr-defined]


def _near(one: Fraction | None, other: Fraction | None) -> bool:
    """The database divides to a finite number of digits."""
    return one is not None and other is not None and abs(one - other) < Fraction(1, 10**12)


def _something_happens(rng: random.Random, sender: Sender, messages: list[int], invitations: list[int]) -> None:
    kind = rng.choice(("send", "send", "score", "score", "finish", "finish", "no", "lost"))
    invitation = rng.choice(invitations)
    now = datetime.now(UTC)
    if kind == "send":
        sender.send_all([rng.choice(messages)])
    elif kind == "score":
        record_answer(invitation, Answer(rng.randrange(11), step="score"), language="en", now=now)
    elif kind == "finish":
        record_answer(invitation, Answer(rng.randrange(11), ("support",), {"why": "x"}), language="en", now=now)
    elif kind == "no":
        unsubscribe(invitation)
    else:
        with transaction() as session:
            claimed = "UPDATE message SET state = 'sending', claimed_at = now() - interval '1 hour'"
            session.execute(text(f"{claimed} WHERE id = :id AND state = 'queued'"), {"id": rng.choice(messages)})
        settle_stale(now)


def test_a_wave_nobody_was_planned_for_has_no_figures_and_no_zero_percent(database: str) -> None:
    company()
    wave_id = draft()
    with reading() as session:
        board = wave_board(session, wave_id)
        overview = account_overview(session, Wanted(wave_id))
    assert (board.coverage, board.of_revenue("heard"), board.of_accounts("heard"), board.score) == (None,) * 4
    assert (overview.rows, overview.total) == ([], 0)


def test_the_overview_shows_what_the_issue_names(database: str) -> None:
    wave_id = launched(database)
    with reading() as session:
        rows = {row["external_id"]: row for row in account_overview(session, Wanted(wave_id)).rows}
    assert (rows["A1"]["required"], rows["A1"]["contacts"], rows["A1"]["asked"], rows["A1"]["answers"]) == (
        11,
        18,
        0,
        0,
    )
    assert [id for id, row in rows.items() if row["shortage"]] == ["A4"]
    assert rows["A5"]["required"] is None


@pytest.mark.parametrize(
    "sort", [*COLUMNS, *(f"-{column}" for column in COLUMNS), "nonsense", "-", "name; DROP TABLE wave"]
)
def test_every_sort_works_and_nothing_else_does_harm(database: str, sort: str) -> None:
    wave_id = launched(database)
    with reading() as session:
        assert account_overview(session, Wanted(wave_id, sort=sort)).total == 8


def test_the_overview_is_sorted_searched_filtered_and_paged(database: str) -> None:
    wave_id = launched(database)

    def ids(**wanted: object) -> list[str]:
        with reading() as session:
            return [row["external_id"] for row in account_overview(session, Wanted(wave_id, **wanted)).rows]  # type: ignore[arg-type]

    assert ids()[:3] == ["A1", "A2", "A3"]
    assert ids(sort="annual_value")[0] == "A6"
    assert ids(search="company a3") == ["A3"]
    assert ids(search="%") == []
    assert ids(search="_") == []
    assert ids(only="short") == ["A4"]
    assert ids(only="value_unknown") == ["A5"]
    assert ids(per_page=3, page=2) == ids()[3:6]
    assert ids(per_page=3, page=99) == ids(per_page=3, page=1)


@pytest.mark.parametrize("only", list(FILTERS))
def test_every_filter_works(database: str, only: str) -> None:
    wave_id = launched(database)
    with reading() as session:
        assert account_overview(session, Wanted(wave_id, only=only)).total >= 0


def test_there_is_no_such_wave(database: str) -> None:
    with reading() as session:
        assert latest_wave_id(session) is None
        with pytest.raises(NotFound):
            wave_board(session, 77)
