"""Activities come in by file and by program, and the scores that the database works out are those of the pure rule."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from app.accounts.activities import Outcome, Taken, Told, recent_activities, take_activities
from app.accounts.activity_models import Activity
from app.accounts.engagement import REMEMBERED_DAYS, USUAL_WEIGHTS, ActivityKind, scores
from app.accounts.engaging import score_everybody, set_weights, weights_of
from app.accounts.importing import import_activities
from app.accounts.models import Contact, Level
from app.commands.importing import import_files
from app.core import db
from app.core.audit import AuditEntry
from app.core.db import reading, transaction
from app.core.errors import Refused
from tests.integration.accounts.stored import Bring, contact, counts, everything
from tests.support.company import add_account, people
from tests.support.crm_files import write_csv
from tests.support.settings import settings
from workers import jobs
from workers.schedule import TABLE

NOW = datetime.now(UTC)
MEETING, LOGIN = ActivityKind.MEETING, ActivityKind.LOGIN


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def told(person: str | None, days: float = 1, kind: ActivityKind = MEETING, **more: str) -> Told:
    return Told(person, more.get("email"), kind, ago(days), more.get("id"))


def take(*activities: Told) -> list[Outcome]:
    return [each.outcome for each in take_activities(activities, now=NOW, actor="test")]


def score_of(person: str) -> tuple[int | None, bool]:
    found = contact(person)
    return found.engagement_score, found.engagement_at is not None


@pytest.fixture
def company(database: str) -> None:
    """Four users, P000 to P003; P003 has a score from the CRM."""
    add_account("A1", 1000, people("P", Level.USER, 4))
    with transaction() as session:
        session.execute(update(Contact).where(Contact.external_id == "P003").values(engagement_score=44))


def test_each_activity_has_its_outcome(company: None) -> None:
    assert take(
        told("P000", id="M1"),
        told(None, email="p001@company.example"),
        told("nobody"),
        told("P001", -2),
        told("P001", REMEMBERED_DAYS + 1),
        told("P000", 3, id="M1"),
        told("P002", id="M1"),
    ) == [
        Outcome.CREATED,
        Outcome.CREATED,
        Outcome.CONTACT_UNKNOWN,
        Outcome.IN_THE_FUTURE,
        Outcome.TOO_OLD,
        Outcome.REPEATED,
        Outcome.CREATED,
    ]


def test_telling_it_twice_changes_nothing_and_another_day_sets_it_right(company: None) -> None:
    again = [told("P000", id="M1"), told("P001", 5, LOGIN)]
    assert take(*again) == [Outcome.CREATED] * 2
    assert take(*again) == [Outcome.UNCHANGED] * 2
    assert take(told("P000", 2, id="M1"), again[1]) == [Outcome.UPDATED, Outcome.UNCHANGED]
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Activity)) == 2
        [entry, _] = session.scalars(
            select(AuditEntry).where(AuditEntry.deed == "activities.told").order_by(AuditEntry.id.desc())
        )
        [meeting] = recent_activities(session, contact("P000").id)
    assert entry.detail == {"updated": 1}
    assert meeting.happened_at == ago(2)


def test_an_unknown_id_is_looked_for_by_address(company: None) -> None:
    [taken] = take_activities([told("CRM-9", email="p002@company.example")], now=NOW, actor="test")
    assert taken == Taken(Outcome.CREATED, contact("P002").id)


def test_scores_come_from_activities_and_elsewhere_from_the_crm(company: None) -> None:
    take(told("P000", 0), told("P001", 90))
    assert score_everybody(NOW) == (2, 2)
    assert [score_of(f"P00{n}") for n in range(4)] == [(100, True), (50, True), (None, False), (44, False)]
    assert score_everybody(NOW) == (2, 0)
    take(told("P003", 180))
    assert score_everybody(NOW) == (3, 1)
    assert score_of("P003") == (25, True)


def test_an_import_leaves_a_score_alone_that_activities_made(bring: Bring) -> None:
    bring("accounts", {})
    bring("contacts", {}, {"Contact ID": "C2", "Email": "bo@harbour.example"})
    take(Told("C1", None, MEETING, NOW))
    score_everybody(NOW)
    assert counts(bring("contacts", {}, {"Contact ID": "C2", "Email": "bo@harbour.example"})) == (0, 0, 2, 0)
    assert score_of("C1") == (100, True)
    assert counts(bring("contacts", {"Engagement Score": "60"})) == (0, 0, 1, 0)
    bring("contacts", {"Contact ID": "C2", "Email": "bo@harbour.example", "Engagement Score": "60"})
    assert score_of("C2") == (60, False)


def test_old_activities_are_dropped_and_leave_no_score_behind(company: None) -> None:
    take(told("P000", 10), told("P001", REMEMBERED_DAYS - 1))
    score_everybody(NOW)
    assert score_of("P001") == (0, True)
    score_everybody(NOW + timedelta(days=30))
    assert score_of("P001") == (None, False)
    assert score_of("P000") == (100, True)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Activity)) == 1


def test_the_database_comes_to_the_scores_of_the_rule(database: str) -> None:
    dice = random.Random(9)
    add_account("A1", 1000, people("P", Level.USER, 300))
    roster: dict[int, list[tuple[ActivityKind, datetime]]] = {}
    batch = []
    with reading() as session:
        ids = dict(session.execute(select(Contact.external_id, Contact.id)).all())
    for person in ids:
        done = [(dice.choice(list(ActivityKind)), ago(dice.uniform(0, 1000))) for _ in range(dice.randrange(9))]
        roster[ids[person]] = done
        batch += [Told(person, None, kind, at) for kind, at in done]
    take_activities(batch, now=NOW, actor="test")
    weights = {kind: dice.randrange(101) for kind in ActivityKind}
    set_weights(weights, revision=1, actor="test", now=NOW)
    with reading() as session:
        found = dict(session.execute(select(Contact.id, Contact.engagement_score)).all())
    assert found == scores(roster, NOW.date(), weights)


def test_weights_are_set_once_at_a_time_and_count_at_once(company: None) -> None:
    take(told("P000", 0), told("P001", 0, LOGIN))
    score_everybody(NOW)
    assert score_of("P001") == (20, True)
    set_weights(dict(USUAL_WEIGHTS) | {LOGIN: 5}, revision=1, actor="ana@q.example", now=NOW)
    assert score_of("P001") == (100, True)
    with pytest.raises(Refused, match="Somebody else"):
        set_weights(dict(USUAL_WEIGHTS), revision=1, actor="test", now=NOW)
    with reading() as session:
        assert weights_of(session)[LOGIN] == 5
        entry = session.scalars(select(AuditEntry).where(AuditEntry.deed == "engagement.weights")).one()
    assert (entry.actor, entry.detail) == ("ana@q.example", {"changes": {"login": [1, 5]}})


def activity_rows(*rows: dict[str, str]) -> list[dict[str, str]]:
    usual = {"Contact ID": "P000", "Email": "", "Activity Type": "Meeting", "Activity Date": f"{ago(3):%Y-%m-%d}"}
    return [usual | row for row in rows]


def test_a_file_is_taken_row_by_row_and_the_scores_follow(company: None, tmp_path: Path) -> None:
    rows = activity_rows(
        {"Activity ID": "M1"},
        {"Contact ID": "", "Email": "P001@company.example", "Activity Type": "support case"},
        {"Contact ID": "P9"},
        {"Contact ID": "", "Email": "nobody@company.example"},
        {"Activity Type": "dance"},
        {"Activity Date": "02/03/2026"},
        {"Activity Date": f"{ago(-9):%Y-%m-%d}"},
        {"Activity Date": "2001-02-03 04:05"},
        {"Contact ID": ""},
        {"Activity ID": "M1"},
        {"Activity Date": f"{ago(5):%Y-%m-%dT%H:%M}:00+02:00"},
    )
    file = write_csv(tmp_path / "activities.csv", rows)
    before = everything()
    dry = import_activities(file, dry_run=True)
    assert everything() == before
    result = import_activities(file, rejected_to=tmp_path / "rejected.csv")
    assert counts(result) == counts(dry) == (3, 0, 0, 8)
    reasons = [fault.reason for fault in result.first_faults]
    assert [fault.line for fault in result.first_faults] == [4, 5, 6, 7, 8, 9, 10, 11]
    assert reasons[0] == "Contact ID «P9» is no contact that is known (import contacts first)"
    assert reasons[1] == "Email «nobody@company.example» is no contact that is known (import contacts first)"
    assert "Activity Type «dance» is none of: meeting, ticket, purchase, login, mail reply" in reasons[2]
    assert "Activity Date «02/03/2026» is no date" in reasons[3]
    assert reasons[4:6] == [
        "Activity Date lies in the future",
        "Activity Date is more than three years ago, which counts for nothing any more",
    ]
    assert reasons[6] == "neither Contact ID nor a valid Email says whose activity this is"
    assert reasons[7] == "it is the same activity as on line 2"
    assert score_of("P000") == (100, True)
    assert counts(import_activities(file)) == (0, 0, 3, 8)
    assert "P9" in (tmp_path / "rejected.csv").read_text(encoding="utf-8-sig")


def test_the_command_takes_activities(
    company: None, valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(db.engine().url.render_as_string(hide_password=False), valkey)
    monkeypatch.setenv("DATABASE_URL", chosen.database_url)
    monkeypatch.setenv("REDIS_URL", chosen.redis_url)
    monkeypatch.setenv("QUORUM_SECRET_KEY", chosen.secret_key)
    file = write_csv(tmp_path / "activities.csv", activity_rows({}, {"Contact ID": "P9"}))
    done = CliRunner().invoke(import_files, ["--activities", str(file)])
    assert done.exit_code == 1, done.output
    assert "1 rows taken, 1 rejected" in done.output
    assert score_of("P000") == (100, True)
    db.engine().dispose()  # the one that the command connected


def test_it_happens_every_night(company: None) -> None:
    assert [every.seconds for every in TABLE if every.job == "score_engagement"] == [24 * 3600]
    take(told("P000"))
    jobs.score_engagement()
    assert score_of("P000") == (100, True)
