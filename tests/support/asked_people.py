"""An account whose people events are about, and what they were asked before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from app.accounts.models import Contact, Level
from app.campaigns.models import Invitation, Wave, WaveState
from app.core.db import transaction
from tests.support.company import Person, add_account
from tests.support.events import NOW

DAY = timedelta(days=1)


@pytest.fixture(name="company")
def asked_company(database: str) -> int:
    """An account with a user, a decision maker and somebody without an address."""
    return add_account(
        "A1",
        1000,
        [Person("P1"), Person("D1", Level.DECISION_MAKER), Person("N1", more={"email": None, "email_key": None})],
    )


def contact(external_id: str, **values: Any) -> int:
    """Change a contact, if there is something to change, and return its id."""
    with transaction() as session:
        found = session.scalars(select(Contact).where(Contact.external_id == external_id)).one()
        for name, value in values.items():
            setattr(found, name, value)
        return found.id


def asked(external_id: str, days_ago: float, campaign_id: int) -> None:
    """Let a campaign have asked a contact so many days ago, in a wave of its own."""
    with transaction() as session:
        person = session.scalars(select(Contact).where(Contact.external_id == external_id)).one()
        version = session.scalar(text("SELECT max(id) FROM survey_version"))
        wave = Wave(
            campaign_id=campaign_id,
            key=f"before-{person.id}-{days_ago}",
            name="Before",
            state=WaveState.FINISHED,
            survey_version_id=version,
            quota={},
            planned_for=NOW.date(),
            ends_on=NOW.date(),
        )
        session.add(wave)
        session.flush()
        session.add(
            Invitation(
                wave_id=wave.id,
                account_id=person.account_id,
                contact_id=person.id,
                level=person.level,
                turn=1,
                closes_on=NOW.date(),
                sent_at=NOW - days_ago * DAY,
            )
        )


def rows(model: Any) -> list[Any]:
    with transaction() as session:
        return list(session.scalars(select(model).order_by(model.id)))
