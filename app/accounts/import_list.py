"""Reads the list of imports: who brought what, when, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.import_models import ImportState
from app.core.searching import contains

PER_PAGE = 50
COLUMNS = ("made_at", "made_by", "files", "state", "rows", "created", "updated", "unchanged", "rejected", "taken_by")
SORTS = {
    "made_at": "r.made_at",
    "made_by": "r.made_by",
    "files": "files",
    "rows": "rows",
    "rejected": "rejected",
}
"""What the list may be sorted by; the newest come first unless asked otherwise."""

STATES: Mapping[str, str] = {
    ImportState.ASKING: "waits for its columns",
    ImportState.LOOKING: "is being looked at",
    ImportState.LOOKED: "waits to be taken",
    ImportState.TAKING: "is being taken",
    ImportState.TAKEN: "taken",
    ImportState.STOPPED: "stopped",
    ImportState.FAILED: "failed",
    ImportState.DROPPED: "dropped",
}
"""How far an import is, in words."""


class Wanted(NamedTuple):
    """Which imports: by words in names of files and people, by state; `sort` is a key of `SORTS`, «-» turns it."""

    search: str = ""
    state: str = ""
    sort: str = "-made_at"


def order_of(asked: str) -> str:
    """Return `asked` when the list can be sorted so, else the usual order."""
    return asked if asked.removeprefix("-") in SORTS else "-made_at"


def imports(session: Session, wanted: Wanted, *, page: int) -> tuple[list[dict[str, Any]], int]:
    """Return a page of imports and how many there are in all."""
    limits = {"limit": PER_PAGE, "offset": (page - 1) * PER_PAGE}
    rows = session.execute(_query(wanted, "LIMIT :limit OFFSET :offset"), {**_parameters(wanted), **limits})
    found = [dict(row) for row in rows.mappings()]
    return found, found[0]["total"] if found else 0


def stream_imports(session: Session, wanted: Wanted) -> Iterator[tuple[object, ...]]:
    """Yield the wanted imports as cells of `COLUMNS`."""
    rows = session.execute(_query(wanted, ""), _parameters(wanted), execution_options={"yield_per": 1000})
    for row in rows.mappings():
        yield tuple(row[column] for column in COLUMNS)


def _parameters(wanted: Wanted) -> dict[str, Any]:
    return {"search": contains(wanted.search) if wanted.search else None, "state": wanted.state or None}


def _query(wanted: Wanted, limits: str) -> Any:
    sort = order_of(wanted.sort)
    direction = "DESC NULLS LAST" if sort.startswith("-") else "ASC NULLS FIRST"
    order = f"{SORTS[sort.removeprefix('-')]} {direction}, r.id DESC"
    return text(f"{_IMPORTS} ORDER BY {order} {limits}")


_IMPORTS = """
SELECT r.id, r.made_at, r.made_by, r.taken_by, CAST(r.state AS text) AS state, f.*, count(*) OVER () AS total
FROM import_run r CROSS JOIN LATERAL (
    SELECT string_agg(name, ', ' ORDER BY ordinal) AS files,
           sum(CAST(coalesce(outcome, outlook)->>'rows' AS bigint)) AS rows,
           sum(CAST(coalesce(outcome, outlook)->>'created' AS bigint)) AS created,
           sum(CAST(coalesce(outcome, outlook)->>'updated' AS bigint)) AS updated,
           sum(CAST(coalesce(outcome, outlook)->>'unchanged' AS bigint)) AS unchanged,
           sum(CAST(coalesce(outcome, outlook)->>'rejected' AS bigint)) AS rejected
    FROM import_file WHERE run_id = r.id
) f
WHERE r.purpose = 'crm' AND (CAST(:state AS text) IS NULL OR CAST(r.state AS text) = :state)
  AND (CAST(:search AS text) IS NULL OR r.made_by ILIKE :search OR f.files ILIKE :search)
"""
