"""Writes staged and judged rows into the tables of accounts, contacts and revenue, all rows of a file at once.

Only what the file has a column for is written. An empty cell clears what is stored, except a status, the day of the
last invitation and the count of unanswered ones. Whoever opted out stays so, the day of the last invitation never moves
backwards, and `unanswered` is taken only with a later invitation than the one we know of: sending and answering move
these, and an export is always older than they are.

«Suppressed» is said of an address: it puts the address on the suppression list, and whoever gets another one may be
asked again. A complaint or an unsubscription is the person's word and follows them to the new address.
"""

from __future__ import annotations

from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import sql

from app.accounts.kinds import Row
from app.accounts.records import Layout

TABLES = {"accounts": "account", "contacts": "contact", "revenue": "revenue_line", "activities": "activity"}


class Value(NamedTuple):
    """What a column gets in a new row, and in the stored row `k`; the row of the file is `s`, its verdict `v`."""

    new: sql.Composable
    stored: sql.Composable


def mark_changes(connection: psycopg.Connection[Any], layout: Layout[Row]) -> None:
    """Turn the deed of every row that differs from what is stored from `same` into `update`."""
    values = _values(layout)
    statement = sql.SQL(
        """UPDATE verdict v SET deed = 'update' FROM staged s, {table} k
           WHERE v.deed = 'same' AND s.line = v.line AND k.id = v.target
             AND ROW({columns}) IS DISTINCT FROM ROW({values})"""
    ).format(
        table=_table(layout),
        columns=_listed([sql.Identifier("k", column) for column in values]),
        values=_listed([value.stored for value in values.values()]),
    )
    connection.execute(statement, _parameters(layout))


def write(connection: psycopg.Connection[Any], layout: Layout[Row]) -> None:
    """Write every row whose deed is `create` or `update`."""
    values = _values(layout)
    parent = values.pop("parent_id", None)
    if "email_key" in layout.present:
        connection.execute(_FOLLOWING)
    connection.execute(_insertion(layout, values))
    connection.execute(_update(layout, values), _parameters(layout))
    if parent:
        connection.execute(_PARENTS)
    if layout.kind.name == "contacts":
        connection.execute(_CONDEMNED)


def _insertion(layout: Layout[Row], values: dict[str, Value]) -> sql.Composed:
    return sql.SQL(
        """INSERT INTO {table} ({columns}) SELECT {values} FROM staged s JOIN verdict v USING (line)
           WHERE v.deed = 'create'"""
    ).format(
        table=_table(layout),
        columns=_listed([sql.Identifier(column) for column in values]),
        values=_listed([value.new for value in values.values()]),
    )


def _update(layout: Layout[Row], values: dict[str, Value]) -> sql.Composed:
    pairs = [sql.SQL("{} = {}").format(sql.Identifier(column), value.stored) for column, value in values.items()]
    return sql.SQL(
        """UPDATE {table} k SET {pairs}, updated_at = now() FROM staged s JOIN verdict v USING (line)
           WHERE v.deed = 'update' AND k.id = v.target"""
    ).format(table=_table(layout), pairs=_listed(pairs))


def _values(layout: Layout[Row]) -> dict[str, Value]:
    own = _OWN[layout.kind.name]
    cells = {name: _cell(name) for name in sorted(layout.present - _ELSEWHERE)}
    attributes = (
        {"attributes": _ATTRIBUTES} if layout.columns.attributes and "attributes" in layout.kind.row._fields else {}
    )
    parent = {"parent_id": _PARENT} if "parent" in layout.present else {}
    present = layout.present | _ALWAYS | ({"status"} if "email_key" in layout.present else set())
    given = {name: value for name, value in own.items() if name in present}
    return cells | attributes | parent | given


def _value(new: LiteralString, stored: LiteralString | None = None) -> Value:
    return Value(sql.SQL(new), sql.SQL(stored or new))


def _cell(name: str) -> Value:
    return Value(sql.Identifier("s", name), sql.Identifier("s", name))


def _table(layout: Layout[Row]) -> sql.Identifier:
    return sql.Identifier(TABLES[layout.kind.name])


