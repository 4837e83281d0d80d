"""A plan tried on two files: decides in memory what `planning` decides in the database, contact for contact. No I/O.

A file knows no open invitations and no suppression list, so nobody is held back by either here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import NamedTuple

from app.accounts.models import AccountStatus
from app.accounts.roster import Roster
from app.accounts.rows import AccountRow, ContactRow, RowFault
from app.sampling.eligibility import Person, Reason
from app.sampling.quota import in_currency
from app.sampling.sample import AccountSample, Terms, sample_account
from app.sampling.selection import LEVELS, UNKNOWN

DEFAULT_CURRENCY = "USD"
PROGRESS_EVERY = 500

Progress = Callable[[int, int], None]
"""Called with the accounts decided so far and in all."""

_by_id = attrgetter("external_id")


class TrialAccount(NamedTuple):
    """One account of the trial; `contacts` and the sample's decisions are both in the order of the contacts' ids."""

    account: AccountRow
    contacts: list[ContactRow]
    sample: AccountSample


@dataclass(frozen=True)
class TrialTotals:
    """What a trial comes to.

    `required` adds up the known quotas. `unknown_values` counts the active accounts whose value nobody knows, and
    `missing_rates` those among them whose value is known in another currency, by that currency. `without_currency`
    counts the accounts whose value was taken to be in the currency of the wave, because they do not name one.
    """

    accounts: int
    contacts: int
    required: int
    chosen: int
    chosen_by_level: dict[str, int]
    excluded: int
    excluded_by_reason: dict[str, int]
    shortage: int
    accounts_with_shortage: int
    unknown_values: int
    currency: str
    missing_rates: dict[str, int]
    without_currency: int
    rejected_rows: int
    noted_rows: int


@dataclass(frozen=True)
class TrialPlan:
    """Every account, in the order of the ids, with every decision; and what the files had to be refused."""

    terms: Terms
    currency: str
    accounts: list[TrialAccount]
    rejected: list[RowFault]
    noted: list[RowFault]

    @cached_property
    def totals(self) -> TrialTotals:
        """The whole plan in figures."""
        return _totals(self)


def try_plan(
    roster: Roster, terms: Terms, currency: str, rates: Mapping[str, Decimal], progress: Progress | None = None
) -> TrialPlan:
    """Decide every contact of the roster; `rates` say how much of `currency` one unit of another one is worth."""
    mailboxes = _mailboxes(roster.contacts.values())
    accounts = []
    for done, account in enumerate(sorted(roster.accounts, key=_by_id), start=1):
        contacts = sorted(roster.contacts[account.external_id], key=_by_id)
        accounts.append(_decided(account, contacts, mailboxes, terms, currency, rates))
        if progress and (done % PROGRESS_EVERY == 0 or done == len(roster.accounts)):
            progress(done, len(roster.accounts))
    return TrialPlan(terms, currency, accounts, roster.rejected, roster.noted)


def prevailing_currency(accounts: Iterable[AccountRow]) -> str:
    """Return the currency most accounts have; among equals the first by alphabet, without any US dollars."""
    counted = Counter(account.currency for account in accounts if account.currency is not None)
    return min(counted, key=lambda code: (-counted[code], code), default=DEFAULT_CURRENCY)


class Mailbox(NamedTuple):
    """One address: the lowest id of the contacts that share it, and when any of them was asked last."""

    keeper: str
    last_invited_on: date | None


def _mailboxes(rosters: Iterable[list[ContactRow]]) -> dict[str, Mailbox]:
    found: dict[str, Mailbox] = {}
    for contacts in rosters:
        for contact in contacts:
            key, id = contact.email_key, contact.external_id
            if key is not None:
                known = found.get(key, Mailbox(id, None))
                found[key] = Mailbox(min(known.keeper, id), _later(known.last_invited_on, contact.last_invited_on))
    return found


def _decided(
    account: AccountRow,
    contacts: list[ContactRow],
    mailboxes: Mapping[str, Mailbox],
    terms: Terms,
    currency: str,
    rates: Mapping[str, Decimal],
) -> TrialAccount:
    worth = in_currency(account.annual_value, account.currency, currency, rates)
    people = [_person(contact, account, mailboxes) for contact in contacts]
    sample = sample_account(worth, people, terms, active=account.status is AccountStatus.ACTIVE)
    sample.decisions.sort(key=itemgetter(0))
    return TrialAccount(account, contacts, sample)


def _person(contact: ContactRow, account: AccountRow, mailboxes: Mapping[str, Mailbox]) -> Person:
    mailbox = mailboxes.get(contact.email_key or "")
    return Person(
        id=contact.external_id,
        level=contact.level or UNKNOWN,
        status=contact.status or "active",
        department=contact.department,
        engagement=contact.engagement_score,
        last_invited_on=mailbox.last_invited_on if mailbox else contact.last_invited_on,
        unanswered=contact.unanswered or 0,
        pinned=bool(contact.pinned),
        deliverable=mailbox is not None,
        duplicate=mailbox is not None and mailbox.keeper != contact.external_id,
        exclusion_reason=contact.exclusion_reason,
        embargoed_until=_later(contact.embargoed_until, account.embargoed_until),
        open_case=bool(contact.open_case),
    )


def _later(one: date | None, other: date | None) -> date | None:
    return max(filter(None, (one, other)), default=None)


def _totals(plan: TrialPlan) -> TrialTotals:
    decisions = [decision for account in plan.accounts for decision in account.sample.decisions]
    reasons = Counter(decision.reason for decision in decisions)
    chosen = Counter(decision.level for decision in decisions if decision.seat is not None)
    shortages = [account.sample.split.shortage for account in plan.accounts]
    unknown = [account.account for account in plan.accounts if account.sample.required is None]
    rateless = Counter(account.currency for account in unknown if account.annual_value is not None)
    return TrialTotals(
        accounts=len(plan.accounts),
        contacts=len(decisions),
        required=sum(account.sample.required or 0 for account in plan.accounts),
        chosen=chosen.total(),
        chosen_by_level={level: chosen[level] for level in (*LEVELS, UNKNOWN)},
        excluded=len(decisions) - chosen.total(),
        excluded_by_reason={reason: reasons[reason] for reason in Reason},
        shortage=sum(shortages),
        accounts_with_shortage=sum(map(bool, shortages)),
        unknown_values=len(unknown),
        currency=plan.currency,
        missing_rates={str(code): rateless[code] for code in sorted(map(str, rateless))},
        without_currency=sum(_has_bare_value(account.account) for account in plan.accounts),
        rejected_rows=len(plan.rejected),
        noted_rows=len(plan.noted),
    )


def _has_bare_value(account: AccountRow) -> bool:
    return account.annual_value is not None and account.currency is None
