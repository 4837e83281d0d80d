"""Finds the decisions of a plan page by page: by outcome, level, account, manager, country and search.

A page of a million decisions costs what its own rows cost: it begins behind the last row of the page before, and reads
along an index. Where no index leads to what is wanted, the accounts are gone through in their order, in growing steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.addresses import email_key
from app.campaigns.tallying import ALL_LEVELS, SEATS, Tally
from app.core.searching import contains, words
from app.sampling.eligibility import Reason
from app.sampling.sample import Seat

PER_PAGE = 50
COUNTED_TO = 1_000
FOUND_AT_MOST = 2_000
ACCOUNTS_AT_MOST = 200
FEW = 20_000
STEPS = (200, 2_000, 20_000)

CHOSEN, EXCLUDED = "chosen", "excluded"


class Key(NamedTuple):
    """The place of a decision in the order of all."""

    account_id: int
    contact_id: int


@dataclass(frozen=True)
class Wanted:
    """Which decisions; `reason` is a Reason, a Seat, `chosen`, `excluded` or empty for all, as are the others."""

    wave_id: int
    reason: str = ""
    level: str = ""
    search: str = ""
    account_id: int | None = None
    manager: str = ""
    country: str = ""

    @property
    def by_account(self) -> bool:
        """Return whether fields of accounts are asked for."""
        return self.account_id is not None or bool(self.manager or self.country)

    def kinds(self, counted: Tally) -> list[tuple[str, str, int]]:
        """Return the (level, seat or reason, people) of the plan that are wanted."""
        return [
            (level, outcome, people)
            for level, outcome, people in counted.kinds()
            if self.level in ("", level) and self._is_wanted(outcome)
        ]

    def _is_wanted(self, outcome: str) -> bool:
        chosen = outcome in SEATS
        return (
            self.reason in ("", outcome)
            or (self.reason == CHOSEN and chosen)
            or (self.reason == EXCLUDED and not chosen)
        )


class Found(NamedTuple):
    """Keys in their order, whether more follow in the direction that was looked in, and how many there are in all.

    `total` is None where nobody knows; unless `exact` there are more.
    """

    keys: list[Key]
    more: bool
    total: int | None
    exact: bool


# One reading along the index for each kind of decision; together they hold the next page.
_OF_KINDS = """
    SELECT d.account_id, d.contact_id FROM (
        SELECT d.account_id, d.contact_id
        FROM unnest(CAST(:seat_levels AS dmu_level[]), CAST(:seats AS seat[])) AS w(level, seat),
             LATERAL (SELECT account_id, contact_id FROM decision d
                      WHERE d.wave_id = :wave_id AND d.reason IS NULL AND d.seat = w.seat AND d.level = w.level
                        AND (d.account_id, d.contact_id) {beyond} (:account, :contact)
                      {along}) d
        UNION ALL
        SELECT d.account_id, d.contact_id
        FROM unnest(CAST(:reason_levels AS dmu_level[]), CAST(:reasons AS exclusion_reason[])) AS w(level, reason),
             LATERAL (SELECT account_id, contact_id FROM decision d
                      WHERE d.wave_id = :wave_id AND d.reason = w.reason AND d.seat IS NULL AND d.level = w.level
                        AND (d.account_id, d.contact_id) {beyond} (:account, :contact)
                      {along}) d
    ) d {fitting}
    ORDER BY d.account_id {way}, d.contact_id {way} LIMIT :most
"""
_ALONG = "ORDER BY reason {way}, seat {way}, level {way}, account_id {way}, contact_id {way} LIMIT :limit"
_ALL = """
    SELECT account_id, contact_id FROM decision d
    WHERE d.wave_id = :wave_id AND (d.account_id, d.contact_id) {beyond} (:account, :contact)
    ORDER BY wave_id {way}, account_id {way}, contact_id {way} LIMIT :most
"""
_KIND = """
    (d.level = ANY(CAST(:levels AS dmu_level[])) AND (d.seat = ANY(CAST(:seats AS seat[]))
                                                       OR d.reason = ANY(CAST(:reasons AS exclusion_reason[]))))
