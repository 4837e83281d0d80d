"""One customer with a link whose mail really left, and what is kept of what they do."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text

from app.accounts.models import Contact, Level
from app.campaigns.models import Invitation
from app.core.db import transaction
from app.delivery.launching import launch_wave
from app.delivery.sending import Sender
from app.responses.models import Response, ResponseRevision
from tests.support.company import Person, add_account, planned
from tests.support.settings import settings
from tests.support.transport import ToldTransport


@pytest.fixture
def invitation(database: str) -> int:
    """An invitation whose mail left an hour ago."""
    invitation_id = invite(database)
    left(seconds=3600)
    return invitation_id


def invite(database: str, *, language: str = "en") -> int:
    person = Person("U000", Level.USER, language=language)
    add_account("A1", 1000, [person])
    today = datetime.now(UTC).date()
    launch_wave(planned(planned_for=today), now=datetime.now(UTC), actor="test", at_once=True)
    Sender(settings(database), ToldTransport()).send_all([1])
    with transaction() as session:
        return session.scalars(select(Invitation.id)).one()


def response() -> Response | None:
    with transaction() as session:
        return session.scalar(select(Response))


def rows() -> tuple[int, int]:
    """Return how many responses and revisions there are."""
    with transaction() as session:
        counts = [
            session.scalar(select(func.count()).select_from(model)) or 0 for model in (Response, ResponseRevision)
        ]
    return counts[0], counts[1]


def row() -> Invitation:
    with transaction() as session:
        return session.scalars(select(Invitation)).one()


def left(*, seconds: float) -> None:
    """Let the mail have left so long ago."""
    with transaction() as session:
        session.execute(text("UPDATE invitation SET sent_at = now() - make_interval(secs => :s)"), {"s": seconds})


def contact_unanswered() -> int:
    with transaction() as session:
        return session.scalars(select(Contact.unanswered)).one()


def chosen(page: str) -> list[str]:
    """Return the scores that are chosen on a page."""
    inputs = [found for found in re.findall(r"<input[^>]+>", page) if 'name="score"' in found and " checked" in found]
    return [value for found in inputs for value in re.findall(r'value="(\d+)"', found)]
