"""The board of a wave: what it says in each odd case, how it stands against the wave before, and where numbers lead."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.accounts.models import Level
from app.campaigns.models import Invitation, Wave
from app.core.db import reading, transaction
from app.core.errors import NotFound
from app.reporting.board import board_before, latest_wave_id, wave_board
from app.reporting.board_figures import coverage, headline, response, revenue, score, scores
from app.reporting.largest import largest
from app.reporting.standing import counted
from app.responses.collecting import record_answer
from app.surveys.answers import Answer
from tests.integration.reporting.recounting import assert_right
from tests.support.company import TODAY, Person, add_account, draft, launch, planned, three_levels
from tests.support.events import event_campaign, told

NOW = datetime.now(UTC)


def company() -> None:
    add_account("A1", 6_000_000, three_levels("A1", 6, 6, 6))
    add_account("A2", 1_000_000, three_levels("A2", 0, 1, 9))
    add_account("A3", 100_000, three_levels("A3", 2, 2, 2))
    add_account("A4", 50_000, [])
    add_account("A5", None, three_levels("A5", 1, 1, 1))


def invitations(wave_id: int, account: str | None = None, level: Level | None = None) -> list[int]:
    query = text(
        "SELECT i.id FROM invitation i JOIN account a ON a.id = i.account_id WHERE i.wave_id = :wave_id"
        " AND coalesce(:account, a.external_id) = a.external_id AND coalesce(:level, i.level::text) = i.level::text"
        " ORDER BY i.id"
    )
    with transaction() as session:
        found = session.scalars(query, {"wave_id": wave_id, "account": account, "level": level})
        return list(found)


def sent(wave_id: int) -> int:
    """Let every mail of a wave have left."""
    launch(wave_id)
    with transaction() as session:
        session.execute(text("UPDATE invitation SET sent_at = now() WHERE wave_id = :id"), {"id": wave_id})
    return wave_id


def answered(wave_id: int, *scores: int, **whose: object) -> None:
    """Let people of a wave answer with these scores."""
    for invitation_id, given in zip(invitations(wave_id, **whose), scores, strict=False):  # type: ignore[arg-type]
        record_answer(invitation_id, Answer(given, step="score"), language="en", now=NOW)


def test_a_draft_says_that_nobody_is_chosen_and_has_no_figures(database: str) -> None:
    company()
    wave_id = draft()
    with counted() as session:
        board = wave_board(session, wave_id)
    assert headline(board) == "Q4: nobody is chosen yet"
    assert (board.coverage, board.of_revenue("heard"), board.of_accounts("heard"), board.score) == (None,) * 4


def test_a_wave_before_its_first_mail_its_first_answer_and_with_bounces_only(database: str) -> None:
    company()
    wave_id = planned()
    reasons = []
    for statement in ("", "UPDATE invitation SET sent_at = now()", "UPDATE invitation SET bounced_at = now()"):
        with transaction() as session:
            session.execute(text(statement or "SELECT 1"))
        with counted() as session:
            board = wave_board(session, wave_id)
        shown = [response(board, None), coverage(board, None), revenue(board, None, "heard"), score(board, None)]
        assert {one.value for one in shown} == {"—"}
        reasons.append({one.reason for one in shown} | {headline(board).removeprefix("Q4: ")})
    assert reasons == [{"nothing has been sent yet"}, {"nobody has answered yet"}, {"every mail bounced"}]


def test_one_answer_is_shown_and_not_scored(database: str) -> None:
    company()
    wave_id = sent(planned())
    answered(wave_id, 9, account="A3", level=Level.DECISION_MAKER)
    with counted() as session:
        board = wave_board(session, wave_id)
    assert (score(board, None).value, score(board, None).note) == ("9", "one answer, no score")
    assert score(board, None, Level.USER).reason == "no answers here"
    assert headline(board) == "Q4: 1% of revenue heard"


def test_unknown_values_leave_no_revenue_and_no_zero_percent(database: str) -> None:
    add_account("U1", None, three_levels("U1", 1, 1, 1))
    wave_id = sent(planned())
    answered(wave_id, 9)
    with counted() as session:
        board = wave_board(session, wave_id)
    assert headline(board) == "Q4: 1 of 1 accounts heard"
    assert revenue(board, None, "heard") == revenue(board, None, "weighted")
    assert (revenue(board, None, "heard").value, revenue(board, None, "heard").reason) == ("—", "no value is known")
    assert coverage(board, None, board.lines[1]).reason == "nobody is wanted here"


def test_a_wave_is_held_against_the_one_before_of_its_campaign(database: str) -> None:
    company()
    first = sent(planned("q3", planned_for=TODAY - timedelta(days=20)))
    answered(first, 9, 9, 0, 0, account="A1")
    with transaction() as session:
        campaign = session.get_one(Wave, first).campaign_id
        session.execute(text("UPDATE contact SET last_invited_on = NULL"))
        session.execute(text("UPDATE wave SET state = 'finished'"))
    second = sent(planned("q4", campaign_id=campaign))
    answered(second, *([9] * 6), account="A1")
    with counted() as session:
        board = wave_board(session, second)
        before = board_before(session, board)
        assert board_before(session, wave_board(session, first)) is None
    assert before is not None
    assert before.wave.id == first
    moved = score(board, before)
    assert (moved.value, moved.change, moved.trend) == ("100", "+100 points", "up")
    points = Fraction(6 - 4, board.target)
    assert coverage(board, before).change == f"+{round(float(points * 100))} points"
    assert revenue(board, before, "heard").change == "no change"


def test_an_anonymous_wave_says_nothing_before_it_is_over_and_nothing_of_a_few(database: str) -> None:
    add_account("E1", 6_000_000, three_levels("E1", 6, 6, 6))
    wave_id = sent(planned(survey_key="enps"))
    answered(wave_id, *([9] * 4), level=Level.DECISION_MAKER)
    answered(wave_id, *([9] * 4), level=Level.INFLUENCER)
    with counted() as session:
        board = wave_board(session, wave_id)
        assert scores(board) == {}
        assert "opens when the wave has finished" in (score(board, None).reason or "")
    with transaction() as session:
        session.execute(text("UPDATE wave SET state = 'finished'"))
    with counted() as session:
        board = wave_board(session, wave_id)
    assert set(scores(board)) == {None}  # eight together, four and four on their levels
    assert score(board, None, Level.INFLUENCER).value == "—"


def test_the_largest_accounts_come_silent_ones_first_with_what_is_missing(database: str) -> None:
    company()
    wave_id = sent(planned())
    answered(wave_id, *([9] * 11), account="A1")
    answered(wave_id, 9, account="A2", level=Level.USER)
    answered(wave_id, 9, account="A3", level=Level.USER)
    with counted() as session:
        found = [(one.name, one.missing) for one in largest(session, wave_id)]
    assert found == [
        ("Company A4", "nobody has answered"),
        ("Company A5", "nobody has answered"),
        ("Company A2", "no decision maker, no influencer; 2 users missing"),
        ("Company A3", "no decision maker, no influencer; 1 user missing"),
        ("Company A1", None),
    ]


def test_only_bounces_are_told_apart_from_silence(database: str) -> None:
    company()
    wave_id = sent(planned())
    with transaction() as session:
        session.execute(text("UPDATE invitation SET bounced_at = now()"))
    answered(wave_id, 9, account="A1")
    with counted() as session:
        found = {one.name: one for one in largest(session, wave_id)}
    assert found["Company A3"].missing == "every mail bounced"
    assert found["Company A2"].seats[Level.DECISION_MAKER].nobody == 3


def test_a_wave_after_events_has_answers_and_no_targets(admin_client: FlaskClient) -> None:
    add_account("A1", 1_000_000, [Person("P1"), Person("P2", Level.DECISION_MAKER)])
    event_campaign()
    for address in ("p1@company.example", "p2@company.example"):
        assert told(address).decision == "scheduled"
    wave_id = 1
    with counted() as session:
        assert headline(wave_board(session, wave_id)).endswith("nothing has been sent yet")
    with transaction() as session:
        session.execute(text("UPDATE invitation SET sent_at = now()"))
    answered(wave_id, 9)
    with counted() as session:
        board = wave_board(session, wave_id)
        assert_right(session, wave_id)
    assert headline(board).endswith("one person answered")
    assert (board.counts.sent, board.counts.answered, board.accounts["accounts"]) == (2, 1, 0)
    page = admin_client.get(f"/waves/{wave_id}").text
    assert "50.0%" in page
    assert "Accounts and revenue, by level" not in page


def test_there_is_no_such_wave(database: str) -> None:
    with reading() as session:
        assert latest_wave_id(session) is None
        with pytest.raises(NotFound):
            wave_board(session, 77)


def test_every_number_of_the_board_leads_to_its_rows(admin_client: FlaskClient) -> None:
    company()
    add_account("A6", 3_000, [Person("A6X", Level.UNKNOWN)])
    wave_id = sent(planned())
    answered(wave_id, *([9, 3, 10] * 4))
    page = admin_client.get(f"/waves/{wave_id}").text
    main = page[page.index("<main") :]
    addresses = {found.replace("&amp;", "&") for found in re.findall(r'<a [^>]*href="(/[^"#]+)"', main)}
    assert len(addresses) > 25
    for address in addresses:
        assert admin_client.get(address).status_code == 200, address
    assert "NaN" not in main
    assert 'data-live="15"' in page
    assert "<noscript>" in page


def test_a_name_is_shown_as_what_it_is(admin_client: FlaskClient) -> None:
    add_account("X1", 10_000_000, three_levels("X1", 3, 3, 3))
    with transaction() as session:
        session.execute(text("UPDATE account SET name = '<script>alert(1)</script> 深圳科技'"))
    wave_id = sent(planned())
    page = admin_client.get(f"/waves/{wave_id}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 深圳科技" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("state", ["draft", "planned", "running", "finished"])
def test_the_board_of_any_wave_can_be_looked_at(admin_client: FlaskClient, state: str) -> None:
    company()
    wave_id = draft() if state == "draft" else planned()
    with transaction() as session:
        session.execute(text("UPDATE wave SET state = CAST(:state AS wave_state)"), {"state": state})
        assert state == "draft" or session.scalars(select(Invitation.id)).first()
    page = admin_client.get(f"/waves/{wave_id}")
    assert page.status_code == 200
    figures = re.sub(r'<div class="progress">.*?</div>', "", page.text, flags=re.DOTALL)
    assert re.findall(r"(?<![\d.])0(?:\.0+)?%", figures) == []
    assert admin_client.get("/waves/999999").status_code == 404
