"""The pages of quota tables as people use them: form, file, example, comparison, archive, the terms of a wave."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.db import transaction
from tests.support.company import add_account, draft, planned, three_levels
from tests.support.markup import Reader
from tests.support.web import csrf_token, post_form

PAGES = ("/quotas", "/quotas/logarithmic", "/quotas/new", "/quotas/new?copy=steps", "/quotas/compare")


def company() -> None:
    add_account("A1", 1_000_000, three_levels("A", 1, 4, 4), industry="Rail")
    add_account("A2", None, [])
    add_account("A3", 50_000, three_levels("B", 1, 1, 1), currency="EUR")
    add_account("A4", 1_500, [])


def keep(client: FlaskClient, name: str = "Mine", rows: str = "1 1,20000 2", **more: object) -> tuple[int, str]:
    values, people = zip(*(row.split() for row in rows.split(",")), strict=True)
    fields = {"name": name, "cap": "18", "value": list(values), "people": list(people)} | more
    return post_form(client, "/quotas/new", "/quotas/new", **fields)


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_installation_shows_every_page(admin_client: FlaskClient, page: str) -> None:
    assert admin_client.get(page).status_code == 200


def test_a_table_is_kept_with_its_example(admin_client: FlaskClient) -> None:
    company()
    status, page = keep(admin_client)
    assert status == 302
    assert "«Mine» asks for 5 people at 4 accounts" in page
    assert "One account has its value in EUR, and there is no rate to USD" in page
    assert "2 accounts have no known value; each asks one person." in page
    rated = admin_client.get("/quotas/1?currency=USD&rate-EUR=1.08").text
    assert "«Mine» asks for 6 people at 4 accounts" in rated
    assert "no rate" not in rated
    assert "is no rate; write what one EUR is worth" in admin_client.get("/quotas/1?rate-EUR=much").text


def test_faults_stand_beside_their_rows_and_nothing_typed_is_lost(admin_client: FlaskClient) -> None:
    status, page = keep(admin_client, name="", rows="1 3,500 2,ten 4,500 0")
    assert status == 422
    found = Reader(page)
    faulty = {tag["id"] for tag in found.all("input", **{"aria-invalid": "true"})}
    assert faulty == {"field-name", "field-people-2", "field-value-3", "field-people-4"}
    assert [tag["value"] for tag in found.all("input", name="value")] == ["1", "500", "ten", "500"]
    assert "4 things are not right yet" in page


def test_a_second_table_of_the_name_is_refused_in_the_form(admin_client: FlaskClient) -> None:
    keep(admin_client)
    status, page = keep(admin_client, name="mine")
    assert status == 422
    assert "There is a quota table «mine» already." in page


def test_trying_keeps_nothing(admin_client: FlaskClient) -> None:
    company()
    status, page = keep(admin_client, rows="1 1,20000 7", do="try")
    assert status == 200
    assert "People wanted" in page
    assert "Mine" not in admin_client.get("/quotas").text
    assert keep(admin_client, rows="1 1,20000 x", do="try")[0] == 200


def test_rows_come_from_a_paste_or_a_file(admin_client: FlaskClient) -> None:
    status, page = keep(admin_client, do="fill", paste="Value\tPeople\n1\t1\n10.000,00\t3\n100000\tmany\n")
    assert status == 200
    found = Reader(page)
    assert [tag["value"] for tag in found.all("input", name="value")][:3] == ["1", "10000", "100000"]
    assert [tag["value"] for tag in found.all("input", name="people")][:3] == ["1", "3", "many"]
    assert next(tag["value"] for tag in found.all("input", name="name")) == "Mine"

    file = (io.BytesIO("1;2\n5000;4\n".encode("utf-16")), "table.csv")
    fields = {"csrf_token": csrf_token(admin_client, "/quotas/new"), "do": "fill", "name": "Mine", "cap": "9"}
    answer = admin_client.post("/quotas/new", data=fields | {"file": file})
    assert [tag["value"] for tag in Reader(answer.text).all("input", name="people")][:2] == ["2", "4"]


@pytest.mark.parametrize("paste", ["", "a,b\n", "1,2,3\n", "1,1\n10,000,3\n"])
def test_a_paste_without_rows_says_so_and_stays(admin_client: FlaskClient, paste: str) -> None:
    status, page = keep(admin_client, do="fill", paste=paste)
    assert status == 422
    assert "What was pasted" in page


def test_more_rows_keep_what_is_typed(admin_client: FlaskClient) -> None:
    _, page = keep(admin_client, do="rows")
    assert len(Reader(page).all("input", name="value")) == 8


def test_a_kept_table_is_changed_once(admin_client: FlaskClient) -> None:
    company()
    keep(admin_client)
    fields = {"name": "Mine", "cap": "18", "value": ["1", "500"], "people": ["1", "3"], "revision": "1"}
    status, page = post_form(admin_client, "/quotas/1/edit", "/quotas/1/edit", **fields)
    assert (status, "«Mine» is changed." in page) == (302, True)
    status, page = post_form(admin_client, "/quotas/1/edit", "/quotas/1/edit", **fields)
    assert status == 422
    assert "Somebody else changed this table meanwhile." in page


def test_a_table_is_archived_and_brought_back(admin_client: FlaskClient) -> None:
    keep(admin_client)
    _, page = post_form(admin_client, "/quotas/1/archive", "/quotas/1")
    assert "«Mine» is archived." in page
    assert "Mine" not in admin_client.get("/quotas").text
    assert "Mine" in admin_client.get("/quotas?archived=1").text
    _, page = post_form(admin_client, "/quotas/1/bring-back", "/quotas/1")
    assert "«Mine» can be chosen again." in page


def test_two_tables_are_compared(admin_client: FlaskClient) -> None:
    company()
    page = admin_client.get("/quotas/compare?a=steps&b=upper_bounds").text
    assert "«Upper bounds» asks for as many people as «Steps»" in page
    page = admin_client.get("/quotas/compare?a=steps&b=upper_bounds&rate-EUR=1&currency=USD&only=gaining").text
    assert "«Upper bounds» asks for 3 people more than «Steps»" in page
    assert "Company A3" in page
    assert "Company A1" not in page
    assert admin_client.get("/quotas/compare?a=steps&b=nothing").status_code == 404


def test_the_rows_go_out_as_they_come_in(admin_client: FlaskClient) -> None:
    written = admin_client.get("/quotas/steps.csv").text
    assert written.splitlines() == ["Annual value at least,Contacts", "1,1", "10000,3", "100000,6", "1000000,9"]
    _, page = keep(admin_client, do="fill", paste=written)
    assert [tag["value"] for tag in Reader(page).all("input", name="value")][:4] == ["1", "10000", "100000", "1000000"]


def test_a_campaign_lends_its_accounts_and_rates(admin_client: FlaskClient) -> None:
    company()
    draft()
    with transaction() as session:
        quota = """{"rows": [["1", 1]], "cap": 18, "table": "steps"}"""
        statement = (
            "UPDATE campaign SET quota = cast(:quota as jsonb), rates = '{\"EUR\": \"1.08\"}', reminders = '[5]'"
        )
        session.execute(text(statement), {"quota": quota})
    page = admin_client.get("/quotas/steps").text
    assert "Tried on the accounts of «Relationship programme», in USD" in page
    assert "with one reminder to whoever is silent" in page
    assert "no rate" not in page
    assert "Tried on all accounts, in USD" in admin_client.get("/quotas/steps?campaign=").text
    assert "Relationship programme" in admin_client.get("/quotas").text


def test_a_draft_gets_its_table_and_rates(admin_client: FlaskClient) -> None:
    company()
    wave = draft()
    page = f"/waves/{wave}/terms"
    assert "One account has its value in EUR" in admin_client.get(page).text
    status, text = post_form(admin_client, page, page, table="steps", **{"rate-EUR": "1,08"})
    assert (status, "Table and rates are kept." in text) == (302, True)
    assert "there is no rate" not in text
    status, text = post_form(admin_client, page, page, table="steps", **{"rate-EUR": "none"})
    assert (status, "is no rate; write what one EUR is worth" in text) == (422, True)
    assert post_form(admin_client, page, page, table="77")[0] == 422
    done = planned("q5")
    assert "Keep table and rates" not in admin_client.get(f"/waves/{done}/terms").text
    assert post_form(admin_client, f"/waves/{done}/terms", page, table="steps")[0] == 409
    assert admin_client.get("/waves/77/terms").status_code == 404


@pytest.mark.parametrize(
    "page", ["/quotas/77", "/quotas/nothing", "/quotas/77/edit", "/quotas/x.csv", "/quotas/new?copy=x"]
)
def test_what_is_not_there_is_a_404(admin_client: FlaskClient, page: str) -> None:
    assert admin_client.get(f"/quotas/{page}").status_code == 404
