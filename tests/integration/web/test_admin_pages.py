"""Every page of the admin, on an empty and on a busy installation, and the deeds that hang on its buttons."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.routing import Rule

from app.accounts.models import Level
from app.campaigns.models import Invitation, Wave, WaveState
from app.core import queue
from app.core.api.endpoints import Api
from app.core.auth.sessions import is_open
from app.core.db import transaction
from app.delivery.launching import launch_wave
from app.delivery.models import Message
from app.delivery.sending import Sender
from app.responses.collecting import record_answer
from app.surveys.answers import Answer
from tests.support.company import Person, add_account, draft, planned, three_levels
from tests.support.settings import settings
from tests.support.web import csrf_token
from workers.jobs import preview

PAGES = ("/", "/accounts", "/brands", "/brands/new", "/brands/default", "/waves", "/outbox", "/answers")


def busy(database: str) -> int:
    """A company with a sent wave and some answers; hostile and long names among them."""
    hostile = Person("=cmd", Level.UNKNOWN, more={"first_name": "<script>alert(1)</script>", "last_name": "L" * 200})
    add_account("A1", 1_000_000, [*three_levels("P", 4, 4, 4), hostile], manager_name="Ana Sand", industry="Rail")
    add_account("A2", None, [])
    wave_id = planned()
    launch_wave(wave_id, now=datetime.now(UTC), actor="test", at_once=True)
    with transaction() as session:
        ids = list(session.scalars(select(Message.id)))
    Sender(settings(database)).send_all(ids)
    with transaction() as session:
        invited = list(session.scalars(select(Invitation.id).order_by(Invitation.id)))
    for number, invitation in enumerate(invited[:4]):
        answer = Answer(number * 3, ("support", "support/response_time"), {"why": "<b>Slow</b> & late"})
        record_answer(invitation, answer, language="en", now=datetime.now(UTC))
    return wave_id


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_installation_says_what_will_be_here(admin_client: FlaskClient, page: str) -> None:
    answer = admin_client.get(page)
    assert answer.status_code == 200
    assert "<h1" in answer.text


def test_every_page_shows_a_busy_installation(database: str, admin_client: FlaskClient) -> None:
    wave_id = busy(database)
    pages = (
        *PAGES,
        f"/waves/{wave_id}",
        f"/waves/{wave_id}/plan",
        f"/waves/{wave_id}/plan?reason=not_needed&level=user&q=first&page=2",
        f"/waves/{wave_id}/plan?page=99999999999999999999",
        "/accounts?sort=-coverage&only=silent&q=%25&page=x&manager=Ana+Sand",
        "/accounts?wave=99999999999999999",
        "/accounts/1",
        "/accounts/2",
        "/answers?band=detractor&level=user%00&q=late%00",
        f"/waves/{wave_id}/plan?reason=%00&level=%00",
        "/outbox?q=company&page=7",
        "/outbox/1",
        "/outbox/1/html",
    )
    for page in pages:
        answer = admin_client.get(page)
        assert answer.status_code == (404 if "wave=9999" in page else 200), page
        assert "<script>alert" not in answer.text, page
        assert "<b>Slow" not in answer.text, page


@pytest.mark.parametrize(
    "page",
    [
        f"/waves/{2**63}",
        f"/accounts/{10**30}",
        f"/outbox/{2**64}",
        "/surveys/a%00b",
        "/waves/77",
        "/waves/77/plan",
        "/waves/77/plan.csv",
        "/accounts/77",
        "/outbox/77",
    ],
)
def test_what_is_not_there_is_a_404(admin_client: FlaskClient, page: str) -> None:
    assert admin_client.get(page).status_code == 404


def is_for_programs(app: Flask, rule: Rule) -> bool:
    """Tell whether an endpoint belongs to an `Api`, which asks for a key before all else."""
    return isinstance(app.blueprints.get(rule.endpoint.partition(".")[0]), Api)


def test_every_route_is_behind_the_login_or_marked_open(application: Flask) -> None:
    marked = {rule.endpoint for rule in application.url_map.iter_rules() if is_open(application, rule.endpoint)}
    with_a_key = {rule.endpoint for rule in application.url_map.iter_rules() if is_for_programs(application, rule)}
    assert with_a_key, "each of them is refused without a key"
    assert marked - with_a_key == {
        *("api_description.docs", "api_description.document"),
        *("auth.login", "auth.log_in", "core.static_file", "core.healthz", "core.readyz"),
        *(
            "survey.survey",
            "survey.answer",
            "survey.cut",
            "receipts_hook.take",
            "brands.logo",
            "unsubscribe.ask",
            "unsubscribe.act",
            "digests.ask",
            "digests.act",
        ),
    }
    stranger = application.test_client()
    for rule in application.url_map.iter_rules():
        if rule.endpoint in marked - with_a_key:
            continue
        path = "".join(part if not is_argument else "1" for is_argument, part in rule._trace).removeprefix("|")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = stranger.open(path, method=method)
            if rule.endpoint in with_a_key:
                assert answer.status_code == 401, f"{method} {path}"
                continue
            assert answer.status_code == 302, f"{method} {path}"
            assert "/login" in answer.location


def test_a_wave_is_planned_and_sent_from_the_pages(database: str, admin_client: FlaskClient) -> None:
    add_account("A1", 100_000, three_levels("P", 3, 3, 3))
    plan_page = f"/waves/{draft()}/plan"
    token = csrf_token(admin_client, plan_page)
    assert "Work out the preview" in admin_client.get(plan_page).text
    assert admin_client.post(plan_page, data={"csrf_token": token}).status_code == 302
    preview(1, 1)  # what the worker does with the job
    assert "Confirm: ask 6 people" in admin_client.get(plan_page).text
    confirmed = admin_client.post("/waves/1/plan/confirm", data={"csrf_token": token, "revision": "1"})
    assert confirmed.status_code == 302
    assert "Send to 6 people" in admin_client.get(plan_page).text
    sent = admin_client.post("/waves/1/send", data={"csrf_token": token})
    assert sent.status_code == 302
    again = admin_client.post("/waves/1/send", data={"csrf_token": token})
    assert again.status_code == 409
    assert "already" in again.text
    with transaction() as session:
        assert session.get_one(Wave, 1).state is WaveState.RUNNING
        deeds = session.scalars(text("SELECT deed FROM audit_entry WHERE actor = 'ana.sand@quorum.example'")).all()
    assert deeds == ["wave.previewed", "wave.planned", "wave.approved", "wave.launched"]


def test_nothing_is_done_without_the_token_of_the_form(database: str, admin_client: FlaskClient) -> None:
    add_account("A1", 1000, three_levels("P", 1, 1, 1))
    wave_id = planned()
    assert admin_client.post(f"/waves/{wave_id}/send").status_code == 400
    with transaction() as session:
        assert session.get_one(Wave, wave_id).state is WaveState.PLANNED


def test_the_plan_as_csv_has_every_decision_and_no_formula(database: str, admin_client: FlaskClient) -> None:
    wave_id = busy(database)
    answer = admin_client.get(f"/waves/{wave_id}/plan.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 13
    assert {row["decision"] for row in rows} == {"chosen", "excluded"}
    assert [row["contact_id"] for row in rows if row["level"] == "unknown"] == ["'=cmd"]


def test_a_wave_can_be_held_and_let_go(database: str, admin_client: FlaskClient) -> None:
    wave_id = busy(database)
    token = csrf_token(admin_client, f"/waves/{wave_id}/plan")
    for deed, state in (("pause", WaveState.PAUSED), ("resume", WaveState.RUNNING)):
        assert admin_client.post(f"/waves/{wave_id}/{deed}", data={"csrf_token": token}).status_code == 302
        with transaction() as session:
            assert session.get_one(Wave, wave_id).state is state
    assert admin_client.post(f"/waves/{wave_id}/resume", data={"csrf_token": token}).status_code == 409


def test_with_redis_away_a_wave_is_sent_all_the_same_and_planning_says_what_is_wrong(
    database: str, admin_client: FlaskClient
) -> None:
    add_account("A1", 1000, three_levels("P", 1, 1, 1))
    wave_id, other = planned(), draft("later")
    token = csrf_token(admin_client, "/campaigns/new")
    queue.connect("redis://127.0.0.1:1/0")
    assert admin_client.get(f"/waves/{wave_id}/plan").status_code == 200
    assert admin_client.post(f"/waves/{wave_id}/send", data={"csrf_token": token}).status_code == 302
    with transaction() as session:
        assert session.get_one(Wave, wave_id).state is WaveState.RUNNING
    refused = admin_client.post(f"/waves/{other}/plan", data={"csrf_token": token})
    assert refused.status_code == 409
    assert "Redis" in refused.text


def test_a_plan_that_failed_says_so_on_its_page(database: str, admin_client: FlaskClient) -> None:
    add_account("A1", 1000, three_levels("P", 1, 1, 1))
    wave_id = draft()
    with transaction() as session:
        session.execute(text("ALTER TABLE decision ADD CONSTRAINT broken CHECK (rank > 1)"))
    with pytest.raises(Exception, match="broken"):
        preview(wave_id, 1)
    page = admin_client.get(f"/waves/{wave_id}/plan").text
    assert "Planning did not end well" in page
    assert "Work out the preview" in page
    with transaction() as session:
        session.execute(text("ALTER TABLE decision DROP CONSTRAINT broken"))
    preview(wave_id, 1)
    assert "Planning did not end well" not in admin_client.get(f"/waves/{wave_id}/plan").text
