"""The pages that delete and merge accounts, and the one that tells what changed since a wave was planned."""

from __future__ import annotations

import csv
import io

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.auth.rights import Role
from app.core.db import transaction
from tests.support.company import add_account, launch, planned, three_levels
from tests.support.people import logged_in
from tests.support.web import post_form

HOSTILE = "<script>alert(1)</script> & Söhne"


def named(external_id: str, name: str, **more: object) -> int:
    account_id = add_account(external_id, 1_000_000, three_levels(external_id, 2, 2, 2), **more)
    with transaction() as session:
        session.execute(text("UPDATE account SET name = :name WHERE id = :id"), {"name": name, "id": account_id})
    return account_id


def exists(account_id: int) -> bool:
    with transaction() as session:
        return session.scalar(text("SELECT count(*) FROM account WHERE id = :id"), {"id": account_id}) == 1


def test_an_account_is_deleted_once_its_name_was_typed(admin_client: FlaskClient) -> None:
    account_id = named("A1", HOSTILE)
    path = f"/accounts/{account_id}/delete"
    page = admin_client.get(path).text
    assert "with 6 people?" in page
    assert HOSTILE not in page
    status, page = post_form(admin_client, path, path, name="Söhne")
    assert status == 422
    assert 'value="Söhne"' in page
    assert exists(account_id)
    status, page = post_form(admin_client, path, path, name=f" {HOSTILE.upper()} ")
    assert status == 302
    assert "6 people are deleted" in page
    assert not exists(account_id)
    assert admin_client.get(path).status_code == 404


def test_an_account_is_merged_into_one_that_was_found(admin_client: FlaskClient) -> None:
    goes, stays = named("A1", "Acme Ltd"), named("A2", "Acme Limited", currency="EUR")
    path = f"/accounts/{goes}/merge"
    assert "Which account stays?" in admin_client.get(path).text
    found = admin_client.get(f"{path}?q=acme").text
    assert f"into={stays}" in found
    assert f"into={goes}" not in found
    assert "No other account fits" in admin_client.get(f"{path}?q=%25").text
    for odd in ("x", "-1", "9" * 30, str(goes), "4711"):
        assert "Which account stays?" in admin_client.get(f"{path}?into={odd}").text
    chosen = f"{path}?into={stays}"
    assert "Merge and move 6 people" in admin_client.get(chosen).text
    assert post_form(admin_client, path, chosen, into=stays, name="Acme")[0] == 422
    status, _ = post_form(admin_client, path, chosen, into=stays, name="acme ltd")
    assert status == 302
    assert not exists(goes)
    assert post_form(
        admin_client, f"/accounts/{stays}/merge", chosen.replace(str(goes), str(stays), 1), name="Acme Limited"
    )[0] in (404, 422)


def test_only_admins_delete_and_merge(application: Flask, database: str) -> None:
    account_id = named("A1", "Acme")
    admin, editor = logged_in(application, Role.ADMIN), logged_in(application, Role.EDITOR)
    for deed in ("delete", "merge"):
        assert f"/accounts/{account_id}/{deed}" in admin.get(f"/accounts/{account_id}").text
        assert f"/accounts/{account_id}/{deed}" not in editor.get(f"/accounts/{account_id}").text
        assert editor.get(f"/accounts/{account_id}/{deed}").status_code == 403


def test_what_changed_is_told_listed_and_written_out(admin_client: FlaskClient) -> None:
    gone, kept = named("A1", "Acme"), named("A2", HOSTILE)
    wave_id = planned()
    path = f"/waves/{wave_id}/changes"
    assert "Nothing changed" in admin_client.get(path).text
    launch(wave_id)
    post_form(admin_client, f"/accounts/{gone}/delete", f"/accounts/{gone}/delete", name="Acme")
    with transaction() as session:
        session.execute(text("UPDATE account SET annual_value = 5 WHERE id = :id"), {"id": kept})
        session.execute(text("UPDATE contact SET level = 'user' WHERE external_id = 'A2D000'"))
    page = admin_client.get(path).text
    for sentence in ("1 account was deleted", "1 account is worth something else by now", "6 people who were asked"):
        assert sentence in page
    for kind in ("account_deleted", "value_changed", "contact_deleted", "level_changed"):
        listed = admin_client.get(f"{path}?kind={kind}&page=99").text
        assert "One by one" in listed
        assert HOSTILE not in listed
        rows = list(csv.DictReader(io.StringIO(admin_client.get(f"/waves/{wave_id}/changes.csv?kind={kind}").text)))
        assert {row["change"] for row in rows} == {kind}
    assert "Decision maker" in admin_client.get(f"{path}?kind=level_changed").text
    assert "$1,000,000" in admin_client.get(f"{path}?kind=value_changed").text
    assert admin_client.get(f"{path}?kind=nonsense").status_code == 200
    assert admin_client.get(f"/waves/{wave_id}/changes.csv?kind=nonsense").status_code == 404
    assert admin_client.get("/waves/4711/changes").status_code == 404


def test_a_viewer_sees_values_of_what_changed_in_buckets(application: Flask, database: str) -> None:
    account_id = named("A1", "Acme")
    wave_id = planned()
    with transaction() as session:
        session.execute(text("UPDATE account SET annual_value = 5 WHERE id = :id"), {"id": account_id})
    viewer = logged_in(application, Role.VIEWER)
    for path in (f"/waves/{wave_id}/changes?kind=value_changed", f"/waves/{wave_id}/changes.csv?kind=value_changed"):
        answer = viewer.get(path)
        assert answer.status_code == 200
        assert "1,000,000.00" not in answer.text
        assert "1000000.00" not in answer.text
