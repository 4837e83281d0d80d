"""Whoever may not be asked any more after the plan was confirmed is not mailed, and no reminder changes its mailbox."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select, text

from app.campaigns.picking import picked, unpicked
from app.campaigns.plan_models import Act
from app.core.db import transaction
from app.delivery.claiming import claim
from app.delivery.models import Message
from app.delivery.ripening import ripen
from tests.support.company import Person, add_account, launch, planned
from tests.support.events import event_campaign, told

pytestmark = pytest.mark.usefixtures("database")

EXCLUDED = "UPDATE contact SET exclusion_reason = 'Asked us to wait'"
PERSON_EMBARGOED = "UPDATE contact SET embargoed_until = current_date + 2"
ACCOUNT_EMBARGOED = "UPDATE account SET embargoed_until = current_date + 2"
OPEN_CASE = "UPDATE contact SET open_case = true"
OTHER_MAILBOX = "UPDATE contact SET email_key = 'new@company.example'"
REMIND = """
    INSERT INTO message (invitation_id, wave_id, account_id, number, due_at)
    SELECT invitation_id, wave_id, account_id, 1, now() FROM message
"""


def run(statement: str) -> None:
    with transaction() as session:
        session.execute(text(statement))


def invited() -> int:
    """Set a wave going that asks one person; return the wave."""
    add_account("A1", 1000, [Person("P1")])
    wave_id = planned()
    launch(wave_id)
    return wave_id


def claimed() -> list[str | None]:
    """Claim all that is queued; return why each message was refused, the first message first."""
    with transaction() as session:
        ids = list(session.scalars(select(Message.id)))
    claim({id: uuid4() for id in ids})
    with transaction() as session:
        return list(session.scalars(select(Message.reason).order_by(Message.number)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (EXCLUDED, "excluded_by_manager"),
        (PERSON_EMBARGOED, "embargoed"),
        (ACCOUNT_EMBARGOED, "embargoed"),
        (OPEN_CASE, "open_case"),
        (OTHER_MAILBOX, None),
        ("UPDATE contact SET embargoed_until = current_date - 2", None),
    ],
)
def test_an_invitation_is_refused_for_what_came_after_the_plan(change: str, reason: str | None) -> None:
    invited()
    run(change)
    assert claimed() == [reason]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (EXCLUDED, "excluded_by_manager"),
        (PERSON_EMBARGOED, "embargoed"),
        (OPEN_CASE, None),
        (OTHER_MAILBOX, "other_mailbox"),
    ],
)
def test_a_reminder_stops_for_exclusion_embargo_and_another_mailbox(change: str, reason: str | None) -> None:
    invited()
    assert claimed() == [None]
    run(REMIND)
    run(change)
    assert claimed() == [None, reason]


@pytest.mark.parametrize(("taken_back", "reason"), [(False, "excluded_by_manager"), (True, None)])
def test_an_exclusion_by_hand_for_this_wave_holds_until_it_is_taken_back(taken_back: bool, reason: str | None) -> None:
    wave_id = invited()
    with transaction() as session:
        contact = session.scalars(text("SELECT id FROM contact")).one()
        picked(session, contact, Act.EXCLUDE, reason="Bad moment for them", actor="ana", wave_id=wave_id)
        if taken_back:
            unpicked(session, contact, Act.EXCLUDE, actor="ana", wave_id=wave_id)
    assert claimed() == [reason]


def test_an_exclusion_for_another_wave_does_not_hold_here() -> None:
    invited()
    other = planned("other")
    with transaction() as session:
        contact = session.scalars(text("SELECT id FROM contact")).one()
        picked(session, contact, Act.EXCLUDE, reason="Bad moment for them", actor="ana", wave_id=other)
    assert claimed() == [None]


def test_a_survey_after_an_event_is_about_the_open_case_and_leaves() -> None:
    add_account("A1", 1000, [Person("P1")])
    event_campaign()
    answer = told()
    assert answer.send_at is not None
    assert ripen(answer.send_at) == 1
    run(f"{OPEN_CASE}; UPDATE message SET due_on = NULL, place_id = NULL, due_at = now()")
    assert claimed() == [None]
