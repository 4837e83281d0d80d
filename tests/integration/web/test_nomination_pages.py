"""The pages of nominations: a manager's way from the list to a named person, and what is theirs to see."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app.accounts.models import Account, Contact, Level
from app.campaigns.nominating import exclude_person, say_left
from app.campaigns.nominating_models import NominationRound
from app.campaigns.nomination_rounds import close_round
from app.core.auth.rights import Role
from app.core.db import reading, transaction
from tests.support.company import TODAY, add_account, draft, people, three_levels
from tests.support.nominations import EVERYBODY, NOW, mark_of, name_somebody, round_of, stored
from tests.support.people import logged_in
from tests.support.web import csrf_token, post_form

THEIRS = "account_manager@quorum.example"
PERSON = {
    "first_name": "Ada",
    "last_name": "Byrne",
    "email": "ada@harbour.example",
    "level": "decision_maker",
    "job_title": "Head of Rail",
    "language": "German",
}


@pytest.fixture
def accounts(application: Flask) -> tuple[int, int]:
    """Two accounts: the first in the care of the account manager, the other in nobody's."""
    mine = add_account("A1", 543_210, people("P", Level.USER, 2), manager_email=THEIRS, manager_name="Ida Quill")
    return mine, add_account("A2", 1_000_000, three_levels("B", 3, 1, 3))


@pytest.fixture
def manager(application: Flask) -> FlaskClient:
    return logged_in(application, Role.ACCOUNT_MANAGER)


def rows_of(client: FlaskClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(path).text)))


def test_a_manager_goes_from_the_list_to_a_named_person(manager: FlaskClient, accounts: tuple[int, int]) -> None:
    mine, _ = accounts
    round_id = round_of(message="Look at the\nbanks first.")
    assert "Still open" in manager.get("/", follow_redirects=True).text
    page = manager.get(f"/nominations/{round_id}").text
    assert "Your account lacks people" in page
    assert "Lacks 3 decision makers, 3 influencers" in page
    assert "banks first." in page
    assert "Company A2" not in page
    assert "US$500,000 to US$1,000,000" in page
    assert "543,210" not in page
    at = f"/nominations/{round_id}/accounts/{mine}"
    status, page = post_form(manager, at, at, **PERSON)
    assert (status, "Ada Byrne is on the list." in page) == (302, True)
    assert "named by hand on" in page
    with reading() as session:
        made = session.scalars(select(Contact).where(Contact.email_key == PERSON["email"])).one()
    assert (made.level, made.language, made.account_id) == (Level.DECISION_MAKER, "de", mine)
    status, page = post_form(manager, f"{at}/word", at, word="nobody")
    assert (status, "there is nobody more" in page, "nobody more" in page) == (302, True, True)


def test_what_is_typed_wrong_is_said_next_to_it_and_kept(manager: FlaskClient, accounts: tuple[int, int]) -> None:
    at = f"/nominations/{round_of()}/accounts/{accounts[0]}"
    wrong = {"first_name": "=SUM(1)", "email": "ada at harbour", "level": "king", "language": "Klingonish"}
    status, page = post_form(manager, at, at, **wrong)
    assert status == 422
    for sentence in ("looks like a spreadsheet formula", "This is no address", "Choose a level", "is no language"):
        assert sentence in page
    assert 'value="ada at harbour"' in page
    assert 'href="#field-email"' in page
    status, page = post_form(manager, at, at, **PERSON | {"email": "p000@company.example"})
    assert (status, "has this address already" in page, 'value="Head of Rail"' in page) == (422, True, True)
    status, page = post_form(manager, at, at, **PERSON | {"first_name": "FirstP000", "last_name": "Last"})
    assert (status, "Yes, another person of the same name" in page) == (422, True)
    again = PERSON | {"first_name": "FirstP000", "last_name": "Last", "another": "1"}
    assert post_form(manager, at, at, **again)[0] == 302
    assert post_form(manager, at, at, first_name="Nul\0", email="n\0@x.example", level="user", last_name="L")[0] == 302


