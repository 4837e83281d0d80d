"""Reads the record of a round: who named, corrected or left out whom, with what stood there before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.nominating_models import Deed
from app.campaigns.nomination_form import FIELDS
from app.core.formats import level_name
from app.core.searching import contains

PER_PAGE = 50
COLUMNS = ("when", "by", "account_id", "account", "contact_id", "person", "deed", "before", "after", "reason")

WORDS: Mapping[Deed, str] = {
    Deed.ADDED: "named a person",
    Deed.CORRECTED: "corrected a person",
    Deed.LEFT: "said that the person left",
    Deed.CAME_BACK: "said that the person is there",
    Deed.EXCLUDED: "left a person out",
    Deed.READMITTED: "took an exclusion back",
    Deed.REMOVED: "took a named person back",
    Deed.DONE: "said that the account is done",
    Deed.NOBODY: "said that there is nobody more",
    Deed.REOPENED: "took the word on the account back",
}
FIELD_WORDS = {
    "first_name": "first name",
    "last_name": "last name",
    "email": "address",
    "job_title": "job title",
    "exclusion_reason": "left out because",
}

_FROM = """
    FROM nomination n
    LEFT JOIN account a ON a.id = n.account_id
    LEFT JOIN contact c ON c.id = n.contact_id
    WHERE n.round_id = :round_id AND (:deed = '' OR n.deed::text = :deed)
      AND (:account_id = 0 OR n.account_id = :account_id)
      AND (:search = '' OR a.name ILIKE :search OR n.done_by ILIKE :search
           OR concat_ws(' ', coalesce(c.first_name, n.before ->> 'first_name', n.after ->> 'first_name'),
                        coalesce(c.last_name, n.before ->> 'last_name', n.after ->> 'last_name')) ILIKE :search)
"""
_ROWS = """
    SELECT n.id, n.done_at, n.done_by, n.deed::text AS deed, n.before, n.after, n.reason, n.account_id, n.contact_id,
           a.name AS account, a.external_id, c.id IS NOT NULL AS there, count(*) OVER () AS total,
           concat_ws(' ', coalesce(c.first_name, n.before ->> 'first_name', n.after ->> 'first_name'),
                     coalesce(c.last_name, n.before ->> 'last_name', n.after ->> 'last_name')) AS person
    {} ORDER BY n.id DESC LIMIT :limit OFFSET :offset
"""
_PAGE = text(_ROWS.replace("{}", _FROM))


@dataclass(frozen=True)
class Wanted:
    """What a person looks for in the record of a round; empty or 0 means all."""

    round_id: int
    deed: str = ""
    search: str = ""
    account_id: int = 0
    page: int = 1


def record_page(session: Session, wanted: Wanted) -> tuple[list[dict[str, Any]], int]:
    """Return one page of the record, the newest first, and how many lines there are in all."""
    found = _rows(session, wanted, PER_PAGE, (wanted.page - 1) * PER_PAGE)
    rows = list(found)
    return rows, rows[0]["total"] if rows else 0


def stream_record(session: Session, wanted: Wanted) -> Iterator[list[Any]]:
    """Yield the lines for a file, in the order of `COLUMNS`."""
    for row in _rows(session, wanted, None, 0):
        yield [
            *(row["done_at"], row["done_by"], row["external_id"], row["account"], row["contact_id"], row["person"]),
            *(row["deed"], _flat(row["before"]), _flat(row["after"]), row["reason"]),
        ]


def _rows(session: Session, wanted: Wanted, limit: int | None, offset: int) -> Iterator[dict[str, Any]]:
    search = contains(wanted.search) if wanted.search else ""
    given = {"round_id": wanted.round_id, "deed": wanted.deed, "search": search, "account_id": wanted.account_id}
    query = _PAGE.execution_options(yield_per=1000)
    for row in session.execute(query, given | {"limit": limit, "offset": offset}).mappings():
        before, after = row["before"], row["after"]
        fields = [name for name in (*FIELDS, "exclusion_reason") if name in before or name in after]
        changes = [_change(name, before.get(name), after.get(name)) for name in fields]
        yield {**row, "words": WORDS[Deed(row["deed"])], "changes": changes}


def _change(name: str, before: str | None, after: str | None) -> dict[str, str | None]:
    shown = level_name if name == "level" else str
    label = FIELD_WORDS.get(name, name)
    return {"label": label, "before": before and shown(before), "after": after and shown(after)}


def _flat(values: Mapping[str, str | None]) -> str:
    return "; ".join(f"{name}: {value or ''}" for name, value in values.items())
