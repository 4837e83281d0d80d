"""Quota tables tried on the real accounts: what each asks for, whom there is to ask, what two tables differ in.

All of it is counted in the database; what is counted are the pure rules of `sampling`, and a test holds the two
together. Nobody is decided here: who was asked recently, or has an invitation open, still counts as somebody to ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from app.accounts.buckets import Buckets
from app.campaigns.audience import EVERYBODY, Audience
from app.campaigns.segment_quotas import Quotas
from app.core.db import driver
from app.sampling.quota import Levels, QuotaTable, split

PER_PAGE = 50

# One row per account: what it is worth in the wave's currency, what each table asks for, and whom there is to ask.
_TRIED = """
    supply AS (
        SELECT c.account_id, count(*) AS people,
               count(*) FILTER (WHERE c.level = 'decision_maker') AS decision_maker,
               count(*) FILTER (WHERE c.level = 'influencer') AS influencer,
               count(*) FILTER (WHERE c.level = 'user') AS "user"
        FROM contact c
        WHERE c.status = 'active' AND c.email_key IS NOT NULL AND c.exclusion_reason IS NULL AND NOT c.open_case
          AND (c.embargoed_until IS NULL OR c.embargoed_until < %(today)s) AND c.id <> ALL(%(doubles)s)
          AND NOT EXISTS (SELECT FROM suppression s WHERE s.email_key = c.email_key AND s.scope = '*')
          AND ({contacts})
        GROUP BY c.account_id
    ), worth AS MATERIALIZED (
        SELECT a.id, a.embargoed_until, {segments}, CASE WHEN abs(v.worth) < 1e18 THEN v.worth END AS worth
        FROM account a
        LEFT JOIN unnest(%(rated)s::text[], %(rates)s::numeric[]) AS r(code, rate) ON r.code = a.currency
        CROSS JOIN LATERAL (SELECT {value} * CASE WHEN a.currency <> %(currency)s THEN r.rate ELSE 1 END AS worth) v
        WHERE a.status = 'active' AND ({accounts})
    ), tried AS MATERIALIZED (
        SELECT w.id, w.worth, {required}, p.*
        FROM worth w
        {tables}
        LEFT JOIN supply s ON s.account_id = w.id AND (w.embargoed_until IS NULL OR w.embargoed_until < %(today)s)
        CROSS JOIN LATERAL (SELECT coalesce(s.people, 0) AS people, coalesce(s.decision_maker, 0) AS decision_maker,
                                   coalesce(s.influencer, 0) AS influencer, coalesce(s."user", 0) AS "user") p
    )
"""
# First which addresses several people share, from the index alone; they are few, and only then their people.
_SHARED = """
    SELECT array_agg(email_key) FROM (
        SELECT email_key FROM contact WHERE email_key IS NOT NULL GROUP BY email_key HAVING count(*) > 1
    ) shared
"""
_DOUBLES = """
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY email_key ORDER BY external_id) AS place
        FROM contact WHERE email_key = ANY(%s)
    ) numbered WHERE place > 1
"""
# Whole units are looked up; what is worth less than one asks one person, and so does what lies below the first row.
_REQUIRED = """
    CASE WHEN w.worth IS NULL THEN NULL WHEN w.worth < 1 THEN 1
         ELSE least({t}.cap, coalesce({t}.people[width_bucket(floor(w.worth), {t}.bounds)], 1)) END AS required_{t}
"""
_TABLE = """
    JOIN jsonb_to_recordset(%(table_{t})s) AS {t}(number int, bounds numeric[], people int[], cap int)
      ON {t}.number IS NOT DISTINCT FROM w.segment_{t}
"""
# An account of unknown value asks one person. Targets: an even split, its remainder to decision makers first.
SPLIT = """
    SELECT t.*, n.wanted, n.wanted / 3 + (n.wanted %% 3 > 0)::int AS target_decision_maker,
           n.wanted / 3 + (n.wanted %% 3 > 1)::int AS target_influencer, n.wanted / 3 AS target_user,
           least(n.wanted, t.people) AS seats
    FROM tried t CROSS JOIN LATERAL (SELECT coalesce(t.required_{t}, 1) AS wanted) n
"""
_HISTOGRAM = """
    SELECT required_a AS required, count(*) AS accounts, sum(wanted) AS wanted, sum(seats) AS seats,
           sum(people) AS people, count(*) FILTER (WHERE seats < wanted) AS accounts_short,
           sum(target_decision_maker) AS target_decision_maker, sum(target_influencer) AS target_influencer,
           sum(target_user) AS target_user,
           sum(greatest(target_decision_maker - decision_maker, 0)) AS missing_decision_maker,
           sum(greatest(target_influencer - influencer, 0)) AS missing_influencer,
           sum(greatest(target_user - "user", 0)) AS missing_user
    FROM split GROUP BY 1 ORDER BY 1 NULLS LAST
