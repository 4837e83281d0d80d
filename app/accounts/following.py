"""Rows of a file that still speak of an account which another one took in; staged rows only, nothing is stored.

A row that names such an account is led to the one that took it in. A row that is such an account is rejected, since
taking it would bring back what somebody merged; its CRM export has to learn of the merger, too.
"""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

from app.accounts.kinds import Row
from app.accounts.records import Layout


def follow_mergers(connection: psycopg.Connection[Any], layout: Layout[Row]) -> None:
    """Lead the staged rows on, or reject them; without mergers this costs one look."""
    if connection.execute("SELECT FROM merged_account LIMIT 1").fetchone() is None:
        return
    fields = layout.kind.row._fields
    statements: list[LiteralString] = []
    if layout.kind.name == "accounts":
        statements.append(_TAKEN_IN)
    if "account_id" in fields:
        statements += [_BY_ID, _BY_NAME]
    if "parent" in layout.present:
        statements += [_PARENT_BY_ID, _PARENT_BY_NAME]
    for statement in statements:
        connection.execute(statement, prepare=False)  # the columns of `staged` differ from one file to the next


_TAKEN_IN: LiteralString = """
UPDATE staged s SET fault = concat_ws('; ', s.fault, 'this account was merged into «' || into_it.name
    || '» (Account ID ' || into_it.external_id || '); merge the two in the CRM as well')
FROM merged_account m JOIN account into_it ON into_it.id = m.account_id
WHERE NOT EXISTS (SELECT FROM account a WHERE a.external_id = s.external_id)
  AND (m.external_id = s.external_id OR (s.external_id = s.name_key AND m.name_key = s.name_key
       AND NOT EXISTS (SELECT FROM account a WHERE a.name_key = s.name_key)))
"""
_BY_ID: LiteralString = """
UPDATE staged s SET account_id = into_it.external_id
FROM merged_account m JOIN account into_it ON into_it.id = m.account_id
WHERE s.account_id = m.external_id AND NOT EXISTS (SELECT FROM account a WHERE a.external_id = s.account_id)
"""
_BY_NAME: LiteralString = """
UPDATE staged s SET account_id = into_it.external_id
FROM (SELECT name_key, min(account_id) AS account_id FROM merged_account
      GROUP BY name_key HAVING count(DISTINCT account_id) = 1) m
JOIN account into_it ON into_it.id = m.account_id
WHERE s.account_id IS NULL AND s.account_key = m.name_key
  AND NOT EXISTS (SELECT FROM account a WHERE a.name_key = s.account_key)
"""
_PARENT_BY_ID: LiteralString = """
UPDATE staged s SET parent = into_it.external_id, parent_key = into_it.name_key
FROM merged_account m JOIN account into_it ON into_it.id = m.account_id
WHERE s.parent = m.external_id AND NOT EXISTS (SELECT FROM account a WHERE a.external_id = s.parent)
"""
_PARENT_BY_NAME: LiteralString = """
UPDATE staged s SET parent = into_it.external_id, parent_key = into_it.name_key
FROM (SELECT name_key, min(account_id) AS account_id FROM merged_account
      GROUP BY name_key HAVING count(DISTINCT account_id) = 1) m
JOIN account into_it ON into_it.id = m.account_id
WHERE s.parent_key = m.name_key AND NOT EXISTS (SELECT FROM account a WHERE s.parent IN (a.external_id, a.name))
  AND NOT EXISTS (SELECT FROM account a WHERE a.name_key = s.parent_key)
"""
