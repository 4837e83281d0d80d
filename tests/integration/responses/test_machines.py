"""Programs that open links for their owners: what they do is kept, and answers nothing."""

from __future__ import annotations

from typing import ClassVar

from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.core.db import transaction
from app.responses.judging import judge_again
from app.responses.models import ResponseRevision, ResponseState
from tests.support.links import chosen, contact_unanswered, left, response, row, rows
from tests.support.web import survey_path


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

    def test_a_person_who_turns_out_to_be_a_machine_has_answered_nothing(
        self, customer: FlaskClient, invitation: int
    ) -> None:
        assert contact_unanswered() == 1
        customer.post(survey_path(invitation), data={"step": "2", "score": "5"})
        assert contact_unanswered() == 0
        with transaction() as session:
            session.execute(text("UPDATE response SET evidence = evidence || '{\"agent\": true}'"))
        assert judge_again(actor="test") == 1
        assert (contact_unanswered(), row().answered_at) == (1, None)
        assert judge_again(actor="test") == 0
        assert contact_unanswered() == 1
