"""The wave board and its charts in a real Chromium: they fit, axe finds nothing, a live board keeps its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from app.core.db import transaction
from app.reporting.charts.drawing import end_drawing
from app.responses.collecting import record_answer
from app.surveys.answers import Answer
from tests.browser.test_delivery_look import LONG, inside
from tests.support.axe import unfit
from tests.support.company import add_account, launch, planned, three_levels
from tests.support.web import serving

pytestmark = pytest.mark.browser

PAGES = ("/", "/waves/1/charts/coverage", "/waves/1/charts/score", "/waves/1/charts/response", "/waves/1/charts/value")


@pytest.fixture
def heard(application: Flask) -> Iterator[str]:
    """An installation with a running wave: long names, silence, shortage, some answers; yields its address."""
    add_account("A1", 6_000_000, three_levels("A1", 6, 6, 6))
    add_account("A2", 1_000_000, three_levels("A2", 0, 1, 9))
    add_account("A3", None, three_levels("A3", 1, 1, 1))
    with transaction() as session:
        session.execute(text("UPDATE account SET name = :name WHERE external_id = 'A2'"), {"name": LONG})
        session.execute(text("UPDATE account SET name = '深圳科技有限公司' WHERE external_id = 'A3'"))
    launch(planned())
    with transaction() as session:
        session.execute(text("UPDATE invitation SET sent_at = now()"))
    for id in range(2, 12):
        answer(id, id % 11)
    with serving(application) as address:
        yield address
    end_drawing()


def answer(id: int, score: int) -> None:
    record_answer(id, Answer(score, step="score"), language="en", now=datetime.now(UTC))


def test_the_board_and_its_charts_fit_and_axe_finds_nothing(
    chromium: Browser, admin_client: FlaskClient, heard: str
) -> None:
    with inside(chromium, admin_client, heard) as page:
        for path in PAGES:
            page.goto(f"{heard}{path}")
            for picture in page.locator(".chart img").all():
                picture.scroll_into_view_if_needed()
                expect(picture).to_have_js_property("complete", True)
                assert picture.evaluate("image => image.naturalWidth") > 100, path
            assert unfit(page) == []


def test_a_live_board_shows_new_answers_and_keeps_its_place(
    chromium: Browser, admin_client: FlaskClient, heard: str
) -> None:
    with inside(chromium, admin_client, heard) as page:
        page.clock.install()
        page.goto(f"{heard}/")
        link = page.get_by_role("link", name="All silent accounts")
        link.focus()
        before = page.locator(".figures").inner_text()
        answer(20, 10)
        page.clock.fast_forward(15_500)
        expect(page.locator(".figures")).not_to_have_text(before, use_inner_text=True)
        expect(link).to_be_focused()
