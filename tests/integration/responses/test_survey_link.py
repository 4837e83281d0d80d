"""What a customer's link does, from the first look to a changed answer, on a real database and over HTTP."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, text

from app.accounts.models import Contact, Level
from app.campaigns.models import Invitation
from app.core import db
from app.core.db import transaction
from app.delivery.launching import launch_wave
from app.delivery.sending import Sender
from app.responses.models import Response, ResponseRevision, ResponseState
from tests.support.company import Person, add_account, planned
from tests.support.settings import settings
from tests.support.transport import ToldTransport
from tests.support.web import survey_path, unsubscribe_path


@pytest.fixture
def invitation(database: str) -> int:
    """An invitation that was sent today."""
    return invite(database)


def invite(database: str, *, language: str = "en") -> int:
    person = Person("U000", Level.USER, language=language)
    add_account("A1", 1000, [person])
    today = datetime.now(UTC).date()
    launch_wave(planned(planned_for=today), now=datetime.now(UTC), actor="test")
    Sender(settings(database), ToldTransport()).send_all([1])
    with transaction() as session:
        return session.scalars(select(Invitation.id)).one()


def response() -> Response | None:
    with transaction() as session:
        return session.scalar(select(Response))


def rows() -> tuple[int, int]:
    """Return how many responses and revisions there are."""
    with transaction() as session:
        counts = [
            session.scalar(select(func.count()).select_from(model)) or 0 for model in (Response, ResponseRevision)
        ]
    return counts[0], counts[1]


def test_looking_stores_nothing(customer: FlaskClient, invitation: int) -> None:
    path = survey_path(invitation)
    for look in (path, f"{path}?score=9", f"{path}?score=9&lang=de", f"{path}?step=2"):
        assert customer.get(look).status_code == 200
        assert customer.head(look).status_code == 200
    assert rows() == (0, 0)


def test_a_score_in_the_link_is_only_preselected(customer: FlaskClient, invitation: int) -> None:
    assert chosen(customer.get(survey_path(invitation) + "?score=9").text) == ["9"]
    for bad in ("99", "-1", "nine", ""):
        page = customer.get(survey_path(invitation) + f"?score={bad}")
        assert page.status_code == 200
        assert chosen(page.text) == []


def chosen(page: str) -> list[str]:
    """Return the scores that are chosen on a page."""
    inputs = [found for found in re.findall(r"<input[^>]+>", page) if 'name="score"' in found and " checked" in found]
    return [value for found in inputs for value in re.findall(r'value="(\d+)"', found)]


def test_the_whole_way_without_javascript(customer: FlaskClient, invitation: int) -> None:
    path = survey_path(invitation)
    first = customer.post(path, data={"step": "1", "score": "6"})
    assert (first.status_code, first.location) == (303, f"{path}?step=2")
    kept = response()
    assert kept is not None
    assert (kept.score, kept.state, kept.completed_at) == (6, ResponseState.PARTIAL, None)
    assert "<textarea" in customer.get(first.location).text
    second = customer.post(
        path, data={"step": "2", "score": "6", "driver": ["support/response_time"], "comment": "Slow  answers.\r\n"}
    )
    assert (second.status_code, second.location) == (303, path)
    kept = response()
    assert kept is not None
    assert (kept.state, kept.comment) == (ResponseState.COMPLETE, "Slow  answers.")
    assert set(kept.drivers) == {"support", "support/response_time"}
    assert customer.get(path).status_code == 200
    with transaction() as session:
        assert session.scalars(select(Contact.unanswered)).one() == 0
        invitation_row = session.get_one(Invitation, invitation)
        assert invitation_row.answered_at is not None
        assert invitation_row.completed_at is not None


def test_an_answer_can_be_changed_and_every_revision_stays(customer: FlaskClient, invitation: int) -> None:
    path = survey_path(invitation)
    customer.post(path, data={"step": "1", "score": "3"})
    customer.post(path, data={"step": "2", "score": "3", "driver": "product", "comment": "Broken."})
    customer.post(path, data={"step": "1", "score": "9"})
    kept = response()
    assert kept is not None
    assert (kept.score, kept.drivers, kept.comment, kept.state) == (9, ["product"], "Broken.", ResponseState.COMPLETE)
    assert rows() == (1, 3)


def test_the_same_post_twice_is_one_revision(customer: FlaskClient, invitation: int) -> None:
    for _ in range(3):
        customer.post(survey_path(invitation), data={"step": "1", "score": "8"})
    assert rows() == (1, 1)


def test_two_posts_at_once_are_one_answer(application: Flask, invitation: int) -> None:
    path = survey_path(invitation)

    def post(score: int) -> None:
        application.test_client().post(path, data={"step": "1", "score": str(score)})

    threads = [threading.Thread(target=post, args=(score,)) for score in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows() == (1, 8)


@pytest.mark.parametrize(
    "form",
    [
        {"step": "1"},
        {"step": "1", "score": "11"},
        {"step": "1", "score": "-1"},
        {"step": "1", "score": "nine"},
        {"step": "2", "score": "9", "driver": "no_such_driver"},
        {"step": "2", "score": "9", "driver": "support/no_such_child"},
        {"step": "2", "score": "9", "comment": "x" * 5001},
    ],
)
def test_what_cannot_be_kept_is_shown_again(customer: FlaskClient, invitation: int, form: dict[str, str]) -> None:
    answer = customer.post(survey_path(invitation), data=form)
    assert answer.status_code == 422
    assert rows() == (0, 0)
    assert form.get("comment", "") in answer.text


def test_a_hostile_comment_is_text(customer: FlaskClient, invitation: int) -> None:
    comment = "<script>alert(1)</script> \u202eevil\u202c שלום"
    customer.post(survey_path(invitation), data={"step": "2", "score": "1", "comment": comment})
    kept = response()
    assert kept is not None
    assert kept.comment == "<script>alert(1)</script> evil שלום"
    page = customer.get(survey_path(invitation) + "?step=2").text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_body_of_three_megabytes_is_refused(customer: FlaskClient, invitation: int) -> None:
    answer = customer.post(survey_path(invitation), data={"step": "2", "score": "1", "comment": "x" * 3_000_000})
    assert answer.status_code == 413
    assert rows() == (0, 0)


def test_another_kind_of_body_says_what_is_missing(customer: FlaskClient, invitation: int) -> None:
    answer = customer.post(survey_path(invitation), data='{"score": 9}', content_type="application/json")
    assert answer.status_code == 422
    assert rows() == (0, 0)


def test_a_closed_link_says_so_and_stores_nothing(customer: FlaskClient, invitation: int) -> None:
    with transaction() as session:
        day = datetime.now(UTC).date() - timedelta(days=2)
        session.execute(text("UPDATE invitation SET closes_on = :day"), {"day": day})
    assert customer.get(survey_path(invitation)).status_code == 410
    assert customer.post(survey_path(invitation), data={"step": "1", "score": "8"}).status_code == 410
    assert rows() == (0, 0)


@pytest.mark.parametrize(
    "change", [lambda token: token[:-1], lambda token: "A" * 32, lambda token: token[::-1], str.upper]
)
def test_a_wrong_link_is_a_kind_page_that_asks_no_database(
    application: Flask, customer: FlaskClient, invitation: int, change: object
) -> None:
    asked: list[str] = []
    listener = ("before_cursor_execute", lambda conn, cursor, statement, *rest: asked.append(statement))
    event.listen(db.engine(), *listener)
    try:
        for path in (survey_path(invitation), unsubscribe_path(invitation)):
            folder, token = path.rsplit("/", 1)
            wrong = f"{folder}/{change(token)}"  # type: ignore[operator] # each is a function of text
            answer = customer.get(wrong)
            assert answer.status_code == 404
            assert "<form" not in answer.text
            assert customer.post(wrong, data={"score": "9"}).status_code == 404
    finally:
        event.remove(db.engine(), *listener)
    assert asked == []


def test_the_language_is_the_contacts_unless_the_link_asks_for_another(database: str, customer: FlaskClient) -> None:
    path = survey_path(invite(database, language="de"))
    assert '<html lang="de"' in customer.get(path).text
    assert '<html lang="en"' in customer.get(f"{path}?lang=en-GB").text
    assert '<html lang="de"' in customer.get(f"{path}?lang=tlh").text


def test_the_page_brings_nothing_from_outside_and_sets_no_cookie(customer: FlaskClient, invitation: int) -> None:
    answer = customer.get(survey_path(invitation))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "Set-Cookie" not in answer.headers
    assert "<script" not in answer.text


def test_unsubscribing_asks_first_and_acts_on_a_post(customer: FlaskClient, invitation: int) -> None:
    path = unsubscribe_path(invitation)
    assert customer.get(path).status_code == 200
    assert customer.head(path).status_code == 200
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM suppression")) == 0
    one_click = customer.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (one_click.status_code, "Set-Cookie" in one_click.headers) == (200, False)
    with transaction() as session:
        assert session.scalar(text("SELECT reason FROM suppression")) == "unsubscribed"
    multipart = customer.post(path, data={"List-Unsubscribe": "One-Click"}, content_type="multipart/form-data")
    assert multipart.status_code == 200
    assert customer.post(path, data={"action": "resubscribe"}).status_code == 200
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM suppression")) == 0
