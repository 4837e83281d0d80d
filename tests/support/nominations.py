"""Rounds of nominations, and people who name people in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.accounts.models import Contact, Level
from app.campaigns.nominating import Nominator, add_person, mark
from app.campaigns.nominating_models import Nomination
from app.campaigns.nomination_form import Person
from app.campaigns.nomination_rounds import Terms, open_round
from app.core.db import reading
from tests.support.company import TODAY, draft

NOW = datetime.now(UTC)
EVERYBODY = Nominator("ana.sand@quorum.example", None)


def manager(email: str = "account_manager@quorum.example") -> Nominator:
    """Return an account manager, who sees their own accounts."""
    return Nominator(email, email)


def round_of(wave_id: int | None = None, *, days: int = 7, message: str | None = None) -> int:
    """Open a round before a wave, which is made when none is given, and return its id."""
    ground = f"wave-{wave_id or draft()}"
    return open_round(ground, Terms(TODAY + timedelta(days=days), message), actor=EVERYBODY.actor)


def named(name: str = "Ada Byrne", email: str | None = None, level: Level = Level.DECISION_MAKER) -> Person:
    """Return a person as the form reads them."""
    first, _, last = name.partition(" ")
    address = email or f"{first.lower()}@company.example"
    return Person(first, last or None, address, address.lower(), "Head of Rail", level, "en")


def name_somebody(round_id: int, account_id: int, *person: Any, by: Nominator = EVERYBODY) -> int:
    """Add a person to an account and return the contact's id."""
    return add_person(round_id, account_id, named(*person), another=False, by=by, now=NOW)


def stored(contact_id: int) -> Contact:
    """Return a contact as it stands in the database."""
    with reading() as session:
        return session.get_one(Contact, contact_id)


def mark_of(contact_id: int) -> str:
    """Return what the form of a contact carries, so that nobody overwrites what another one did meanwhile."""
    return mark(stored(contact_id))


def record_of(round_id: int) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return the deeds of a round in their order, with what stood there before and after."""
    with reading() as session:
        query = select(Nomination).where(Nomination.round_id == round_id).order_by(Nomination.id)
        return [(line.deed.value, line.before, line.after) for line in session.scalars(query)]
