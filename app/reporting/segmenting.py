"""A wave's figures side by side by segment, and whole waves and campaigns side by side; counted in the database.

Segments are those frozen on the invitations. Accounts fall whole into the groups of a dimension of accounts, also those
nobody could be asked of; other dimensions divide the people of one account: then an account is heard in a group by an
answer of that group, and only levels have a target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.core.errors import Refused
from app.reporting.anonymity import Anonymity
from app.reporting.cuts import DIMENSIONS, LEVEL, crossings, dimension_sql, of_accounts
from app.reporting.groups import Group, judged

MOST_VALUES = 2_000
"""More groups than these are no comparison, and a dimension of names would make a million of them."""

_WORTH = "greatest(annual_value, 0)"
_FIGURES = f"""
    count(*) FILTER (WHERE sent > 0) AS accounts, count(*) FILTER (WHERE answers > 0) AS accounts_heard,
    coalesce(sum(sent), 0) AS sent, coalesce(sum({_WORTH}) FILTER (WHERE {{counted}}), 0) AS revenue,
    coalesce(sum({_WORTH}) FILTER (WHERE {{counted}} AND answers > 0), 0) AS revenue_heard,
    count(*) FILTER (WHERE {{counted}} AND annual_value IS NULL) AS values_unknown
"""
_TARGETS = "coalesce(sum(wanted), 0) AS target, coalesce(sum(heard), 0) AS heard"
_NO_TARGETS = "0 AS target, 0 AS heard"

# The day's segments of accounts that nobody was asked of are not on any invitation: theirs are those of now.
_BY_ACCOUNT = f"""
    WITH asked AS (
        SELECT i.account_id, max({{frozen}}) AS value FROM invitation i
        WHERE i.wave_id = :wave_id AND i.turn = 1 GROUP BY 1
    )
    SELECT coalesce(k.value, {{now}}, '') AS value, {_FIGURES.format(counted="wanted > 0")}, {_TARGETS}
    FROM standing s LEFT JOIN asked k USING (account_id)
    LEFT JOIN merged_account m ON m.old_id = s.account_id
    LEFT JOIN (SELECT id, manager_name, industry, country, attributes FROM account) a
        ON a.id = coalesce(m.account_id, s.account_id)
    WHERE s.wave_id = :wave_id GROUP BY 1 LIMIT :most
"""
_BY_PERSON = f"""
    WITH asked AS (
        SELECT i.account_id, {{frozen}} AS value, count(i.sent_at) AS sent FROM invitation i
        WHERE i.wave_id = :wave_id GROUP BY 1, 2
    ), said AS (
        SELECT r.account_id, {{answered}} AS value, count(*) AS answers FROM response r
        WHERE r.wave_id = :wave_id AND r.verdict <> 'machine' GROUP BY 1, 2
    ), one AS (
        SELECT k.account_id, k.value, k.sent, coalesce(h.answers, 0) AS answers, f.annual_value
        FROM asked k LEFT JOIN said h USING (account_id, value)
        LEFT JOIN wave_account f ON f.wave_id = :wave_id AND f.account_id = k.account_id
    )
    SELECT value, {_FIGURES.format(counted="sent > 0")}, {_NO_TARGETS} FROM one GROUP BY 1 LIMIT :most
"""
_SCORES = """
    SELECT {answered} AS value, r.score, count(*) AS answers FROM response r
    WHERE r.wave_id = :wave_id AND r.verdict <> 'machine' GROUP BY 1, 2
"""
_LEVEL = f"""
    SELECT '{{level}}' AS value, {_FIGURES.format(counted="sent > 0")}, {{targets}}
    FROM (SELECT annual_value, sent_{{level}} AS sent, answers_{{level}} AS answers, {{columns}}
          FROM standing WHERE wave_id = :wave_id) s
"""
_OF_LEVEL = "target_{level} AS wanted, least(answers_{level}, target_{level}) AS heard"
_WAVES = f"""
    SELECT w.id AS value, {_FIGURES.format(counted="wanted > 0")}, {_TARGETS}
    FROM wave w JOIN standing s ON s.wave_id = w.id WHERE w.id = ANY(:wave_ids) GROUP BY 1
"""
_WAVE_SCORES = """
    SELECT r.wave_id AS value, r.score, count(*) AS answers FROM response r
    WHERE r.wave_id = ANY(:wave_ids) AND r.verdict <> 'machine' GROUP BY 1, 2
