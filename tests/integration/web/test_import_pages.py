"""Imports in the browser: files are brought, columns named, rows looked at and taken; what became of them stays."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from sqlalchemy import func, select, text

from app.accounts import import_views
from app.accounts.import_views import LARGEST_MB
from app.accounts.models import Account, Contact
from app.accounts.running_imports import run_import
from app.core.auth.rights import Role
from app.core.db import reading, transaction
from tests.support.axe import violations
from tests.support.crm_files import ACCOUNT, CONTACT, REVENUE_LINE, write_csv
from tests.support.desk import at_desk
from tests.support.people import logged_in
from tests.support.web import csrf_token, post_form

BAD_PERSON = CONTACT | {"Contact ID": "C2", "First Name": "=HYPERLINK(1)", "Email": "bo@harbour.example"}


@pytest.fixture
def companies(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "companies.csv", [ACCOUNT])


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "people.csv", [CONTACT, BAD_PERSON])


def send(client: FlaskClient, *paths: Path, at: str = "/imports/new") -> tuple[int, str]:
    files = [(io.BytesIO(path.read_bytes()), path.name) for path in paths]
    return post_form(client, at, at, files=files)


def only_run() -> int:
    with reading() as session:
        return int(session.scalar(text("SELECT max(id) FROM import_run")))


def test_from_the_file_to_the_next_step(admin_client: FlaskClient, companies: Path, people: Path) -> None:
    assert "Bring your accounts and contacts" in admin_client.get("/imports").text
    assert f"{LARGEST_MB} MB together" in admin_client.get("/imports/new").text
    status, page = send(admin_client, people, companies)
    assert (status, "Looking at 2 files" in page, 'data-live="2"' in page) == (302, True, True)
    run_import(run_id := only_run())
    path = f"/imports/{run_id}"
    page = admin_client.get(path).text
    assert "2 of 3 rows can be taken" in page
    assert "First Name «=HYPERLINK(1)» looks like a spreadsheet formula" in page
    status, page = post_form(admin_client, f"{path}/take", path)
    assert "Taking 2 rows" in page
    run_import(run_id)
    page = admin_client.get(path).text
    assert "2 of 3 rows are taken" in page
    assert 'href="/campaigns/new"' in page
    link = re.search(rf"{path}/rejected/\d+\.csv", page)
    assert link is not None
    rows = list(csv.DictReader(io.StringIO(admin_client.get(link[0]).data.decode("utf-8-sig"))))
    assert [(row["First Name"], row["Line"]) for row in rows] == [("'=HYPERLINK(1)", "3")]
    assert "spreadsheet formula" in rows[0]["Reason"]
    page = admin_client.get("/imports").text
    assert "people.csv, companies.csv" in page
    assert "1 import<" in page


def test_the_same_files_twice_change_nothing_and_accounts_alone_ask_for_contacts(
    admin_client: FlaskClient, companies: Path
) -> None:
    for title in ("1 of 1 rows can be taken", "Nothing would change"):
        send(admin_client, companies)
        run_import(run_id := only_run())
        path = f"/imports/{run_id}"
        assert title in admin_client.get(path).text
        post_form(admin_client, f"{path}/take", path)
        run_import(run_id)
        assert "Import contacts" in admin_client.get(path).text


def test_columns_are_named_next_to_what_is_wrong(admin_client: FlaskClient, tmp_path: Path, companies: Path) -> None:
    rows = [{"Kunde": "Harbour Lights", "Mail": "ada@harbour.example", "Vorname": "Ada", "Rufname": "A."}]
    status, page = send(admin_client, write_csv(tmp_path / "leute.csv", rows), companies)
    run_id = only_run()
    file_id = int(re.findall(r'name="kind-(\d+)"', page)[-1])
    path, kind = f"/imports/{run_id}", {f"kind-{file_id}": "contacts"}
    status, page = post_form(admin_client, f"{path}/columns", path)
    assert (status, "Say what leute.csv holds." in page) == (422, True)
    status, page = post_form(admin_client, f"{path}/columns", path, **kind)
    assert "None of its columns stands for Account Name or Account ID" in page
    columns = {f"column-{file_id}-{place}": ours for place, ours in enumerate(("Account Name", "Email"))}
    twice = columns | {f"column-{file_id}-{place}": "First Name" for place in (2, 3)}
    status, page = post_form(admin_client, f"{path}/columns", path, **kind, **twice)
    assert (status, "«Vorname» is First Name already" in page) == (422, True)
    assert page.count('<option value="First Name" selected>') == 2  # nothing chosen is lost
    status, page = post_form(
        admin_client, f"{path}/columns", path, **kind, **columns, **{f"column-{file_id}-2": "First Name"}
    )
    assert "Looking at 2 files" in page
    run_import(run_id)
    page = admin_client.get(f"{path}?columns=1").text
    assert "Say what" not in page
    assert '<option value="Account Name" selected>' in page
    status, page = post_form(admin_client, f"{path}/columns", path, **{f"kind-{file_id}": "(out)"})
    assert "Looking at 1 file" in page


def test_what_is_no_file_is_said_at_its_field(admin_client: FlaskClient, tmp_path: Path, companies: Path) -> None:
    status, page = send(admin_client)
    assert (status, "Choose one CSV file" in page) == (422, True)
    status, page = send(admin_client, *[companies] * 11)
    assert status == 422
    workbook = tmp_path / "book.xlsx"
    workbook.write_bytes(b"PK\x03\x04")
    status, page = send(admin_client, workbook)
    assert (status, 'id="fault-files"' in page, "book.xlsx is an Excel workbook" in page) == (422, True, True)
    status, page = send(admin_client, workbook, companies)
    assert "This file is left out." in page
    with reading() as session:
        assert session.scalar(text("SELECT count(*) FROM import_run")) == 1


def test_a_file_keeps_its_name_as_far_as_it_is_one(admin_client: FlaskClient) -> None:
    names = {
        "../../etc/passwd": "passwd",
        "名前 2026.csv": "名前 2026.csv",
        "a\x1b[31mb\u202e.csv": "a[31mb.csv",
        "..": "file.csv",
        "x" * 300 + ".csv": "x" * 76 + ".csv",
        "長" * 100 + ".csv": "長" * 25 + ".csv",
    }
    content = b"Account Name,Industry\nHarbour,shipping\n"
    post_form(admin_client, "/imports/new", "/imports/new", files=[(io.BytesIO(content), name) for name in names])
    with reading() as session:
        found = session.scalars(text("SELECT name FROM import_file ORDER BY ordinal")).all()
    assert found == list(names.values())


def test_too_much_at_once_is_told_in_words(admin_client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_views.bring, "largest_request", 1 << 20)
    answer = admin_client.post("/imports/new", data=b"x" * 1_100_000, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413
    assert "It may have up to 1 MB here." in answer.text


def test_an_import_is_stopped_gone_on_with_and_dropped(admin_client: FlaskClient, companies: Path) -> None:
    send(admin_client, companies)
    path = f"/imports/{only_run()}"
    _, page = post_form(admin_client, f"{path}/stop", path)
    assert "The import was stopped" in page
    _, page = post_form(admin_client, f"{path}/go-on", path)
    assert "Waiting for a worker" in page
    run_import(only_run())
    assert "1 of 1 rows can be taken" in admin_client.get(path).text
    _, page = post_form(admin_client, f"{path}/drop", path)
    assert "The files are deleted" in page
    assert "The import was dropped" in admin_client.get(path).text
    token = csrf_token(admin_client, "/imports/new")
    for deed in ("take", "go-on", "stop", "drop", "columns"):
        answer = admin_client.post(f"{path}/{deed}", data={"csrf_token": token})
        assert (deed, answer.status_code) == (deed, 409)
        assert admin_client.post(f"/imports/999/{deed}", data={"csrf_token": token}).status_code == 404
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 0


def test_the_list_is_searched_filtered_sorted_and_written_out(
    admin_client: FlaskClient, companies: Path, people: Path
) -> None:
    send(admin_client, companies)
    run_import(only_run())
    send(admin_client, people)
    assert "2 imports" in admin_client.get("/imports?sort=files").text
    assert "1 import<" in admin_client.get("/imports?q=COMPAN").text
    assert "1 import<" in admin_client.get("/imports?state=looked").text
    assert "No import fits" in admin_client.get("/imports?q=nobody&page=7&state=x&sort=-x").text
    rows = list(csv.DictReader(io.StringIO(admin_client.get("/imports.csv?state=looked").text)))
    assert [(row["files"], row["state"], row["rows"]) for row in rows] == [("companies.csv", "looked", "1")]
    assert admin_client.get("/imports/999").status_code == 404
    assert admin_client.get(f"/imports/{only_run()}/rejected/999.csv").status_code == 404
    assert admin_client.get("/imports/blank/zebras.csv").status_code == 404
    assert admin_client.get("/imports/blank/revenue.csv").text.startswith("Account ID,Account Name,")


def test_rows_are_shown_to_whoever_may_see_what_accounts_are_worth(application: Flask, tmp_path: Path) -> None:
    editor = logged_in(application, Role.EDITOR)
    send(editor, write_csv(tmp_path / "revenue.csv", [REVENUE_LINE | {"Account Name": "=6055836"}]))
    run_import(run_id := only_run())
    page = editor.get(f"/imports/{run_id}").text
    link = re.search(rf"/imports/{run_id}/rejected/\d+\.csv", page)
    assert link is not None
    assert "6055836" in page
    assert "6055836" in editor.get(link[0]).text
    assert logged_in(application, Role.VIEWER).get(f"/imports/{run_id}").status_code == 403


def test_in_a_real_browser(application: Flask, chromium: Browser, companies: Path, people: Path) -> None:
    with at_desk(chromium, application, "/imports") as page:
        page.get_by_role("link", name="Import files").click()
        page.set_input_files("[name=files]", [people, companies])
        page.get_by_role("button", name="See what would happen").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Looking at 2 files")
        run_import(only_run())  # the worker
        expect(page.get_by_role("heading", level=1)).to_contain_text("2 of 3 rows can be taken")
        assert violations(page) == []
        page.get_by_role("button", name="Take 2 rows").click()
        page.goto("/imports")  # the tab may close meanwhile
        run_import(only_run())
        page.get_by_role("link", name="people.csv, companies.csv").click()
        expect(page.get_by_role("link", name="Make a campaign")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Rejected rows of people.csv as CSV").click()
        assert b"spreadsheet formula" in Path(download.value.path()).read_bytes()
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 1
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM import_piece WHERE part = 'given'")) == 0