"""
_ACCOUNTS = """
    SELECT p.*, a.external_id, a.name, a.annual_value, a.currency
    FROM (
        SELECT *, count(*) OVER () AS total FROM split WHERE {only}
        ORDER BY worth DESC NULLS LAST, id LIMIT %(limit)s OFFSET %(offset)s
    ) p JOIN account a ON a.id = p.id ORDER BY p.worth DESC NULLS LAST, p.id
"""
_COMPARED = """
    SELECT count(*) AS accounts, sum(coalesce(required_a, 1)) AS wanted_a, sum(coalesce(required_b, 1)) AS wanted_b,
           sum(least(coalesce(required_a, 1), people)) AS seats_a,
           sum(least(coalesce(required_b, 1), people)) AS seats_b,
           count(*) FILTER (WHERE required_b > required_a) AS gaining,
           count(*) FILTER (WHERE required_b < required_a) AS losing,
           coalesce(sum(required_b - required_a) FILTER (WHERE required_b > required_a), 0) AS gained,
           coalesce(sum(required_a - required_b) FILTER (WHERE required_b < required_a), 0) AS lost
    FROM tried
"""
_DIFFERING = """
    SELECT p.*, a.external_id, a.name, a.annual_value, a.currency
    FROM (
        SELECT *, required_b - required_a AS change, count(*) OVER () AS total FROM tried WHERE {only}
        ORDER BY abs(required_b - required_a) DESC, worth DESC, id LIMIT %(limit)s OFFSET %(offset)s
    ) p JOIN account a ON a.id = p.id ORDER BY abs(p.change) DESC, p.worth DESC, p.id
"""

ONLY: Mapping[str, str] = {
    "all": "true",
    "short": "seats < wanted",
    "unknown": "required_a IS NULL",
    "no_decision_maker": "decision_maker < target_decision_maker",
    "no_influencer": "influencer < target_influencer",
    "no_user": '"user" < target_user',
}
"""Which accounts a table can be looked at for; a number instead is «that many people»."""

_BY_SUPPLY = ("short", "no_decision_maker", "no_influencer", "no_user")

CHANGES: Mapping[str, str] = {
    "all": "required_a <> required_b",
    "gaining": "required_b > required_a",
    "losing": "required_b < required_a",
}
"""Which accounts two tables can be compared on."""


@dataclass(frozen=True)
class Ground:
    """What tables are tried on; with `buckets` every value counts as the midpoint of its bucket, none as itself."""

    today: date
    currency: str
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    audience: Audience = EVERYBODY
    buckets: Buckets | None = None


@dataclass(frozen=True)
class Histogram:
    """How many accounts a table asks for how many people: one line for each number, that of unknown values last."""

    lines: Sequence[Mapping[str, Any]]

    def total(self, name: str) -> int:
        """Return a column summed over all lines."""
        return sum(int(line[name]) for line in self.lines)

    @property
    def unknown(self) -> int:
        """Return the accounts whose value nobody knows; each asks one person."""
        return sum(int(line["accounts"]) for line in self.lines if line["required"] is None)


@dataclass(frozen=True)
class AccountPage:
    """One page of accounts and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int
    page: int


def histogram(
    session: Session,
    quotas: Quotas,
    ground: Ground,
    *,
    among: Sequence[int] | None = None,
    shared_addresses: bool = True,
) -> Histogram:
    """Return what a table asks for, account by account counted together.

    With `among` only the accounts of these ids are looked at. Finding the people who share an address takes a look at
    everybody: without it they are counted as if each had one of their own.
    """
    tried = Tried(ground, {"a": quotas})
    bound: dict[str, Any] = {} if among is None else {"among": list(among)}
    query = f", split AS ({SPLIT.format(t='a')}) {_HISTOGRAM}"
    return Histogram(tried.rows(session, query, shared_addresses=shared_addresses, **bound))


def accounts(session: Session, quotas: Quotas, ground: Ground, *, only: str = "all", page: int = 1) -> AccountPage:
    """Return one page of accounts with `required_a`, targets and the people there are, the most valuable first."""
    tried, condition = Tried(ground, {"a": quotas}), ONLY.get(only, "true")
    if only.isascii() and only.isdecimal() and len(only) < 5:
        condition, tried.parameters["people"] = "required_a = %(people)s", int(only)
    query = f", split AS ({SPLIT.format(t='a')}) {_ACCOUNTS.format(only=condition)}"
    return _page(session, tried, query, page, by_supply=only in _BY_SUPPLY)


def compared(session: Session, a: Quotas, b: Quotas, ground: Ground) -> dict[str, int]:
    """Return the totals of two tables side by side, and how many accounts gain or lose seats from `a` to `b`."""
    [sums] = Tried(ground, {"a": a, "b": b}).rows(session, _COMPARED)
    return {name: int(value or 0) for name, value in sums.items()}