def test_the_accounts_of_others_are_not_there(manager: FlaskClient, accounts: tuple[int, int]) -> None:
    _, theirs = accounts
    round_id = round_of()
    with reading() as session:
        person = session.scalars(select(Contact.id).where(Contact.account_id == theirs)).first()
    token = csrf_token(manager, f"/nominations/{round_id}/accounts/{accounts[0]}")
    for path in (f"accounts/{theirs}", f"people/{person}", "accounts/999", "people/999"):
        assert manager.get(f"/nominations/{round_id}/{path}").status_code == 404, path
    for path, fields in (
        (f"accounts/{theirs}", PERSON),
        (f"accounts/{theirs}/word", {"word": "done"}),
        (f"people/{person}", PERSON),
        (f"people/{person}/left", {"left": "yes"}),
        (f"people/{person}/exclude", {"reason": "In a dispute"}),
        (f"people/{person}/readmit", {}),
        (f"people/{person}/remove", {}),
    ):
        assert manager.post(f"/nominations/{round_id}/{path}", data={"csrf_token": token, **fields}).status_code == 404
    assert [row["account_id"] for row in rows_of(manager, f"/nominations/{round_id}/accounts.csv?manager=x")] == ["A1"]
    for path in ("managers", "record", "edit", "managers.csv", "record.csv"):
        assert manager.get(f"/nominations/{round_id}/{path}").status_code == 403, path
    assert manager.get("/nominations/77").status_code == 404


def test_a_person_is_corrected_left_out_and_taken_back(manager: FlaskClient, accounts: tuple[int, int]) -> None:
    round_id = round_of()
    with reading() as session:
        contact_id = session.scalars(select(Contact.id).where(Contact.external_id == "P000")).one()
    at = f"/nominations/{round_id}/people/{contact_id}"
    status, page = post_form(manager, at, at, seen=mark_of(contact_id), **PERSON)
    assert (status, "Ada Byrne is corrected." in page) == (302, True)
    status, page = post_form(manager, at, at, seen="yesterday", **PERSON | {"last_name": "Hall"})
    assert (status, "Somebody else has changed this person" in page, 'value="Hall"' in page) == (409, True, True)
    assert "What stands there now" in page
    status, page = post_form(manager, f"{at}/exclude", at, reason="no")
    assert (status, "Write why" in page) == (422, True)
    status, page = post_form(manager, f"{at}/exclude", at, reason="In a dispute about the bill")
    assert (status, "left out: In a dispute about the bill" in page) == (302, True)
    assert "can be asked again" in post_form(manager, f"{at}/readmit", at)[1]
    assert "Yes, still there" in post_form(manager, f"{at}/left", at, left="yes")[1]
    assert "can be asked" in post_form(manager, f"{at}/left", at, left="no")[1]


def test_who_was_named_by_mistake_is_taken_off(manager: FlaskClient, accounts: tuple[int, int]) -> None:
    round_id = round_of()
    contact_id = name_somebody(round_id, accounts[0])
    at = f"/nominations/{round_id}/people/{contact_id}"
    assert "Take Ada Byrne off the list" in manager.get(at).text
    assert "off the list again" in post_form(manager, f"{at}/remove", at)[1]
    with reading() as session:
        assert session.get(Contact, contact_id) is None


def test_after_the_end_the_lists_are_read_only(manager: FlaskClient, accounts: tuple[int, int]) -> None:
    round_id = round_of()
    at = f"/nominations/{round_id}/accounts/{accounts[0]}"
    token = csrf_token(manager, at)
    close_round(round_id, actor="test", now=NOW)
    with reading() as session:
        person = session.scalars(select(Contact.id).where(Contact.external_id == "P000")).one()
    for path in (f"/nominations/{round_id}", at, f"/nominations/{round_id}/people/{person}"):
        page = manager.get(path).text
        assert "You can look, and not change anything any more. Thank you." in page
        assert "write to ana.sand@quorum.example" in page
    assert "Name a person" not in page
    answer = manager.post(at, data={"csrf_token": token, **PERSON})
    assert (answer.status_code, "This round was closed on" in answer.text) == (409, True)
    assert manager.post(f"{at}/word", data={"csrf_token": token, "word": "done"}).status_code == 409
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 9


def test_an_admin_opens_a_round_follows_it_and_closes_it(admin_client: FlaskClient, accounts: tuple[int, int]) -> None:
    wave_id = draft()
    form = admin_client.get(f"/nominations/new?wave={wave_id}").text
    assert f'<option value="wave-{wave_id}" selected>' in form
    status, page = post_form(
        admin_client,
        "/nominations/new",
        "/nominations/new",
        ground="wave-9",
        closes_on="2020-01-01",
        message="x" * 2001,
    )
    assert (status, "Give a day from today on" in page, "Keep the message to" in page) == (422, True, True)
    fields = {"ground": f"wave-{wave_id}", "closes_on": (TODAY + timedelta(days=7)).isoformat(), "message": "Hello"}
    status, page = post_form(admin_client, "/nominations/new", "/nominations/new", **fields)
    assert (status, "Write to the account managers now" in page) == (302, True)
    assert "Has no login yet" in page
    mail = unquote(re.search(r'href="mailto:([^"]+)"', page)[1])  # type: ignore[index]  # the page has one
    assert mail.startswith(f"{THEIRS}?subject=Whom shall we ask")
    assert "your account lacks people" in mail
    assert "/nominations/1" in mail
    status, page = post_form(admin_client, "/nominations/new", "/nominations/new", **fields)
    assert (status, "open already" in page) == (422, True)
    status, page = post_form(
        admin_client, "/nominations/1/edit", "/nominations/1/edit", revision="7", closes_on=fields["closes_on"]
    )
    assert (status, "Somebody else has changed this round" in page) == (422, True)
    assert "is closed" in post_form(admin_client, "/nominations/1/close", "/nominations/1/managers")[1]
    today = {"revision": "2", "closes_on": TODAY.isoformat()}
    assert "new terms" in post_form(admin_client, "/nominations/1/edit", "/nominations/1/edit", **today)[1]
    with reading() as session:
        assert session.scalars(select(NominationRound.closed_at)).one() is None


