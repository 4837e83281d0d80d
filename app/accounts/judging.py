"""Which stored account, contact or line each staged row is, and what becomes of it. Writes temporary tables only.

`verdict` gets one line for each row of `staged`: the `deed` (create, update, same, reject), the stored row it is
(`target`), and what speaks against it, of which `findings` makes sentences.

A row is what its CRM id says, else its address or name (its alias). Where a stored row came without an id and the
file now brings one, the first row of that alias takes it over. Of rows that are the same one, the first fit one stays.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from app.accounts.engagement import REMEMBERED_DAYS
from app.accounts.hierarchy import circles
from app.accounts.kinds import KindName

_IDENTIFIED = """
CREATE TEMPORARY TABLE verdict ON COMMIT DROP AS
WITH names AS (
    SELECT name_key, min(id) AS id, count(*) AS bearers FROM account GROUP BY name_key
), adopted AS (
    SELECT min(s.line) AS line, k.id
    FROM {table} k JOIN staged s ON s.{alias} = k.external_id
    WHERE k.{alias} = k.external_id AND s.external_id <> s.{alias} AND s.fault IS NULL
      AND NOT EXISTS (SELECT FROM {table} other WHERE other.external_id = s.external_id)
    GROUP BY k.id
), by_alias AS (
    SELECT s.line, min(k.id) AS id, count(*) AS bearers
    FROM staged s JOIN {table} k ON k.{alias} = s.{alias}
    WHERE s.external_id = s.{alias}
      AND NOT EXISTS (SELECT FROM {table} other WHERE other.external_id = s.external_id)
    GROUP BY s.line
), located AS MATERIALIZED (
    SELECT s.line, s.{alias} AS alias, coalesce(exact.id, adopted.id, by_alias.id) AS target,
           coalesce(E'\\x01' || coalesce(exact.id, adopted.id, by_alias.id), s.external_id) AS identity,
           coalesce(by_alias.bearers > 1, false) AS not_one, s.fault IS NULL AS readable,
           s.note IS NOT NULL AS noted, {account}
    FROM staged s {account_joins}
    LEFT JOIN {table} exact ON exact.external_id = s.external_id
    LEFT JOIN adopted ON adopted.line = s.line
    LEFT JOIN by_alias ON by_alias.line = s.line
), weighed AS (
    SELECT *, readable AND housed AND NOT not_one AS fit FROM located
), firsts AS (
    SELECT identity, min(line) FILTER (WHERE fit) AS line FROM weighed GROUP BY identity HAVING count(*) > 1
), judged AS (
    SELECT w.*, CASE WHEN f.line < w.line THEN f.line END AS repeats FROM weighed w LEFT JOIN firsts f USING (identity)
), shared AS (
    SELECT alias, min(line) AS line FROM judged
    WHERE {shares} AND fit AND repeats IS NULL GROUP BY alias HAVING count(*) > 1
)
SELECT j.line, j.target, j.account, j.several, j.not_one, j.repeats, shared.line AS same_address,
       j.fit AND j.repeats IS NULL AND (j.noted OR shared.line IS NOT NULL) AS noted,
       CASE WHEN NOT j.fit OR j.repeats IS NOT NULL THEN 'reject' WHEN j.target IS NULL THEN 'create' ELSE 'same' END
           AS deed
FROM judged j LEFT JOIN shared ON shared.alias = j.alias AND shared.line < j.line
"""

_HOUSED = sql.SQL(
    """coalesce(by_id.id, CASE WHEN names.bearers = 1 THEN names.id END) AS account,
       coalesce(names.bearers > 1, false) AS several,
       coalesce(by_id.id IS NOT NULL OR names.bearers = 1, false) AS housed"""
)
_HOUSES = sql.SQL(
    """LEFT JOIN account by_id ON by_id.external_id = s.account_id
       LEFT JOIN names ON s.account_id IS NULL AND names.name_key = s.account_key"""
)
_UNHOUSED = sql.SQL("CAST(NULL AS bigint) AS account, false AS several, true AS housed")

_REVENUE = """
CREATE TEMPORARY TABLE verdict ON COMMIT DROP AS
WITH names AS (
    SELECT name_key, min(id) AS id, count(*) AS bearers FROM account GROUP BY name_key
), located AS MATERIALIZED (
    SELECT s.line, s.starts_on, s.ends_on, s.type, s.amount, {account}, s.fault IS NULL AS readable,
           CASE WHEN s.currency <> account.currency THEN account.currency END AS other_currency
    FROM staged s {account_joins}
    LEFT JOIN account ON account.id = coalesce(by_id.id, CASE WHEN names.bearers = 1 THEN names.id END)
), counted AS (
    SELECT *, readable AND housed AND other_currency IS NULL AS fit,
           row_number() OVER (PARTITION BY readable AND housed AND other_currency IS NULL,
                                           account, starts_on, ends_on, type ORDER BY amount, line) - 1 AS ordinal
    FROM located
)
SELECT c.line, k.id AS target, c.account, c.several, c.other_currency, c.ordinal,
       c.fit AND c.ordinal > {most} AS too_many, false AS noted, CAST(NULL AS bigint) AS same_address,
       CASE WHEN NOT c.fit OR c.ordinal > {most} THEN 'reject' WHEN k.id IS NULL THEN 'create' ELSE 'same' END AS deed
FROM counted c LEFT JOIN revenue_line k
    ON c.fit AND (k.account_id, k.starts_on, k.ends_on, k.type, k.ordinal)
               = (c.account, c.starts_on, c.ends_on, c.type, c.ordinal)