"""


def segments(session: Session, wave_id: int, dimension: str, metric: str, allowed: Anonymity) -> list[Group]:
    """Return the groups of a wave by a dimension, in no order; `standing` must be up to date.

    Raises Refused for a dimension of too many values, and for attributes of an anonymous survey: they could be names.
    """
    if not allowed.named and dimension not in DIMENSIONS:
        raise Refused(
            "Anonymous survey: its answers are not shown by attributes, which could tell people apart."
            f" Choose one of these: {', '.join(DIMENSIONS)}."
        )
    frozen, keys = dimension_sql(dimension, "i")
    answered, _ = dimension_sql(dimension, "r")
    values = {"wave_id": wave_id, "most": MOST_VALUES + 1, **keys}
    if dimension == LEVEL:
        statement = _BY_LEVEL
    elif of_accounts(dimension):
        statement = _BY_ACCOUNT.format(frozen=frozen, now=_now(dimension))
    else:
        statement = _BY_PERSON.format(frozen=frozen, answered=answered)
    rows = {row["value"]: dict(row) for row in session.execute(text(statement), values).mappings()}
    if len(rows) > MOST_VALUES:
        raise Refused(f"There are more than {MOST_VALUES:,} values, too many to stand side by side. Choose another.")
    scores = session.execute(text(_SCORES.format(answered=answered)), values).all()
    groups = _groups(rows, scores)
    if dimension == LEVEL:
        groups = sorted((group for group in groups if group.sent or group.target), key=_place)
    return judged(groups, metric, allowed, crossings(session, wave_id, dimension, allowed))


def _place(group: Group) -> int:
    return list(Level).index(Level(group.value))


def _level_sql(level: Level) -> str:
    if level is Level.UNKNOWN:
        return _LEVEL.format(level=level, targets=_NO_TARGETS, columns="0 AS wanted")
    return _LEVEL.format(level=level, targets=_TARGETS, columns=_OF_LEVEL.format(level=level))


_BY_LEVEL = " UNION ALL ".join(map(_level_sql, Level))
_COLUMNS = MappingProxyType({"manager": "a.manager_name", "industry": "a.industry", "account_country": "a.country"})


def _now(dimension: str) -> str:
    if "." in dimension:
        return "a.attributes ->> :dimension_key"
    return {"manager": "a.manager_name", "industry": "a.industry", "account_country": "a.country"}.get(
        dimension, "NULL"
    )


def waves_side_by_side(session: Session, waves: Mapping[int, tuple[str, Anonymity]]) -> dict[int, Group]:
    """Return whole waves as groups by their ids; `waves` are their metric and what may be shown of each."""
    values = {"wave_ids": list(waves)}
    rows = {
        str(row["value"]): {**row, "value": str(row["value"])}
        for row in session.execute(text(_WAVES), values).mappings()
    }
    scores = session.execute(text(_WAVE_SCORES), values).all()
    found = {int(group.value): group for group in _groups(rows, scores)}
    return {
        wave_id: judged([found.get(wave_id, Group(str(wave_id)))], metric, allowed)[0]
        for wave_id, (metric, allowed) in waves.items()
    }


def _groups(rows: Mapping[str, Mapping[str, Any]], scores: Iterable[Any]) -> list[Group]:
    said: dict[str, Counter[int]] = {}
    for row in scores:
        said.setdefault(str(row.value), Counter())[row.score] += row.answers
    groups = []
    for value in sorted({*rows, *said}):
        given = said.get(value, Counter())
        groups.append(Group(**{"value": value, **rows.get(value, {})}, answers=given.total(), scores=given))
    return groups


_KNOWN_ATTRIBUTES = text(
    """
    SELECT DISTINCT side || '.' || key AS dimension
    FROM (SELECT segments FROM invitation WHERE wave_id = :wave_id LIMIT 5000) i,
         (VALUES ('attributes'), ('person')) s (side), jsonb_object_keys(coalesce(i.segments -> side, '{}')) AS key
    ORDER BY 1 LIMIT 40
    """
)


def attributes_of(session: Session, wave_id: int) -> list[str]:
    """Return the attributes by which a wave can be cut, as far as its first invitations tell."""
    return list(session.scalars(_KNOWN_ATTRIBUTES, {"wave_id": wave_id}))
