"""Standings and totals against a plain recount: after every event, from several sides at once, and made anew."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.accounts.models import Account, AccountStatus, Level
from app.campaigns.models import Invitation
from app.campaigns.planning import plan_wave
from app.core.db import transaction
from app.delivery.dispatching import settle_stale
from app.delivery.models import Message
from app.delivery.sending import Sender
from app.delivery.unsubscribing import unsubscribe
from app.reporting.board import wave_board
from app.reporting.models import Standing, Tally, stirred
from app.reporting.rates import DISPOSITIONS
from app.reporting.standing import counted, fold, tell_all_anew
from app.responses.collecting import record_answer
from app.responses.judging import judge_again
from app.responses.models import Response
from app.surveys.answers import Answer
from app.surveys.metrics import METRICS
from tests.integration.reporting.recounting import assert_right, frozen
from tests.support.company import Person, add_account, draft, launch, planned, three_levels
from tests.support.settings import settings
from tests.support.transport import ToldTransport

EVENTS = 1_000

_OPEN = text("UPDATE invitation SET opened_at = now() WHERE id = :id")


def company() -> None:
    """Accounts of every kind: large, small, without decision makers, without people, unknown, worthless, gone."""
    add_account("A1", 6_000_000, three_levels("A1", 6, 6, 6))
    add_account("A2", 1_000_000, three_levels("A2", 0, 1, 9))
    add_account("A3", 100_000, three_levels("A3", 2, 2, 2))
    add_account("A4", 50_000, [])
    add_account("A5", None, three_levels("A5", 1, 1, 1))
    add_account("A6", 0, three_levels("A6", 0, 0, 2))
    add_account("A7", 900, [Person("A7X", Level.UNKNOWN)])
    add_account("A8", 20_000, three_levels("A8", 1, 1, 1), parent_id=1)
    add_account("A9", 70_000, three_levels("A9", 1, 1, 1), status=AccountStatus.CHURNED)


class Happening:
    """Lets something happen to a wave, of all that may, and mostly what happens often."""

    def __init__(self, database: str, seed: int) -> None:
        self._rng = random.Random(seed)
        self._sender = Sender(settings(database), ToldTransport())
        with transaction() as session:
            self._messages = list(session.scalars(select(Message.id)))
            self._invitations = list(session.scalars(select(Invitation.id)))
        self._kinds: Sequence[tuple[Callable[[], object], int]] = (
            (self._send, 3),
            (self._score, 6),
            (self._finish, 4),
            (self._bounce, 3),
            (self._open, 3),
            (self._refuse, 1),
            (self._lose, 1),
            (self._judge, 3),
            (self._erase, 6),
        )

    def one(self) -> None:
        """Let one thing happen and be committed."""
        kinds, weights = zip(*self._kinds, strict=True)
        self._rng.choices(kinds, weights)[0]()

    def _send(self) -> None:
        self._sender.send_all([self._rng.choice(self._messages)])

    def _score(self) -> None:
        self._record(Answer(self._rng.randrange(11), step="score"))

    def _finish(self) -> None:
        self._record(Answer(self._rng.randrange(11), ("support",), {"why": "It works."}))

    def _record(self, answer: Answer) -> None:
        record_answer(self._rng.choice(self._invitations), answer, language="en", now=datetime.now(UTC))

    def _bounce(self) -> None:
        self._run("UPDATE invitation SET bounced_at = CASE WHEN bounced_at IS NULL THEN now() END WHERE id = :id")

    def _open(self) -> None:
        self._run("UPDATE invitation SET opened_at = CASE WHEN opened_at IS NULL THEN now() END WHERE id = :id")

    def _refuse(self) -> None:
        unsubscribe(self._rng.choice(self._invitations))

    def _lose(self) -> None:
        claimed = "UPDATE message SET state = 'sending', claimed_at = now() - interval '1 hour'"
        self._run(f"{claimed} WHERE invitation_id = :id AND state = 'queued'")
        settle_stale(datetime.now(UTC))

    def _judge(self) -> None:
        other = "CASE WHEN verdict = 'machine' THEN 'human' ELSE 'machine' END::verdict"
        self._run(f"UPDATE response SET verdict = {other} WHERE invitation_id = :id")

    def _erase(self) -> None:
        self._run(
            "WITH gone AS (DELETE FROM response WHERE invitation_id = :id)"
            " UPDATE invitation SET answered_at = NULL, completed_at = NULL, refused_at = NULL WHERE id = :id"
        )

    def _run(self, statement: str) -> None:
        with transaction() as session:
            session.execute(text(statement), {"id": self._rng.choice(self._invitations)})


def launched(database: str) -> int:
    company()
    wave_id = planned()
    launch(wave_id)
    return wave_id


def test_every_figure_is_right_after_each_of_a_thousand_events(database: str) -> None:
    wave_id = launched(database)
    happening = Happening(database, seed=11)
    with transaction() as session:
        plan = frozen(session, wave_id)
    ends: Counter[str] = Counter()
    for _ in range(EVENTS):
        happening.one()
        with counted() as session:
            board = assert_right(session, wave_id, plan)
        ends += Counter({end: bool(getattr(board.counts, end)) for end in DISPOSITIONS})
    assert min(ends[end] for end in DISPOSITIONS) > EVENTS // 10, "everything happened, and not only once"
    before = kept()
    tell_all_anew()
    assert kept() == before


def kept() -> tuple[dict[Any, Any], dict[tuple[str, str], Any]]:
    """Return all standings, and all totals that are not zero."""
    columns = [column.key for column in Standing.__table__.columns]
    with transaction() as session:
        standings = {
            row.account_id: [getattr(row, name) for name in columns] for row in session.scalars(select(Standing))
        }
        return standings, {(row.level, row.what): row.amount for row in session.scalars(select(Tally)) if row.amount}


def test_each_account_stands_as_its_people_say(database: str) -> None:
    wave_id = launched(database)
    ids = by_level(wave_id, "A3")
    now = datetime.now(UTC)
    for level, score in ((Level.DECISION_MAKER, 3), (Level.DECISION_MAKER, 9), (Level.USER, 8)):
        record_answer(ids[level].pop(), Answer(score, step="score"), language="en", now=now)
    with counted() as session:
        row = standing_of(session, wave_id, "A3")
        assert (row.target_decision_maker, row.target_influencer, row.target_user, row.wanted) == (2, 2, 2, 6)
        assert (row.answers_decision_maker, row.answers_influencer, row.answers_user, row.answers) == (2, 0, 1, 3)
        assert (row.heard, row.coverage, row.score, row.score_sum) == (3, Decimal("0.5"), 0, 20)
        assert (row.promoters, row.passives, row.detractors, row.detractors_decision_maker) == (1, 1, 1, 1)
        assert (row.contacts_decision_maker, row.contacts_user, row.contacts_unknown) == (2, 2, 0)
        assert row.tally["decision_maker.9"] == 1
        assert row.heard_at is not None


def test_answers_beyond_a_target_count_for_nothing(database: str) -> None:
    wave_id = launched(database)
    for invitation_id in by_level(wave_id, "A2")[Level.USER]:
        record_answer(invitation_id, Answer(9, step="score"), language="en", now=datetime.now(UTC))
    with counted() as session:
        row = standing_of(session, wave_id, "A2")
    assert (row.target_user, row.answers_user, row.heard) == (3, 8, 3)


def by_level(wave_id: int, account: str) -> dict[str, list[int]]:
    """Return the invitations of an account by level."""
    found: dict[str, list[int]] = {level: [] for level in Level}
    query = text(
        "SELECT i.level::text, i.id FROM invitation i JOIN account a ON a.id = i.account_id"
        " WHERE i.wave_id = :wave_id AND a.external_id = :account ORDER BY i.id"
    )
    with transaction() as session:
        for level, id in session.execute(query, {"wave_id": wave_id, "account": account}):
            found[level].append(id)
    return found


def standing_of(session: Session, wave_id: int, account: str) -> Standing:
    """Return how an account stands."""
    mine = select(Account.id).where(Account.external_id == account).scalar_subquery()
    return session.scalars(select(Standing).where(Standing.wave_id == wave_id, Standing.account_id == mine)).one()


def test_a_draft_has_no_standings_and_a_frozen_plan_has_all_of_them(database: str) -> None:
    company()
    wave_id = draft()
    with counted() as session:
        assert session.scalar(select(func.count()).select_from(Standing)) == 0
    plan_wave(wave_id, actor="test")
    with counted() as session:
        assert session.scalar(select(func.count()).select_from(Standing)) == 9
        assert_right(session, wave_id)


def test_what_is_committed_after_one_reader_is_there_for_the_next(database: str) -> None:
    wave_id = launched(database)
    fold()
    invitation_id = by_level(wave_id, "A3")[Level.USER][0]
    with transaction() as late:
        late.execute(_OPEN, {"id": invitation_id})
        assert fold() == 0  # not committed yet, so nobody waits for it and nothing is lost
    assert fold() == 1
    with counted() as session:
        assert_right(session, wave_id)


def test_readers_and_writers_at_once_count_everything_once(database: str) -> None:
    wave_id = launched(database)
    with transaction() as session:
        ids = list(session.scalars(select(Invitation.id)))
    reading = threading.Event()

    def answer(mine: list[int]) -> None:
        for id in mine:
            record_answer(id, Answer(id % 11, step="score"), language="en", now=datetime.now(UTC))

    def read() -> None:
        while not reading.is_set():
            with counted() as session:
                assert_right(session, wave_id) if fold_is_done(session) else None

    writers = [threading.Thread(target=answer, args=(ids[start::3],)) for start in range(3)]
    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    reading.set()
    for thread in readers:
        thread.join()
    with counted() as session:
        assert_right(session, wave_id)
        assert wave_board(session, wave_id).counts.answered == len(ids)


def test_nobody_waits_long_for_somebody_who_tells_a_large_wave(database: str) -> None:
    wave_id = launched(database)
    with transaction() as teller:
        teller.execute(text("SELECT pg_advisory_xact_lock(hashtext('standing'))"))
        with counted() as session:
            assert wave_board(session, wave_id).counts.sent == 0, "what was told before"
    with counted() as session:
        assert_right(session, wave_id)


def fold_is_done(session: Session) -> bool:
    """Tell whether nothing was committed between the fold and this session's snapshot."""
    return not session.scalar(select(func.count()).select_from(stirred))


def test_verdicts_worked_out_again_move_the_figures(database: str) -> None:
    wave_id = launched(database)
    ids = by_level(wave_id, "A1")[Level.USER]
    for id in ids:
        record_answer(id, Answer(10, step="score"), language="en", now=datetime.now(UTC))
    with transaction() as session:
        session.execute(update(Response).values(verdict="machine"))
    with counted() as session:
        assert wave_board(session, wave_id).counts.answered == 0
        assert_right(session, wave_id)
    judge_again(actor="test")
    with counted() as session:
        assert wave_board(session, wave_id).counts.answered == len(ids)
        assert_right(session, wave_id)


@pytest.mark.parametrize("metric", METRICS)
def test_a_score_is_the_mean_of_what_its_answers_are_alone(metric: str) -> None:
    """What the standing of an account relies on; a metric that is no mean would need another way."""
    found = METRICS[metric]
    answers = [*found.scale, found.scale[0], found.scale[-1], found.scale[-1]]
    alone = [found.summarise(found, Counter([answer])).value for answer in answers]
    assert found.summarise(found, Counter(answers)).value == sum(alone) / len(alone)
    assert all(value.denominator == 1 for value in alone)