"""

_ACTIVITIES = """
CREATE TEMPORARY TABLE verdict ON COMMIT DROP AS
WITH addressed AS (
    SELECT DISTINCT ON (c.email_key) c.email_key, c.id
    FROM contact c WHERE c.email_key IN (SELECT person_key FROM staged) ORDER BY c.email_key, c.external_id
), located AS MATERIALIZED (
    SELECT s.line, s.key, coalesce(by_id.id, by_key.id) AS contact, s.fault IS NULL AS readable,
           s.happened_at > now() + interval '1 day' AS ahead,
           s.happened_at < now() - make_interval(days => {days}) AS forgotten
    FROM staged s
    LEFT JOIN contact by_id ON by_id.external_id = s.person_id
    LEFT JOIN addressed by_key ON by_key.email_key = s.person_key
), weighed AS (
    SELECT *, readable AND contact IS NOT NULL AND NOT ahead AND NOT forgotten AS fit FROM located
), counted AS (
    SELECT *, min(line) OVER (PARTITION BY fit, contact, key) AS first FROM weighed
)
SELECT c.line, k.id AS target, c.contact, c.contact IS NULL AS nobody, c.ahead, c.forgotten,
       CASE WHEN c.fit AND c.first < c.line THEN c.first END AS repeats, false AS noted,
       CAST(NULL AS bigint) AS same_address,
       CASE WHEN NOT c.fit OR c.first < c.line THEN 'reject' WHEN k.id IS NULL THEN 'create' ELSE 'same' END AS deed
FROM counted c LEFT JOIN activity k ON c.fit AND (k.contact_id, k.key) = (c.contact, c.key)
"""

MOST_EQUAL_LINES = 1000
"""Lines of one account, period and type in a file; more are a mistake of the export."""


def judge(connection: psycopg.Connection[Any], kind: KindName, *, parents: bool) -> None:
    """Fill the temporary table `verdict`; `parents` says that the file names parent accounts."""
    connection.execute(_VERDICTS[kind])
    connection.execute("ALTER TABLE verdict ADD COLUMN parent_node bigint, ADD COLUMN parent_fault text")
    if parents:
        connection.execute(_NODES)
        connection.execute(_PARENTS)
        tied = circles(dict(connection.execute(_EDGES).fetchall()))
        connection.execute(_UNTIE, (list(tied),))
    connection.execute("ANALYZE verdict")


_VERDICTS = {
    "accounts": sql.SQL(_IDENTIFIED).format(
        table=sql.Identifier("account"),
        alias=sql.Identifier("name_key"),
        account=_UNHOUSED,
        account_joins=sql.SQL(""),
        shares=sql.SQL("false"),
    ),
    "contacts": sql.SQL(_IDENTIFIED).format(
        table=sql.Identifier("contact"),
        alias=sql.Identifier("email_key"),
        account=_HOUSED,
        account_joins=_HOUSES,
        shares=sql.SQL("alias IS NOT NULL"),
    ),
    "revenue": sql.SQL(_REVENUE).format(account=_HOUSED, account_joins=_HOUSES, most=sql.Literal(MOST_EQUAL_LINES - 1)),
    "activities": sql.SQL(_ACTIVITIES).format(days=sql.Literal(REMEMBERED_DAYS)),
}

_NODES = """
CREATE TEMPORARY TABLE node ON COMMIT DROP AS
SELECT coalesce(v.target, -v.line) AS node, v.line, s.name_key, k.parent_id,
       CASE WHEN s.external_id = s.name_key THEN coalesce(k.external_id, s.external_id) ELSE s.external_id END
           AS external_id
FROM verdict v JOIN staged s USING (line) LEFT JOIN account k ON k.id = v.target
WHERE v.deed <> 'reject'
UNION ALL
SELECT k.id, NULL, k.name_key, k.parent_id, k.external_id
FROM account k WHERE NOT EXISTS (SELECT FROM verdict v WHERE v.target = k.id AND v.deed <> 'reject')
"""

_PARENTS = """
WITH names AS (
    SELECT name_key, min(node) AS node, count(*) AS bearers FROM node GROUP BY name_key
), found AS (
    SELECT s.line, coalesce(by_id.node, CASE WHEN names.bearers = 1 THEN names.node END) AS node,
           names.bearers > 1 AS several
    FROM staged s
    LEFT JOIN node by_id ON by_id.external_id = s.parent
    LEFT JOIN names ON names.name_key = s.parent_key
    WHERE s.parent IS NOT NULL
)
UPDATE verdict v
SET parent_node = found.node,
    parent_fault = CASE WHEN found.node IS NULL THEN CASE WHEN found.several THEN 'several' ELSE 'unknown' END END,
    noted = v.noted OR found.node IS NULL
FROM found WHERE found.line = v.line AND v.deed <> 'reject'
"""

_EDGES = """
SELECT n.node, CASE WHEN n.line IS NULL THEN n.parent_id ELSE v.parent_node END AS parent
FROM node n LEFT JOIN verdict v ON v.line = n.line
WHERE CASE WHEN n.line IS NULL THEN n.parent_id ELSE v.parent_node END IS NOT NULL
"""

_UNTIE = """
UPDATE verdict SET parent_node = NULL, parent_fault = 'circle', noted = true
WHERE coalesce(target, -line) = ANY(%s) AND parent_node IS NOT NULL
"""
