"""What happens around a running wave: accounts deleted, merged and lost, people who move, values that change.

One world lives through it once; the tests look at what came of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.accounts.deleting import delete_account
from app.accounts.importing import import_accounts, import_contacts
from app.accounts.joining import merge_accounts
from app.accounts.models import Level
from app.campaigns.cadence import Cadence
from app.campaigns.creating import quota_as_json
from app.campaigns.creating_campaigns import create_campaign
from app.campaigns.running import start_campaign
from app.campaigns.settings import CampaignSettings
from app.core.db import reading, transaction
from app.delivery.happenings import changes, happenings
from app.delivery.unsubscribing import unsubscribe
from app.responses.collecting import record_answer
from app.sampling.quota import QuotaTable
from app.surveys.answers import Answer
from tests.support.company import Person, add_account
from tests.support.crm_files import write_csv
from tests.support.database import Cluster, fresh_database
from tests.support.time_travel import Clock, Company, rows

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
LEVELS = (Level.DECISION_MAKER, Level.INFLUENCER, Level.USER)
ACCOUNTS = ("DELETED", "TWIN", "STAYS", "LOST", "LEAVES", "GAINS", "GROWS", "CALM")


def begin(database: str, names: tuple[str, ...]) -> tuple[Clock, Company]:
    """Let a wave run since Monday noon; of each account the first of three people was mailed."""
    clock = Clock()
    clock.set(MONDAY)
    for name in names:
        add_account(name, 10_000, [Person(f"{name}{level.value[0].upper()}", level) for level in LEVELS])
    quota = quota_as_json(QuotaTable.preset("logarithmic"))
    settings = CampaignSettings(
        *("Programme", "relationship_nps", quota),
        cadence=Cadence.YEARLY,
        starts_on=MONDAY.date(),
        goes_by_itself=True,
        account_cap=1,
        reminders=(5,),
    )
    start_campaign(create_campaign(settings, actor="test", today=MONDAY.date()), now=MONDAY, actor="test")
    company = Company(database, clock)
    company.live(MONDAY, 13, step=6, people_answer=False)
    return clock, company


def live_on(company: Company) -> None:
    """Let two and a half weeks pass: all invitations and reminders that may still leave, leave."""
    company.live(MONDAY + timedelta(hours=18), 24 * 17, step=6, people_answer=False)


def account_id(name: str) -> int:
    (row,) = rows("SELECT id FROM account WHERE external_id = :name", name=name)
    return int(row.id)


def mails(prefix: str) -> dict[str, list[int]]:
    """Return the mails that left, by the name before the @: the numbers of each person's mails."""
    found = rows(
        "SELECT split_part(recipient, '@', 1) AS who, array_agg(number ORDER BY number) AS numbers FROM message"
        " WHERE claimed_at IS NOT NULL AND recipient LIKE :prefix || '%' GROUP BY 1",
        prefix=prefix.lower(),
    )
    return {row.who: row.numbers for row in found}


def frozen() -> list[Any]:
    return rows("SELECT * FROM wave_account ORDER BY account_id") + rows("SELECT * FROM decision ORDER BY contact_id")


@pytest.fixture(scope="module")
def world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with fresh_database(cluster) as url:
        _, company = begin(url, ACCOUNTS)
        found: dict[str, Any] = {name: account_id(name) for name in ACCOUNTS} | {"plan": frozen()}
        found["wave"] = rows("SELECT id FROM wave")[0].id
        invitations = rows("SELECT i.id, c.external_id FROM invitation i JOIN contact c ON c.id = i.contact_id")
        found["invitations"] = {row.external_id: row.id for row in invitations}
        record_answer(
            found["invitations"]["LEAVESD"], Answer(9, step="complete"), language="en", now=MONDAY + timedelta(hours=14)
        )
        delete_account(found["DELETED"], actor="ana")
        merge_accounts(found["TWIN"], found["STAYS"], actor="ana")
        _import_of_the_evening(tmp_path_factory.mktemp("crm"))
        live_on(company)
        yield found


def _import_of_the_evening(folder: Path) -> None:
    """The CRM says that one account is lost, one has grown, and that two people are elsewhere by now."""
    accounts = [
        {"Account ID": "LOST", "Account Name": "Company LOST", "Annual Value": "10000", "Status": "churned"},
        {"Account ID": "GROWS", "Account Name": "Company GROWS", "Annual Value": "5000000", "Status": "active"},
    ]
    people = [
        {"Contact ID": f"LEAVES{level}", "Email": f"leaves{level.lower()}@company.example", "Account ID": "GAINS"}
        | {"Job Level": job}
        for level, job in (("D", "Decision Maker"), ("I", "User"))
    ]
    import_accounts(write_csv(folder / "accounts.csv", accounts))
    assert import_contacts(write_csv(folder / "contacts.csv", people)).updated == 2


