"""Customers with a link, for tests of what happens behind it: no plan, no mail, just invitations that left earlier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import select

from app.accounts.models import Account, Contact, Level
from app.campaigns.models import Campaign, Invitation, Wave, WaveState
from app.core.db import transaction
from app.responses.models import Response, ResponseRevision
from app.surveys.definition import definitions
from app.surveys.models import Survey
from app.surveys.publishing import published_version

_numbers = count(1)


def invite(survey_key: str, *, language: str = "en") -> int:
    """Invite one more customer to a ready-made survey, an hour ago; return the invitation's id."""
    now, number = datetime.now(UTC), next(_numbers)
    with transaction() as session:
        campaign = Campaign(name=f"Campaign {number}", survey_key=survey_key, quota={})
        account = Account(external_id=f"L{number}", name="Nordwind Logistik", name_key="nordwind logistik")
        session.add_all([campaign, account])
        session.flush()
        wave = Wave(campaign_id=campaign.id, key="q4", name="Q4", state=WaveState.RUNNING, quota={})
        wave.survey_version_id = published_version(session, survey_key).id
        wave.planned_for, wave.ends_on = now.date(), now.date() + timedelta(days=30)
        address = f"l{number}@company.example"
        contact = Contact(account_id=account.id, external_id=f"L{number}", email=address, email_key=address)
        contact.first_name, contact.last_name, contact.level, contact.language = "Maria", "Sand", Level.USER, language
        session.add_all([wave, contact])
        session.flush()
        invitation = Invitation(wave_id=wave.id, account_id=account.id, contact_id=contact.id, level=Level.USER)
        invitation.turn, invitation.closes_on = number, wave.ends_on
        invitation.sent_at = now - timedelta(hours=1)
        session.add(invitation)
        session.flush()
        return invitation.id


def draft(survey_key: str) -> int:
    """Begin a survey from a ready-made one; return its id, which a test link names."""
    content = {**definitions()[survey_key].model_dump(mode="json"), "key": f"draft_{next(_numbers)}"}
    with transaction() as session:
        survey = Survey(key=content["key"], draft=content)
        session.add(survey)
        session.flush()
        return survey.id


def close(invitation_id: int) -> None:
    """Let an invitation's last day be over."""
    with transaction() as session:
        session.get_one(Invitation, invitation_id).closes_on = datetime.now(UTC).date() - timedelta(days=1)


def kept(invitation_id: int) -> Response | None:
    """Return the answer that counts."""
    with transaction() as session:
        return session.get(Response, invitation_id)


def posts(invitation_id: int) -> list[bool]:
    """Return for each post that was kept, in order, whether a person confirmed it."""
    query = select(ResponseRevision.confirmed).where(ResponseRevision.invitation_id == invitation_id)
    with transaction() as session:
        return list(session.scalars(query.order_by(ResponseRevision.id)))
