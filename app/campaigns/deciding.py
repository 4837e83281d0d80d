"""Reads the recorded decisions of a wave, and says them in words; which ones to show is found by `browsing`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.browsing import CHOSEN, EXCLUDED, Key, Wanted, account_condition, said, search_parameters
from app.sampling.eligibility import Reason
from app.sampling.sample import Seat

DECISION_COLUMNS = (
    *("account_id", "account", "contact_id", "first_name", "last_name", "email", "department", "level"),
    *("decision", "reason", "rank"),
)

REASON_COLUMNS = (*DECISION_COLUMNS, "why")

WORDS: Mapping[str, str] = {
    Seat.LEVEL: "takes a seat of this level",
    Seat.POOLED: "takes a seat another level could not fill",
    Seat.OPEN: "level unknown; takes a seat nobody else could",
    Reason.ACCOUNT_INACTIVE: "the account is not active",
    Reason.CONTACT_LEFT: "has left the company",
    Reason.OPTED_OUT: "does not want mail",
    Reason.SUPPRESSED: "mail bounced or was complained about",
    Reason.INVALID_EMAIL: "has no address mail can be sent to",
    Reason.DUPLICATE_EMAIL: "shares the address of another contact, who is kept",
    Reason.EXCLUDED_BY_MANAGER: "excluded by the account manager",
    Reason.EMBARGOED: "under an embargo",
    Reason.OPEN_CASE: "has an open case",
    Reason.OPEN_INVITATION: "has an invitation that is still open",
    Reason.CONTACTED_RECENTLY: "was asked too short a time ago",
    Reason.NOT_NEEDED: "may be asked, but the seats are taken",
}
"""Every reason in words: the seat of a chosen contact, or why one is not asked."""

_STREAM = """
    SELECT a.external_id, a.name, c.external_id, c.first_name, c.last_name, c.email, c.department, d.level,
           CASE WHEN d.seat IS NULL THEN 'excluded' ELSE 'chosen' END, coalesce(d.seat::text, d.reason::text), d.rank,
           {detail}
    FROM decision d
    LEFT JOIN account a ON a.id = d.account_id
    LEFT JOIN contact c ON c.id = d.contact_id
    LEFT JOIN hand_pick h ON h.contact_id = d.contact_id AND h.wave_id = d.wave_id AND h.undone_at IS NULL
    WHERE d.wave_id = :wave_id AND {wanted}
    ORDER BY a.external_id, d.level, d.rank NULLS LAST, c.external_id
"""
_DETAIL = "CASE WHEN d.reason = 'excluded_by_manager' THEN coalesce(c.exclusion_reason, h.reason) END AS detail"
_SEARCHED = """
    (d.contact_id IN (SELECT c.id FROM contact c WHERE {said} OR c.external_id = :search)
     OR d.account_id IN (SELECT s.id FROM account s WHERE s.name ILIKE :like OR s.external_id = :search))
"""
_ROWS = text(
    f"""
    SELECT d.contact_id, d.account_id, a.name AS account, c.external_id, c.first_name, c.last_name, c.email,
           c.job_title, c.department, d.level, d.seat, d.reason, d.rank, {_DETAIL},
           coalesce(c.pinned, false) OR coalesce(h.act = 'pin', false) AS pinned
    FROM unnest(CAST(:accounts AS bigint[]), CAST(:contacts AS bigint[])) AS k(account_id, contact_id)
    JOIN decision d ON d.wave_id = :wave_id AND d.account_id = k.account_id AND d.contact_id = k.contact_id
    LEFT JOIN account a ON a.id = d.account_id
    LEFT JOIN contact c ON c.id = d.contact_id
    LEFT JOIN hand_pick h ON h.contact_id = d.contact_id AND h.wave_id = d.wave_id AND h.undone_at IS NULL
    ORDER BY d.account_id, d.level, d.rank NULLS LAST, d.contact_id
    """
)


def stream_decisions(session: Session, wave_id: int, wanted: Wanted | None = None) -> Iterator[tuple[Any, ...]]:
    """Yield decisions of a wave as rows of `DECISION_COLUMNS`, in account order, without holding them."""
    for row in _streamed(session, wanted or Wanted(wave_id)):
        yield tuple(row)[:-1]


def stream_reasons(session: Session, wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    """Yield the decisions that are wanted as rows of `REASON_COLUMNS`."""
    for row in _streamed(session, wanted):
        *cells, detail = row
        yield (*cells, in_words(cells[DECISION_COLUMNS.index("reason")], detail))


def _streamed(session: Session, wanted: Wanted) -> Iterator[Any]:
    accounts, given = account_condition(wanted)
    conditions = [accounts]
    given |= {"wave_id": wanted.wave_id}
    if wanted.level:
        conditions.append("d.level::text = :level")
        given["level"] = wanted.level
    if wanted.reason in (CHOSEN, EXCLUDED):
        conditions.append("d.seat IS NOT NULL" if wanted.reason == CHOSEN else "d.seat IS NULL")
    elif wanted.reason:
        conditions.append("coalesce(d.seat::text, d.reason::text) = :reason")
        given["reason"] = wanted.reason
    if wanted.search:
        conditions.append(_SEARCHED.format(said=said(wanted.search)))
        given |= search_parameters(wanted.search)
    query = text(_STREAM.format(detail=_DETAIL, wanted=" AND ".join(conditions)))
    bound = {name: value for name, value in given.items() if f":{name}" in query.text}
    options = {"stream_results": True, "yield_per": 2_000}
    yield from session.execute(query, bound, execution_options=options)


def decisions_at(session: Session, wave_id: int, keys: Sequence[Key]) -> list[dict[str, Any]]:
    """Return the decisions at these places, by account, level and rank, with the names of people and accounts."""
    accounts, contacts = [key.account_id for key in keys], [key.contact_id for key in keys]
    given = {"wave_id": wave_id, "accounts": accounts, "contacts": contacts}
    return [dict(row) for row in session.execute(_ROWS, given).mappings()]


def in_words(outcome: str, detail: str | None = None) -> str:
    """Say a seat or a reason in words, with what somebody wrote about it."""
    return f"{WORDS[outcome]}: {detail}" if detail else WORDS[outcome]


def person_name(row: Mapping[str, Any]) -> str:
    """Name a person as the CRM does, or what is left of them."""
    return " ".join(filter(None, (row["first_name"], row["last_name"]))) or row["external_id"] or "deleted contact"
