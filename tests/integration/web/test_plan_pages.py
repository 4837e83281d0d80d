"""The pages of a plan, with the deeds that hang on their buttons."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.accounts.models import Level
from app.campaigns import plan_views
from app.campaigns.models import Wave, WaveState
from app.campaigns.planning import preview_wave
from app.core.auth.rights import Role
from app.core.db import reading, transaction
from tests.support.company import Person, add_account, draft, planned, three_levels
from tests.support.people import logged_in
from tests.support.web import csrf_token, post_form
from workers.jobs import confirm, preview

WHY = "Leaves the company this month"


def run(statement: str, **values: Any) -> list[Any]:
    """Run SQL of a test and return its rows."""
    with transaction() as session:
        result = session.execute(text(statement), values)
        return list(result) if result.returns_rows else []


def company() -> None:
    """Two accounts: one with too few people and one with more than enough."""
    out = Person("X1", Level.INFLUENCER, more={"exclusion_reason": "Busy <b>now</b>", "first_name": "Xenia"})
    add_account("A1", 1_000_000, [*three_levels("P", 1, 0, 2), out], manager_name="Ana Sand", country="DE")
    add_account("A2", 1_000, three_levels("Q", 2, 2, 3), manager_name="Bo Lind", country="FR", industry="Retail")


def previewed() -> int:
    """The preview of a wave of that company."""
    company()
    wave_id = draft()
    preview_wave(wave_id, actor="test")
    return wave_id


def test_the_preview_says_what_it_would_do_and_every_figure_leads_to_its_rows(
    database: str, admin_client: FlaskClient
) -> None:
    wave_id = previewed()
    page = admin_client.get(f"/waves/{wave_id}/plan").text
    assert "Q4 would ask 4 people of 11" in page
    assert "Confirm: ask 4 people" in page
    assert "excluded by the account manager" in page
    for link in set(re.findall(rf'href="(/waves/{wave_id}/plan[^"#]*)"', page)):
        assert admin_client.get(link.replace("&amp;", "&")).status_code == 200, link
    assert "Send to" not in page


@pytest.mark.parametrize(
    "query",
    [
        "reason=nothing&level=%00&account=abc&n=x&after=1&before=2.x",
        "after=99999999999999999999.1&n=9999999999999",
        "before=0.0&n=-5",
        "account=999999999999999999",
        "manager=%27&country=DROP&q=%5C%25_%27%22%3A*%26%7C!()",
        "begun=99999999999999",
    ],
)
def test_whatever_stands_in_the_address_there_is_a_page(database: str, admin_client: FlaskClient, query: str) -> None:
    wave_id = previewed()
    for page in ("plan", "plan.csv", "plan/accounts", "plan/accounts.csv", "plan/exclusions", "plan/why"):
        assert admin_client.get(f"/waves/{wave_id}/{page}?{query}").status_code == 200, page


@pytest.mark.parametrize("page", ["plan/accounts", "plan/exclusions", "plan/people/77", "plan/accounts?sort=x&page=0"])
def test_what_has_no_plan_or_no_person_is_not_there(database: str, admin_client: FlaskClient, page: str) -> None:
    company()
    wave_id = draft()
    assert admin_client.get(f"/waves/{wave_id}/{page}").status_code == 404
    assert admin_client.get(f"/waves/99/{page}").status_code == 404


def test_the_file_holds_exactly_what_the_filters_show(database: str, admin_client: FlaskClient) -> None:
    wave_id = previewed()
    page = admin_client.get(f"/waves/{wave_id}/plan?reason=excluded&manager=Bo+Lind").text
    link = re.search(rf'href="(/waves/{wave_id}/plan.csv[^"]*)"', page)
    assert link is not None
    rows = list(csv.DictReader(io.StringIO(admin_client.get(link[1].replace("&amp;", "&")).text)))
    assert len(rows) == 6
    assert {row["account_id"] for row in rows} == {"A2"}
    assert {row["why"] for row in rows} == {"may be asked, but the seats are taken"}


def test_why_not_this_person_is_answered_for_anybody(database: str, admin_client: FlaskClient) -> None:
    company()
    wave_id = draft()
    run(
        """UPDATE wave SET audience = '{"account": {"industry": ["Banking", "Rail"]}, "value": {"from": "5000"}}'
           WHERE id = :id""",
        id=wave_id,
    )
    run("UPDATE account SET industry = 'Rail' WHERE external_id = 'A1'")
    preview_wave(wave_id, actor="test")
    outsider = run("SELECT id FROM contact WHERE external_id = 'QD000'")[0][0]
    page = admin_client.get(f"/waves/{wave_id}/plan/people/{outsider}").text
    assert "Outside the campaign" in page
    assert "Industry is «Retail», not «Banking» or «Rail»" in page
    assert "Annual value is US$1,000, not from US$5,000" in page
    found = admin_client.get(f"/waves/{wave_id}/plan?q=FirstQD000").text
    assert f'href="/waves/{wave_id}/plan/people/{outsider}"' in found
    excluded = run("SELECT id FROM contact WHERE external_id = 'X1'")[0][0]
    page = admin_client.get(f"/waves/{wave_id}/plan/people/{excluded}").text
    assert "Busy &lt;b&gt;now&lt;/b&gt;" in page
    assert "The exclusion must be lifted." in page
    everybody = admin_client.get(f"/waves/{wave_id}/plan/why?q=last").text
    assert "no decision in this plan" in everybody
    assert "Not asked" in everybody


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "UPDATE contact SET last_invited_on = (SELECT planned_for - 10 FROM wave)",
            "The contact rules allow it again",
        ),
        ("UPDATE contact SET embargoed_until = '2099-05-01'", "The embargo holds to the end of 1 May 2099."),
        ("UPDATE contact SET email_key = 'same@a.example'", "has the same address"),
        ("UPDATE contact SET status = 'opted_out'", "Only the person can change that."),
        ("UPDATE contact SET open_case = true", "The case must be closed"),
        ("UPDATE account SET status = 'inactive'", "The CRM must say that the account is active."),
    ],
)
def test_what_would_have_to_change_is_said(
    database: str, admin_client: FlaskClient, change: str, sentence: str
) -> None:
    company()
    wave_id = draft()
    run(change)
    preview_wave(wave_id, actor="test")
    person = run("SELECT id FROM contact WHERE external_id = 'QU002'")[0][0]
    assert sentence in admin_client.get(f"/waves/{wave_id}/plan/people/{person}").text


def test_who_is_not_needed_sees_who_has_the_seats(database: str, admin_client: FlaskClient) -> None:
    wave_id = previewed()
    spare = run("SELECT contact_id FROM decision WHERE reason = 'not_needed' AND level = 'decision_maker'")[0][0]
    holder = run("SELECT contact_id FROM decision WHERE seat = 'level' AND account_id = 2")[0][0]
    page = admin_client.get(f"/waves/{wave_id}/plan/people/{spare}").text
    assert "Rank 2 of 2 decision makers who may be asked; 1 seat is taken." in page
    assert f'/plan/people/{holder}"' in page
    assert "takes a seat" in page


def test_somebody_is_excluded_with_a_reason_and_taken_back(database: str, admin_client: FlaskClient) -> None:
    wave_id = previewed()
    person = run("SELECT contact_id FROM decision WHERE seat = 'level' AND account_id = 2")[0][0]
    at = f"/waves/{wave_id}/plan/people/{person}"
    status, page = post_form(admin_client, f"{at}/pick", at, act="exclude", reason="no", scope="good")
    assert status == 422
    assert "Write why" in page
    assert ">no</textarea>" in page, "nothing typed is lost"
    status, page = post_form(admin_client, f"{at}/pick", at, act="exclude", reason=WHY, scope="wave")
    assert status == 302
    assert f"is excluded, and is not asked: excluded by the account manager: {WHY}" in page
    assert "Lift the exclusion" in page
    costs = admin_client.get(f"/waves/{wave_id}/plan/exclusions").text
    assert "ana.sand@quorum.example" in costs
    status, page = post_form(admin_client, f"{at}/unpick", at, act="exclude", scope="wave")
    assert status == 302
    assert "is no longer excluded, and is asked" in page
    assert admin_client.post(f"{at}/unpick", data={"csrf_token": csrf_token(admin_client, at)}).status_code == 409
    status, page = post_form(admin_client, f"{at}/pick", at, act="promote", reason=WHY)
    assert status == 422


def test_a_preview_that_changed_meanwhile_is_shown_again_before_it_is_confirmed(
    database: str, admin_client: FlaskClient
) -> None:
    wave_id = previewed()
    at = f"/waves/{wave_id}/plan"
    run("UPDATE contact SET status = 'opted_out' WHERE external_id = 'PD000'")
    status, page = post_form(admin_client, f"{at}/confirm", at, revision="1")
    assert status == 302
    assert "Not confirmed" in page
    assert "1 person not asked any more: does not want mail" in page
    assert "Confirm: ask 3 people" in page
    refused = admin_client.post(f"{at}/confirm", data={"csrf_token": csrf_token(admin_client, at), "revision": "1"})
    assert refused.status_code == 409
    status, page = post_form(admin_client, f"{at}/confirm", at, revision="2")
    assert status == 302
    assert "3 people are asked from" in page
    assert run("SELECT count(*) FROM invitation") == [(3,)]
    for deed in ("plan", "plan/confirm"):
        again = admin_client.post(
            f"/waves/{wave_id}/{deed}", data={"csrf_token": csrf_token(admin_client, "/campaigns/new")}
        )
        assert again.status_code == 409, deed


def test_a_large_preview_is_confirmed_by_a_worker(
    database: str, admin_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave_id = previewed()
    at = f"/waves/{wave_id}/plan"
    monkeypatch.setattr(plan_views, "CONFIRMED_AT_ONCE", 5)
    status, page = post_form(admin_client, f"{at}/confirm", at, revision="1")
    assert status == 302
    assert "Waiting for a worker" in page
    confirm(wave_id, 1, 1)
    with reading() as session:
        assert session.get_one(Wave, wave_id).state is WaveState.PLANNED
    assert "Send to 4 people" in admin_client.get(f"{at}?begun=2").text


def test_a_preview_is_awaited_until_it_is_there_and_may_be_worked_out_again(
    database: str, admin_client: FlaskClient
) -> None:
    company()
    wave_id = draft()
    at = f"/waves/{wave_id}/plan"
    for times in (1, 2):
        status, page = post_form(admin_client, at, at)
        assert status == 302
        assert "Waiting for a worker" in page
        preview(wave_id, 1)
        assert "would ask 4 people" in admin_client.get(f"{at}?begun={times}").text


def test_a_plan_older_than_previews_is_shown_and_one_that_ended_unconfirmed_says_so(
    database: str, admin_client: FlaskClient
) -> None:
    wave_id = previewed()
    run("UPDATE wave SET state = 'finished'")
    assert "Q4 ended unconfirmed: nobody was asked" in admin_client.get(f"/waves/{wave_id}/plan").text
    run("UPDATE wave SET planned_at = now()")
    run("DELETE FROM wave_plan")
    assert "Q4: 4 of 11 people are asked" in admin_client.get(f"/waves/{wave_id}/plan").text
    for page in ("accounts", "exclusions", "people/1"):
        assert admin_client.get(f"/waves/{wave_id}/plan/{page}").status_code == 200, page


def test_a_wave_is_sent_at_once_when_that_is_chosen(database: str, admin_client: FlaskClient) -> None:
    company()
    wave_id = planned()
    at = f"/waves/{wave_id}/plan"
    assert "at once, whatever the hour (for a trial)" in admin_client.get(at).text
    assert post_form(admin_client, f"/waves/{wave_id}/send", at, at_once="yes")[0] == 302
    assert run("SELECT count(*) FROM message WHERE due_on IS NULL AND due_at IS NOT NULL") == [(4,)]


def test_viewers_see_the_preview_and_its_buckets_and_no_buttons(database: str, application: Flask) -> None:
    wave_id = previewed()
    run("UPDATE wave_account SET annual_value = 1234567 WHERE account_id = 1")
    viewer = logged_in(application, Role.VIEWER)
    page = viewer.get(f"/waves/{wave_id}/plan").text
    assert "would ask 4 people" in page
    assert "Confirm: " not in page
    assert "Pin " not in viewer.get(f"/waves/{wave_id}/plan/people/1").text
    for listed in ("accounts", "accounts.csv", "exclusions"):
        answer = viewer.get(f"/waves/{wave_id}/plan/{listed}").text
        assert "US$1,000,000 to" in answer, listed
        assert "234" not in answer, listed
