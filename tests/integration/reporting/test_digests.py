"""The weekly mail to account managers: what it says, when it leaves, and that nobody gets two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import select, update

from app.accounts.joining import merge_accounts
from app.accounts.models import Account, Level
from app.campaigns.models import Campaign, Invitation, Wave
from app.core.db import transaction
from app.delivery.launching import launch_wave
from app.delivery.sending import Sender
from app.delivery.transports import OutcomeUnknown, OutgoingMail, Rejected, TryLater
from app.reporting.digests.content import digest_of
from app.reporting.digests.keeping import go_on, keep_rhythm, stop
from app.reporting.digests.models import Digest, DigestState
from app.reporting.digests.rhythm import Rhythm, week_before
from app.reporting.digests.sending import send_due
from app.reporting.standing import counted
from app.responses.collecting import record_answer
from app.responses.models import Response, Verdict
from app.settings import Settings
from app.surveys.answers import Answer
from app.surveys.definition import definitions
from app.surveys.publishing import published_version
from tests.support.company import add_account, planned, three_levels
from tests.support.settings import settings
from tests.support.transport import ToldTransport

ANA, BO = "ana@vendor.example", "bo@vendor.example"
NOW = datetime.now(UTC)
RHYTHM = Rhythm(True, (NOW + timedelta(minutes=30)).weekday(), (NOW + timedelta(hours=1)).hour)


class Postbox:
    """A transport that keeps what it is given, or raises what it is told to."""

    def __init__(self, outcome: Exception | None = None) -> None:
        self.mails: list[OutgoingMail] = []
        self._outcome = outcome

    def send(self, mail: OutgoingMail) -> str:
        self.mails.append(mail)
        if self._outcome is not None:
            raise self._outcome
        return f"kept-{len(self.mails)}"

    def allowance(self) -> None:
        """Nobody counts."""


@pytest.fixture
def here(database: str) -> Settings:
    return settings(database)


@pytest.fixture
def leaves_at(here: Settings) -> datetime:
    """A moment after the next digest hour; two managers' accounts were asked, and one of Ana's answered twice."""
    add_account("A1", 1_000_000, three_levels("A1", 3, 3, 3), manager_email=ANA.upper(), manager_name="Ana Sand")
    add_account("A2", 100_000, three_levels("A2", 0, 1, 1), manager_email=ANA, manager_name="Ana Sand")
    add_account("A3", 10_000, three_levels("A3", 1, 1, 1), manager_email=BO, manager_name="Bo Reed")
    add_account("A4", 10_000, three_levels("A4", 1, 1, 1))
    wave_id = planned()
    launch_wave(wave_id, now=NOW, actor="test", at_once=True)
    with transaction() as session:
        invitations = session.scalars(select(Invitation).order_by(Invitation.account_id, Invitation.turn)).all()
        ids = [invitation.id for invitation in invitations]
        makers = [one.id for one in invitations if one.level is Level.DECISION_MAKER]
        users = [one.id for one in invitations if one.level is Level.USER]
    Sender(here, ToldTransport()).send_all(ids)
    record_answer(makers[0], Answer(2, (), {"why": '<b>Late & "rude"</b>'}), language="en", now=NOW)
    record_answer(users[0], Answer(10), language="en", now=NOW)
    keep_rhythm(RHYTHM, actor="test")
    return week_before(RHYTHM, NOW + timedelta(days=7)).until + timedelta(minutes=5)


def states() -> dict[str, DigestState]:
    with transaction() as session:
        return {row.manager_email: row.state for row in session.scalars(select(Digest))}


def test_a_digest_tells_new_answers_silent_levels_and_coverage(here: Settings, leaves_at: datetime) -> None:
    with counted() as session:
        found = digest_of(session, week_before(RHYTHM, leaves_at), ANA)
    assert found.bands == {"detractor": 1, "promoter": 1}
    assert {(voice.account, voice.score, voice.comment) for voice in found.voices} == {
        ("Company A1", 2, '<b>Late & "rude"</b>'),
        ("Company A1", 10, ""),
    }
    assert (found.accounts, found.accounts_heard, found.heard, found.wanted) == (2, 1, 2, 15)
    silent = {one.account: [seats.level for seats in one.seats if seats.silent] for one in found.silences}
    assert silent == {
        "Company A1": [Level.INFLUENCER],
        "Company A2": [Level.DECISION_MAKER, Level.INFLUENCER, Level.USER],
    }
    nobody = next(one for one in found.silences if one.account == "Company A2").seats[0]
    assert (nobody.answered, nobody.asked, nobody.nobody) == (0, 0, 2)


def test_each_manager_gets_one_mail_in_its_hour(here: Settings, leaves_at: datetime) -> None:
    early, late = leaves_at - timedelta(minutes=10), leaves_at + timedelta(hours=25)
    box = Postbox()
    for moment in (early, late):
        send_due(here, now=moment, transport=box)
    assert [mail for mail in box.mails if mail.recipient == ANA] == []
    assert send_due(here, now=leaves_at, transport=box) == 2
    assert send_due(here, now=leaves_at, transport=box) == 0
    assert sorted(mail.recipient for mail in box.mails) == [ANA, BO]
    assert states() == {ANA: DigestState.SENT, BO: DigestState.SENT}


def test_the_mail_escapes_what_people_wrote_and_names_no_amount(here: Settings, leaves_at: datetime) -> None:
    box = Postbox()
    send_due(here, now=leaves_at, transport=box)
    mail = next(mail for mail in box.mails if mail.recipient == ANA)
    assert mail.subject.endswith("2 new answers, 2 silent accounts")
    assert '<b>Late & "rude"</b>' in mail.text
    assert "<b>Late" not in mail.html
    assert "Late" in unescape(mail.html)
    assert "1,000,000" not in mail.html + mail.text
    assert "Company A3" not in mail.html + mail.text, "what belongs to another manager"
    assert "/accounts/" not in mail.html, "a manager who cannot log in gets no links to pages of the admin"
    assert "List-Unsubscribe" in mail.headers


def test_nothing_new_sends_nothing_and_a_stop_holds(here: Settings, leaves_at: datetime) -> None:
    stop(ANA, actor="test")
    with transaction() as session:
        session.execute(update(Account).where(Account.manager_email == BO).values(manager_email=None))
    box = Postbox()
    assert send_due(here, now=leaves_at, transport=box) == 0
    assert states() == {}
    go_on(ANA, actor="test")
    assert send_due(here, now=leaves_at, transport=box) == 1


@pytest.mark.parametrize(
    ("outcome", "state", "again"),
    [
        (Rejected("no such mailbox"), DigestState.FAILED, 0),
        (OutcomeUnknown("the line was cut"), DigestState.FAILED, 0),
        (TryLater("too fast", 60), None, 2),
    ],
)
def test_what_did_not_leave_for_sure_is_not_sent_twice(
    here: Settings, leaves_at: datetime, outcome: Exception, state: DigestState | None, again: int
) -> None:
    assert send_due(here, now=leaves_at, transport=Postbox(outcome)) == 0
    assert states() == ({ANA: state, BO: state} if state else {})
    box = Postbox()
    assert send_due(here, now=leaves_at, transport=box) == again


def test_machines_and_anonymous_surveys_are_in_no_digest(here: Settings, leaves_at: datetime) -> None:
    week = week_before(RHYTHM, leaves_at)
    with transaction() as session:
        session.execute(update(Response).where(Response.score == 10).values(verdict=Verdict.MACHINE))
    with counted() as session:
        assert digest_of(session, week, ANA).answers == 1
    key = next(key for key, definition in definitions().items() if definition.metric == "enps")
    with transaction() as session:
        version = published_version(session, key)
        session.execute(update(Wave).values(survey_version_id=version.id))
        session.execute(update(Response).values(survey_version_id=version.id))
        session.execute(update(Campaign).values(survey_key=key))
    with counted() as session:
        assert not digest_of(session, week, ANA).says_something


def test_a_merged_account_is_told_to_the_manager_of_the_one_that_took_it_in(
    here: Settings, leaves_at: datetime
) -> None:
    merge_accounts(1, 3, actor="test")
    with counted() as session:
        found = digest_of(session, week_before(RHYTHM, leaves_at), BO)
        left = digest_of(session, week_before(RHYTHM, leaves_at), ANA)
    assert (found.answers, found.heard, {voice.account for voice in found.voices}) == (2, 2, {"Company A3"})
    assert (left.answers, left.accounts) == (0, 1)
