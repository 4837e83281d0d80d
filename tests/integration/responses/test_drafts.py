"""What a page saves by itself while somebody types."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.db import transaction
from app.responses.models import ResponseState
from tests.support.links import response, rows
from tests.support.web import survey_path


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