def differing(session: Session, a: Quotas, b: Quotas, ground: Ground, *, only: str, page: int) -> AccountPage:
    """Return one page of the accounts for which `b` asks another number than `a`, the largest change first."""
    query = _DIFFERING.format(only=CHANGES.get(only, CHANGES["all"]))
    return _page(session, Tried(ground, {"a": a, "b": b}), query, page, by_supply=False)


def supply_of(row: Mapping[str, Any]) -> Levels:
    """Return how many people there are to ask on each level of an account in a page."""
    return Levels(row["decision_maker"], row["influencer"], row["user"])


def seats_of(row: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return the seats of each level of an account for the glyph: to be asked, and with nobody to ask."""
    supply = supply_of(row)
    parted = split(row["wanted"], supply, row["people"] - sum(supply))
    return {
        level: {"asked": taken, "nobody": max(row[f"target_{level}"] - taken, 0), "target": row[f"target_{level}"]}
        for level, taken in zip(supply._fields, parted.seats, strict=True)
    }


class Tried:
    """The query up to `tried`, with `required_a` and so on, and what it binds."""

    def __init__(self, ground: Ground, quotas: Mapping[str, Quotas]) -> None:
        audience = ground.audience.condition(currency=ground.currency, rates=ground.rates)
        self._accounts, self._contacts, self.parameters = audience
        self.parameters |= {
            "today": ground.today,
            "currency": ground.currency,
            "rated": list(ground.rates),
            "rates": [str(rate) for rate in ground.rates.values()],
        }
        self._parts = {
            "segments": ", ".join(
                f"{each.number_sql(self.parameters, name=t)} AS segment_{t}" for t, each in quotas.items()
            ),
            "value": _value(ground.buckets, self.parameters),
            "required": ", ".join(_REQUIRED.format(t=t) for t in quotas),
            "tables": " ".join(_TABLE.format(t=t) for t in quotas),
        }
        for t, each in quotas.items():
            self.parameters[f"table_{t}"] = Jsonb([_as_record(number, table) for number, table in each.numbered()])

    def rows(
        self, session: Session, query: str, *, supply: bool = True, shared_addresses: bool = True, **bound: Any
    ) -> list[dict[str, Any]]:
        """Return what `query` makes of the accounts; without `supply` none has anybody, which takes no time.

        With `among` only the accounts of these ids are looked at.
        """
        accounts, contacts = self._accounts, self._contacts if supply else "false"
        if "among" in bound:
            accounts += " AND a.id = ANY(%(among)s)"
            contacts += " AND c.account_id = ANY(%(among)s)"
        tried = _TRIED.format(accounts=accounts, contacts=contacts, **self._parts)
        with driver(session).cursor(row_factory=dict_row) as cursor:
            cursor.execute("SET LOCAL work_mem = '64MB'")  # sums over every contact stay in memory
            doubles = _doubles(session) if supply and shared_addresses else []
            parameters = self.parameters | bound | {"doubles": doubles}
            return cursor.execute(f"WITH {tried} {query}".encode(), parameters).fetchall()


def _as_record(number: int | None, table: QuotaTable) -> dict[str, Any]:
    bounds, people = zip(*table.rows, strict=True)
    return {"number": number, "bounds": [str(bound) for bound in bounds], "people": people, "cap": table.cap}


def _value(buckets: Buckets | None, parameters: dict[str, Any]) -> str:
    if buckets is None:
        return "a.annual_value"
    parameters |= {"bucket_bounds": list(buckets.bounds), "bucket_midpoints": buckets.midpoints()}
    return "(%(bucket_midpoints)s::numeric[])[width_bucket(a.annual_value, %(bucket_bounds)s::numeric[]) + 1]"


def _page(session: Session, tried: Tried, query: str, page: int, *, by_supply: bool) -> AccountPage:
    """Return a page; where the people there are do not decide what is on it, they are counted for its accounts only."""
    bounds: dict[str, Any] = {"limit": PER_PAGE, "offset": (max(page, 1) - 1) * PER_PAGE}
    found = tried.rows(session, query, supply=by_supply, **bounds)
    if not found and page > 1:
        return _page(session, tried, query, 1, by_supply=by_supply)
    total = found[0]["total"] if found else 0
    if found and not by_supply:
        found = tried.rows(session, query, limit=PER_PAGE, offset=0, among=[row["id"] for row in found])
    return AccountPage(found, total, page)


def _doubles(session: Session) -> list[int]:
    """Return the people who share the address of another one, who is kept: whose id of the CRM is lower.

    Found once in a session, which looks at one state of the database.
    """
    if "doubles" not in session.info:
        connection = driver(session)
        shared = connection.execute(_SHARED).fetchone()
        found = connection.execute(_DOUBLES, shared).fetchall() if shared and shared[0] else []
        session.info["doubles"] = [row[0] for row in found]
    doubles: list[int] = session.info["doubles"]
    return doubles
