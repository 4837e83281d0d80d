"""Deed: an event comes in and is decided at once, whether a survey follows it or why not.

Rules: domain section 3, in `app.campaigns.triggers`. Each event is decided once, and the same one again gets the same
answer. Two events about one mailbox, or one ticket, at the same moment are decided one after the other. A refused event
is kept with its reason for people who ask why no survey was sent, and is not sent later.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.addresses import email_key
from app.accounts.joining import todays_account
from app.accounts.models import Account, Contact
from app.campaigns.asked import alone_with
from app.campaigns.asking_models import EventDecision, TriggerEvent
from app.campaigns.creating import LINK_LIFE_DAYS
from app.campaigns.event_judging import Case, is_about, is_withdrawn, make_case, rules_hold_until, standing_of
from app.campaigns.event_people import Known, known_account, known_person, new_person
from app.campaigns.event_waves import wave_of_month
from app.campaigns.models import Campaign, CampaignState, Invitation
from app.campaigns.segments import segments_of
from app.campaigns.settings import Kind
from app.campaigns.sources import Event
from app.campaigns.triggers import EventStanding, TriggerSettings, Unknown, WhyNot, is_too_old, moment_wanted, why_not
from app.campaigns.windows import local_day
from app.core.db import transaction


class Answer(NamedTuple):
    """What became of an event; `event_id` is ours. Of a refusal `held_until` says when the rules would allow it."""

    event_id: int
    decision: EventDecision
    reason: WhyNot | None
    held_until: datetime | None
    invitation_id: int | None
    send_at: datetime | None


def take_event(event: Event, *, now: datetime, actor: str) -> Answer:
    """Decide an event, unless it was decided before; return what became of it.

    `actor` is who sent it, for the record.
    """
    with transaction() as session, session.no_autoflush:  # what is decided is written at the end, once
        kept = _keep(session, event, actor)
        if kept is not None:
            _settle(session, kept, event, now)
            session.flush()
        else:
            same = (TriggerEvent.source == event.source) & (TriggerEvent.event_id == event.id)
            kept = session.scalars(select(TriggerEvent).where(same)).one()
        return _answer(session, kept)


def look_again(session: Session, kept: TriggerEvent, now: datetime) -> WhyNot | None:
    """Return what by now speaks against the survey of a scheduled event, or None; alone with its mailbox."""
    campaign = session.get_one(Campaign, kept.campaign_id)
    if campaign.state is CampaignState.FINISHED:
        return WhyNot.NO_CAMPAIGN
    if is_withdrawn(session, campaign):
        return WhyNot.SURVEY_WITHDRAWN
    query = select(Contact, Account).join(Account, Account.id == Contact.account_id)
    todays = todays_account(session, kept.account_id)
    row = session.execute(query.where(Contact.id == kept.contact_id, Account.id == todays)).one_or_none()
    if row is None:  # the contact is gone, or at another account by now
        return WhyNot.CONTACT_UNKNOWN
    known = Known(row[0], row[1])
    alone_with(session, [known.contact.email_key or ""])
    return why_not(standing_of(session, make_case(session, kept, campaign, known, now)))


def _answer(session: Session, kept: TriggerEvent) -> Answer:
    if kept.decision is EventDecision.REFUSED:
        reason = WhyNot(kept.reason) if kept.reason else None
        return Answer(kept.id, kept.decision, reason, kept.held_until, None, None)
    of_it = Invitation.contact_id == kept.contact_id, Invitation.trigger_event_id == kept.id
    invitation_id = session.scalar(select(Invitation.id).where(*of_it))
    return Answer(kept.id, kept.decision, None, None, invitation_id, kept.send_at)


def _keep(session: Session, event: Event, actor: str) -> TriggerEvent | None:
    """Keep the event; None when it was told before, after waiting for whoever decides it just now."""
    values = {
        "source": event.source,
        "event_id": event.id,
        "event": event.name,
        "occurred_at": event.occurred_at,
        "sent_by": actor,
        "email": event.person.email,
        "properties": dict(event.properties),
        "decision": EventDecision.REFUSED,
    }
    row = insert(TriggerEvent).values(values).on_conflict_do_nothing().returning(TriggerEvent)
    return session.scalars(row).one_or_none()


def _settle(session: Session, kept: TriggerEvent, event: Event, now: datetime) -> None:
    """Decide a new event, and write down what follows."""
    known = _person(session, event)
    campaign = _campaign(session, event, known, now)
    if campaign is None:
        kept.reason = WhyNot.NO_CAMPAIGN
        return
    trigger = TriggerSettings.read(campaign.trigger)
    kept.campaign_id, kept.subject = campaign.id, _subject(event, trigger)
    reason = _of_campaign(session, campaign, event, now)
    if reason is None and known is None:
        known, reason = _introduced(session, event, trigger)
    if known is not None:
        kept.contact_id, kept.account_id = known.contact.id, known.account.id
        if reason is None:
            delay = event.delay if event.delay is not None else timedelta(minutes=trigger.delay_minutes)
            wanted = moment_wanted(event.occurred_at, delay, now)
            reason = _decide(session, make_case(session, kept, campaign, known, wanted))
    kept.reason = reason


def _person(session: Session, event: Event) -> Known | None:
    """Return the person the event is about, alone with every mailbox and id that may be theirs."""
    found = known_person(session, event)
    keys = {email_key(event.person.email or ""), event.person.id, found.contact.email_key if found else None}
    alone_with(session, [key for key in keys if key])
    return known_person(session, event)  # of two events about somebody new, the first may have made them meanwhile


def _campaign(session: Session, event: Event, known: Known | None, now: datetime) -> Campaign | None:
    """Return the oldest campaign that asks after the event and is about the person, else the oldest that asks."""
    going = Campaign.state.in_((CampaignState.RUNNING, CampaignState.PAUSED))
    named = func.lower(Campaign.trigger["event"].astext) == event.name.lower()
    lasting = Campaign.ends_on.is_(None) | (Campaign.ends_on >= now.date())
    query = select(Campaign).where(Campaign.kind == Kind.TRANSACTIONAL, going, named, lasting).order_by(Campaign.id)
    campaigns = session.scalars(query).all()
    about = (each for each in campaigns if known is None or is_about(session, each, known))
    return next(about, campaigns[0] if campaigns else None)


def _subject(event: Event, trigger: TriggerSettings) -> str | None:
    value = event.properties.get(trigger.subject) if trigger.subject else None
    return None if value is None or value == "" else str(value)


def _of_campaign(session: Session, campaign: Campaign, event: Event, now: datetime) -> WhyNot | None:
    """Return what speaks against every survey of the campaign, or against asking about this event at all."""
    return why_not(
        EventStanding(
            campaign_paused=campaign.state is CampaignState.PAUSED,
            survey_withdrawn=is_withdrawn(session, campaign),
            too_old=is_too_old(event.occurred_at, now),
        )
    )


def _introduced(session: Session, event: Event, trigger: TriggerSettings) -> tuple[Known | None, WhyNot | None]:
    """Return a person nobody knew, or why they are not asked."""
    if trigger.unknown_contacts is Unknown.REFUSE:
        return None, WhyNot.CONTACT_UNKNOWN
    account = known_account(session, event.company)
    if account is None:
        return None, WhyNot.ACCOUNT_UNKNOWN
    known = new_person(session, event, account)
    return known, None if known else WhyNot.INVALID_EMAIL


def _decide(session: Session, case: Case) -> WhyNot | None:
    reason = why_not(standing_of(session, case))
    if reason is WhyNot.CONTACTED_RECENTLY:
        case.event.held_until = rules_hold_until(session, case)
    return reason or _schedule(session, case)


def _schedule(session: Session, case: Case) -> WhyNot | None:
    """Invite the person for the moment; the mail is written when it has come."""
    event, campaign, known = case.event, case.campaign, case.known
    wave = wave_of_month(session, campaign, local_day(case.send_at, case.place), actor=event.sent_by)
    if wave is None:
        return WhyNot.CAMPAIGN_PAUSED
    session.add(
        Invitation(
            wave_id=wave.id,
            account_id=known.account.id,
            contact_id=known.contact.id,
            trigger_event_id=event.id,
            level=known.contact.level,
            segments=segments_of(session, known.account.id, known.contact.id),
            turn=1,
            closes_on=case.send_at.date() + timedelta(days=max(LINK_LIFE_DAYS, campaign.wave_days)),
        )
    )
    event.decision, event.send_at = EventDecision.SCHEDULED, case.send_at
    return None
