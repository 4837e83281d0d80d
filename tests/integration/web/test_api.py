"""The interface for programs: keys, scopes, errors, repeated requests, limits, cursors and the description."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from pydantic import BaseModel
from sqlalchemy import select, text, update
from werkzeug.test import TestResponse

from app.core.api import limiting, repeating
from app.core.api.endpoints import Api
from app.core.api.keys import make_key, revoke_key
from app.core.api.models import ApiKey, IdempotentRequest
from app.core.db import transaction
from tests.support.company import Person, add_account
from tests.support.events import event_campaign
from tests.support.markup import Reader
from tests.support.web import post_form

ALL = ("events:read", "events:write")


@pytest.fixture
def secret(application: Flask) -> str:
    """The key of a program that may do all there is."""
    return make_key("Zendesk", ALL, actor="test")[1]


def body(**more: Any) -> dict[str, Any]:
    """A request about somebody known, which has just happened."""
    values = {
        "event": "ticket.solved",
        "event_id": "E1",
        "occurred_at": datetime.now(UTC).isoformat(),
        "contact": {"email": "p1@company.example"},
        "properties": {"ticket_id": "35436"},
    }
    return values | more


def post(client: FlaskClient, secret: str, sent: Any, **headers: str) -> TestResponse:
    """Send an event."""
    given = {"Authorization": f"Bearer {secret}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    data = sent if isinstance(sent, bytes | str) else json.dumps(sent)
    return client.post("/api/v1/events", data=data, content_type="application/json", headers=given)


def problem(response: TestResponse) -> tuple[int, str]:
    """Return the status and the code of a problem document."""
    assert response.content_type == "application/problem+json"
    told = json.loads(response.text)
    assert told["status"] == response.status_code
    assert told["detail"]
    return response.status_code, told["type"].rpartition(":")[2]


def test_an_event_is_answered_with_what_follows(customer: FlaskClient, secret: str) -> None:
    add_account("A1", 1000, [Person("P1")])
    event_campaign()
    answer = post(customer, secret, body())
    assert answer.status_code == 202
    told = json.loads(answer.text)
    assert (told["decision"], told["reason"], told["detail"]) == ("scheduled", None, None)
    assert isinstance(told["invitation_id"], str)
    assert datetime.fromisoformat(told["send_at"]) > datetime.now(UTC) - timedelta(minutes=1)
    refused = post(customer, secret, body(event_id="E2", properties={"ticket_id": "2"}))
    assert refused.status_code == 202, "a refusal is an answer"
    assert json.loads(refused.text)["reason"] == "already_scheduled"
    assert post(customer, secret, body(delay_minutes=7)).text == answer.text


def test_a_key_comes_as_bearer_or_as_user_name_and_has_scopes(customer: FlaskClient, secret: str) -> None:
    basic = base64.b64encode(f"{secret}:".encode()).decode()
    _, reader = make_key("Reader", ["events:read"], actor="test")
    assert customer.get("/api/v1/events", headers={"Authorization": f"Basic {basic}"}).status_code == 200
    assert customer.get("/api/v1/events", headers={"Authorization": f"Bearer {reader}"}).status_code == 200
    assert problem(post(customer, reader, body())) == (403, "scope_missing")
    assert problem(customer.get("/api/v1/events")) == (401, "no_key")
    assert problem(post(customer, "qk_wrong", body())) == (401, "unknown_key")
    assert "Bearer" in customer.get("/api/v1/events").headers["WWW-Authenticate"]


def test_a_revoked_key_is_refused_at_once_and_no_secret_is_kept(customer: FlaskClient, secret: str) -> None:
    with transaction() as session:
        key = session.scalars(select(ApiKey)).one()
        kept = str(session.execute(text("SELECT k::text FROM api_key k")).scalar_one())
    assert secret not in kept
    assert secret.startswith(key.hint)
    revoke_key(key.id, actor="test")
    assert problem(post(customer, secret, body())) == (401, "unknown_key")


def test_an_admin_who_is_logged_in_is_no_program(admin_client: FlaskClient) -> None:
    assert problem(admin_client.get("/api/v1/events")) == (401, "no_key")


@pytest.mark.parametrize(
    ("sent", "status", "code", "pointer"),
    [
        (b"{", 400, "no_json", None),
        (b"\xff", 400, "no_json", None),
        (b"[]", 422, "invalid_body", ""),
        ({}, 422, "invalid_body", "/event"),
        (body(occurred_at="2026-11-02T09:30:00"), 422, "invalid_body", "/occurred_at"),
        (body(occurred_at="yesterday"), 422, "invalid_body", "/occurred_at"),
        (body(occurred_at=1762000000), 422, "invalid_body", "/occurred_at"),
        (body(occurred_at="2099-01-01T00:00:00Z"), 422, "invalid_body", "/occurred_at"),
        (body(contact={}), 422, "invalid_body", "/contact"),
        (body(contact={"email": "x" * 300}), 422, "invalid_body", "/contact/email"),
        (body(contact={"emial": "p1@company.example"}), 422, "invalid_body", "/contact/emial"),
        (body(contact={"id": "1", "time_zone": "Mars/Olympus"}), 422, "invalid_body", "/contact/time_zone"),
        (body(event_id=""), 422, "invalid_body", "/event_id"),
        (body(event_id=7), 422, "invalid_body", "/event_id"),
        (body(delay_minutes=-1), 422, "invalid_body", "/delay_minutes"),
        (body(properties={"a": {"b": 1}}), 422, "invalid_body", None),
        (body(properties={str(n): n for n in range(51)}), 422, "invalid_body", "/properties"),
        (body(event_id="a\0b"), 422, "invalid_body", None),
    ],
)
def test_a_body_that_cannot_be_used_says_which_field_is_wrong(
    customer: FlaskClient, secret: str, sent: Any, status: int, code: str, pointer: str | None
) -> None:
    answer = post(customer, secret, sent)
    assert problem(answer) == (status, code)
    if pointer is not None:
        assert pointer in [fault["pointer"] for fault in json.loads(answer.text)["errors"]]


def test_a_time_without_a_zone_says_what_would_be_right(customer: FlaskClient, secret: str) -> None:
    (fault,) = json.loads(post(customer, secret, body(occurred_at="2026-11-02T09:30:00")).text)["errors"]
    assert fault["detail"].startswith("has no time zone; write it in UTC, such as 2026-11-02T09:30:00Z")


def test_other_errors_are_problems_too(customer: FlaskClient, secret: str) -> None:
    assert problem(customer.get("/api/v1/nothing")) == (404, "not_found")
    wrong = customer.delete("/api/v1/events")
    assert problem(wrong) == (405, "method_not_allowed")
    assert "POST" in wrong.headers["Allow"]
    headers = {"Authorization": f"Bearer {secret}"}
    assert problem(customer.post("/api/v1/events", data="a=b", headers=headers)) == (415, "no_json")
    assert problem(post(customer, secret, b" " * 3_000_000)) == (413, "request_entity_too_large")
    assert problem(customer.get("/api/v1/events?cursor=abc", headers=headers)) == (422, "invalid_query")
    assert problem(customer.get("/api/v1/events?page=2", headers=headers)) == (422, "invalid_query")


def test_the_same_key_and_body_is_answered_again_and_done_once(customer: FlaskClient, secret: str) -> None:
    sent = body()
    first = post(customer, secret, sent, Idempotency_Key='"one"')
    again = post(customer, secret, sent, Idempotency_Key="one")
    assert (again.status_code, again.text) == (first.status_code, first.text)
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert problem(post(customer, secret, body(event_id="E2"), Idempotency_Key="one")) == (
        422,
        "idempotency_key_reused",
    )
    assert problem(post(customer, secret, sent, Idempotency_Key="é")) == (400, "bad_idempotency_key")
    _, other = make_key("Other", ALL, actor="test")
    assert "Idempotent-Replayed" not in post(customer, other, sent, Idempotency_Key="one").headers


def test_a_failure_is_not_kept_so_that_the_request_can_be_mended(customer: FlaskClient, secret: str) -> None:
    assert problem(post(customer, secret, body(event_id=""), Idempotency_Key="one")) == (422, "invalid_body")
    assert post(customer, secret, body(), Idempotency_Key="one").status_code == 202


def test_a_request_that_is_still_being_worked_on_is_not_done_twice(customer: FlaskClient, secret: str) -> None:
    sent = body()
    post(customer, secret, sent, Idempotency_Key="one")
    with transaction() as session:
        session.execute(update(IdempotentRequest).values(status=None, answer=None))
    running = post(customer, secret, sent, Idempotency_Key="one")
    assert problem(running) == (409, "still_running")
    assert running.headers["Retry-After"]
    with transaction() as session:
        session.execute(update(IdempotentRequest).values(began_at=datetime.now(UTC) - timedelta(hours=1)))
    assert post(customer, secret, sent, Idempotency_Key="one").status_code == 202, "its process must have died"


def test_many_at_once_with_one_key_are_done_once(application: Flask, secret: str) -> None:
    sent = body()
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda _: post(application.test_client(), secret, sent, Idempotency_Key="one"), range(12))
        )
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len([one for one in answers if one.status_code == 202 and "Idempotent-Replayed" not in one.headers]) == 1


def test_answers_are_forgotten_after_a_week(customer: FlaskClient, secret: str) -> None:
    post(customer, secret, body(), Idempotency_Key="young")
    post(customer, secret, body(), Idempotency_Key="old")
    with transaction() as session:
        old = update(IdempotentRequest).where(IdempotentRequest.key == "old")
        session.execute(old.values(began_at=datetime.now(UTC) - timedelta(days=7, seconds=1)))
    assert repeating.forget_old() == 1
    with transaction() as session:
        assert session.scalars(select(IdempotentRequest.key)).all() == ["young"]


def test_the_limit_is_told_and_holds(customer: FlaskClient, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "A_MINUTE", 2)
    monkeypatch.setattr(limiting, "WINDOW_SECONDS", 10**9)  # no minute ends in the middle of the test
    headers = {"Authorization": f"Bearer {secret}"}
    answers = [customer.get("/api/v1/events", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert problem(answers[2]) == (429, "too_many_requests")
    assert answers[0].headers["RateLimit-Policy"].startswith('"default";q=2;w=')
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == ["r=1", "r=0", "r=0"]
    assert int(answers[2].headers["Retry-After"]) > 0
    _, other = make_key("Other", ALL, actor="test")
    assert customer.get("/api/v1/events", headers={"Authorization": f"Bearer {other}"}).status_code == 200


def test_events_are_read_page_by_page_and_the_cursor_is_kept(customer: FlaskClient, secret: str) -> None:
    def read(query: str) -> dict[str, Any]:
        answer = customer.get(f"/api/v1/events?{query}", headers={"Authorization": f"Bearer {secret}"})
        return dict(json.loads(answer.text))

    for number in range(5):
        post(customer, secret, body(event_id=f"E{number}"))
    assert read("")["data"] == [], "so young that an earlier one might still come"
    with transaction() as session:
        session.execute(text("UPDATE trigger_event SET changed_at = now() - interval '1 hour'"))
    first, seen = read("per_page=2"), []
    page = first
    while page["data"]:
        seen += [one["event_id"] for one in page["data"]]
        page = read(f"per_page=2&cursor={page['next']}")
    assert seen == ["E0", "E1", "E2", "E3", "E4"]
    assert read(f"cursor={page['next']}") == page
    with transaction() as session:
        changed = "UPDATE trigger_event SET changed_at = now() - interval '1 minute' WHERE event_id = 'E1'"
        session.execute(text(changed))
    assert [one["event_id"] for one in read(f"cursor={page['next']}")["data"]] == ["E1"]


def test_the_description_is_sound_and_holds_for_what_is_answered(customer: FlaskClient, secret: str) -> None:
    document = json.loads(customer.get("/api/v1/openapi.json").text)
    assert document["openapi"] == "3.1.0"
    operation = document["paths"]["/events"]["post"]
    assert operation["x-scope"] == "events:write"
    assert {"202", "401", "403", "409", "415", "422", "429"} <= set(operation["responses"])
    validate(document)

    def check(schema: dict[str, Any], value: Any) -> None:
        whole = {**schema, "components": document["components"]}
        Draft202012Validator.check_schema(whole)
        Draft202012Validator(whole).validate(value)

    sent = body()
    check(operation["requestBody"]["content"]["application/json"]["schema"], sent)
    answered = operation["responses"]["202"]["content"]["application/json"]["schema"]
    check(answered, json.loads(post(customer, secret, sent).text))
    check({"$ref": "#/components/schemas/Problem"}, json.loads(post(customer, secret, {}).text))


def test_people_can_read_the_description_with_and_without_a_login(
    customer: FlaskClient, admin_client: FlaskClient
) -> None:
    for client in (customer, admin_client):
        page = Reader(client.get("/api/v1/docs").text)
        for words in ("POST /api/v1/events", "contact.email", "events:write", "held_until", "Too many requests"):
            assert words in page.text


def test_a_key_is_made_shown_once_and_revoked_in_the_admin(admin_client: FlaskClient) -> None:
    status, page = post_form(admin_client, "/api-keys", "/api-keys", name="", scope="nothing")
    assert status == 422
    assert "Name the program" in page
    assert "Choose at least one thing" in page
    status, page = post_form(admin_client, "/api-keys", "/api-keys", name="<b>Zendesk</b>", scope="events:read")
    assert status == 200
    (shown,) = [tag["value"] for tag in Reader(page).all("input", id="secret")]
    headers = {"Authorization": f"Bearer {shown}"}
    assert admin_client.get("/api/v1/events", headers=headers).status_code == 200
    listed = admin_client.get("/api-keys").text
    assert "&lt;b&gt;Zendesk&lt;/b&gt;" in listed
    assert shown not in listed
    status, page = post_form(admin_client, "/api-keys/1/revocation", "/api-keys/1/revocation")
    assert status == 302
    assert "is revoked" in page
    assert admin_client.get("/api/v1/events", headers=headers).status_code == 401
    assert post_form(admin_client, "/api-keys/1/revocation", "/api-keys/1/revocation")[0] == 409


WHO = "p1@company.example"


class Nothing(BaseModel):
    """What an endpoint answers that has nothing to say."""


@contextmanager
def failing(app: Flask) -> Iterator[str]:
    """An endpoint that breaks, in an application as it runs in production."""

    api = Api("broken_api", __name__, scopes={"events:write": "break"})

    @api.takes("/broken", scope="events:write", summary="Break")
    def broken() -> Nothing:
        raise RuntimeError(WHO)

    app._got_first_request = False
    app.register_blueprint(api)
    yield "/api/v1/broken"


def test_a_fault_of_ours_is_a_problem_without_details(
    application: Flask, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    with failing(application) as path:
        client = application.test_client()
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "one"}
        for _ in range(2):
            assert problem(client.post(path, json={}, headers=headers)) == (500, "internal_error")
    assert WHO not in caplog.text