def test_the_record_says_who_did_what(admin_client: FlaskClient, accounts: tuple[int, int]) -> None:
    round_id = round_of()
    contact_id = name_somebody(round_id, accounts[0])
    exclude_person(round_id, contact_id, "=cmd|in a dispute", by=EVERYBODY, now=NOW)
    say_left(round_id, contact_id, left=True, by=EVERYBODY, now=NOW)
    page = admin_client.get(f"/nominations/{round_id}/record").text
    assert "3 deeds of account managers" in page
    assert "left out because: =cmd|in a dispute" in page
    found = rows_of(admin_client, f"/nominations/{round_id}/record.csv?deed=excluded")
    assert [(row["by"], row["person"], row["reason"]) for row in found] == [
        ("ana.sand@quorum.example", "Ada Byrne", "'=cmd|in a dispute")
    ]
    assert "No deed fits" in admin_client.get(f"/nominations/{round_id}/record?q=nobody%25").text
    [line] = rows_of(admin_client, f"/nominations/{round_id}/managers.csv?q=ida")
    assert (line["manager_email"], line["named"], line["left_out"]) == (THEIRS, "1", "1")
    assert line["link"].endswith(f"/nominations/{round_id}")


def test_a_strange_address_is_no_fault(admin_client: FlaskClient, accounts: tuple[int, int]) -> None:
    round_id = round_of()
    queries = ("page=99", "page=-1", "sort=evil;--", "only=x", "manager=%00", "q=%00%25_", "account=9x", "deed=king")
    for path in ("", "/managers", "/record", f"/accounts/{accounts[0]}", "/accounts.csv", "/record.csv"):
        for query in queries:
            assert admin_client.get(f"/nominations/{round_id}{path}?{query}").status_code == 200, (path, query)


def test_a_list_of_ten_thousand_accounts_is_paged(admin_client: FlaskClient, accounts: tuple[int, int]) -> None:
    round_id = round_of()
    with transaction() as session:
        session.execute(update(Account).values(manager_email=THEIRS))
        session.connection().exec_driver_sql(
            "INSERT INTO account (external_id, name, name_key, annual_value, currency, manager_email)"
            " SELECT 'X' || n, 'Company X' || n, 'company x' || n, n, 'USD', 'm' || mod(n, 30) || '@q.example'"
            " FROM generate_series(1, 10000) n"
        )
    page = admin_client.get(f"/nominations/{round_id}?page=3").text
    assert "101–150 of 10,002" in page
    assert "1–31 of 31" in admin_client.get(f"/nominations/{round_id}/managers").text
    assert len(rows_of(admin_client, f"/nominations/{round_id}/accounts.csv")) == 10_002


def test_without_a_campaign_the_next_step_is_offered(admin_client: FlaskClient, manager: FlaskClient) -> None:
    assert "A round needs a campaign" in admin_client.get("/nominations").text
    assert "A round needs a campaign" in admin_client.get("/nominations/new").text
    assert "Nothing to do just now" in manager.get("/nominations").text
    round_id = round_of()
    assert "No account is in your care" in manager.get(f"/nominations/{round_id}").text
    assert "No account is in this round" in admin_client.get(f"/nominations/{round_id}").text


def test_a_name_is_shown_as_it_is(manager: FlaskClient, accounts: tuple[int, int]) -> None:
    round_id = round_of()
    contact_id = name_somebody(round_id, accounts[0], "<b>李</b> مريم", "li@harbour.example")
    assert stored(contact_id).first_name == "<b>李</b>"
    page = manager.get(f"/nominations/{round_id}/accounts/{accounts[0]}").text
    assert "&lt;b&gt;李&lt;/b&gt; مريم" in page
