"""Account managers name people until the deadline, at their own accounts only, and all of it is on record."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from sqlalchemy import select, text, update

from app.accounts.models import Account, Contact, ContactStatus, Level, Suppression, SuppressionReason
from app.campaigns.models import Campaign, Decision, Wave
from app.campaigns.nominating import (
    Doubtful,
    Nominator,
    add_person,
    correct_person,
    exclude_person,
    readmit_person,
    remove_person,
    say,
    say_left,
)
from app.campaigns.nominating_models import Word
from app.campaigns.nomination_list import Wanted, account_page, account_row, manager_page, sums
from app.campaigns.nomination_rounds import Round, Terms, change_round, close_round, find_round, open_round
from app.campaigns.planning import plan_wave
from app.core.audit import AuditEntry
from app.core.db import reading, transaction
from app.core.errors import NotFound, Refused
from tests.support.company import TODAY, Person, add_account, draft, people, planned, three_levels
from tests.support.nominations import (
    EVERYBODY,
    NOW,
    manager,
    mark_of,
    name_somebody,
    named,
    record_of,
    round_of,
    stored,
)

IDA = "ida.quill@vendor.example"


def read(round_id: int) -> Round:
    with reading() as session:
        return find_round(session, round_id, NOW)


def lacking(round_id: int, wanted: Wanted | None = None) -> dict[str, tuple[int, int, int]]:
    """Accounts of the list in its order, with the seats of each level that find nobody."""
    with reading() as session:
        rows = account_page(session, find_round(session, round_id, NOW), wanted or Wanted()).rows
    return {
        row["external_id"]: (row["missing_decision_maker"], row["missing_influencer"], row["missing_user"])
        for row in rows
    }


@pytest.fixture
def company(database: str) -> dict[str, int]:
    """Three accounts: A1 and A2 are Ida's, A3 is in nobody's care; A2 has all its people."""
    return {
        "A1": add_account(
            "A1", 10_000, people("P", Level.USER, 1), manager_email=IDA.title(), manager_name="Ida Quill"
        ),
        "A2": add_account("A2", 1_000_000, three_levels("B", 3, 3, 3), manager_email=IDA, manager_name="Ida Quill"),
        "A3": add_account("A3", 100_000, people("C", Level.INFLUENCER, 2)),
    }


def test_what_lacks_people_comes_first_by_value(company: dict[str, int]) -> None:
    round_id = round_of()
    assert lacking(round_id) == {"A3": (2, 0, 2), "A1": (1, 1, 0), "A2": (0, 0, 0)}
    assert list(lacking(round_id, Wanted(sort="-annual_value"))) == ["A2", "A3", "A1"]
    assert list(lacking(round_id, Wanted(only="no_influencer"))) == ["A1"]
    assert list(lacking(round_id, Wanted(search="company a3"))) == ["A3"]
    assert lacking(round_id, Wanted(search="100%")) == {}


def test_a_manager_sees_the_accounts_that_are_theirs(company: dict[str, int]) -> None:
    round_id = round_of()
    assert list(lacking(round_id, Wanted(manager=IDA))) == ["A1", "A2"]
    assert lacking(round_id, Wanted(manager="bo@vendor.example")) == {}
    with reading() as session:
        of = find_round(session, round_id, NOW)
        assert sums(session, of, IDA)["short"] == 1
        with pytest.raises(NotFound):
            account_row(session, of, company["A3"], IDA)
    with pytest.raises(NotFound):
        name_somebody(round_id, company["A3"], by=manager(IDA))
    name_somebody(round_id, company["A1"], by=manager(IDA))
    assert lacking(round_id, Wanted(manager=IDA))["A1"] == (0, 1, 0)


def test_who_is_named_is_planned(company: dict[str, int]) -> None:
    wave_id = draft()
    contact_id = name_somebody(round_of(wave_id), company["A1"])
    plan_wave(wave_id, actor="test")

    with reading() as session:
        decision = session.scalars(select(Decision).where(Decision.contact_id == contact_id)).one()
    assert (decision.seat, decision.level) == ("level", Level.DECISION_MAKER)


def test_naming_is_on_record(company: dict[str, int]) -> None:
    round_id = round_of()
    contact_id = name_somebody(round_id, company["A1"], by=manager(IDA))
    contact = stored(contact_id)
    assert (contact.external_id, contact.email_key) == ("ada@company.example", "ada@company.example")
    assert contact.nominated_at == NOW
    [(deed, before, after)] = record_of(round_id)
    assert (deed, before) == ("added", {})
    assert after["level"] == "decision_maker"
    with reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.actor, entry.deed, entry.subject) == (IDA, "nomination.added", f"contact {contact_id}")
    assert "ada@company.example" not in str(entry.detail)


@pytest.mark.parametrize(
    ("email", "by", "sentence"),
    [
        ("p000@company.example", EVERYBODY, "of this account has this address already"),
        ("P000@COMPANY.example", EVERYBODY, "of this account has this address already"),
        ("c001@company.example", EVERYBODY, "«FirstC001 Last» at «Company A3» has this address already."),
        ("c001@company.example", Nominator(IDA, IDA), "Somebody at another account has this address already."),
        ("gone@company.example", EVERYBODY, "Mail to this address bounced, or its reader does not want any."),
    ],
)
def test_an_address_that_is_known_is_not_named_again(
    company: dict[str, int], email: str, by: Nominator, sentence: str
) -> None:
    with transaction() as session:
        session.add(Suppression(email_key="gone@company.example", reason=SuppressionReason.HARD_BOUNCE))
    with pytest.raises(Doubtful, match=sentence) as doubt:
        name_somebody(round_of(), company["A1"], "Ada Byrne", email, by=by)
    assert doubt.value.field == "email"


def test_the_same_name_is_asked_about(company: dict[str, int]) -> None:

    round_id = round_of()
    name_somebody(round_id, company["A1"])
    again = named("ada byrne", "ada.byrne@company.example")
    with pytest.raises(Doubtful, match="Is this another person") as doubt:
        add_person(round_id, company["A1"], again, another=False, by=EVERYBODY, now=NOW)
    assert doubt.value.field == "another"
    assert add_person(round_id, company["A1"], again, another=True, by=EVERYBODY, now=NOW)


def contact_of(person: str) -> int:
    with reading() as session:
        return session.scalars(select(Contact.id).where(Contact.external_id == person)).one()


def test_a_person_is_corrected_once_at_a_time(company: dict[str, int]) -> None:
    round_id, contact_id = round_of(), contact_of("P000")
    seen = mark_of(contact_id)
    right = named("FirstP000 Last", "new@company.example", Level.INFLUENCER)
    options = {"another": False, "by": manager(IDA), "now": NOW}
    assert correct_person(round_id, contact_id, right, seen=seen, **options)
    contact = stored(contact_id)
    assert (contact.level, contact.email_key, contact.email) == (Level.INFLUENCER, *["new@company.example"] * 2)
    [(deed, before, after)] = record_of(round_id)
    assert (deed, before["level"], after["level"]) == ("corrected", "user", "influencer")
    assert "first_name" not in after
    with pytest.raises(Refused, match="Somebody else has changed this person"):
        correct_person(round_id, contact_id, named("Bo"), seen=seen, **options)
    assert not correct_person(round_id, contact_id, right, seen=mark_of(contact_id), **options)
    with pytest.raises(NotFound):
        correct_person(round_id, contact_of("C000"), right, seen="", **options)


def test_who_left_can_come_back(company: dict[str, int]) -> None:
    round_id, contact_id = round_of(), contact_of("P000")
    say_left(round_id, contact_id, left=True, by=EVERYBODY, now=NOW)
    assert stored(contact_id).status is ContactStatus.LEFT
    assert lacking(round_id)["A1"] == (1, 1, 1)
    with pytest.raises(Refused):
        say_left(round_id, contact_id, left=True, by=EVERYBODY, now=NOW)
    say_left(round_id, contact_id, left=False, by=EVERYBODY, now=NOW)
    assert stored(contact_id).status is ContactStatus.ACTIVE
    with transaction() as session:
        session.execute(update(Contact).where(Contact.id == contact_id).values(status=ContactStatus.OPTED_OUT))
    for left in (True, False):
        with pytest.raises(Refused):
            say_left(round_id, contact_id, left=left, by=EVERYBODY, now=NOW)


def test_leaving_out_needs_a_reason_and_is_taken_back(company: dict[str, int]) -> None:
    round_id, contact_id = round_of(), contact_of("P000")
    with pytest.raises(Doubtful):
        exclude_person(round_id, contact_id, " no ", by=EVERYBODY, now=NOW)
    exclude_person(round_id, contact_id, "In the middle of a dispute", by=manager(IDA), now=NOW)
    assert stored(contact_id).exclusion_reason == "In the middle of a dispute"
    assert lacking(round_id)["A1"] == (1, 1, 1)
    readmit_person(round_id, contact_id, by=EVERYBODY, now=NOW)
    assert stored(contact_id).exclusion_reason is None
    with pytest.raises(Refused):
        readmit_person(round_id, contact_id, by=EVERYBODY, now=NOW)
    assert [deed for deed, _, _ in record_of(round_id)] == ["excluded", "readmitted"]


def test_only_who_was_named_and_never_asked_is_taken_off(company: dict[str, int]) -> None:
    round_id = round_of()
    contact_id = name_somebody(round_id, company["A1"])
    with pytest.raises(Refused, match="The CRM knows this person"):
        remove_person(round_id, contact_of("P000"), by=EVERYBODY, now=NOW)
    assert remove_person(round_id, contact_id, by=EVERYBODY, now=NOW) == company["A1"]
    asked = name_somebody(round_id, company["A1"])
    planned("q5")
    with pytest.raises(Refused, match="was asked already"):
        remove_person(round_id, asked, by=EVERYBODY, now=NOW)
    assert record_of(round_id)[1][:2] == ("removed", record_of(round_id)[0][2])


def test_a_word_on_an_account_is_said_and_taken_back(company: dict[str, int]) -> None:
    round_id = round_of()
    for word in (Word.NOBODY, Word.NOBODY, Word.DONE, None):
        say(round_id, company["A3"], word, by=EVERYBODY, now=NOW)
        with reading() as session:
            figures = sums(session, find_round(session, round_id, NOW), None)
        assert (figures["waiting"], figures["answered"]) == ((2, 0) if word is None else (1, 1))
        assert next(iter(lacking(round_id))) == ("A3" if word is None else "A1")
    assert [deed for deed, _, _ in record_of(round_id)] == ["nobody", "done", "reopened"]


@pytest.mark.parametrize("end", ["deadline", "closed", "planned"])
def test_after_the_end_nothing_is_changed(company: dict[str, int], end: str) -> None:
    wave_id = draft()
    round_id = round_of(wave_id)
    now = NOW
    if end == "deadline":
        now = NOW + timedelta(days=8)
    elif end == "closed":
        close_round(round_id, actor="test", now=NOW)
    else:
        plan_wave(wave_id, actor="test")
    by = EVERYBODY
    deeds = [
        lambda: say(round_id, company["A1"], Word.DONE, by=by, now=now),
        lambda: say_left(round_id, contact_of("P000"), left=True, by=by, now=now),
        lambda: exclude_person(round_id, contact_of("P000"), "In a dispute", by=by, now=now),
        lambda: remove_person(round_id, contact_of("P000"), by=by, now=now),
    ]
    for deed in deeds:
        with pytest.raises(Refused, match="can open it again"):
            deed()
    assert record_of(round_id) == []


def test_a_deadline_is_a_day_of_the_campaign(company: dict[str, int]) -> None:
    round_id = round_of(days=0)
    with transaction() as session:
        session.execute(update(Campaign).values(time_zone="Pacific/Kiritimati"))  # 14 hours ahead of UTC
    midnight = datetime.combine(TODAY, datetime.min.time(), tzinfo=UTC)
    with reading() as session:
        assert find_round(session, round_id, midnight + timedelta(hours=9, minutes=59)).over is None
        assert find_round(session, round_id, midnight + timedelta(hours=10)).over is not None


def test_a_new_deadline_opens_a_round_again_once_at_a_time(company: dict[str, int]) -> None:
    round_id = round_of()
    close_round(round_id, actor="test", now=NOW)
    with pytest.raises(Refused):
        close_round(round_id, actor="test", now=NOW)
    assert read(round_id).over is not None
    change_round(round_id, Terms(TODAY, "Hurry"), revision=2, actor="test")
    assert read(round_id).over is None
    with pytest.raises(Refused, match="Somebody else"):
        change_round(round_id, Terms(TODAY, None), revision=2, actor="test")


def test_one_round_at_a_time_and_only_before_planning(company: dict[str, int]) -> None:
    wave_id = draft()
    round_of(wave_id)
    with pytest.raises(Refused, match="open already"):
        round_of(wave_id)
    plan_wave(wave_id, actor="test")
    with pytest.raises(Refused, match="not planned yet"):
        round_of(wave_id)
    with reading() as session:
        campaign_id = session.scalars(select(Wave.campaign_id)).one()
    whole = open_round(f"campaign-{campaign_id}", Terms(TODAY, None), actor="test")
    assert list(lacking(whole)) == ["A3", "A1", "A2"]
    for strange in ("wave-9", "", "wave-", "campaign-x", "campaign-9"):
        with pytest.raises(Refused):
            open_round(strange, Terms(TODAY, None), actor="test")


def test_progress_by_manager(company: dict[str, int]) -> None:
    round_id = round_of()
    name_somebody(round_id, company["A1"], by=manager(IDA))
    exclude_person(round_id, contact_of("BD000"), "In a dispute", by=manager(IDA), now=NOW)
    say(round_id, company["A1"], Word.DONE, by=manager(IDA), now=NOW)
    with reading() as session:
        of = find_round(session, round_id, NOW)
        rows = {row["email"]: row for row in manager_page(session, of, Wanted(sort="-waiting")).rows}
    ida, nobody = rows[IDA], rows[None]
    assert (ida["accounts"], ida["added"], ida["excluded"], ida["answered"], ida["has_login"]) == (2, 1, 1, 1, False)
    assert (nobody["accounts"], nobody["waiting"], nobody["missing"]) == (1, 1, 4)


def test_the_audience_of_the_wave_holds(company: dict[str, int]) -> None:
    wave_id = draft()
    with transaction() as session:
        session.execute(update(Wave).values(audience={"account": {"name": ["Company A1"]}}))
        session.execute(update(Account).where(Account.external_id == "A2").values(status="churned"))
    round_id = round_of(wave_id)
    assert list(lacking(round_id)) == ["A1"]
    with reading() as session, pytest.raises(NotFound):
        account_row(session, find_round(session, round_id, NOW), company["A3"], None)


def test_a_person_without_a_fit_address_gets_one(database: str) -> None:
    account = add_account("A1", 1000, [Person("P1", more={"email": "nonsense", "email_key": None})])
    round_id, contact_id = round_of(), contact_of("P1")
    right = named("First Last", "p1@company.example", Level.USER)
    correct_person(round_id, contact_id, right, seen=mark_of(contact_id), another=False, by=EVERYBODY, now=NOW)
    assert stored(contact_id).email_key == "p1@company.example"
    assert stored(contact_id).account_id == account


def test_two_people_name_the_same_person_at_once(company: dict[str, int]) -> None:
    round_id = round_of()
    with ThreadPoolExecutor(1) as other, transaction() as session:
        key = "ada@company.example"
        session.add(Contact(account_id=company["A3"], external_id=key, email=key, email_key=key))
        session.flush()
        late = other.submit(name_somebody, round_id, company["A1"])
        wait_for_a_waiter()
        session.commit()
        with pytest.raises(Doubtful, match="just added this address"):
            late.result()


_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


def wait_for_a_waiter() -> None:
    deadline = monotonic() + 60
    while True:
        with reading() as session:  # what others do is seen once a transaction
            if session.scalar(_WAITING):
                return
        assert monotonic() < deadline, "nobody waited"