"""
_STEP = "SELECT a.id FROM account a WHERE a.id {beyond}= :account AND {accounts} ORDER BY a.id {way} LIMIT :step"
_OF_ACCOUNTS = """
    SELECT d.account_id, d.contact_id FROM decision d
    WHERE d.wave_id = :wave_id AND d.account_id = ANY(:step_accounts) AND {kind}
      AND (d.account_id, d.contact_id) {beyond} (:account, :contact)
    ORDER BY d.account_id {way}, d.contact_id {way} LIMIT :most
"""
# A merged account keeps its number in the plan.
_SEARCHED = """
    WITH people AS MATERIALIZED (
        (SELECT c.id, c.account_id FROM contact c WHERE {said} LIMIT :found)
        UNION SELECT c.id, c.account_id FROM contact c WHERE c.external_id = :search
    ), companies AS MATERIALIZED (
        SELECT a.id FROM account a WHERE a.name ILIKE :like OR a.external_id = :search LIMIT :companies
    ), found AS (
        SELECT d.account_id, d.contact_id, d.level, d.seat, d.reason FROM people p
        JOIN decision d ON d.wave_id = :wave_id AND d.account_id = p.account_id AND d.contact_id = p.id
        UNION
        SELECT d.account_id, d.contact_id, d.level, d.seat, d.reason FROM people p
        JOIN merged_account m ON m.account_id = p.account_id
        JOIN decision d ON d.wave_id = :wave_id AND d.account_id = m.old_id AND d.contact_id = p.id
        UNION
        SELECT d.account_id, d.contact_id, d.level, d.seat, d.reason FROM companies y
        JOIN decision d ON d.wave_id = :wave_id AND d.account_id = y.id
    )
    SELECT d.account_id, d.contact_id FROM found d {join}
    WHERE {kind} AND (d.account_id, d.contact_id) {beyond} (:account, :contact) AND {accounts}
    ORDER BY d.account_id {way}, d.contact_id {way} LIMIT :most
