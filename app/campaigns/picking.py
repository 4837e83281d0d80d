"""Deeds: people pin or exclude a contact with a written reason, for one wave or for good, and take it back.

What holds for good stands in the contact as well, kept against later imports. On a preview only that contact's account
is decided again.
"""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.correcting import await_imports, correct
from app.accounts.models import Contact
from app.campaigns.deciding import WORDS
from app.campaigns.models import Decision, Wave
from app.campaigns.overriding import LONGEST_REASON, SHORTEST_REASON
from app.campaigns.plan_models import Act, HandPick, WavePlan
from app.campaigns.planning import draft_wave, resample
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.sampling.eligibility import Reason

_MOMENT = text("SELECT now()")
_DEEDS = {
    (Act.PIN, True): "contact.pinned",
    (Act.PIN, False): "contact.unpinned",
    (Act.EXCLUDE, True): "contact.excluded",
    (Act.EXCLUDE, False): "contact.readmitted",
}


def pick(contact_id: int, act: Act, *, wave_id: int, for_good: bool, reason: str, actor: str) -> None:
    """Pin or exclude a contact while looking at a wave's preview, and decide that contact's account again.

    Raises NotFound, and Refused without a reason, for a frozen plan, or where it would change nothing.
    """
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise Refused(f"Write why, in {SHORTEST_REASON} to {LONGEST_REASON} characters: it goes on record.")
    with transaction() as session:
        wave = draft_wave(session, wave_id, wait=False)
        await_imports(session)
        contact = _contact(session, contact_id)
        _must_matter(session, wave, contact, act)
        only = None if for_good else wave_id
        picked(session, contact_id, act, reason=reason, actor=actor, wave_id=only, seen_in=wave_id)
        _decide_again(session, wave, contact)


def unpick(contact_id: int, act: Act, *, wave_id: int, for_good: bool, actor: str) -> None:
    """Take a pin or an exclusion back while looking at a wave's preview, and decide that contact's account again."""
    with transaction() as session:
        wave = draft_wave(session, wave_id, wait=False)
        await_imports(session)
        contact = _contact(session, contact_id)
        unpicked(session, contact_id, act, actor=actor, wave_id=None if for_good else wave_id, seen_in=wave_id)
        _decide_again(session, wave, contact)


def picked(
    session: Session,
    contact_id: int,
    act: Act,
    *,
    reason: str,
    actor: str,
    wave_id: int | None = None,
    seen_in: int | None = None,
) -> None:
    """Pin or exclude a contact in the caller's transaction, for good unless for one wave; the later word counts.

    `seen_in` is the wave whose preview is decided again with it. The caller has called `correcting.await_imports`.
    """
    contact = _contact(session, contact_id)
    for standing in _standing(session, contact_id, wave_id):
        _undo(session, contact, standing, actor)
    session.flush()
    session.add(HandPick(contact_id=contact_id, wave_id=wave_id, act=act, reason=reason, made_by=actor))
    if wave_id is None:
        kept = {"pinned": True} if act is Act.PIN else {"exclusion_reason": reason}
        correct(session, contact, kept, actor=actor)
    deed, detail = _DEEDS[act, True], {"reason": reason, "for_good": wave_id is None, "wave": seen_in}
    audit.record(session, actor=actor, deed=deed, subject=f"contact {contact_id}", **detail)


def unpicked(
    session: Session, contact_id: int, act: Act, *, actor: str, wave_id: int | None = None, seen_in: int | None = None
) -> None:
    """Take back a pin or an exclusion in the caller's transaction; for good also one that came from the CRM."""
    contact = _contact(session, contact_id)
    for standing in _standing(session, contact_id, wave_id):
        if standing.act is act:
            _undo(session, contact, standing, actor)
    if wave_id is None:
        correct(session, contact, {"pinned": False} if act is Act.PIN else {"exclusion_reason": None}, actor=actor)
    session.flush()
    deed, detail = _DEEDS[act, False], {"for_good": wave_id is None, "wave": seen_in}
    audit.record(session, actor=actor, deed=deed, subject=f"contact {contact_id}", **detail)


def _undo(session: Session, contact: Contact, standing: HandPick, actor: str) -> None:
    standing.undone_at, standing.undone_by = session.scalar(_MOMENT), actor
    if standing.wave_id is None:
        kept = {"pinned": False} if standing.act is Act.PIN else {"exclusion_reason": None}
        correct(session, contact, kept, actor=actor)


def _must_matter(session: Session, wave: Wave, contact: Contact, act: Act) -> None:
    """Refuse a pin of somebody who may not be asked, and an exclusion of somebody who is excluded."""
    query = select(Decision).where(
        Decision.wave_id == wave.id, Decision.account_id == contact.account_id, Decision.contact_id == contact.id
    )
    decision = session.scalar(query)
    if decision is None:
        raise Refused("This plan has no decision about this person, so there is nothing to change in it.")
    if act is Act.PIN and decision.reason not in (None, Reason.NOT_NEEDED):
        why = WORDS[decision.reason]
        raise Refused(f"A pin only says who comes first of those who may be asked. This person may not: {why}.")
    if act is Act.EXCLUDE and decision.reason is Reason.EXCLUDED_BY_MANAGER:
        raise Refused("This person is excluded already.")


def _decide_again(session: Session, wave: Wave, contact: Contact) -> None:
    session.flush()
    if session.get(WavePlan, wave.id, populate_existing=True) is not None:
        resample(session, wave, [contact.account_id])


def _standing(session: Session, contact_id: int, wave_id: int | None) -> list[HandPick]:
    same = (HandPick.contact_id == contact_id) & HandPick.wave_id.is_not_distinct_from(wave_id)
    return list(session.scalars(select(HandPick).where(same, HandPick.undone_at.is_(None)).with_for_update()))


def _contact(session: Session, contact_id: int) -> Contact:
    contact = session.get(Contact, contact_id, with_for_update=True)
    if contact is None:
        raise NotFound("There is no such contact (any more).")
    return contact


def picks_of(session: Session, contact_id: int, wave_id: int) -> list[HandPick]:
    """Return what people set by hand about a contact, for good or for this wave, the newest first."""
    here = HandPick.wave_id.is_(None) | (HandPick.wave_id == wave_id)
    query = select(HandPick).where(HandPick.contact_id == contact_id, here)
    return list(session.scalars(query.order_by(HandPick.made_at.desc(), HandPick.id.desc())))
