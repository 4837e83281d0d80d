"""What every page stands on: headers, CSRF, error pages, health, assets, the request log, addresses of this page."""

from __future__ import annotations

import logging

import pytest
from flask import Flask

from app.core import db, navigation
from app.core.web import HEADERS
from tests.support.admin import OWN_POLICY, Visitor, admin, shell

__all__ = ["admin"]

MULTIPART = "multipart/form-data; boundary=edge"


@pytest.fixture
def visitor(admin: Flask) -> Visitor:
    """Somebody who is logged in."""
    somebody = Visitor(admin)
    somebody.log_in()
    return somebody


def multipart(*, csrf_token: str, file: str) -> bytes:
    """Return the body a browser sends for a token and a file."""
    head = "--edge\r\nContent-Disposition: form-data; name="
    parts = (f'{head}"csrf_token"\r\n\r\n{csrf_token}', f'{head}"file"; filename="a.csv"\r\n\r\n{file}', "--edge--\r\n")
    return "\r\n".join(parts).encode()


def test_no_page_allows_inline_code_framing_or_sniffing(visitor: Visitor) -> None:
    for path in ("/login", "/page", "/nowhere", "/static/core/quorum.css"):
        headers = visitor.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]


def test_a_page_that_brings_its_own_policy_keeps_it(admin: Flask) -> None:
    headers = Visitor(admin).get("/s/abc").headers
    assert headers["Content-Security-Policy"] == OWN_POLICY
    assert headers["X-Content-Type-Options"] == HEADERS["X-Content-Type-Options"]


def test_no_page_is_kept_by_the_browser_but_assets_are_for_good(visitor: Visitor) -> None:
    page = visitor.get("/account/password")
    assert page.headers["Cache-Control"] == "no-store"
    address = page.text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    assert "immutable" in visitor.get(address).headers["Cache-Control"]
    assert "immutable" not in visitor.get("/static/core/quorum.css?v=older").headers["Cache-Control"]
    assert visitor.get("/static/core/../web.py").status_code == 404


def test_a_form_without_its_token_changes_nothing(visitor: Visitor) -> None:
    refused = visitor.client.post("/deed", data={"csrf_token": "forged"})
    assert refused.status_code == 400
    assert "open too long" in refused.text
    assert visitor.post("/deed", "/page").text == "done"


def test_a_page_out_of_csrf_takes_a_post_from_anywhere(admin: Flask) -> None:
    assert Visitor(admin).client.post("/s/abc").text == "answered abc"


def test_a_large_request_is_refused_unless_the_view_takes_uploads(visitor: Visitor) -> None:
    sheet = multipart(csrf_token=visitor.token("/page"), file="x" * 3_000_000)
    refused = visitor.client.post("/deed", data=sheet, content_type=MULTIPART)
    assert refused.status_code == 413
    assert "too large" in refused.text
    assert visitor.client.post("/upload", data=sheet, content_type=MULTIPART).text == "3000000"


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/nowhere", 404, "There is no such page."),
        ("/deed", 405, "This address does something else."),
        ("/fails/refused", 409, "This wave is being sent; pause it first."),
        ("/fails/missing", 404, "There is no wave Q9."),
    ],
)
def test_an_error_is_a_page_of_the_admin_for_who_is_logged_in(
    visitor: Visitor, path: str, status: int, sentence: str
) -> None:
    answer = visitor.get(path)
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert 'aria-label="Stages"' in answer.text


def test_an_error_is_a_bare_page_for_a_stranger_and_asks_no_database(admin: Flask) -> None:
    db.engine().dispose()
    db.connect("postgresql+psycopg://nobody@127.0.0.1:1/none")
    answer = Visitor(admin).get("/nowhere")
    assert answer.status_code == 404
    assert "Stages" not in answer.text


def test_an_error_page_stands_even_without_the_database(visitor: Visitor) -> None:
    db.engine().dispose()
    db.connect("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert visitor.get("/nowhere").status_code == 404
    assert visitor.get("/page").status_code == 500


def test_a_fault_of_ours_tells_nobody_what_was_in_it(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        answer = visitor.get("/fails/broken")
    assert answer.status_code == 500
    number = answer.text.partition("<strong>")[2].partition("<")[0]
    assert f"fault {number}: GET /fails/<how>: RuntimeError" in caplog.text
    assert "in _fails" in caplog.text
    assert "jane.doe" not in answer.text + caplog.text


def test_a_request_is_logged_by_its_rule_without_token_or_address(
    admin: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        Visitor(admin).get("/s/SECRETTOKEN?email=jane.doe@customer.example")
        Visitor(admin).get("/guessed/SECRETTOKEN")
    assert "GET /s/<token> 200" in caplog.text
    assert "GET (no such page) 404" in caplog.text
    assert "SECRETTOKEN" not in caplog.text
    assert "jane.doe" not in caplog.text


def test_alive_means_no_more_than_this_process(database: str) -> None:
    app = shell(database)
    assert Visitor(app).get("/healthz").status_code == 200
    unready = Visitor(app).get("/readyz")
    assert (unready.status_code, unready.text) == (503, "not ready\n")
    db.engine().dispose()
    db.connect("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert Visitor(app).get("/healthz").status_code == 200
    assert Visitor(app).get("/readyz").text == "not ready\n"


def test_ready_means_that_database_and_redis_answer(database: str, valkey: str) -> None:
    app = shell(database, valkey)
    answer = Visitor(app).get("/readyz")
    app.extensions["quorum_redis"].close()
    assert (answer.status_code, answer.text) == (200, "ready\n")


def test_stages_stand_in_their_order_and_the_one_in_view_is_marked(visitor: Visitor) -> None:
    page = visitor.get("/account/password").text
    assert page.index(">First</a>") < page.index(">Second</a>")
    assert '<a href="/account/password" aria-current="page">First</a>' in page


def test_a_page_beneath_a_stage_marks_the_stage(admin: Flask) -> None:
    with admin.test_request_context("/accounts/7"):
        entry = navigation.current_entry()
    assert entry is not None
    assert entry.label == "Second"


def test_the_address_of_this_page_keeps_what_is_not_changed(admin: Flask) -> None:
    with admin.test_request_context("/page?sort=name&tag=a&tag=b%26c&page=3"):
        assert navigation.url_with(sort="-value", page=None) == "/page?tag=a&tag=b%26c&sort=-value"
    with admin.test_request_context("/page?page=3"):
        assert navigation.url_with(page=None) == "/page"