"""
_JOIN = "JOIN account a ON a.id = d.account_id"
_FIRST = Key(-1, -1)


def find(
    session: Session,
    wanted: Wanted,
    counted: Tally,
    *,
    after: Key | None = None,
    before: Key | None = None,
    most: int = PER_PAGE,
) -> Found:
    """Return up to `most` decisions behind one place, or ahead of another, in the order of accounts and contacts.

    How many there are is known on the first page, and wherever the plan has counted it.
    """
    known = not (wanted.by_account or wanted.search)
    first = after is None and before is None
    read = most if known or not first else max(COUNTED_TO, most)
    place = before if before is not None else after or _FIRST
    keys = [Key(*row) for row in _keys(session, wanted, counted, place, before is not None, read + 1)]
    total = sum(people for *_, people in wanted.kinds(counted)) if known else min(len(keys), read) if first else None
    shown = keys[:most]
    return Found(
        shown[::-1] if before is not None else shown, len(keys) > most, total, known or not first or len(keys) <= read
    )


def _keys(session: Session, wanted: Wanted, counted: Tally, place: Key, back: bool, most: int) -> Sequence[Any]:
    kinds = wanted.kinds(counted)
    if not kinds:
        return []
    accounts, given = account_condition(wanted)
    given |= {"wave_id": wanted.wave_id, "account": place.account_id, "contact": place.contact_id, "most": most}
    clauses = {"beyond": "<" if back else ">", "way": "DESC" if back else "ASC", "accounts": accounts, "kind": _KIND}
    if wanted.search:
        clauses["said"] = said(wanted.search)
        clauses["join"] = _JOIN if wanted.by_account else ""
        given |= search_parameters(wanted.search) | kind_parameters(kinds)
        return session.execute(text(_SEARCHED.format(**clauses)), given).all()
    if wanted.account_id is not None:
        given |= kind_parameters(kinds) | {"step_accounts": [wanted.account_id]}
        return session.execute(text(_OF_ACCOUNTS.format(**clauses)), given).all()
    if wanted.by_account and sum(people for *_, people in kinds) > FEW:
        return _in_steps(session, given | kind_parameters(kinds), clauses, most)
    if wanted.by_account or len(kinds) < len(counted.kinds()):
        given |= _streams(kinds) | {"limit": FEW if wanted.by_account else most}
        clauses["along"] = _ALONG.format(**clauses)
        clauses["fitting"] = f"{_JOIN} WHERE {accounts}" if wanted.by_account else ""
        return session.execute(text(_OF_KINDS.format(**clauses)), given).all()
    return session.execute(text(_ALL.format(**clauses)), given).all()


def _in_steps(session: Session, given: dict[str, Any], clauses: Mapping[str, str], most: int) -> list[Any]:
    """Go through the accounts that fit in their order until enough decisions are found."""
    found: list[Any] = []
    step_query, query = text(_STEP.format(**clauses)), text(_OF_ACCOUNTS.format(**clauses))
    account = given["account"]
    for step in _steps():
        ids = list(session.scalars(step_query, given | {"account": account, "step": step}))
        if not ids:
            break
        found.extend(session.execute(query, given | {"step_accounts": ids, "most": most - len(found)}))
        if len(found) >= most or len(ids) < step:
            break
        account = ids[-1] + (1 if clauses["way"] == "ASC" else -1)
    return found


def _steps() -> Iterator[int]:
    yield from STEPS
    while True:
        yield STEPS[-1]


def account_condition(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """Return what holds of accounts `a` as SQL, with its parameters."""
    conditions, parameters = [], dict[str, Any]()
    if wanted.account_id is not None:
        conditions.append("a.id = :only_account")
        parameters["only_account"] = wanted.account_id
    if wanted.manager:
        conditions.append("a.manager_name = :manager")
        parameters["manager"] = wanted.manager
    if wanted.country:
        conditions.append("a.country = :country")
        parameters["country"] = wanted.country
    return " AND ".join(conditions) or "true", parameters


def kind_parameters(kinds: Sequence[tuple[str, str, int]]) -> dict[str, list[str]]:
    """Return what `_KIND` binds. Wanted are levels and outcomes, each of all its kinds."""
    outcomes = {outcome for _, outcome, _ in kinds}
    return {
        "levels": sorted({level for level, *_ in kinds}),
        "seats": sorted(outcomes & set(SEATS)),
        "reasons": sorted(outcomes - set(SEATS)),
    }


def said(search: str) -> str:
    """Return what holds of contacts `c` who are looked for, as SQL: a whole address, else words of name and address."""
    if email_key(search) is not None:
        return "c.email_key = :email_key"
    return "c.search_words @@ to_tsquery('simple', :words)" if words(search) else "false"


def search_parameters(search: str) -> dict[str, Any]:
    """Return what a search for people and accounts binds."""
    return {
        "words": words(search),
        "email_key": email_key(search),
        "search": search,
        "like": contains(search),
        "found": FOUND_AT_MOST,
        "companies": ACCOUNTS_AT_MOST,
    }


def _streams(kinds: Sequence[tuple[str, str, int]]) -> dict[str, list[str]]:
    seated = [(level, outcome) for level, outcome, _ in kinds if outcome in SEATS]
    excluded = [(level, outcome) for level, outcome, _ in kinds if outcome not in SEATS]
    return {
        "seat_levels": [level for level, _ in seated],
        "seats": [seat for _, seat in seated],
        "reason_levels": [level for level, _ in excluded],
        "reasons": [reason for _, reason in excluded],
    }


def is_outcome(given: str) -> bool:
    """Tell whether this can stand for `Wanted.reason`."""
    return given in ("", CHOSEN, EXCLUDED, *Reason, *Seat)


def is_level(given: str) -> bool:
    """Tell whether this can stand for `Wanted.level`."""
    return given in ("", *ALL_LEVELS)
