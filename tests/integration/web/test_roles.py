"""No page and no deed is open to whoever has not the right, and people with a role find what is theirs."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.commands.users import user as user_command
from app.core import db
from app.core.audit import AuditEntry
from app.core.auth.models import User
from app.core.auth.rights import Right, Role, may
from app.core.auth.sessions import is_open, right_needed
from app.core.auth.users import add_user, everybody, find, give_role
from app.core.db import reading
from app.core.errors import NotFound, Refused
from tests.support.people import logged_in
from tests.support.settings import settings
from tests.support.web import PASSWORD, post_form

ADMINISTERED = {"people.index", "people.give_role"}


@pytest.mark.parametrize("role", Role)
def test_every_route_asks_for_its_right(application: Flask, role: Role) -> None:
    client = logged_in(application, role)
    for rule in application.url_map.iter_rules():
        if is_open(application, rule.endpoint) or rule.endpoint == "auth.logout":
            continue
        path = "".join(part if not is_argument else "1" for is_argument, part in rule._trace).removeprefix("|")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            status = client.open(path, method=method).status_code
            allowed = may(role, right_needed(application, rule.endpoint, method))
            assert (status != 403) == allowed, f"{role} {method} {path}: {status}"


def test_what_changes_something_needs_more_than_a_look(application: Flask) -> None:
    for rule in application.url_map.iter_rules():
        if is_open(application, rule.endpoint):
            continue
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            assert right_needed(application, rule.endpoint, method) is not Right.LOOK, rule
        if rule.endpoint in ADMINISTERED:
            assert right_needed(application, rule.endpoint) is Right.ADMINISTER


def test_a_viewer_sees_no_button_that_is_not_theirs(application: Flask) -> None:
    client = logged_in(application, Role.VIEWER)
    text = client.get("/quotas").text
    assert "Compare two tables" in text
    assert "Make a quota table" not in text
    assert 'href="/people"' not in text
    assert 'href="/people"' in logged_in(application, Role.ADMIN).get("/quotas").text


def test_who_may_not_look_is_led_to_a_page_of_their_own(application: Flask) -> None:
    client = logged_in(application, Role.ACCOUNT_MANAGER)
    assert client.get("/waves").status_code == 403
    answer = client.get("/", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.request.path != "/"


def test_a_role_is_given_on_the_page_and_holds_at_once(application: Flask) -> None:
    admin, editor = logged_in(application, Role.ADMIN), logged_in(application, Role.EDITOR)
    assert editor.get("/quotas/new").status_code == 200
    person = next(each for each in everybody() if each.role is Role.EDITOR)
    status, page = post_form(admin, f"/people/{person.id}", "/people", role="viewer")
    assert (status, "The editor is here as «Viewer» from now on." in page) == (302, True)
    assert editor.get("/quotas/new").status_code == 403
    with reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.actor, entry.deed, entry.detail) == (
        "admin@quorum.example",
        "role changed",
        {"before": "editor", "after": "viewer"},
    )


@pytest.mark.parametrize("role", ["viewer", "emperor", ""])
def test_the_last_admin_stays_one(application: Flask, role: str) -> None:
    client = logged_in(application, Role.ADMIN)
    [person] = everybody()
    status, page = post_form(client, f"/people/{person.id}", "/people", role=role)
    assert status == 422
    assert ("is the only admin" in page) == (role == "viewer")
    found = find(person.id)
    assert found is not None
    assert found.role is Role.ADMIN


def test_whom_there_is_not_gets_no_role(database: str) -> None:
    with pytest.raises(NotFound):
        give_role(77, Role.VIEWER, actor="test")
    first, _ = add_user("first@quorum.example", "First", PASSWORD)
    with pytest.raises(Refused):
        give_role(first.id, Role.EDITOR, actor="test")
    second, _ = add_user("second@quorum.example", "Second", PASSWORD)
    assert give_role(first.id, Role.EDITOR, actor="test").role is Role.EDITOR
    assert second.role is Role.ADMIN


def test_the_command_gives_a_role(database: str, valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings(database, valkey)
    for name, value in {
        "DATABASE_URL": chosen.database_url,
        "REDIS_URL": chosen.redis_url,
        "QUORUM_SECRET_KEY": chosen.secret_key,
    }.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(user_command, ["add", "v@quorum.example", "--name", "V", "--role", "viewer"])
    assert done.exit_code == 0, done.output
    with reading() as session:
        assert session.scalar(select(User.role).where(User.email == "v@quorum.example")) is Role.VIEWER
    db.engine().dispose()  # the one that the command connected
    assert CliRunner().invoke(user_command, ["add", "w@q.example", "--name", "W", "--role", "king"]).exit_code == 2


def test_who_was_there_before_roles_is_an_admin(admin_client: FlaskClient) -> None:
    assert admin_client.get("/people").status_code == 200