def test_nobody_of_a_deleted_or_lost_account_is_mailed_any_more(world: dict[str, Any]) -> None:
    assert mails("deleted") == {"deletedd": [0]}
    assert mails("lost") == {"lostd": [0]}


def test_people_of_a_merged_account_still_get_their_mails(world: dict[str, Any]) -> None:
    assert mails("twin") == {"twind": [0, 1], "twini": [0, 1], "twinu": [0, 1]}
    assert mails("stays") == {"staysd": [0, 1], "staysi": [0, 1], "staysu": [0, 1]}


def test_who_moved_to_another_account_gets_no_more_mail_of_this_wave(world: dict[str, Any]) -> None:
    assert mails("leaves") == {"leavesd": [0], "leavesu": [0, 1]}
    assert mails("gains") == {"gainsd": [0, 1], "gainsi": [0, 1], "gainsu": [0, 1]}
    (answer,) = rows("SELECT account_id FROM response")
    assert answer.account_id == world["LEAVES"]  # what was said stays where it was asked


def test_the_plan_stays_as_it_was(world: dict[str, Any]) -> None:
    assert frozen() == world["plan"]
    (grown,) = rows("SELECT annual_value, required FROM wave_account WHERE account_id = :id", id=world["GROWS"])
    assert (grown.annual_value, grown.required) == (Decimal(10_000), 3)


def test_the_report_says_what_happened(world: dict[str, Any]) -> None:
    with reading() as session:
        found = happenings(session, world["wave"])
        deleted = changes(session, world["wave"], "account_deleted", 1)
        merged = changes(session, world["wave"], "account_merged", 1)
        moved = changes(session, world["wave"], "contact_moved", 9)
        grown = changes(session, world["wave"], "value_changed", 1)
    said = [one.sentence for one in found]
    assert said[:7] == [
        "1 account was deleted",
        "1 account was merged into another one",
        "1 account is not active any more",
        "1 account is worth something else by now",
        "3 people who were asked are deleted",
        "2 people moved to other accounts",
        "1 person stands on another level by now",
    ]
    assert {one.reason: one.count for one in found if one.kind == "held_back"} == {
        "account_inactive": 3,  # two invitations and the reminder of the first
        "contact_gone": 2,
        "contact_moved": 1,  # the other one had answered
    }
    assert deleted.rows[0]["account"] == "Company DELETED"
    assert [(row["was"], row["now"]) for row in merged.rows] == [("Company TWIN", "Company STAYS")]
    assert [row["now"] for row in moved.rows] == ["Company GAINS"] * 2
    assert moved.page == 1
    assert [(row["was"], row["now"]) for row in grown.rows] == [(Decimal(10_000), Decimal(5_000_000))]


def test_a_link_of_somebody_deleted_still_takes_a_no_and_an_answer(world: dict[str, Any]) -> None:
    invitation = world["invitations"]["DELETEDD"]
    assert record_answer(invitation, Answer(3, step="complete"), language="en", now=MONDAY + timedelta(days=2))
    unsubscribe(invitation)
    (kept,) = rows("SELECT email_key FROM suppression")
    assert kept.email_key == "deletedd@company.example"


def test_a_survey_withdrawn_while_its_wave_runs_stops_every_mail(database: str) -> None:
    clock, company = begin(database, ("CALM", "QUIET"))
    before = len(rows("SELECT FROM message WHERE claimed_at IS NOT NULL"))
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO survey (key, draft, archived_at) SELECT key, definition, now() FROM survey_version"
                " ON CONFLICT (key) DO UPDATE SET archived_at = now()"
            )
        )
    live_on(company)
    assert before == len(rows("SELECT FROM message WHERE claimed_at IS NOT NULL")) == 2
    assert {row.reason for row in rows("SELECT reason FROM message WHERE state = 'refused'")} == {"survey_withdrawn"}
    (wave,) = rows("SELECT id FROM wave")
    with reading() as session:
        sentences = [one.sentence for one in happenings(session, wave.id)]
    assert sentences == ["The survey was withdrawn on 02 March 2026", "6 mails to 6 people did not leave"]
    clock.set(datetime(2027, 3, 1, tzinfo=UTC))
    company.tick(datetime(2027, 3, 1, 12, tzinfo=UTC))
    (campaign,) = rows("SELECT trouble FROM campaign")
    assert "archived" in campaign.trouble
    assert len(rows("SELECT FROM wave")) == 1
