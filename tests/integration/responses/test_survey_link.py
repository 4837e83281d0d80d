"""What a customer's link does, from the first look to a changed answer, on a real database and over HTTP."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, text

from app.accounts.models import Contact, Level
from app.campaigns.models import Invitation
from app.core import db
from app.core.db import transaction
from app.core.signing import Signer
from app.delivery.launching import launch_wave
from app.delivery.sending import Sender
from app.responses.judging import judge_again
from app.responses.models import Response, ResponseRevision, ResponseState
from app.surveys.definition import definitions
from app.surveys.models import Survey
from tests.support.company import Person, add_account, planned
from tests.support.settings import settings
from tests.support.transport import ToldTransport
from tests.support.web import survey_path, unsubscribe_path


@pytest.fixture
def invitation(database: str) -> int:
    """An invitation whose mail left an hour ago."""
    invitation_id = invite(database)
    left(seconds=3600)
    return invitation_id


def invite(database: str, *, language: str = "en") -> int:
    person = Person("U000", Level.USER, language=language)
    add_account("A1", 1000, [person])
    today = datetime.now(UTC).date()
    launch_wave(planned(planned_for=today), now=datetime.now(UTC), actor="test", at_once=True)
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


def row() -> Invitation:
    with transaction() as session:
        return session.scalars(select(Invitation)).one()


def left(*, seconds: float) -> None:
    """Let the mail have left so long ago."""
    with transaction() as session:
        session.execute(text("UPDATE invitation SET sent_at = now() - make_interval(secs => :s)"), {"s": seconds})


def contact_unanswered() -> int:
    with transaction() as session:
        return session.scalars(select(Contact.unanswered)).one()


class TestDrafts:
    """What the page saves by itself as one goes."""

    def test_a_draft_is_kept_and_does_not_finish_the_answer(self, customer: FlaskClient, invitation: int) -> None:
        path = survey_path(invitation)
        draft = {"step": "draft", "score": "4", "driver": "support", "comment.why": "Because"}
        saved = customer.post(path, data=draft)
        assert (saved.status_code, saved.text) == (204, "")
        kept = response()
        assert kept is not None
        assert (kept.score, kept.drivers, kept.comments) == (4, ["support"], {"why": "Because"})
        assert (kept.state, kept.completed_at) == (ResponseState.PARTIAL, None)
        assert "Because" in customer.get(path).text

    def test_after_a_sent_answer_a_draft_is_a_revision_and_no_more(
        self, customer: FlaskClient, invitation: int
    ) -> None:
        path = survey_path(invitation)
        customer.post(path, data={"step": "2", "score": "9"})
        assert customer.post(path, data={"step": "draft", "score": "2"}).status_code == 204
        kept = response()
        assert kept is not None
        assert (kept.score, kept.state) == (9, ResponseState.COMPLETE)
        assert rows() == (1, 2)
        customer.post(path, data={"step": "2", "score": "2"})
        changed = response()
        assert changed is not None
        assert (changed.score, rows()) == (2, (1, 3))

    def test_a_draft_with_a_fault_says_so_to_the_page_and_all_else_is_kept(
        self, customer: FlaskClient, invitation: int
    ) -> None:
        path = survey_path(invitation) + "?lang=de"
        draft = {"step": "draft", "score": "4", "driver": "support", "comment.why": "x" * 5001}
        answer = customer.post(path, data=draft)
        assert answer.status_code == 422
        assert "5.001" in answer.json["faults"]["comment.why"]
        kept = response()
        assert kept is not None
        assert (kept.score, kept.drivers, kept.comments) == (4, ["support"], {"why": "x" * 5000})

    def test_a_draft_with_a_fault_is_no_more_than_a_draft(self, customer: FlaskClient, invitation: int) -> None:
        path = survey_path(invitation)
        customer.post(path, data={"step": "2", "score": "9"})
        customer.post(path, data={"step": "draft", "score": "2", "comment.why": "x" * 5001})
        kept = response()
        assert kept is not None
        assert (kept.score, rows()) == (9, (1, 2))

    @pytest.mark.parametrize("comment", ["", "x" * 5001])
    def test_a_draft_for_a_closed_link_is_not_kept(self, customer: FlaskClient, invitation: int, comment: str) -> None:
        with transaction() as session:
            session.execute(text("UPDATE invitation SET closes_on = current_date - 1"))
        draft = {"step": "draft", "score": "4", "comment.why": comment}
        assert customer.post(survey_path(invitation), data=draft).status_code == 410
        assert rows() == (0, 0)


class TestMachines:
    """Mail gateways fetch links, run scripts and press buttons (domain section 10)."""

    AGENT: ClassVar = {"User-Agent": "Mozilla/5.0 HeadlessChrome/140.0"}

    def test_what_a_machine_pressed_is_kept_and_leaves_the_link_open(
        self, customer: FlaskClient, invitation: int
    ) -> None:
        path = survey_path(invitation)
        thanked = customer.post(path, data={"step": "2", "score": "0"}, headers=self.AGENT)
        assert (thanked.status_code, 'name="score"' in thanked.text) == (200, False)
        kept = response()
        assert kept is not None
        assert (kept.verdict, kept.evidence["agent"], rows()) == ("machine", True, (1, 1))
        assert (row().answered_at, row().completed_at) == (None, None)
        assert contact_unanswered() == 1
        assert chosen(customer.get(path).text) == []

    def test_a_persons_answer_replaces_a_machines_and_not_the_other_way_round(
        self, customer: FlaskClient, invitation: int
    ) -> None:
        path = survey_path(invitation)
        customer.post(path, data={"step": "2", "score": "0", "comment.why": "robot"}, headers=self.AGENT)
        customer.post(path, data={"step": "1", "score": "9"})
        kept = response()
        assert kept is not None
        assert (kept.score, kept.verdict, kept.state, kept.comments) == (9, "human", ResponseState.PARTIAL, {})
        assert contact_unanswered() == 0
        customer.post(path, data={"step": "2", "score": "0"}, headers=self.AGENT)
        still = response()
        assert still is not None
        assert (still.score, still.verdict, rows()) == (9, "human", (1, 3))

    def test_a_person_who_says_the_same_as_the_machine_before_is_heard(
        self, customer: FlaskClient, invitation: int
    ) -> None:
        path, answer = survey_path(invitation), {"step": "1", "score": "9"}
        for _ in range(2):
            customer.post(path, data=answer, headers=self.AGENT)
        customer.post(path, data=answer)
        kept = response()
        assert kept is not None
        assert (kept.verdict, rows()) == ("human", (1, 2))
        assert row().answered_at is not None
        assert "<textarea" in customer.get(f"{path}?step=2").text

    def test_a_filled_trap_and_a_followed_one(self, customer: FlaskClient, invitation: int) -> None:
        path = survey_path(invitation)
        customer.get(f"{path}?website=1")
        assert row().trapped_at is not None
        customer.post(path, data={"step": "1", "score": "5"})
        kept = response()
        assert kept is not None
        assert (kept.verdict, kept.evidence["trap"]) == ("machine", True)

    def test_pressing_every_button_is_no_persons_work(self, customer: FlaskClient, invitation: int) -> None:
        for score in range(11):
            customer.post(survey_path(invitation), data={"step": "1", "score": str(score)})
        with transaction() as session:
            evidence = session.scalars(select(ResponseRevision.evidence).order_by(ResponseRevision.id)).all()
        assert [said["scores"] for said in evidence] == list(range(1, 12))
        kept = response()
        assert kept is not None
        assert kept.score == 1  # from the third on it was a machine's

    def test_an_answer_within_seconds_of_the_mail_is_suspect_and_counts(
        self, customer: FlaskClient, invitation: int
    ) -> None:
        left(seconds=2)
        customer.post(survey_path(invitation), data={"step": "1", "score": "5"})
        kept = response()
        assert kept is not None
        assert kept.verdict == "suspect"
        assert row().answered_at is not None

    def test_a_head_is_a_scanner_and_a_look_of_a_person_is_a_break_off(
        self, customer: FlaskClient, invitation: int
    ) -> None:
        path = survey_path(invitation)
        left(seconds=2)
        customer.get(path)
        assert row().opened_at is None, "nobody reads a mail that fast"
        left(seconds=3600)
        customer.head(path)
        customer.get(path, headers=self.AGENT)
        assert (row().scanned_at is not None, row().opened_at) == (True, None)
        customer.get(path)
        first = row().opened_at
        customer.get(path)
        assert first is not None
        assert row().opened_at == first

    def test_all_verdicts_can_be_worked_out_again(self, customer: FlaskClient, invitation: int) -> None:
        customer.post(survey_path(invitation), data={"step": "2", "score": "5"})
        assert judge_again(actor="test") == 0
        with transaction() as session:
            session.execute(text("UPDATE response SET evidence = evidence || '{\"trap\": true}'"))
        assert judge_again(actor="test") == 1
        assert (row().answered_at, row().completed_at) == (None, None)
        with transaction() as session:
            session.execute(text("UPDATE response SET evidence = evidence || '{\"trap\": false}'"))
        assert judge_again(actor="test") == 1
        assert row().completed_at is not None

    def test_a_machine_that_turns_out_to_be_a_person_has_answered(self, customer: FlaskClient, invitation: int) -> None:
        customer.post(survey_path(invitation), data={"step": "2", "score": "5"}, headers=self.AGENT)
        assert contact_unanswered() == 1
        with transaction() as session:
            session.execute(text("UPDATE response SET evidence = evidence || '{\"agent\": false}'"))
        assert judge_again(actor="test") == 1
        assert (contact_unanswered(), row().answered_at is not None) == (0, True)


class TestTestLinks:
    """A test shows everything and stores nothing."""

    def test_a_test_goes_the_whole_way_and_leaves_no_trace(self, customer: FlaskClient, database: str) -> None:
        path = f"/s/{Signer('k' * 64).sign('test', drafted())}"
        page = customer.get(path)
        assert page.status_code == 200
        assert TEST_SENTENCE in page.text
        first = customer.post(path, data={"step": "1", "score": "9"})
        assert (first.status_code, first.location) == (303, f"{path}?step=2&score=9")
        assert "<textarea" in customer.get(first.location).text
        assert customer.post(path, data={"step": "draft", "score": "9"}).status_code == 204
        second = customer.post(path, data={"step": "2", "score": "9", "comment.why": "Good."})
        assert second.status_code == 303
        assert TEST_SENTENCE in customer.get(second.location).text
        assert customer.post(path, data={"step": "2", "score": "99"}).status_code == 422
        assert rows() == (0, 0)

    def test_a_test_of_a_survey_that_is_gone_is_a_wrong_link(self, customer: FlaskClient, database: str) -> None:
        assert customer.get(f"/s/{Signer('k' * 64).sign('test', 4711)}").status_code == 404


TEST_SENTENCE = "This is a test. Nothing you enter here is counted."


def drafted() -> int:
    """A survey in the designer; returns its id."""
    with transaction() as session:
        survey = Survey(key="trial", draft=definitions()["relationship_nps"].model_dump(mode="json"))
        session.add(survey)
        session.flush()
        return survey.id


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
