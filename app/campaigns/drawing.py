"""Draws the samples of a wave: streams its roster through the sampling rules, account by account. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.campaigns.audience import Audience
from app.campaigns.closures import closures
from app.campaigns.creating import quota_from_json
from app.campaigns.house_rules import house_rules
from app.campaigns.models import Campaign, Wave
from app.campaigns.occasions import Dated, dated_accounts
from app.campaigns.segment_quotas import Quotas
from app.core.db import driver, raw_connection
from app.sampling.eligibility import ContactRules, Person, Reason
from app.sampling.quota import Split, in_currency
from app.sampling.sample import AccountSample, Terms, sample_account

ROWS_A_FETCH = 5_000
MOST_MONEY = Decimal(10) ** 18

# Where only some accounts are drawn, only their mailboxes are looked at.
_OF_THESE = "email_key IN (SELECT o.email_key FROM contact o WHERE o.account_id = ANY(%(only)s::bigint[]))"
_ROSTER = """
    WITH shared AS (
        SELECT email_key, min(external_id) AS keeper, max(last_invited_on) AS last_invited_on,
               max(last_transactional_on) AS last_transactional_on
        FROM contact WHERE email_key IS NOT NULL AND {mailboxes} GROUP BY email_key HAVING count(*) > 1
    ), no AS (
        SELECT n.email_key, bool_or(n.reason = 'unsubscribed') AS said_no
        FROM suppression n
        WHERE {mailboxes} AND (n.scope = '*' OR n.scope = (
            SELECT b.key FROM wave w JOIN survey_version v ON v.id = w.survey_version_id
            JOIN brand b ON b.id = coalesce(w.brand_id, v.brand_id)
              OR (coalesce(w.brand_id, v.brand_id) IS NULL AND b.is_default) WHERE w.id = %(wave_id)s))
        GROUP BY n.email_key
    ), forgiven AS (
        SELECT email_key, max(granted_at)::date AS forgiven_on FROM rule_override WHERE {mailboxes} GROUP BY email_key
    )
    SELECT a.id, a.annual_value, a.currency, a.status = 'active', {segment}, c.id,
           c.external_id, c.level,
           CASE WHEN c.status IN ('left', 'opted_out') OR n.said_no IS NULL THEN c.status::text
                WHEN n.said_no THEN 'opted_out' ELSE 'suppressed' END,
           c.department, c.engagement_score, greatest(c.last_invited_on, s.last_invited_on), c.unanswered,
           c.pinned OR coalesce(h.act = 'pin', false),
           c.email_key IS NOT NULL, coalesce(s.keeper <> c.external_id, false),
           coalesce(c.exclusion_reason, CASE WHEN h.act = 'exclude' THEN h.reason END),
           greatest(c.embargoed_until, a.embargoed_until), c.open_case,
           EXISTS (SELECT FROM invitation i JOIN wave w ON w.id = i.wave_id
                   JOIN campaign g ON g.id = w.campaign_id AND g.kind = 'relationship'
                   WHERE i.contact_id = c.id AND i.closes_on >= %(today)s
                     AND w.state IN ('planned', 'running', 'paused')
                     AND i.completed_at IS NULL AND i.refused_at IS NULL),
           greatest(c.last_transactional_on, s.last_transactional_on), f.forgiven_on
    FROM account a
    LEFT JOIN contact c ON c.account_id = a.id AND {contacts}
    LEFT JOIN shared s ON s.email_key = c.email_key
    LEFT JOIN no n ON n.email_key = c.email_key
    LEFT JOIN forgiven f ON f.email_key = c.email_key
    LEFT JOIN hand_pick h ON h.contact_id = c.id AND h.wave_id = %(wave_id)s AND h.undone_at IS NULL
    WHERE {accounts}
    ORDER BY a.id
"""
_EVERYBODY = {"accounts": "true", "contacts": "true", "segment": "NULL::int", "mailboxes": "true"}
ROSTER = _ROSTER.format(**_EVERYBODY).encode()
"""Everybody: what a campaign without an audience reads."""

_PERSON = slice(6, None)
_account_of = itemgetter(0)


class Freed(NamedTuple):
    """What an account would have without the `excluded` people, of whom `missed` would then be asked."""

    excluded: int
    missed: int
    split: Split


class Drawn(NamedTuple):
    """One account decided; `contact_ids` leads from the CRM's id of each contact to ours."""

    account_id: int
    sample: AccountSample
    contact_ids: dict[str, int]
    freed: Freed | None


