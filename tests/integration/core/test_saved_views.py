"""Views of lists: kept by name, shared or not, changed, deleted and brought back; columns kept for each person."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core import saved_views
from app.core.audit import AuditEntry
from app.core.auth.models import User
from app.core.auth.rights import Role
from app.core.auth.users import everybody
from app.core.db import reading
from app.core.errors import NotFound, Refused
from app.core.saved_views import Sketch
from tests.support.company import add_account, planned, three_levels
from tests.support.people import logged_in
from tests.support.web import post_form

LIST = "accounts.index"
NEW = f"/views/new?list={LIST}&query=sort%3Dname"


@pytest.fixture
def wave(application: Flask) -> int:
    add_account("A1", 100_000, three_levels("A1", 2, 2, 2), manager_name="Ana Sand")
    return planned()


def person(role: Role) -> User:
    return next(each for each in everybody() if each.role is role)


def save(client: FlaskClient, name: str = "Mine", query: str = "sort=name", **more: str) -> tuple[int, str]:
    return post_form(client, "/views/new", NEW, list=LIST, name=name, query=query, **more)


def test_a_view_is_saved_opened_changed_deleted_and_brought_back(application: Flask, wave: int) -> None:
    client = logged_in(application, Role.EDITOR)
    query = "manager=Ana+Sand&sort=-coverage&page=7&wave=3&view=9&columns=name%2Ccoverage"
    status, page = save(client, "My banks", query)
    assert status == 302
    assert "«My banks» is kept." in page
    assert "managed by Ana Sand" in page
    [href] = [unescape(each) for each in re.findall(r'href="([^"]*)" aria-current="true">My banks', page)]
    assert "manager=Ana+Sand" in href
    assert not re.search(r"[?&](page|wave)=", href)
    at = "/views/1/edit"
    assert post_form(client, at, at, name="My rails", query="sort=name", revision="1")[0] == 302
    assert "My rails" in client.get("/accounts").text
    status, page = post_form(client, "/views/1/delete", at)
    assert "You can bring it back below." in page
    assert "My rails" not in client.get("/accounts").text
    post_form(client, "/views/1/bring-back", f"/views?list={LIST}")
    assert "My rails" in client.get("/accounts").text
    with reading() as session:
        deeds = session.scalars(select(AuditEntry.deed).where(AuditEntry.subject == "view 1").order_by(AuditEntry.id))
        assert list(deeds) == ["view saved", "view changed", "view deleted", "view brought back"]


def test_a_view_is_ones_own_until_it_is_shared(application: Flask, wave: int) -> None:
    editor, viewer = logged_in(application, Role.EDITOR), logged_in(application, Role.VIEWER)
    save(editor, "Of all", shared="1")
    save(editor, "Of one")
    text = viewer.get("/accounts").text
    assert "Of all (shared)" in text
    assert "Of one" not in text
    assert viewer.get("/views/1/edit").status_code == 404
    assert viewer.post("/views/1/delete", data={"csrf_token": "x"}).status_code == 400
    admin = logged_in(application, Role.ADMIN)
    assert admin.get("/views/1/edit").status_code == 200
    assert admin.get("/views/2/edit").status_code == 404


def test_a_viewer_keeps_views_and_shares_none(application: Flask, wave: int) -> None:
    viewer = logged_in(application, Role.VIEWER)
    assert "Share it" not in viewer.get(NEW).text
    assert save(viewer)[0] == 302
    status, page = save(viewer, "Other", shared="1")
    assert status == 422
    assert "Only people who may change things" in page


@pytest.mark.parametrize(
    ("name", "fault"),
    [("", "Give the view a name"), ("  \0 ", "Give the view a name"), ("x" * 81, "81 characters"), ("Mine", "already")],
)
def test_what_is_wrong_stands_at_the_name_and_nothing_typed_is_lost(
    application: Flask, wave: int, name: str, fault: str
) -> None:
    client = logged_in(application, Role.EDITOR)
    save(client)
    status, page = save(client, name, query="industry=Rail")
    assert status == 422
    assert fault in page
    assert "industry=Rail" in page


def test_two_people_at_once(application: Flask, wave: int) -> None:
    client = logged_in(application, Role.EDITOR)
    save(client)
    at = "/views/1/edit"
    assert post_form(client, at, at, name="First", revision="1")[0] == 302
    status, page = post_form(client, at, at, name="Second", revision="1")
    assert status == 422
    assert "Somebody changed this view meanwhile" in page
    assert 'value="Second"' in page


def test_a_name_may_come_again_after_a_deletion_and_then_is_taken(application: Flask, wave: int) -> None:
    save(logged_in(application, Role.EDITOR))
    owner = person(Role.EDITOR)
    saved_views.delete_view(1, person=owner)
    saved_views.save_view(LIST, Sketch("Mine", "sort=name"), person=owner)
    with pytest.raises(Refused, match="already"):
        saved_views.bring_back_view(1, person=owner)
    with pytest.raises(NotFound):
        saved_views.delete_view(77, person=owner)
    with pytest.raises(Refused, match="deleted meanwhile"):
        saved_views.change_view(1, Sketch("Mine", ""), revision=1, person=owner)


@pytest.mark.parametrize("name", ["", "nowhere.index", "accounts.sheet", "saved_views.index", "core.static_file"])
def test_a_list_is_a_page_that_there_is(application: Flask, wave: int, name: str) -> None:
    client = logged_in(application, Role.EDITOR)
    assert client.get("/views", query_string={"list": name}).status_code == 404


def test_columns_are_kept_for_each_person_and_an_address_outweighs_them(application: Flask, wave: int) -> None:
    editor, viewer = logged_in(application, Role.EDITOR), logged_in(application, Role.VIEWER)
    form = {"list": LIST, "query": "sort=name&columns=user", "columns": ["industry", "nonsense"]}
    status, page = post_form(editor, "/views/columns", "/accounts", **form)
    assert status == 302
    assert heads(page) == ["Account", "Industry"]
    assert heads(editor.get("/accounts").text) == ["Account", "Industry"]
    assert heads(editor.get("/accounts?columns=coverage").text) == ["Account", "Coverage"]
    assert "Coverage" in heads(viewer.get("/accounts").text)
    status, page = post_form(editor, "/views/columns", "/accounts", list=LIST, default="1", columns="industry")
    assert "Coverage" in heads(page)


def heads(page: str) -> list[str]:
    """Return the heads of the first table."""
    found = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page.partition("</thead>")[0], re.S)
    return [re.sub(r"<[^>]+>|[↑↓]", "", each).strip() for each in found]
