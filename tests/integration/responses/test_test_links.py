"""Links of tests: they show everything and store nothing."""

from __future__ import annotations

from flask.testing import FlaskClient

from app.core.db import transaction
from app.core.signing import Signer
from app.surveys.definition import definitions
from app.surveys.models import Survey
from tests.support.links import rows


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