class Drawing:
    """All that decides a wave's samples, read once; `dated` is None where accounts do not set the day."""

    def __init__(self, session: Session, wave: Wave) -> None:
        campaign = session.get_one(Campaign, wave.campaign_id)
        rules = house_rules(session).stricter(campaign.rules)
        self.rules = ContactRules(rules.relationship_days, rules.any_days)
        terms = Terms(wave.planned_for, wave.key, quota_from_json(wave.quota), self.rules)
        quotas = Quotas.read(wave.quota, wave.segment_quotas)
        self._rates = {code: Decimal(rate) for code, rate in wave.rates.items()}
        self._by_segment = {number: replace(terms, table=table) for number, table in quotas.numbered()}
        self._currency = wave.currency
        self._session = session
        self.dated: list[Dated] | None = dated_accounts(session, wave, campaign, closures(session))
        self._clauses, self._parameters = self._roster(wave, quotas)

    def all(self) -> Iterator[Drawn]:
        """Yield the accounts of the audience in the order of their ids, from one snapshot of its own."""
        with raw_connection() as reader:
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            with reader.cursor() as cursor:
                query = _ROSTER.format(**self._clauses).encode()
                yield from self._drawn(cursor.stream(query, self._parameters, size=ROWS_A_FETCH))

    def only(self, account_ids: Sequence[int]) -> Iterator[Drawn]:
        """Yield some accounts, as far as they are in the audience, as the caller's transaction sees them."""
        clauses = self._clauses | {
            "accounts": f"{self._clauses['accounts']} AND a.id = ANY(%(only)s::bigint[])",
            "mailboxes": _OF_THESE,
        }
        query = _ROSTER.format(**clauses).encode()
        rows = driver(self._session).execute(query, self._parameters | {"only": list(account_ids)}).fetchall()
        yield from self._drawn(rows)

    def _roster(self, wave: Wave, quotas: Quotas) -> tuple[dict[str, str], dict[str, Any]]:
        """Return the clauses of the wave's roster and what they bind: its audience, and of that whose day has come."""
        audience = Audience.read(wave.audience)
        accounts, contacts, parameters = audience.condition(currency=wave.currency, rates=self._rates)
        if self.dated is not None:
            accounts += " AND a.id = ANY(%(asked)s::bigint[])"
            parameters["asked"] = [one.account_id for one in self.dated if one.due_on is not None]
        clauses = {"accounts": accounts, "contacts": contacts, "segment": quotas.number_sql(parameters)}
        return clauses | {"mailboxes": "true"}, parameters | {"today": wave.planned_for, "wave_id": wave.id}

    def _drawn(self, roster: Iterable[tuple[Any, ...]]) -> Iterator[Drawn]:
        for account_id, rows in groupby(roster, key=_account_of):
            yield self._sample(account_id, list(rows))

    def _sample(self, account_id: int, rows: list[tuple[Any, ...]]) -> Drawn:
        _, value, currency, active, segment, first_contact, *_ = rows[0]
        people = [] if first_contact is None else [Person._make(row[_PERSON]) for row in rows]
        worth = in_currency(value, currency, self._currency, self._rates)
        if worth is not None and abs(worth) >= MOST_MONEY:
            worth = None  # more than anybody's account is worth, and than the frozen figure can hold
        terms = self._by_segment[segment]
        sample = sample_account(worth, people, terms, active=active)
        freed = None
        if any(person.exclusion_reason for person in people):
            freed = _freed(sample, people, terms, active)
        return Drawn(account_id, sample, {row[6]: row[5] for row in rows}, freed)


def _freed(sample: AccountSample, people: Sequence[Person], terms: Terms, active: bool) -> Freed | None:
    """Return what the account would have if nobody had been excluded by hand; None when that is why nobody is."""
    excluded = {one.contact_id for one in sample.decisions if one.reason is Reason.EXCLUDED_BY_MANAGER}
    if not excluded:
        return None
    free = [person._replace(exclusion_reason=None) for person in people]
    other = sample_account(sample.annual_value, free, terms, active=active)
    missed = sum(one.seat is not None and one.contact_id in excluded for one in other.decisions)
    return Freed(len(excluded), missed, other.split)


def asked(drawn: Drawn) -> Mapping[int, str]:
    """Return who is asked, with their level."""
    return {drawn.contact_ids[one.contact_id]: one.level for one in drawn.sample.decisions if one.seat is not None}
