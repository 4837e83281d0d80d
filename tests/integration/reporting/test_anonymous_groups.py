"""Of an anonymous survey no group is so small that it tells who answered, whatever the groups are made by."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.accounts.models import Level
from app.core.db import reading
from app.delivery.unknown_list import unknown_rows
from tests.support.company import Person, add_account
from tests.support.heard import asked, change, finish, say

COUNTS = ("Answers", "Response rate", "Accounts heard", "Wanted answers there", "Coverage", "Revenue heard")


@pytest.fixture
def survey(application: Flask) -> int:
    """An eNPS wave over three sites: six of eight people, six of eight and one of two have answered."""
    for site, number, country in (("S1", 8, "DE"), ("S2", 8, "FR"), ("S3", 2, "IT")):
        people = [Person(f"{site}E{place}", (Level.DECISION_MAKER, Level.USER)[place % 2]) for place in range(number)]
        add_account(site, 10_000_000, people, industry="Own staff", country=country)
    wave_id = asked(survey="enps")
    change("UPDATE invitation SET sent_at = now()")
    for contact in (*(f"S1E{place}" for place in range(6)), *(f"S2E{place}" for place in range(6)), "S3E0"):
        say(wave_id, contact, 9)
    return wave_id


def lines(client: FlaskClient, by: str) -> dict[str, dict[str, str]]:
    """Return the file of a dimension, by group."""
    rows = list(csv.DictReader(io.StringIO(client.get(f"/segments.csv?wave=1&by={by}").text)))
    return {next(iter(row.values())): row for row in rows}


@pytest.mark.parametrize("over", [False, True])
def test_a_small_group_and_its_shield_do_not_tell_how_many_answered(
    survey: int, admin_client: FlaskClient, over: bool
) -> None:
    if over:
        finish(survey)
    groups = lines(admin_client, "account_country")
    closed = {value for value, row in groups.items() if row["Answers"] == ""}
    assert len(closed) == 2, "the one of two, and a large one from which it could be subtracted"
    assert "Italy" in closed or "IT" in closed
    assert all(groups[value][column] == "" for value in closed for column in COUNTS)
    page = admin_client.get("/segments?wave=1&by=account_country").text
    assert "nor how many answered" in page
    body = page[page.index("<tbody") : page.index("</tbody")]
    assert "1 of" not in body
    assert "50.0" not in body


def test_a_group_nobody_of_answered_is_closed_as_well(survey: int, admin_client: FlaskClient) -> None:
    change("DELETE FROM response WHERE account_id = (SELECT id FROM account WHERE external_id = 'S3')")
    groups = lines(admin_client, "account_country")
    assert len([row for row in groups.values() if row["Answers"] == ""]) == 2


@pytest.mark.parametrize("by", ["person.badge", "attributes.team"])
def test_attributes_are_refused_with_a_sentence(survey: int, admin_client: FlaskClient, by: str) -> None:
    change("""UPDATE invitation SET segments = segments || '{"person": {"badge": "x"}, "attributes": {"team": "y"}}'""")
    page = admin_client.get(f"/segments?wave=1&by={by}")
    assert (page.status_code, "could tell people apart" in page.text) == (422, True)
    assert f'value="{by}"' not in page.text, "nor are they offered"
    file = admin_client.get(f"/segments.csv?wave=1&by={by}")
    assert (file.status_code, "could tell people apart" in file.text) == (409, True)


def test_a_contact_does_not_tell_whether_and_when_they_answered(survey: int, admin_client: FlaskClient) -> None:
    with reading() as session:
        ids = session.scalars(text("SELECT contact_id FROM invitation")).all()
    pages = [admin_client.get(f"/contacts/{number}").text for number in ids]
    outcomes = [page[page.index("What this mailbox was asked") :] for page in pages]
    assert all("asked anonymously" in outcome and "no answer" not in outcome for outcome in outcomes)
    assert not any("answered " in outcome[: outcome.index("</table")] for outcome in outcomes)


def test_a_mail_of_unknown_fate_does_not_tell_that_its_reader_answered(survey: int) -> None:
    change("UPDATE message SET state = 'unknown'")
    with reading() as session:
        assert {row["answered"] for row in unknown_rows(session, "", 1)} == {False}
