"""Why is this person asked in a wave, and why not? An answer for any contact, in or outside the wave. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.discretion import worth
from app.accounts.models import Account, Contact
from app.campaigns.audience import ATTRIBUTE, Audience
from app.campaigns.audience_form import attribute_label
from app.campaigns.audience_values import ALSO_KNOWN, FIELDS
from app.campaigns.cadence import OCCASIONS
from app.campaigns.calendar import Occasion
from app.campaigns.deciding import in_words
from app.campaigns.house_rules import house_rules
from app.campaigns.models import Campaign, LateAccount, Wave
from app.campaigns.plan_models import WavePlan
from app.core.db import driver
from app.core.errors import NotFound
from app.core.formats import day, level_name, money
from app.sampling.eligibility import Reason

SHOWN_RANKS = 30
SHOWN_VALUES = 5

_DECISION = """
    SELECT d.account_id, d.contact_id, d.level, d.seat, d.reason, d.rank,
           CASE WHEN d.reason = 'excluded_by_manager' THEN coalesce(c.exclusion_reason, h.reason) END AS detail
    FROM decision d
    LEFT JOIN contact c ON c.id = d.contact_id
    LEFT JOIN hand_pick h ON h.contact_id = d.contact_id AND h.wave_id = d.wave_id AND h.undone_at IS NULL
    WHERE d.wave_id = :wave_id AND d.contact_id = :contact_id
