"""Charts of a wave over the web: kept by browsers, by day and night, with a table behind, silent where they must be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.auth.rights import Role
from app.core.db import transaction
from app.reporting import chart_views
from app.reporting.charts.drawing import DrawingError, Order, end_drawing
from app.responses.collecting import record_answer
from app.surveys.answers import Answer
from tests.support.company import add_account, launch, planned, three_levels
from tests.support.people import logged_in

NAMES = ("coverage", "score", "response", "value")


@pytest.fixture(scope="module", autouse=True)
def _no_process_left_behind() -> Iterator[None]:
    yield
    end_drawing()


def wave(answers: int = 9, **more: object) -> int:
    add_account("A1", 6_054_321, three_levels("A1", 6, 6, 6))
    wave_id = planned(**more)  # type: ignore[arg-type]
    launch(wave_id)
    with transaction() as session:
        session.execute(text("UPDATE invitation SET sent_at = now()"))
    for id in range(1, 1 + answers):
        record_answer(id, Answer(id, step="score"), language="en", now=datetime.now(UTC))
    return wave_id


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_is_a_page_a_drawing_and_a_picture(admin_client: FlaskClient, name: str) -> None:
    at = f"/waves/{wave()}/charts/{name}"
    page = admin_client.get(at).text
    assert f'src="{at}.svg"' in page
    assert page.count("<tr>") > 1
    drawing = admin_client.get(f"{at}.svg")
    assert (drawing.status_code, drawing.mimetype) == (200, "image/svg+xml")
    assert drawing.headers["Cache-Control"] == "private, no-cache"
    again = admin_client.get(f"{at}.svg", headers={"If-None-Match": drawing.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert admin_client.get(f"{at}.svg?theme=dark").headers["ETag"] != drawing.headers["ETag"]
    picture = admin_client.get(f"{at}.png")
    assert picture.mimetype == "image/png"
    assert "attachment" in picture.headers["Content-Disposition"]


def test_what_was_answered_meanwhile_is_another_drawing(admin_client: FlaskClient) -> None:
    at = f"/waves/{wave()}/charts/score.svg"
    before = admin_client.get(at).headers["ETag"]
    record_answer(11, Answer(10, step="score"), language="en", now=datetime.now(UTC))
    assert admin_client.get(at, headers={"If-None-Match": before}).status_code == 200


def test_there_is_no_chart_of_nothing_and_none_of_another_name(admin_client: FlaskClient) -> None:
    wave_id = wave(answers=0)
    assert admin_client.get(f"/waves/{wave_id}/charts/coverage").status_code == 200
    for name in ("score", "response", "value", "nonsense", "engine"):
        for end in ("", ".svg", ".png"):
            assert admin_client.get(f"/waves/{wave_id}/charts/{name}{end}").status_code == 404
    assert admin_client.get("/waves/999/charts/coverage.svg").status_code == 404


def test_whoever_may_not_see_revenue_sees_buckets(application: Flask) -> None:
    at = f"/waves/{wave()}/charts/value"
    editor, viewer = (logged_in(application, role) for role in (Role.EDITOR, Role.VIEWER))
    assert "6,054,321" in editor.get(at).text
    page = viewer.get(at).text
    assert "6,054,321" not in page
    assert "$5,000,000 to" in page
    assert viewer.get(f"{at}.svg").headers["ETag"] != editor.get(f"{at}.svg").headers["ETag"]


def test_an_anonymous_survey_has_no_account_beside_its_answers(admin_client: FlaskClient) -> None:
    wave_id = wave(survey_key="enps")
    for name in ("value", "score"):
        assert admin_client.get(f"/waves/{wave_id}/charts/{name}").status_code == 404


def test_a_chart_that_cannot_be_drawn_leaves_its_page_standing(
    admin_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(order: Order) -> bytes:
        raise DrawingError("no room")

    at = f"/waves/{wave()}/charts/score"
    monkeypatch.setattr(chart_views, "picture", broken)
    assert admin_client.get(f"{at}.svg").status_code == 503
    assert admin_client.get(at).status_code == 200
