"""Waves with answers, for tests of what reports make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import select, text

from app.accounts.models import Contact
from app.campaigns.models import Invitation, Wave, WaveState
from app.core.db import transaction
from app.responses.collecting import Hint, record_answer
from app.surveys.answers import Answer
from tests.support.company import launch, planned

PERSON, GATEWAY = Hint(), Hint(agent=True)


def asked(key: str = "q4", *, survey: str = "relationship_nps", **more: object) -> int:
    """Plan a wave over the accounts there are and let its mails go; return its id."""
    wave_id = planned(key, survey_key=survey, campaign=f"Campaign of {survey}", **more)
    launch(wave_id)
    return wave_id


def say(
    wave_id: int,
    contact: str,
    score: int,
    drivers: Iterable[str] = (),
    comment: str = "",
    *,
    language: str = "en",
    hint: Hint = PERSON,
) -> int:
    """Let a contact, named by the CRM's id, answer; return the invitation's id."""
    with transaction() as session:
        of = select(Invitation.id).join(Contact, Contact.id == Invitation.contact_id)
        invitation_id = session.scalars(of.where(Invitation.wave_id == wave_id, Contact.external_id == contact)).one()
    answer = Answer(score, tuple(drivers), {"why": comment} if comment else {})
    assert record_answer(invitation_id, answer, language=language, now=datetime.now(UTC), hint=hint)
    return invitation_id


def finish(wave_id: int) -> None:
    """Let a wave be over."""
    with transaction() as session:
        session.get_one(Wave, wave_id).state = WaveState.FINISHED


def change(statement: str, values: Mapping[str, object] | None = None) -> None:
    """Change something by hand, as an import or an admin would between two waves."""
    with transaction() as session:
        session.execute(text(statement), values or {})
