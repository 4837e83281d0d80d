"""The answer for any contact: when may we ask again, and what holds it back. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, RowMapping, func, or_, select, text
from sqlalchemy.orm import Session

from app.accounts.addresses import email_key
from app.accounts.models import Account, AccountStatus, Contact, ContactStatus, Suppression
from app.campaigns.asked import asks_of, forgiven_at, relationship_comes_first
from app.campaigns.asking_models import RuleOverride
from app.campaigns.contact_rules import Ask, Hold, Rules, holds
from app.campaigns.event_judging import place_of
from app.campaigns.house_rules import house_rules
from app.campaigns.models import Campaign, CampaignState
from app.campaigns.settings import Kind
from app.core.errors import NotFound
from app.core.searching import words
from app.surveys.metrics import ANONYMOUS

FOUND_AT_MOST = 50
SHOWN = 30

# Of an anonymous survey nobody may see who answered, nor when.
_PAST = text(
    """
    SELECT i.id, i.sent_at, i.created_at, i.closes_on, i.refused_at, i.bounced_at, unnamed.survey AS anonymous,
           CASE WHEN NOT unnamed.survey THEN i.completed_at END AS completed_at,
           CASE WHEN NOT unnamed.survey THEN i.answered_at END AS answered_at,
           g.name AS campaign, g.kind::text AS kind, w.name AS wave, w.id AS wave_id, c.id AS contact_id
    FROM contact c JOIN invitation i ON i.contact_id = c.id
    JOIN wave w ON w.id = i.wave_id JOIN campaign g ON g.id = w.campaign_id
    JOIN survey_version v ON v.id = w.survey_version_id,
         LATERAL (SELECT v.definition ->> 'metric' = ANY(:anonymous) AS survey) unnamed
    WHERE c.id = :contact_id OR c.email_key = :email_key
    ORDER BY coalesce(i.sent_at, i.created_at) DESC, i.id DESC LIMIT :shown
    """
)


class Always(NamedTuple):
    """What holds a person back whoever asks, until somebody changes it or a day is over; no override lifts it."""

    sentence: str
    until: date | None = None


class ForCampaign(NamedTuple):
    """When a campaign may ask; without a campaign, any campaign of that kind that keeps to the house's rules."""

    name: str | None
    kind: Kind
    rules: Rules
    until: datetime | None
    holds: list[Hold]
    relationship_first: bool


@dataclass(frozen=True)
class AskingAgain:
    """All that is known about asking one contact again; `zone` is the one the rules are counted in."""

    contact: Contact
    account: Account
    always: list[Always]
    campaigns: list[ForCampaign]
    past: Sequence[RowMapping]
    overrides: Sequence[RuleOverride]
    zone: str

    @property
    def held_by_rules(self) -> bool:
        """Return whether an override would let somebody ask earlier."""
        return any(each.until is not None for each in self.campaigns)


def find_contacts(session: Session, search: str) -> Sequence[Row[Contact, Account]]:
    """Return contacts whose name or address has words that begin so, or by id of the CRM; a whole address ahead."""
    query = select(Contact, Account).join(Account, Account.id == Contact.account_id)
    key = email_key(search)
    if key is not None:
        rows = session.execute(query.where(Contact.email_key == key).order_by(Contact.external_id)).all()
        if rows:
            return rows
    fits = Contact.external_id == search
    if words(search):
        fits = or_(fits, Contact.search_words.bool_op("@@")(func.to_tsquery("simple", words(search))))
    found = select(Contact.id).where(fits).limit(FOUND_AT_MOST).scalar_subquery()
    return session.execute(query.where(Contact.id.in_(found)).order_by(Contact.id)).all()


def asking_again(session: Session, contact_id: int, now: datetime) -> AskingAgain:
    """Return when a contact may be asked again and what holds them back; raises NotFound."""
    contact = session.get(Contact, contact_id)
    if contact is None:
        raise NotFound("There is no such contact (any more).")
    account = session.get_one(Account, contact.account_id)
    key = contact.email_key or ""
    asks, forgiven = asks_of(session, key, now), forgiven_at(session, key)
    running = Campaign.state.in_((CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED))
    campaigns = session.scalars(select(Campaign).where(running).order_by(Campaign.name)).all()
    zone = contact.time_zone or account.time_zone or "UTC"
    house = house_rules(session)
    rows = [_when(session, contact, kind, house, asks, forgiven, now, zone) for kind in Kind]
    for campaign in campaigns:
        rules = house.stricter(campaign.rules)
        own_zone = place_of(campaign, contact, account).clock.key
        if rules != house or own_zone != zone:
            row = _when(session, contact, campaign.kind, rules, asks, forgiven, now, own_zone)
            rows.append(row._replace(name=campaign.name))
    given = {"contact_id": contact_id, "email_key": contact.email_key, "shown": SHOWN, "anonymous": list(ANONYMOUS)}
    granted = select(RuleOverride).where(RuleOverride.email_key == key).order_by(RuleOverride.granted_at.desc())
    return AskingAgain(
        contact=contact,
        account=account,
        always=list(_always(session, contact, account, now.date())),
        campaigns=rows,
        past=session.execute(_PAST, given).mappings().all(),
        overrides=session.scalars(granted.limit(SHOWN)).all(),
        zone=zone,
    )


def _when(
    session: Session,
    contact: Contact,
    kind: Kind,
    rules: Rules,
    asks: list[Ask],
    forgiven: datetime | None,
    now: datetime,
    zone: str,
) -> ForCampaign:
    found = holds(asks, kind=kind, level=contact.level, rules=rules, now=now, zone=zone, forgiven_at=forgiven)
    first = kind is Kind.TRANSACTIONAL and relationship_comes_first(
        session, contact.email_key or "", now, rules.ahead_days
    )
    return ForCampaign(None, kind, rules, found[0].until if found else None, found, first)


def _always(session: Session, contact: Contact, account: Account, today: date) -> Iterator[Always]:
    if account.status is not AccountStatus.ACTIVE:
        yield Always(f"The account is {account.status}.")
    if contact.status is ContactStatus.LEFT:
        yield Always("The person has left the company.")
    if contact.status is ContactStatus.OPTED_OUT:
        yield Always("The person does not want surveys.")
    if contact.email_key is None:
        yield Always("There is no address that mail can go to.")
    yield from _suppressions(session, contact)
    if contact.exclusion_reason:
        yield Always(f"Excluded by the account manager: {contact.exclusion_reason}")
    for until, whose in ((contact.embargoed_until, "person"), (account.embargoed_until, "account")):
        if until is not None and until >= today:
            yield Always(f"There is an embargo on the {whose}.", until)
    if contact.open_case:
        yield Always("The person has an open case: relationship surveys wait for its end.")


def _suppressions(session: Session, contact: Contact) -> Iterator[Always]:
    rows: Any = session.execute(
        select(Suppression.reason, Suppression.scope).where(Suppression.email_key == contact.email_key)
    )
    for reason, scope in rows:
        where = "" if scope == "*" else f", for the brand {scope}"
        yield Always(f"The address is on the suppression list: {str(reason).replace('_', ' ')}{where}.")
    if contact.status is ContactStatus.SUPPRESSED:
        yield Always("The person counts as suppressed.")
