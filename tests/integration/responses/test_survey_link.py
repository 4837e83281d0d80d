"""What a customer's link does, from the first look to a changed answer, on a real database and over HTTP."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, text

from app.accounts.models import Contact
from app.campaigns.models import Invitation
from app.core import db
from app.core.db import transaction
from app.responses.models import ResponseState
from tests.support.links import chosen, invite, response, rows
from tests.support.web import survey_path, unsubscribe_path


def test_looking_answers_nothing(customer: FlaskClient, invitation: int) -> None:
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


def test_the_whole_way_without_javascript(customer: FlaskClient, invitation: int) -> None:
    path = survey_path(invitation)
    first = customer.post(path, data={"step": "1", "score": "6"})
    assert (first.status_code, first.location) == (303, f"{path}?step=2")
    kept = response()
    assert kept is not None
    assert (kept.score, kept.state, kept.completed_at) == (6, ResponseState.PARTIAL, None)
    assert "<textarea" in customer.get(first.location).text
    second = customer.post(
        path, data={"step": "2", "score": "6", "driver": ["support/response_time"], "comment.why": "Slow  answers.\r\n"}
    )
    assert (second.status_code, second.location) == (303, path)
    kept = response()
    assert kept is not None
    assert (kept.state, kept.comments) == (ResponseState.COMPLETE, {"why": "Slow  answers."})
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
    customer.post(path, data={"step": "2", "score": "3", "driver": "product", "comment.why": "Broken."})
    customer.post(path, data={"step": "1", "score": "9"})
    kept = response()
    assert kept is not None
    assert (kept.score, kept.drivers, kept.comments) == (9, ["product"], {"why": "Broken."})
    assert kept.state == ResponseState.COMPLETE
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
        {"step": "2", "score": "9", "comment.why": "x" * 5001},
    ],
)
def test_what_cannot_be_kept_is_shown_again(customer: FlaskClient, invitation: int, form: dict[str, str]) -> None:
    answer = customer.post(survey_path(invitation), data=form)
    assert answer.status_code == 422
    assert rows() == (0, 0)
    assert form.get("comment.why", "") in answer.text


def test_a_hostile_comment_is_text(customer: FlaskClient, invitation: int) -> None:
    comment = "<script>alert(1)</script> \u202eevil\u202c שלום"
    customer.post(survey_path(invitation), data={"step": "2", "score": "1", "comment.why": comment})
    kept = response()
    assert kept is not None
    assert kept.comments["why"] == "<script>alert(1)</script> evil שלום"
    page = customer.get(survey_path(invitation) + "?step=2").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_body_of_a_megabyte_is_given_back_and_a_larger_one_refused_in_the_readers_language(
    customer: FlaskClient, invitation: int
) -> None:
    path = survey_path(invitation) + "?lang=de"
    shown = customer.post(path, data={"step": "2", "score": "1", "comment.why": "x" * 1_000_000})
    assert shown.status_code == 422
    assert "x" * 1_000_000 in shown.text
    refused = customer.post(path, data={"step": "2", "score": "1", "comment.why": "x" * 3_000_000})
    assert refused.status_code == 413
    assert '<html lang="de"' in refused.text
    assert rows() == (0, 0)


def test_another_kind_of_body_is_answered_with_the_form(customer: FlaskClient, invitation: int) -> None:
    answer = customer.post(survey_path(invitation), data='{"score": 9}', content_type="application/json")
    assert answer.status_code == 415
    assert 'name="score"' in answer.text
    assert rows() == (0, 0)


def test_a_closed_link_says_so_and_stores_nothing(customer: FlaskClient, invitation: int) -> None:
    with transaction() as session:
        day = datetime.now(UTC).date() - timedelta(days=2)
        session.execute(text("UPDATE invitation SET closes_on = :day"), {"day": day})
    assert customer.get(survey_path(invitation)).status_code == 410
    late = customer.post(survey_path(invitation), data={"step": "2", "score": "8", "comment.why": "Too <late>?"})
    assert late.status_code == 410
    assert "Too &lt;late&gt;?</textarea>" in late.text, "what was written is given back"
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
    assert not re.findall(r"<(?:script|img|link|iframe)[^>]+(?:src|href)=\"(?!data:)", answer.text)


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


@pytest.mark.parametrize("path", ["/s/", "/s", "/s/abc/def", "/s/abc/def/"])
def test_a_link_that_was_cut_is_a_kind_page(customer: FlaskClient, path: str) -> None:
    answer = customer.get(path, headers={"Accept-Language": "de"}, follow_redirects=True)
    assert answer.status_code == 404
    assert '<html lang="de"' in answer.text
    assert "Quorum" not in answer.text


def test_a_database_that_is_away_asks_to_try_again(application: Flask, customer: FlaskClient, invitation: int) -> None:
    path = survey_path(invitation)
    db.engine().dispose()
    db.connect("postgresql+psycopg://nobody@127.0.0.1:1/none")
    for answer in (customer.get(path), customer.post(path, data={"step": "1", "score": "9"})):
        assert answer.status_code == 503
        assert "try again" in answer.text


def test_another_language_keeps_what_was_typed_and_answers_nothing(customer: FlaskClient, invitation: int) -> None:
    path = survey_path(invitation)
    typed = {"step": "2", "score": "9", "driver": "support", "comment.why": "Half a sen", "lang": "de"}
    answer = customer.post(f"{path}?lang=de", data=typed)
    assert answer.status_code == 200
    assert '<html lang="de"' in answer.text
    assert "Half a sen</textarea>" in answer.text
    assert re.search(r'value="support"[^>]* checked', answer.text)
    assert f'action="{path}?lang=de"' in answer.text  # what is sent next stays in that language
    assert rows() == (0, 0)
    first = customer.post(f"{path}?lang=fr", data={"step": "1", "score": "3", "lang": "fr"}).text
    assert '<html lang="fr"' in first
    assert chosen(first) == ["3"]
    assert customer.post(path, data=typed | {"lang": "tlh", "comment.why": "x" * 9000}).status_code == 200
    assert customer.post("/s/forged", data=typed).status_code == 404
    assert rows() == (0, 0)
