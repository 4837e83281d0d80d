"""Programs tell activities, the page of engagement weighs them, and a contact's page shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.engaging import score_everybody
from app.accounts.models import Level
from app.core.api.keys import make_key
from app.core.auth.rights import Role
from tests.support.company import add_account, people
from tests.support.people import logged_in
from tests.support.web import post_form

NOW = datetime.now(UTC)


def activity(person: str = "P000", *, days: float = 1, **more: Any) -> dict[str, Any]:
    at = (NOW - timedelta(days=days)).isoformat()
    return {"contact": {"id": person}, "kind": "meeting", "happened_at": at} | more


@pytest.fixture
def tell(application: Flask, customer: FlaskClient) -> Any:
    """Send activities with a key of their own, and return status and answer."""
    add_account("A1", 1000, people("P", Level.USER, 3))
    _, secret = make_key("Zendesk", ["activities:write"], actor="test")

    def tell(*activities: Any, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        sent = {"activities": list(activities)} if body is None else body
        known = {"Authorization": f"Bearer {secret}"} | headers
        answer = customer.post("/api/v1/activities", json=sent, headers=known)
        return answer.status_code, answer.get_json()

    return tell


def test_every_row_has_its_outcome(tell: Any) -> None:
    status, answer = tell(
        activity(id="M1"),
        activity(kind="dance"),
        activity("nobody"),
        activity(happened_at="2026-11-02T09:30:00"),
        activity(days=2000),
        activity(days=-3),
        activity(id="M1", days=7),
        "a text",
        activity("P001", strange=1),
        {"contact": {"email": "P002@company.example"}, "kind": "login", "happened_at": NOW.isoformat()},
    )
    assert status == 200
    outcomes = [(row["outcome"], row["reason"]) for row in answer["data"]]
    assert outcomes == [
        ("created", None),
        ("rejected", "unreadable"),
        ("rejected", "contact_unknown"),
        ("rejected", "unreadable"),
        ("rejected", "too_old"),
        ("rejected", "in_the_future"),
        ("rejected", "repeated"),
        ("rejected", "unreadable"),
        ("rejected", "unreadable"),
        ("created", None),
    ]
    details = [row["detail"] for row in answer["data"]]
    assert details[1].startswith("/kind should be 'meeting'")
    assert details[2] == "The activity is of a contact that is not known; tell contacts first."
    assert "/happened_at has no time zone" in details[3]
    assert details[7] == "the row must be an object"
    assert details[8] == "/strange is no field of this request"
    assert (answer["created"], answer["updated"], answer["unchanged"], answer["rejected"]) == (2, 0, 0, 8)
    assert answer["data"][0]["contact_id"] == "1"


def test_telling_it_again_changes_nothing(tell: Any) -> None:
    assert tell(activity(id="M1"), activity("P001"))[1]["created"] == 2
    assert tell(activity(id="M1"), activity("P001"))[1]["unchanged"] == 2
    assert tell(activity(id="M1", kind="ticket"))[1]["updated"] == 1


def test_a_request_that_is_no_batch_is_refused_whole(tell: Any) -> None:
    assert tell(body={"activities": []})[0] == 422
    assert tell(body=[activity()])[0] == 422
    assert tell(body={"activities": [activity()] * 1001})[0] == 422
    status, answer = tell(body={"activities": [activity()], "extra": 1})
    assert (status, answer["errors"][0]["pointer"]) == (422, "/extra")
    assert tell(activity(), Authorization="Bearer qk_wrong")[0] == 401


def test_a_contacts_page_shows_score_and_activities(tell: Any, admin_client: FlaskClient) -> None:
    assert "the CRM gives no score" in admin_client.get("/contacts/1").text
    tell(activity(), activity("P001", days=91, kind="purchase"))
    assert "The score follows at night." in admin_client.get("/contacts/1").text
    score_everybody(NOW)
    page = admin_client.get("/contacts/2").text
    assert "Engagement: 50 of 100" in page
    assert "Purchase" in page


def test_weights_are_set_on_the_page(tell: Any, admin_client: FlaskClient, application: Flask) -> None:
    tell(activity(), activity("P001", kind="login"))
    score_everybody(NOW)
    weights = {"meeting": "5", "ticket": "2", "purchase": "5", "login": "101", "mail_reply": "x"}
    status, page = post_form(admin_client, "/engagement", "/engagement", revision="1", **weights)
    assert (status, page.count("Give a whole number from 0 to 100."), 'value="101"' in page) == (422, 4, True)
    fit = weights | {"login": "5", "mail_reply": "0"}
    status, page = post_form(admin_client, "/engagement", "/engagement", revision="1", **fit)
    assert (status, "1 person has another score" in page) == (302, True)
    status, page = post_form(admin_client, "/engagement", "/engagement", revision="1", **fit)
    assert (status, "Somebody else has set the weights" in page) == (422, True)
    viewer = logged_in(application, Role.VIEWER).get("/engagement").text
    assert "2 people have an engagement score from 2 activities" in viewer
    assert "Keep these weights" not in viewer