def _listed(parts: list[sql.Identifier] | list[sql.Composed] | list[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)


def _parameters(layout: Layout[Row]) -> dict[str, list[str]]:
    return {"attributes": list(layout.columns.attributes)}


_ELSEWHERE = frozenset(
    {"account_id", "account_name", "account_key", "parent", "parent_key", "person_id", "person_email", "person_key"}
)
"""Fields that name other rows; what they name is in the verdict."""
_ALWAYS = frozenset({"external_id", "account_id", "ordinal", "contact_id", "key"})
_ATTRIBUTES = _value("s.attributes", "(k.attributes - CAST(%(attributes)s AS text[])) || s.attributes")
_PARENT = _value("v.parent_node")
_OWN = {
    "accounts": {
        "external_id": _value(
            "s.external_id", "CASE WHEN s.external_id = s.name_key THEN k.external_id ELSE s.external_id END"
        ),
        "status": _value("coalesce(s.status, 'active')", "coalesce(s.status, k.status)"),
    },
    "contacts": {
        "external_id": _value(
            "s.external_id", "CASE WHEN s.external_id = s.email_key THEN k.external_id ELSE s.external_id END"
        ),
        "account_id": _value("v.account"),
        "level": _value("coalesce(s.level, 'unknown')"),
        "status": _value(
            "coalesce(s.status, 'active')",
            "CASE WHEN 'opted_out' IN (k.status, s.status) THEN 'opted_out'"
            " WHEN k.status = 'suppressed' AND coalesce(s.email_key = k.email_key, true) THEN 'suppressed'"
            " ELSE coalesce(s.status, CASE k.status WHEN 'suppressed' THEN 'active' ELSE k.status END) END",
        ),
        # Where activities are known, they say how engaged somebody is; elsewhere the CRM does.
        "engagement_score": _value(
            "s.engagement_score",
            "CASE WHEN k.engagement_at IS NULL THEN s.engagement_score ELSE k.engagement_score END",
        ),
        "last_invited_on": _value("s.last_invited_on", "greatest(k.last_invited_on, s.last_invited_on)"),
        "unanswered": _value(
            "coalesce(s.unanswered, 0)",
            "CASE WHEN k.last_invited_on IS NULL OR s.last_invited_on > k.last_invited_on"
            " THEN coalesce(s.unanswered, k.unanswered) ELSE k.unanswered END",
        ),
    },
    "revenue": {"account_id": _value("v.account"), "ordinal": _value("v.ordinal")},
    "activities": {"contact_id": _value("v.contact"), "key": _value("s.key")},
}

_FOLLOWING = """
INSERT INTO suppression (email_key, scope, reason, detail, since_at)
SELECT DISTINCT ON (s.email_key, n.scope, n.reason) s.email_key, n.scope, n.reason, n.detail, n.since_at
FROM verdict v JOIN staged s USING (line) JOIN contact k ON k.id = v.target
JOIN suppression n ON n.email_key = k.email_key AND n.reason IN ('complaint', 'unsubscribed')
WHERE v.deed = 'update' AND s.email_key <> k.email_key
ORDER BY s.email_key, n.scope, n.reason, n.since_at
ON CONFLICT DO NOTHING
"""
_CONDEMNED = """
INSERT INTO suppression (email_key, reason, detail)
SELECT DISTINCT coalesce(s.email_key, k.email_key), CAST('by_hand' AS suppression_reason), 'so said the CRM'
FROM verdict v JOIN staged s USING (line) LEFT JOIN contact k ON k.id = v.target
WHERE v.deed IN ('create', 'update') AND s.status = 'suppressed' AND coalesce(s.email_key, k.email_key) IS NOT NULL
ON CONFLICT DO NOTHING
"""

_PARENTS = """
WITH created AS (
    SELECT s.line, k.id FROM verdict v JOIN staged s USING (line) JOIN account k ON k.external_id = s.external_id
    WHERE v.deed = 'create'
), parents AS (
    SELECT coalesce(v.target, own.id) AS id,
           CASE WHEN v.parent_node < 0 THEN theirs.id ELSE v.parent_node END AS parent_id
    FROM verdict v LEFT JOIN created own ON own.line = v.line LEFT JOIN created theirs ON theirs.line = -v.parent_node
    WHERE v.deed IN ('create', 'update')
)
UPDATE account k SET parent_id = p.parent_id, updated_at = now()
FROM parents p WHERE p.id = k.id AND k.parent_id IS DISTINCT FROM p.parent_id
"""
