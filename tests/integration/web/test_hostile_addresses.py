"""Odd addresses of figures: files of waves there are not, amounts too small, dimensions too wide, telling orders."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.auth.rights import Role
from app.core.db import reading
from app.reporting import segmenting
from app.reporting.board import board_before, wave_board
from app.reporting.standing import counted
from tests.support.company import add_account, draft, planned, three_levels
from tests.support.heard import change
from tests.support.people import logged_in


@pytest.fixture
def wave(application: Flask) -> int:
    """A wave over three accounts of one bucket, the most valuable one added last, and one of another."""
    for name, value in (("A1", 5_100_000), ("A2", 5_300_000), ("A3", 5_900_000), ("A4", 70_000)):
        add_account(
            name, value, three_levels(name, 1, 1, 1), lifetime_value=Decimal(value), manager_name=f"Boss {name}"
        )
    return planned()


@pytest.mark.parametrize("amount", ["1e-999999", "-1e-999999", "0.000001", "1e-6"])
def test_an_amount_too_small_is_nothing(admin_client: FlaskClient, wave: int, amount: str) -> None:
    for page in ("/accounts", "/accounts.csv"):
        answer = admin_client.get(page, query_string={"value_from": amount, "value_to": "1e14"})
        assert (answer.status_code, answer.text.count("Company A1") > 0) == (200, True)


def test_files_of_a_wave_there_is_not_are_not_found(application: Flask, admin_client: FlaskClient, wave: int) -> None:
    looked = 0
    for rule in application.url_map.iter_rules():
        if rule.rule.endswith(".csv") and rule.endpoint.partition(".")[0] not in ("static", "ledger"):
            path = re.sub(r"<int:[a-z_]+>", "999999", rule.rule)
            answer = admin_client.get(path, query_string={"wave": "999999", "campaign": "999999"})
            assert answer.text, "read to its end"
            assert answer.status_code == 404 or (answer.status_code == 200 and rule.rule == path), path
            looked += 1
    assert looked > 10
    for page in ("/accounts.csv", "/answers.csv", "/segments.csv", "/drivers.csv"):
        answer = admin_client.get(page, query_string={"wave": "999999"})
        assert (bool(answer.text), answer.status_code) == (True, 404), page


def test_a_dimension_of_too_many_values_is_refused(
    monkeypatch: pytest.MonkeyPatch, admin_client: FlaskClient, wave: int
) -> None:
    monkeypatch.setattr(segmenting, "MOST_VALUES", 3)
    page = admin_client.get("/segments?by=manager")
    assert (page.status_code, "too many to stand side by side" in page.text) == (422, True)
    assert admin_client.get("/segments.csv?by=manager").status_code == 409
    monkeypatch.setattr(segmenting, "MOST_VALUES", 4)
    assert admin_client.get("/segments?by=manager").status_code == 200


@pytest.mark.parametrize("page", ["/accounts.csv", "/waves/1/plan/accounts.csv"])
def test_who_sees_buckets_learns_no_order_inside_one(application: Flask, wave: int, page: str) -> None:
    told = {}
    for role in (Role.EDITOR, Role.VIEWER):
        file = logged_in(application, role).get(f"{page}?wave=1&sort=-annual_value").text
        told[role] = re.findall(r"Company (A\d)", file)
    assert told[Role.EDITOR] == ["A3", "A2", "A1", "A4"]
    assert told[Role.VIEWER] == ["A1", "A2", "A3", "A4"]


def test_shares_of_revenue_are_told_to_the_per_cent(application: Flask, wave: int) -> None:
    with counted():
        pass  # folded once, so that what is changed by hand stays
    change("UPDATE standing SET answers_user = 1, sent_user = 1 WHERE account_id IN (1, 2)")
    told = {}
    for role in (Role.EDITOR, Role.VIEWER):
        [_, line] = logged_in(application, role).get("/segments.csv?wave=1&by=industry").text.splitlines()
        told[role] = re.findall(r",(0\.\d+),0,", line)
    assert told == {Role.EDITOR: ["0.635308"], Role.VIEWER: ["0.640000"]}


def test_a_wave_that_never_set_out_is_not_the_one_before(wave: int) -> None:
    change("UPDATE wave SET launched_at = now() - interval '90 days', planned_for = planned_for - 90")
    with reading() as session:
        campaign_id = wave_board(session, wave).campaign.id
    stopped, now = draft("stopped", campaign_id=campaign_id), draft("now", campaign_id=campaign_id)
    change("UPDATE wave SET state = 'finished' WHERE id = :id", {"id": stopped})
    change("UPDATE wave SET planned_for = planned_for - 1 WHERE id = :id", {"id": stopped})
    with reading() as session:
        before = board_before(session, wave_board(session, now))
    assert before is not None
    assert before.wave.id == wave


def test_a_preview_that_was_never_confirmed_has_no_standing(wave: int) -> None:
    change("UPDATE wave SET state = 'draft', planned_at = NULL")
    change("DELETE FROM invitation")
    change("UPDATE wave SET state = 'finished'")
    with counted() as session:
        assert session.scalar(text("SELECT count(*) FROM standing")) == 0
