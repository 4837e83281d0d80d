"""Deed that plans a wave: streams the roster through the sampling rules and freezes what they decide.

One transaction holds it all. A crash leaves the wave a draft with nothing written, so planning again starts clean; a
second planner waits at the wave's lock and then finds it planned. Memory does not grow with the roster: accounts are
decided one at a time and copied in by blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.campaigns.audience import Audience
from app.campaigns.closures import closures
from app.campaigns.creating import quota_from_json
from app.campaigns.freezing import FrozenPlan, Totals
from app.campaigns.house_rules import house_rules
from app.campaigns.models import Campaign, Wave, WaveState
from app.campaigns.occasions import Dated, dated_accounts, note_days
from app.campaigns.segment_quotas import Quotas
from app.core import audit
from app.core.db import driver, raw_connection, transaction
from app.core.errors import NotFound, Refused
from app.sampling.eligibility import ContactRules, Person
from app.sampling.quota import in_currency
from app.sampling.sample import AccountSample, Terms, sample_account

Progress = Callable[[int, int], None]
"""Called with the accounts decided so far and in all."""

ROWS_A_FETCH = 5_000
PROGRESS_EVERY = 500
MOST_MONEY = Decimal(10) ** 18

_ROSTER = """
    WITH shared AS (
        SELECT email_key, min(external_id) AS keeper, max(last_invited_on) AS last_invited_on,
               max(last_transactional_on) AS last_transactional_on
        FROM contact WHERE email_key IS NOT NULL GROUP BY email_key HAVING count(*) > 1
    ), no AS (
        SELECT n.email_key, bool_or(n.reason = 'unsubscribed') AS said_no
        FROM suppression n
        WHERE n.scope = '*' OR n.scope = (
            SELECT b.key FROM wave w JOIN survey_version v ON v.id = w.survey_version_id
            JOIN brand b ON b.id = coalesce(w.brand_id, v.brand_id)
              OR (coalesce(w.brand_id, v.brand_id) IS NULL AND b.is_default) WHERE w.id = %(wave_id)s)
        GROUP BY n.email_key
    ), forgiven AS (
        SELECT email_key, max(granted_at)::date AS forgiven_on FROM rule_override GROUP BY email_key
    )
    SELECT a.id, a.annual_value, a.currency, a.status = 'active', {segment}, c.id,
           c.external_id, c.level,
           CASE WHEN c.status IN ('left', 'opted_out') OR n.said_no IS NULL THEN c.status::text
                WHEN n.said_no THEN 'opted_out' ELSE 'suppressed' END,
           c.department, c.engagement_score, greatest(c.last_invited_on, s.last_invited_on), c.unanswered, c.pinned,
           c.email_key IS NOT NULL, coalesce(s.keeper <> c.external_id, false),
           c.exclusion_reason, greatest(c.embargoed_until, a.embargoed_until), c.open_case,
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
    WHERE {accounts}
    ORDER BY a.id
"""
ROSTER = _ROSTER.format(accounts="true", contacts="true", segment="NULL::int").encode()
"""Everybody: what a campaign without an audience reads."""

_PERSON = slice(6, None)
_account_of = itemgetter(0)


def plan_wave(wave_id: int, *, actor: str, progress: Progress | None = None) -> Totals:
    """Decide every contact of every account of the audience for a draft wave, and write its invitations.

    Raises NotFound for an unknown wave and Refused for one that was planned before.
    """
    with transaction() as session:
        wave = _draft(session, wave_id)
        # One plan at a time: the snapshot of the next one has to hold the invitations of this one.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("plan_wave"))))
        accounts = session.scalar(select(func.count()).select_from(Account)) or 0
        if not accounts:
            raise Refused("There are no accounts to plan for. Bring them first, with: quorum import")
        campaign = session.get_one(Campaign, wave.campaign_id)
        rules = house_rules(session).stricter(campaign.rules)
        own = ContactRules(rules.relationship_days, rules.any_days)
        terms = Terms(wave.planned_for, wave.key, quota_from_json(wave.quota), own)
        dated = dated_accounts(session, wave, campaign, closures(session))
        with FrozenPlan(wave, driver(session)) as plan:
            for done, (account_id, sample, contact_ids) in enumerate(_samples(wave, terms, dated), start=1):
                plan.add(account_id, sample, contact_ids)
                if progress and done % PROGRESS_EVERY == 0:
                    progress(done, accounts)
        if progress:
            progress(accounts, accounts)
        if dated is not None:
            note_days(session, wave, dated)
        wave.state, wave.planned_at = WaveState.PLANNED, func.now()
        audit.record(session, actor=actor, deed="wave.planned", subject=f"wave {wave_id}", **asdict(plan.totals))
        return plan.totals


def _draft(session: Session, wave_id: int) -> Wave:
    wave = session.get(Wave, wave_id, with_for_update=True)
    if wave is None:
        raise NotFound(f"There is no wave {wave_id}.")
    if wave.state is not WaveState.DRAFT:
        raise Refused(f"«{wave.name}» was planned on {wave.planned_at:%d %B %Y}; a plan is never changed afterwards.")
    return wave


def _samples(
    wave: Wave, terms: Terms, dated: Sequence[Dated] | None
) -> Iterator[tuple[int, AccountSample, dict[str, int]]]:
    """Yield each account's id, sample and {contact's CRM id: contact id}, read in one snapshot."""
    rates = {code: Decimal(rate) for code, rate in wave.rates.items()}
    with raw_connection() as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        with reader.cursor() as cursor:
            quotas = Quotas.read(wave.quota, wave.segment_quotas)
            by_segment = {number: replace(terms, table=table) for number, table in quotas.numbered()}
            query, parameters = _roster(wave, rates, dated, quotas)
            roster = cursor.stream(query, parameters | {"today": terms.today, "wave_id": wave.id}, size=ROWS_A_FETCH)
            for account_id, rows in groupby(roster, key=_account_of):
                yield _sample(account_id, list(rows), wave.currency, rates, by_segment)


def _roster(
    wave: Wave, rates: Mapping[str, Decimal], dated: Sequence[Dated] | None, quotas: Quotas
) -> tuple[bytes, dict[str, Any]]:
    """Return the query of a wave's roster: its audience, and of that only whose day has come where accounts set it."""
    audience = Audience.read(wave.audience)
    accounts, contacts, parameters = audience.condition(currency=wave.currency, rates=rates)
    if dated is not None:
        accounts += " AND a.id = ANY(%(asked)s::bigint[])"
        parameters["asked"] = [one.account_id for one in dated if one.due_on is not None]
    segment = quotas.number_sql(parameters)
    return _ROSTER.format(accounts=accounts, contacts=contacts, segment=segment).encode(), parameters


def _sample(
    account_id: int,
    rows: list[tuple[Any, ...]],
    currency: str,
    rates: dict[str, Decimal],
    by_segment: Mapping[int | None, Terms],
) -> tuple[int, AccountSample, dict[str, int]]:
    _, value, account_currency, active, segment, first_contact, *_ = rows[0]
    people = [] if first_contact is None else [Person._make(row[_PERSON]) for row in rows]
    worth = in_currency(value, account_currency, currency, rates)
    if worth is not None and abs(worth) >= MOST_MONEY:
        worth = None  # more than anybody's account is worth, and than the frozen figure can hold
    contact_ids = {row[6]: row[5] for row in rows}
    return account_id, sample_account(worth, people, by_segment[segment], active=active), contact_ids