"""
_HERE = text(
    f"{_DECISION} AND d.account_id IN (SELECT :account_id UNION SELECT old_id FROM merged_account"
    " WHERE account_id = :account_id)"
)
# Somebody who has gone to another account since: rare, and looked for along the whole plan.
_ELSEWHERE = text(f"{_DECISION} LIMIT 1")
_RANKS = text(
    """
    SELECT d.contact_id, d.rank, d.seat, c.first_name, c.last_name, c.external_id, c.job_title, c.department,
           c.engagement_score, c.last_invited_on, c.unanswered, c.pinned OR coalesce(h.act = 'pin', false) AS pinned,
           count(*) OVER () AS people, count(d.seat) OVER () AS seats
    FROM decision d
    LEFT JOIN contact c ON c.id = d.contact_id
    LEFT JOIN hand_pick h ON h.contact_id = d.contact_id AND h.wave_id = d.wave_id AND h.undone_at IS NULL
    WHERE d.wave_id = :wave_id AND d.account_id = :account_id AND d.level = :level AND d.rank IS NOT NULL
    ORDER BY d.contact_id <> :contact_id AND d.rank > :shown, d.rank LIMIT :shown
    """
)
_MAILBOX = text(
    """
    SELECT min(external_id), max(last_invited_on), max(last_transactional_on) FROM contact WHERE email_key = :email_key
    """
)
_OPEN = text(
    """
    SELECT w.name, i.closes_on FROM invitation i JOIN wave w ON w.id = i.wave_id
    JOIN campaign g ON g.id = w.campaign_id AND g.kind = 'relationship'
    WHERE i.contact_id = :contact_id AND i.closes_on >= :today AND i.completed_at IS NULL AND i.refused_at IS NULL
      AND w.state IN ('planned', 'running', 'paused') AND w.id <> :wave_id ORDER BY i.closes_on DESC LIMIT 1
    """
)
_REMEDIES: Mapping[str, str] = {
    Reason.ACCOUNT_INACTIVE: "The CRM must say that the account is active.",
    Reason.CONTACT_LEFT: "The CRM must say that the person is there again.",
    Reason.OPTED_OUT: "Only the person can change that. Whoever says no is not asked.",
    Reason.SUPPRESSED: "The address must come off the suppression list, or the CRM bring another one.",
    Reason.INVALID_EMAIL: "The CRM must bring an address that mail can be sent to.",
    Reason.EXCLUDED_BY_MANAGER: "The exclusion must be lifted.",
    Reason.OPEN_CASE: "The case must be closed, and the CRM say so.",
    Reason.NOT_NEEDED: "Somebody ahead must leave a seat, or this person be pinned.",
}


@dataclass(frozen=True)
class Standing:
    """How a contact stands in a wave: the decision with its reason, or why there is none.

    `ranks` are those of the same account and level who may be asked, in their order; `outside` says why the plan
    has no decision; `remedies` what would have to change for the person to be asked.
    """

    contact: Contact
    account: Account
    decision: Mapping[str, Any] | None
    why: str
    outside: Sequence[str]
    remedies: Sequence[str]
    ranks: Sequence[Mapping[str, Any]]

    @property
    def asked(self) -> bool:
        """Return whether the plan asks this person."""
        return self.decision is not None and self.decision["seat"] is not None


def standing_in(session: Session, wave: Wave, campaign: Campaign, contact_id: int) -> Standing:
    """Return how a contact stands in a wave; raises NotFound for an unknown contact."""
    contact = session.get(Contact, contact_id)
    if contact is None:
        raise NotFound("There is no such contact (any more).")
    account = session.get_one(Account, contact.account_id)
    given = {"wave_id": wave.id, "contact_id": contact_id}
    decision = session.execute(_HERE, given | {"account_id": account.id}).mappings().one_or_none()
    decision = decision or session.execute(_ELSEWHERE, given).mappings().one_or_none()
    if decision is None:
        outside = list(_outside(session, wave, campaign, contact, account))
        return Standing(contact, account, None, "", outside, [], [])
    ranks: Sequence[Mapping[str, Any]] = []
    if decision["rank"] is not None:
        these = {"account_id": decision["account_id"], "level": decision["level"], "shown": SHOWN_RANKS}
        ranks = [dict(row) for row in session.execute(_RANKS, given | these).mappings()]
    outcome = decision["seat"] or decision["reason"]
    remedies = list(_remedies(session, wave, campaign, contact, account, decision["reason"]))
    return Standing(contact, account, dict(decision), in_words(outcome, decision["detail"]), [], remedies, ranks)


def _remedies(
    session: Session, wave: Wave, campaign: Campaign, contact: Contact, account: Account, reason: str | None
) -> Iterator[str]:
    if reason is not None and reason in _REMEDIES:
        yield _REMEDIES[reason]
    elif reason == Reason.EMBARGOED:
        until = max(filter(None, (contact.embargoed_until, account.embargoed_until)), default=None)
        yield f"The embargo holds to the end of {day(until)}." if until else "The embargo is over by now."
    elif reason == Reason.OPEN_INVITATION:
        given = {"contact_id": contact.id, "today": wave.planned_for, "wave_id": wave.id}
        for name, closes_on in session.execute(_OPEN, given):
            yield f"The invitation of «{name}» must be answered, or end on {day(closes_on)}."
    elif reason in (Reason.DUPLICATE_EMAIL, Reason.CONTACTED_RECENTLY):
        yield from _of_the_mailbox(session, wave, campaign, contact, reason)


def _of_the_mailbox(session: Session, wave: Wave, campaign: Campaign, contact: Contact, reason: str) -> Iterator[str]:
    keeper, relationship, transactional = session.execute(_MAILBOX, {"email_key": contact.email_key}).one()
    if reason == Reason.DUPLICATE_EMAIL:
        yield f"Contact {keeper} of the CRM has the same address and is asked in place of this one."
        yield "The CRM must give each of them an address of their own."
        return
    rules = house_rules(session).stricter(campaign.rules)
    days: list[date] = []
    if relationship is not None:
        days.append(relationship + timedelta(days=max(rules.relationship_days, rules.any_days)))
    if transactional is not None:
        days.append(transactional + timedelta(days=rules.any_days))
    if days:
        again, first = day(max(days)), day(wave.planned_for)
        yield f"The contact rules allow it again from {again}; this wave is reckoned from {first}."
    yield "Whoever has the right may override the contact rules for this person."


def _outside(session: Session, wave: Wave, campaign: Campaign, contact: Contact, account: Account) -> Iterator[str]:
    """Yield why a plan says nothing of a contact: the audience, the account's own day, or what came later."""
    plan = session.get(WavePlan, wave.id)
    if plan is None and wave.planned_at is None:
        yield "This wave has no preview yet."
        return
    unfit = list(_unfit(session, wave, contact, account))
    yield from unfit
    late = session.get(LateAccount, (wave.id, account.id))
    occasion = OCCASIONS.get(campaign.cadence)
    if unfit:
        return
    if late is not None:
        yield f"The account's day, {day(late.occasion_on)}, came too near for this wave."
    elif occasion is not None:
        on = account.review_on if occasion is Occasion.QBR else account.renewal_on
        name = "review" if occasion is Occasion.QBR else "renewal"
        yield f"The {name} on {day(on)} is not due in this wave." if on else f"The account has no day of {name}."
    elif plan is not None and contact.created_at > plan.worked_out_at:
        yield "The person came after this was worked out."
    else:
        yield "The person was not in this account, or not in the audience, when this was worked out."


