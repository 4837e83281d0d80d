"""A wave beside the one before: what was asked and came back on each level, reminders apart, and the score."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.db import transaction
from app.core.errors import NotFound
from app.reporting.standing import counted
from app.reporting.wave_comparing import Compared, compare_waves
from app.responses.collecting import record_answer
from app.surveys.answers import Answer
from tests.support.company import TODAY, add_account, launch, planned, three_levels

NOW = datetime.now(UTC)


@pytest.fixture
def waves(database: str) -> tuple[int, int]:
    """Two waves of one campaign that asked the same nine people: three answered, one after a reminder; then one."""
    add_account("A1", 1_000_000, three_levels("A", 3, 3, 3))
    first = planned("q3", planned_for=TODAY - timedelta(days=100), days=110)
    launch(first)
    _sent(first)
    _answer(first, [9, 10, 3])
    with transaction() as session:
        session.execute(text("UPDATE contact SET last_invited_on = NULL"))
        session.execute(
            text("UPDATE wave SET ends_on = CURRENT_DATE - 1, state = 'finished' WHERE id = :id"), {"id": first}
        )
        session.execute(text("UPDATE invitation SET closes_on = CURRENT_DATE - 1"))
        session.execute(
            text(
                "INSERT INTO message (invitation_id, wave_id, account_id, number, state, claimed_at)"
                " SELECT id, wave_id, account_id, 1, 'sent', :at FROM invitation ORDER BY id LIMIT 1"
            ),
            {"at": NOW - timedelta(hours=1)},
        )
    second = planned("q4")
    launch(second)
    _sent(second)
    _answer(second, [10])
    return first, second


def _sent(wave_id: int) -> None:
    with transaction() as session:
        session.execute(text("UPDATE invitation SET sent_at = now() WHERE wave_id = :id"), {"id": wave_id})
        session.execute(
            text("UPDATE message SET state = 'sent', claimed_at = :at, sent_at = :at WHERE wave_id = :id"),
            {"id": wave_id, "at": NOW - timedelta(days=2)},
        )


def _answer(wave_id: int, scores: list[int]) -> None:
    with transaction() as session:
        ids = session.scalars(text("SELECT id FROM invitation WHERE wave_id = :id ORDER BY id"), {"id": wave_id}).all()
    for invitation_id, score in zip(ids, scores, strict=False):
        record_answer(invitation_id, Answer(score, step="complete"), language="en", now=NOW)


def compared(wave_id: int, other: int | None = None) -> Compared:
    with counted() as session:
        found = compare_waves(session, wave_id, other)
    assert isinstance(found, Compared)
    return found


def test_a_wave_stands_beside_the_one_before(waves: tuple[int, int]) -> None:
    first, second = waves
    found = compared(second)
    assert found.before.wave.id == first
    figures = {figure.label: (figure.now, figure.before) for figure in found.figures}
    assert figures["Invitations sent"] == (9, 9)
    assert figures["Answered"] == (1, 3)
    assert figures["Of them after a reminder"] == (0, 1)
    assert figures["Response rate"] == (Fraction(1, 9), Fraction(3, 9))
    rate = next(figure for figure in found.figures if figure.label == "Response rate")
    assert rate.change == Fraction(-2, 9)
    assert found.scores is not None
    assert [score.n for score in found.scores] == [1, 3]


def test_the_first_wave_has_nothing_beside_it_but_may_be_held_against_a_later_one(waves: tuple[int, int]) -> None:
    first, second = waves
    with counted() as session:
        assert not isinstance(compare_waves(session, first), Compared)
        with pytest.raises(NotFound):
            compare_waves(session, 77)
    assert compared(first, second).before.wave.id == second


def test_another_measure_is_no_score_to_compare(waves: tuple[int, int]) -> None:
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO survey_version (key, version, definition, mails) SELECT key, 99,"
                " jsonb_set(definition, '{metric}', '\"ces\"'), mails FROM survey_version LIMIT 1"
            )
        )
        session.execute(
            text("UPDATE wave SET survey_version_id = (SELECT max(id) FROM survey_version) WHERE id = :id"),
            {"id": waves[0]},
        )
    found = compared(waves[1])
    assert found.scores is None
    assert found.why_no_score == "Q4 asked for NPS, Q3 for CES."


def test_the_page_says_both_and_the_change(waves: tuple[int, int], admin_client: FlaskClient) -> None:
    first, second = waves
    page = admin_client.get(f"/waves/{second}/compare").text
    assert "Q4 beside Q3" in page
    assert "−22.2 points" in page
    assert "Response rate, decision makers" in page
    assert "is the first wave of its campaign" in admin_client.get(f"/waves/{first}/compare").text
    assert admin_client.get(f"/waves/{second}/compare?with=999").status_code == 404
    for strange in ("abc", "9" * 30, str(second)):
        assert admin_client.get(f"/waves/{second}/compare?with={strange}").status_code == 200
