"""Figures by the API: the very ones the pages show, to keys that may read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import Level
from app.campaigns.models import Invitation, Wave, WaveState
from app.core.api.keys import make_key
from app.core.db import transaction
from app.delivery.launching import launch_wave
from app.delivery.sending import Sender
from app.reporting.board import wave_board
from app.reporting.rates import response_rate
from app.reporting.standing import counted
from app.responses.collecting import record_answer
from app.surveys.answers import Answer
from app.surveys.definition import definitions
from app.surveys.publishing import published_version
from tests.support.company import add_account, draft, planned, three_levels
from tests.support.settings import settings
from tests.support.transport import ToldTransport


def get(client: FlaskClient, secret: str, path: str, status: int = 200) -> Any:
    """Ask for a path below /api/v1."""
    answer = client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == status, answer.text
    return json.loads(answer.text)


@pytest.fixture
def reader(customer: FlaskClient) -> str:
    """The key of a program that reads figures and sees no revenue."""
    return make_key("Warehouse", ["figures:read"], actor="test")[1]


@pytest.fixture
def wave_id(database: str, customer: FlaskClient) -> int:
    """A wave of three accounts that was sent, and answered by two people of one of them."""
    add_account("A1", 1_000_000, three_levels("A1", 3, 3, 3), industry="Mining")
    add_account("A2", 100_000, three_levels("A2", 1, 1, 1))
    add_account("A3", None, three_levels("A3", 1, 0, 0))
    wave_id = planned()
    launch_wave(wave_id, now=datetime.now(UTC), actor="test", at_once=True)
    sender = Sender(settings(database), ToldTransport())
    with transaction() as session:
        invitations = session.scalars(select(Invitation).order_by(Invitation.account_id, Invitation.turn)).all()
        ids = [invitation.id for invitation in invitations]
    sender.send_all(ids)
    now = datetime.now(UTC)
    record_answer(ids[0], Answer(9, ("support",)), language="en", now=now)
    record_answer(ids[1], Answer(3, ("product", "product/quality")), language="en", now=now)
    return wave_id


def test_a_wave_is_told_as_its_board_shows_it(customer: FlaskClient, reader: str, wave_id: int) -> None:
    told = get(customer, reader, f"/waves/{wave_id}/figures")
    with counted() as session:
        board = wave_board(session, wave_id)
    whole, *levels = told["levels"]
    assert [level["level"] for level in levels] == [str(level) for level in Level]
    assert (whole["counts"]["complete"], whole["counts"]["sent"]) == (2, board.counts.sent)
    assert whole["rates"]["response"] == pytest.approx(float(response_rate(board.counts) or 0), abs=1e-6)
    assert whole["coverage"] == pytest.approx(float(board.coverage or 0), abs=1e-6)
    assert (whole["score"]["value"], whole["score"]["n"]) == (0, 2)
    assert levels[2]["score"] is None, "nobody of that level answered: no score, and no nought"
    assert told["accounts"]["values_unknown"] == 1
    assert told["accounts"]["revenue_heard"] == 0.91, "to the per cent without the right to see revenue"
    assert told["metric"] == "nps"


def test_amounts_are_for_keys_that_may_see_revenue(customer: FlaskClient, reader: str, wave_id: int) -> None:
    _, trusted = make_key("Finance", ["figures:read", "revenue:read"], actor="test")
    for path in ("figures", "accounts", "drivers", "segments"):
        assert "1000000" not in json.dumps(get(customer, reader, f"/waves/{wave_id}/{path}"))
    assert get(customer, reader, f"/waves/{wave_id}/figures")["accounts"]["revenue"] is None
    assert float(get(customer, trusted, f"/waves/{wave_id}/figures")["accounts"]["revenue"]) == 1_100_000
    shares = [
        get(customer, trusted, f"/waves/{wave_id}/figures")["accounts"]["revenue_heard"],
        get(customer, trusted, f"/waves/{wave_id}/segments?by=account_country")["data"][0]["revenue_heard"],
    ]
    assert shares == [pytest.approx(1_000_000 / 1_100_000, abs=1e-6)] * 2
    assert get(customer, reader, f"/waves/{wave_id}/segments?by=account_country")["data"][0]["revenue_heard"] == 0.91
    values = [account["annual_value"] for account in get(customer, trusted, f"/waves/{wave_id}/accounts")["data"]]
    assert [value and float(value) for value in values] == [1_000_000, 100_000, None]


def test_accounts_and_waves_come_page_by_page(customer: FlaskClient, reader: str, wave_id: int) -> None:
    draft("q1")
    with transaction() as session:  # stopped before it set out
        session.get_one(Wave, draft("q2")).state = WaveState.FINISHED
    waves = get(customer, reader, "/waves")
    assert [wave["id"] for wave in waves["data"]] == [str(wave_id)], "a draft is no wave to report of"
    seen: list[str] = []
    cursor = ""
    while page := get(customer, reader, f"/waves/{wave_id}/accounts?per_page=2{cursor}"):
        seen += [account["external_id"] for account in page["data"]]
        cursor = f"&cursor={page['next']}"
        if not page["data"]:
            break
    assert seen == ["A1", "A2", "A3"]


def test_one_account_in_full(customer: FlaskClient, reader: str, wave_id: int) -> None:
    first = get(customer, reader, f"/waves/{wave_id}/accounts")["data"][0]
    assert (first["required"], first["answers"], first["score"]) == (9, 2, 0)
    assert first["targets"] == {"decision_maker": 3, "influencer": 3, "user": 3}
    assert sum(first["answers_by_level"].values()) == 2
    assert first["coverage"] == pytest.approx(2 / 9, abs=1e-6)


def test_segments_and_drivers(customer: FlaskClient, reader: str, wave_id: int) -> None:
    by_industry = get(customer, reader, f"/waves/{wave_id}/segments?by=industry")["data"]
    assert {group["value"]: group["answers"] for group in by_industry} == {"Mining": 2, "": 0}
    drivers = get(customer, reader, f"/waves/{wave_id}/drivers")
    tops = {driver["driver"]: driver["contribution"] for driver in drivers["data"] if driver["tier"] == 1}
    assert (tops, drivers["total"]) == ({"support": 50, "product": -50}, 0)
    assert "product/quality" in {driver["driver"] for driver in drivers["data"]}


def test_what_is_not_there_is_said(customer: FlaskClient, reader: str, wave_id: int) -> None:
    for path in ("figures", "accounts", "segments", "drivers"):
        assert get(customer, reader, f"/waves/999/{path}", 404)["status"] == 404
    wrong = get(customer, reader, f"/waves/{wave_id}/segments?by=shoe_size", 422)
    assert wrong["errors"][0]["pointer"] == "/by"
    _, other = make_key("Events", ["events:read"], actor="test")
    assert get(customer, other, "/waves", 403)["status"] == 403


def test_an_anonymous_survey_keeps_what_was_said(customer: FlaskClient, reader: str, wave_id: int) -> None:
    with transaction() as session:
        wave = session.get_one(Wave, wave_id)
        wave.survey_version_id = _employee_survey(session)
    told = get(customer, reader, f"/waves/{wave_id}/figures")
    assert [level["score"] for level in told["levels"]] == [None] * 5
    accounts = get(customer, reader, f"/waves/{wave_id}/accounts")["data"]
    assert {(account["score"], account["heard_at"]) for account in accounts} == {(None, None)}
    for by in ("person.role", "attributes.team"):
        refused = get(customer, reader, f"/waves/{wave_id}/segments?by={by}", 422)
        assert "Anonymous survey" in refused["errors"][0]["detail"]
    [group] = get(customer, reader, f"/waves/{wave_id}/segments?by=country")["data"]
    assert group["sent"] > 2
    assert [group[name] for name in ("answers", "response", "accounts_heard", "heard", "revenue_heard")] == [None] * 5
    drivers = get(customer, reader, f"/waves/{wave_id}/drivers")
    assert (drivers["data"], drivers["total"]) == ([], None)
    assert "Anonymous survey" in drivers["hidden"]
    assert {group["score"] for group in get(customer, reader, f"/waves/{wave_id}/segments")["data"]} == {None}


def _employee_survey(session: Any) -> int:

    key = next(key for key, definition in definitions().items() if definition.metric == "enps")
    return published_version(session, key).id
