"""The page of the weekly mails, and the link by which a manager stops theirs."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.auth.rights import Role
from app.core.db import transaction
from app.core.signing import Signer
from app.delivery.models import OutboxMail
from app.reporting.digests.keeping import is_stopped
from app.reporting.digests.models import Digest, DigestRhythm, DigestState
from tests.support.company import add_account, three_levels
from tests.support.people import logged_in
from tests.support.settings import settings
from tests.support.web import EMAIL, post_form

ANA = "ana@vendor.example"
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 4


@pytest.fixture
def managers(database: str) -> None:
    add_account("A1", 1_000_000, three_levels("A1", 1, 1, 1), manager_email=ANA, manager_name=LONG)
    add_account("A2", 1_000, three_levels("A2", 1, 1, 1), manager_email="bo@vendor.example", manager_name="Bo Reed")


def test_an_empty_installation_says_where_managers_come_from(admin_client: FlaskClient) -> None:
    page = admin_client.get("/digests").text
    assert "No account has a manager yet" in page
    assert "Account managers get no weekly mail yet" in page


def test_the_rhythm_is_kept_and_faults_stand_at_their_fields(admin_client: FlaskClient, managers: None) -> None:
    given = {"on": "1", "weekday": "3", "hour": "25", "zone": "Mars/Olympus"}
    status, page = post_form(admin_client, "/digests", "/digests", **given)
    assert status == 422
    assert "Write a full hour from 0 to 23." in page
    assert "There is no such time zone." in page
    assert 'value="Mars/Olympus"' in page, "what was typed stays"
    assert "checked" in page
    status, _ = post_form(admin_client, "/digests", "/digests", **{**given, "hour": "7", "zone": "Europe/Berlin"})
    assert status == 302
    with transaction() as session:
        kept = session.scalars(select(DigestRhythm)).one()
        assert (kept.switched_on, kept.weekday, kept.hour, kept.zone) == (True, 3, 7, "Europe/Berlin")
    assert "each Thursday" in admin_client.get("/digests").text


def test_managers_are_listed_found_stopped_and_brought_back(admin_client: FlaskClient, managers: None) -> None:
    assert LONG in admin_client.get("/digests").text
    found = admin_client.get("/digests?q=reed").text
    assert "Bo Reed" in found
    assert LONG not in found
    assert "No manager fits" in admin_client.get("/digests?q=nobody").text
    assert post_form(admin_client, "/digests/stops", "/digests", manager=ANA, stop="yes")[0] == 302
    assert is_stopped(ANA)
    assert "wants none" in admin_client.get("/digests").text
    assert post_form(admin_client, "/digests/stops", "/digests", manager=ANA, stop="")[0] == 302
    assert not is_stopped(ANA)


def test_a_digest_is_looked_at_and_sent_to_oneself(admin_client: FlaskClient, managers: None) -> None:
    page = admin_client.get(f"/digests/preview?manager={ANA}").text
    assert "so no mail leaves" in page
    framed = admin_client.get(f"/digests/preview/mail?manager={ANA}")
    assert "Your customers in the week to" in framed.text
    assert "default-src 'none'" in framed.headers["Content-Security-Policy"]
    assert post_form(admin_client, "/digests/sample", "/digests", manager=ANA)[0] == 302
    with transaction() as session:
        assert [mail.recipient for mail in session.scalars(select(OutboxMail))] == [EMAIL]
    assert admin_client.get("/digests/preview?manager=nonsense").status_code == 404


def test_a_manager_stops_it_by_the_link_and_looking_changes_nothing(
    customer: FlaskClient, database: str, managers: None
) -> None:
    with transaction() as session:
        digest = Digest(manager_email=ANA, day=date(2026, 11, 2), state=DigestState.SENT, sent_at=datetime.now(UTC))
        session.add(digest)
        session.flush()
        token = Signer(settings(database).secret_key).sign("digest", digest.id)
    asked = customer.get(f"/digest/{token}")
    assert re.search("Stop the weekly mail", asked.text)
    assert not is_stopped(ANA)
    stopped = customer.post(f"/digest/{token}", data={"List-Unsubscribe": "One-Click"})
    assert (stopped.status_code, is_stopped(ANA)) == (200, True)
    assert "Send it again" in stopped.text
    customer.post(f"/digest/{token}", data={"again": "yes"})
    assert not is_stopped(ANA)
    other = Signer(settings(database).secret_key).sign("survey", 1)
    assert {customer.get(f"/digest/{wrong}").status_code for wrong in (other, "x", token[:-1])} == {404}


def test_only_admins_decide_about_it(application: Flask, managers: None) -> None:
    for role in (Role.EDITOR, Role.VIEWER, Role.ACCOUNT_MANAGER):
        assert logged_in(application, role).get("/digests").status_code == 403