def _unfit(session: Session, wave: Wave, contact: Contact, account: Account) -> Iterator[str]:
    """Yield each filter of the audience that does not hold, as the database applies it."""
    audience = Audience.read(wave.audience)
    for audience_part, sentence in _parts(audience, contact, account, wave.currency):
        rates = {code: Decimal(rate) for code, rate in wave.rates.items()}
        accounts, contacts, parameters = audience_part.condition(currency=wave.currency, rates=rates)
        query = "SELECT ({accounts}) AND ({contacts}) FROM account a, contact c WHERE a.id = %(a)s AND c.id = %(c)s"
        bound = parameters | {"a": account.id, "c": contact.id}
        row = driver(session).execute(query.format(accounts=accounts, contacts=contacts).encode(), bound).fetchone()
        if row is None or not row[0]:
            yield sentence


def _parts(audience: Audience, contact: Contact, account: Account, currency: str) -> Iterator[tuple[Audience, str]]:
    """Yield each filter alone, with the sentence for whom it leaves out."""
    for name, values in audience.account.items():
        yield Audience(account={name: values}), _leaves_out("account", name, values, account)
    for name, values in audience.contact.items():
        yield Audience(contact={name: values}), _leaves_out("contact", name, values, contact)
    if audience.value_from is not None or audience.value_to is not None:
        bounds = (
            f"from {money(audience.value_from, currency)}" if audience.value_from is not None else "",
            f"up to {money(audience.value_to, currency)}" if audience.value_to is not None else "",
        )
        here = worth(account.annual_value, account.currency) if account.annual_value is not None else "unknown"
        asks = " ".join(filter(None, bounds))
        yield (
            Audience(value_from=audience.value_from, value_to=audience.value_to),
            f"Annual value is {here}, not {asks}",
        )


def _leaves_out(side: str, name: str, values: Sequence[str], of: Account | Contact) -> str:
    known = {**FIELDS, **ALSO_KNOWN}
    label = attribute_label(name) if name.startswith(ATTRIBUTE) else known.get((side, name), name.replace("_", " "))
    found = of.attributes.get(name.removeprefix(ATTRIBUTE)) if name.startswith(ATTRIBUTE) else getattr(of, name)
    wanted = [_in_words(name, value) for value in values[:SHOWN_VALUES]]
    more = f" or {len(values) - SHOWN_VALUES} others" if len(values) > SHOWN_VALUES else ""
    return f"{label} is {_in_words(name, found)}, not {' or '.join(wanted)}{more}"


def _in_words(name: str, value: object) -> str:
    if value in (None, ""):
        return "empty"
    return level_name(str(value)) if name == "level" else f"«{value}»"
