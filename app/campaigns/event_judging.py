"""Looks at a person for the moment in which the survey after an event would leave: what speaks against it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.models import Account, AccountStatus, Contact, ContactStatus
from app.campaigns.asked import alone_with, asks_of, forgiven_at, has_scheduled, relationship_comes_first
from app.campaigns.asking_models import EventDecision, TriggerEvent
from app.campaigns.calendar import NeverOpen, next_send_time
from app.campaigns.closures import closures
from app.campaigns.contact_rules import Rules, held_until
from app.campaigns.creating_campaigns import settings_of
from app.campaigns.event_people import Known
from app.campaigns.house_rules import house_rules
from app.campaigns.models import Campaign
from app.campaigns.settings import Kind
from app.campaigns.triggers import EventStanding, Repeat, TriggerSettings
from app.campaigns.windows import Whereabouts
from app.core.db import driver
from app.surveys.models import Survey

_SAID_NO = text(
    """
    SELECT coalesce(bool_or(s.reason = 'unsubscribed'), false), coalesce(bool_or(s.reason <> 'unsubscribed'), false)
    FROM suppression s
    WHERE s.email_key = :email_key AND (s.scope = '*' OR s.scope = (
        SELECT b.key FROM brand b JOIN (
            SELECT coalesce(:brand_id, (SELECT brand_id FROM survey_version WHERE key = :survey_key
                                        ORDER BY version = :version DESC NULLS LAST, version DESC LIMIT 1)) AS id) own
        ON b.id = own.id OR (own.id IS NULL AND b.is_default)))
    """
)
_OF_THE_AUDIENCE = """
    SELECT 1 FROM contact c JOIN account a ON a.id = c.account_id
    WHERE c.id = %(contact)s AND {accounts} AND {contacts}
"""


class Case(NamedTuple):
    """A campaign and a person that an event brings together, and the moment in which the survey would leave."""

    event: TriggerEvent
    campaign: Campaign
    known: Known
    rules: Rules
    place: Whereabouts
    send_at: datetime


def make_case(session: Session, kept: TriggerEvent, campaign: Campaign, known: Known, wanted: datetime) -> Case:
    """Put together what is to be judged; the survey leaves in the first window from `wanted` on."""
    place = place_of(campaign, *known)
    closed = closures(session).of_country(place.known_country)
    window = (campaign.window_from, campaign.window_to)
    try:
        send_at = next_send_time(wanted, place.clock.key, place.known_country, window, closed).astimezone(UTC)
    except NeverOpen:
        send_at = wanted
    return Case(kept, campaign, known, house_rules(session).stricter(campaign.rules), place, send_at)


def place_of(campaign: Campaign, contact: Contact, account: Account) -> Whereabouts:
    """Return where a contact is: by their own zone and country, else the account's, else the campaign's."""
    return Whereabouts(
        contact.time_zone or account.time_zone or campaign.time_zone,
        contact.country or account.country or campaign.country or "",
    )


def standing_of(session: Session, case: Case) -> EventStanding:
    """Return all that speaks against the survey; alone with its ticket from here on."""
    contact, account = case.known
    key = contact.email_key or ""
    opted_out, suppressed = _said_no(session, case, key)
    day = case.send_at.date()
    until = max((day for day in (contact.embargoed_until, account.embargoed_until) if day is not None), default=None)
    return EventStanding(
        outside_audience=not is_about(session, case.campaign, case.known),
        account_inactive=account.status is not AccountStatus.ACTIVE,
        contact_left=contact.status is ContactStatus.LEFT,
        opted_out=contact.status is ContactStatus.OPTED_OUT or opted_out,
        suppressed=contact.status is ContactStatus.SUPPRESSED or suppressed,
        invalid_email=not key,
        excluded_by_manager=bool(contact.exclusion_reason),
        embargoed=until is not None and day <= until,
        asked_before=_asked_before(session, case),
        already_scheduled=has_scheduled(session, key, besides=case.event.id, on=day),
        relationship_first=relationship_comes_first(session, key, case.send_at, case.rules.ahead_days),
        contacted_recently=rules_hold_until(session, case) is not None,
    )


def _said_no(session: Session, case: Case, key: str) -> tuple[bool, bool]:
    campaign = case.campaign
    given = {"email_key": key, "brand_id": campaign.brand_id, "survey_key": campaign.survey_key}
    given["version"] = campaign.survey_version
    opted_out, suppressed = session.execute(_SAID_NO, given).one()
    return opted_out, suppressed


def _asked_before(session: Session, case: Case) -> bool:
    """Return whether the ticket asked already, where each asks once; alone with the ticket from here on."""
    event, campaign = case.event, case.campaign
    if event.subject is None or TriggerSettings.read(campaign.trigger).repeat is Repeat.EVERY:
        return False
    alone_with(session, [f"{campaign.id} {event.subject}"])
    others = select(TriggerEvent.id).where(
        TriggerEvent.campaign_id == campaign.id,
        TriggerEvent.subject == event.subject,
        TriggerEvent.decision == EventDecision.SCHEDULED,
        TriggerEvent.reason.is_(None),
        TriggerEvent.id != event.id,
    )
    return session.scalar(others.limit(1)) is not None


def rules_hold_until(session: Session, case: Case) -> datetime | None:
    """Return until when the contact rules keep the survey back, or None when it may leave at its moment."""
    contact = case.known.contact
    key = contact.email_key or ""
    return held_until(
        asks_of(session, key, case.send_at),
        kind=Kind.TRANSACTIONAL,
        level=contact.level,
        rules=case.rules,
        now=case.send_at,
        zone=case.place.clock.key,
        forgiven_at=forgiven_at(session, key),
    )


def is_about(session: Session, campaign: Campaign, known: Known) -> bool:
    """Return whether a person belongs to the audience of a campaign."""
    settings = settings_of(campaign)
    accounts, contacts, given = settings.audience.condition(currency=settings.currency, rates=settings.rates)
    query = _OF_THE_AUDIENCE.format(accounts=accounts, contacts=contacts).encode()
    return driver(session).execute(query, given | {"contact": known.contact.id}).fetchone() is not None


def is_withdrawn(session: Session, campaign: Campaign) -> bool:
    """Return whether the survey of a campaign was withdrawn since it began."""
    archived = select(Survey.id).where(Survey.key == campaign.survey_key, Survey.archived_at.is_not(None))
    return session.scalar(archived) is not None
