"""Who may come in: the gate before every page, logging in and out, lock-out, passwords, sessions."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner
from sqlalchemy import select
from werkzeug.routing import IntegerConverter, Rule
from werkzeug.test import TestResponse

from app.core import db
from app.core.auth import users
from app.core.auth.models import User
from app.core.auth.sessions import is_open, own_path
from app.core.db import transaction
from tests.support.admin import EMAIL, PASSWORD, Visitor, admin, shell
from tests.support.settings import settings

__all__ = ["admin"]

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NEW = "hairlines instead of boxes"


@pytest.fixture
def person(database: str) -> User:
    return users.add_user(EMAIL, "Ana Sand", PASSWORD)[0]


# The gate


def asked_as_a_stranger(app: Flask, rule: Rule, method: str) -> TestResponse:
    with app.test_request_context():
        values = {
            name: 1 if isinstance(converter, IntegerConverter) else "x" for name, converter in rule._converters.items()
        }
        built = rule.build(values)
    assert built is not None, rule.rule
    return app.test_client().open(built[1], method=method)


def gated(app: Flask) -> list[tuple[Rule, str]]:
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        if not is_open(app, rule.endpoint)
        for method in sorted(rule.methods or ())
    ]


def assert_strangers_stay_out(app: Flask) -> None:
    """Every way into every view that is not marked must lead to the login."""
    for rule, method in gated(app):
        answer = asked_as_a_stranger(app, rule, method)
        assert (rule.rule, method, answer.status_code) == (rule.rule, method, 302)
        assert answer.location.startswith("/login")


def test_every_page_of_the_shell_that_is_not_marked_is_behind_the_login(admin: Flask) -> None:
    ways = {(rule.rule, method) for rule, method in gated(admin)}
    assert {("/", "GET"), ("/deed", "POST"), ("/logout", "POST"), ("/account/password", "OPTIONS")} <= ways
    assert_strangers_stay_out(admin)


def test_every_page_of_the_product_that_is_not_marked_is_behind_the_login(database: str) -> None:
    from app import create_app

    app = create_app(settings(database))
    assert len(gated(app)) > 20
    assert_strangers_stay_out(app)
    db.engine().dispose()


def test_what_is_open_in_the_shell_is_a_short_list(admin: Flask) -> None:
    opened = {rule.rule for rule in admin.url_map.iter_rules() if is_open(admin, rule.endpoint)}
    assert opened == {"/login", "/healthz", "/readyz", "/static/core/<path:name>", "/s/<token>"}


def test_an_open_page_needs_no_login(admin: Flask) -> None:
    assert Visitor(admin).get("/s/abc").text == "abc"


def test_a_stranger_is_sent_back_to_the_page_after_the_login(admin: Flask) -> None:
    visitor = Visitor(admin)
    sent = visitor.get("/accounts/7?sort=-value&page=2")
    assert sent.location == "/login?next=/accounts/7?sort%3D-value%26page%3D2"
    form = visitor.get(sent.location).text
    assert 'name="next" value="/accounts/7?sort=-value&amp;page=2"' in form
    assert visitor.log_in(target="/accounts/7?sort=-value&page=2").location == "/accounts/7?sort=-value&page=2"
    assert visitor.get("/accounts/7").text.startswith("page 7")


# Logging in


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "evil",
        "",
        "javascript:alert(1)",
        "/" + "a" * 3000,
    ],
)
def test_the_login_leads_to_no_other_site(admin: Flask, target: str) -> None:
    assert Visitor(admin).log_in(target=target).location == "/"


@given(st.text(alphabet=st.sampled_from("/\\.:@?#\t\n%aevil"), max_size=24))
def test_no_target_leaves_the_site(target: str) -> None:
    assert urlsplit(urljoin("https://quorum.example/login", own_path(target))).netloc == "quorum.example"


def test_every_failure_reads_the_same(admin: Flask) -> None:
    unknown = Visitor(admin).log_in(email="nobody@quorum.example")
    wrong = Visitor(admin).log_in(password="wrong")
    odd = Visitor(admin).log_in(email="no\x00body")
    for _ in range(8):
        users.authenticate(EMAIL, "wrong", datetime.now(UTC))
    locked = Visitor(admin).log_in()

    def said(answer: TestResponse) -> tuple[int, str]:
        return answer.status_code, answer.text.partition('role="alert"')[2].partition("</div>")[0]

    assert said(unknown) == said(wrong) == said(odd) == said(locked)
    assert said(unknown)[0] == 422
    assert "do not belong together" in said(unknown)[1]


def test_the_address_is_known_in_any_case_and_with_spaces_around(person: User) -> None:
    found = users.authenticate(f" {EMAIL.upper()} ", PASSWORD, NOW)
    assert found is not None
    assert (found.id, found.last_login_at) == (person.id, NOW)


def test_who_is_logged_in_does_not_see_the_login_again(admin: Flask) -> None:
    visitor = Visitor(admin)
    visitor.log_in()
    assert visitor.get("/login?next=/page").location == "/page"


def test_what_a_browser_carried_before_the_login_is_dropped(admin: Flask) -> None:
    visitor = Visitor(admin)
    before = visitor.token("/login")
    visitor.log_in()
    assert visitor.client.post("/deed", data={"csrf_token": before}).status_code == 400


# Sessions


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(admin: Flask) -> None:
    cookie = Visitor(admin).log_in().headers["Set-Cookie"]
    assert cookie.startswith("quorum=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_never_travels_in_the_clear(database: str) -> None:
    users.add_user(EMAIL, "Ana Sand", PASSWORD)
    app = shell(database, public_url="https://survey.quorum.example")
    answer = app.test_client().get("/login", base_url="https://survey.quorum.example")
    assert answer.headers["Set-Cookie"].startswith("__Host-quorum=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


def hours_later(monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    """Let the signer of the cookie believe that time has passed."""
    moment = int(datetime.now(UTC).timestamp() + hours * 3600)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: moment)


def test_a_session_ends_twelve_hours_after_the_last_page(admin: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(admin)
    visitor.log_in()
    hours_later(monkeypatch, 11.9)
    assert visitor.get("/page").status_code == 200
    hours_later(monkeypatch, 23.5)
    assert visitor.get("/page").status_code == 200
    hours_later(monkeypatch, 35.6)
    assert visitor.get("/page").status_code == 302


@pytest.mark.parametrize(("path", "asked_by"), [("/page", "cors"), ("/healthz", "navigate"), ("/s/abc", "navigate")])
def test_a_script_or_an_open_page_does_not_prolong_the_session(admin: Flask, path: str, asked_by: str) -> None:
    visitor = Visitor(admin)
    visitor.log_in()
    visitor.get("/page")
    assert "Set-Cookie" not in visitor.get(path, headers={"Sec-Fetch-Mode": asked_by}).headers
    assert "Set-Cookie" in visitor.get("/page", headers={"Sec-Fetch-Mode": "navigate"}).headers


def test_logging_out_ends_the_session_and_takes_a_button(admin: Flask) -> None:
    visitor = Visitor(admin)
    visitor.log_in()
    assert visitor.get("/logout").status_code == 405
    assert visitor.client.post("/logout").status_code == 400
    assert visitor.post("/logout", "/page").location == "/login"
    assert visitor.get("/page").status_code == 302


def test_a_forged_cookie_opens_nothing(admin: Flask) -> None:
    visitor = Visitor(admin)
    visitor.client.set_cookie("quorum", "eyJ1c2VyIjoxLCJrZXkiOiJ4In0.aQaQ.forged")
    assert visitor.get("/page").status_code == 302


def test_a_session_of_somebody_removed_is_over(admin: Flask) -> None:
    visitor = Visitor(admin)
    visitor.log_in()
    with transaction() as session:
        session.delete(session.scalars(select(User)).one())
    assert visitor.get("/page").status_code == 302


# A new password


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(admin: Flask) -> None:
    here, elsewhere = Visitor(admin), Visitor(admin)
    here.log_in()
    elsewhere.log_in()
    changed = here.post("/account/password", "/account/password", current=PASSWORD, new=NEW, again=NEW)
    assert changed.status_code == 302
    assert "Every other session of yours has ended" in here.get("/account/password").text
    assert elsewhere.get("/page").status_code == 302
    assert Visitor(admin).log_in().status_code == 422
    assert Visitor(admin).log_in(password=NEW).status_code == 302


@pytest.mark.parametrize(
    ("current", "new", "again", "field"),
    [
        ("wrong", NEW, NEW, "current"),
        ("", NEW, NEW, "current"),
        (PASSWORD, "short", "short", "new"),
        (PASSWORD, PASSWORD, PASSWORD, "new"),
        (PASSWORD, NEW, NEW + "!", "again"),
    ],
)
def test_a_faulty_new_password_is_explained_at_its_field(
    admin: Flask, current: str, new: str, again: str, field: str
) -> None:
    visitor = Visitor(admin)
    visitor.log_in()
    answer = visitor.post("/account/password", "/account/password", current=current, new=new, again=again)
    assert answer.status_code == 422
    assert f'id="fault-{field}"' in answer.text
    assert answer.text.count('class="fault"') == 1
    assert Visitor(admin).log_in().status_code == 302
