"""Reads what changed since a wave was planned, and what followed for its mails. The plan itself never changes.

Each kind of change is one query with the same columns. They read the whole wave, so this is for a page of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.models import Wave, WaveState
from app.core.errors import NotFound
from app.delivery.deciding_unknown import WHY_NOT
from app.delivery.lifecycle import Refusal

PER_PAGE = 50

_PLANNED = """
    SELECT account_id FROM wave_account WHERE wave_id = :wave_id
    UNION SELECT account_id FROM invitation WHERE wave_id = :wave_id
"""
_DELETED = """
    LEFT JOIN LATERAL (SELECT detail, at FROM audit_entry WHERE subject = 'account ' || {account}
                       AND deed = 'account.deleted' ORDER BY id DESC LIMIT 1) e ON true
"""
_NAME = "nullif(concat_ws(' ', c.first_name, c.last_name), '')"


class Kind(NamedTuple):
    """A kind of change: its sentence for one and for several, what follows, and the query that finds each of them."""

    one: str
    many: str
    follows: str
    query: str


KINDS: Mapping[str, Kind] = {
    "account_deleted": Kind(
        "account was deleted",
        "accounts were deleted",
        "No mail leaves to its people any more. Its figures in this wave stay.",
        f"""
        SELECT p.account_id, e.detail ->> 'name' AS account, NULL::bigint AS contact_id, NULL AS person,
               NULL AS was, NULL AS now, e.at
        FROM ({_PLANNED}) p
        {_DELETED.format(account="p.account_id")}
        WHERE NOT EXISTS (SELECT FROM account a WHERE a.id = p.account_id)
          AND NOT EXISTS (SELECT FROM merged_account k WHERE k.old_id = p.account_id)
        """,
    ),
    "account_merged": Kind(
        "account was merged into another one",
        "accounts were merged into others",
        "Mails still reach their people, under the name of the account that stays. Figures stay under the old name.",
        f"""
        SELECT p.account_id, k.name AS account, NULL::bigint AS contact_id, NULL AS person,
               k.name AS was, a.name AS now, k.merged_at AS at
        FROM ({_PLANNED}) p JOIN merged_account k ON k.old_id = p.account_id JOIN account a ON a.id = k.account_id
        """,
    ),
    "account_inactive": Kind(
        "account is not active any more",
        "accounts are not active any more",
        "No mail leaves to its people. Its figures in this wave stay.",
        f"""
        SELECT p.account_id, a.name AS account, NULL::bigint AS contact_id, NULL AS person,
               'active' AS was, a.status::text AS now, NULL::timestamptz AS at
        FROM ({_PLANNED}) p JOIN account a ON a.id = p.account_id
        LEFT JOIN wave_account f ON f.wave_id = :wave_id AND f.account_id = p.account_id
        WHERE a.status <> 'active' AND f.required IS DISTINCT FROM 0
        """,
    ),
    "value_changed": Kind(
        "account is worth something else by now",
        "accounts are worth something else by now",
        "Quotas, targets and revenue heard of this wave go by the value of its plan.",
        """
        SELECT f.account_id, a.name AS account, NULL::bigint AS contact_id, NULL AS person,
               f.annual_value AS was, t.value AS now, NULL::timestamptz AS at
        FROM wave_account f JOIN wave w ON w.id = f.wave_id JOIN account a ON a.id = f.account_id,
             LATERAL (SELECT round(CASE WHEN coalesce(a.currency, w.currency) = w.currency THEN a.annual_value
                                   ELSE a.annual_value * CAST(w.rates ->> a.currency AS numeric) END, 2) AS value) t
        WHERE f.wave_id = :wave_id AND f.annual_value IS DISTINCT FROM t.value
        """,
    ),
    "contact_deleted": Kind(
        "person who was asked is deleted",
        "people who were asked are deleted",
        "No mail leaves to them any more. What they answered stays.",
        f"""
        SELECT i.account_id, coalesce(a.name, k.name, e.detail ->> 'name') AS account, i.contact_id, NULL AS person,
               NULL AS was, NULL AS now, e.at
        FROM invitation i LEFT JOIN account a ON a.id = i.account_id
        LEFT JOIN merged_account k ON k.old_id = i.account_id
        {_DELETED.format(account="i.account_id")}
        WHERE i.wave_id = :wave_id AND NOT EXISTS (SELECT FROM contact c WHERE c.id = i.contact_id)
        """,
    ),
    "contact_moved": Kind(
        "person moved to another account",
        "people moved to other accounts",
        "No mail of this wave leaves to them any more. What they answered stays with the account that was asked.",
        f"""
        SELECT i.account_id, coalesce(a.name, k.name) AS account, c.id AS contact_id, {_NAME} AS person,
               coalesce(a.name, k.name) AS was, b.name AS now, NULL::timestamptz AS at
        FROM invitation i JOIN contact c ON c.id = i.contact_id JOIN account b ON b.id = c.account_id
        LEFT JOIN account a ON a.id = i.account_id LEFT JOIN merged_account k ON k.old_id = i.account_id
        WHERE i.wave_id = :wave_id AND c.account_id <> coalesce(k.account_id, i.account_id)
        """,
    ),
    "level_changed": Kind(
        "person stands on another level by now",
        "people stand on other levels by now",
        "This wave counts them on the level of its plan.",
        f"""
        SELECT i.account_id, a.name AS account, c.id AS contact_id, {_NAME} AS person,
               i.level::text AS was, c.level::text AS now, NULL::timestamptz AS at
        FROM invitation i JOIN contact c ON c.id = i.contact_id LEFT JOIN account a ON a.id = i.account_id
        WHERE i.wave_id = :wave_id AND c.level <> i.level
        """,
    ),
}
"""Every kind of change, in the order of the page."""

_HELD_BACK = text(
    """
    SELECT reason, count(*) AS mails, count(DISTINCT invitation_id) AS people FROM message
    WHERE wave_id = :wave_id AND state = 'refused' AND reason = ANY(:reasons) GROUP BY reason ORDER BY reason
    """
)
_WITHDRAWN = text(
    """
    SELECT s.archived_at FROM wave w JOIN survey_version v ON v.id = w.survey_version_id JOIN survey s ON s.key = v.key
    WHERE w.id = :wave_id
    """
)
_NO_CHANGE = (Refusal.ANSWERED, Refusal.BOUNCED, Refusal.WAVE_OVER)
"""Why mails are held back without anything having changed around them."""


@dataclass(frozen=True)
class Happening:
    """What changed since the plan: how often, in a sentence, and what follows; `kind` asks for each one of them.

    Mails that were held back have the kind `held_back` and the `reason` that the ledger filters by.
    """

    kind: str
    count: int
    sentence: str
    follows: str
    reason: str | None = None


@dataclass(frozen=True)
class Changes:
    """One page of the changes of a kind, and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int
    page: int


def happenings(session: Session, wave_id: int) -> list[Happening]:
    """Return what changed since a wave was planned; nothing while it is a draft. Raises NotFound."""
    wave = session.get(Wave, wave_id)
    if wave is None:
        raise NotFound(f"There is no wave {wave_id}.")
    if wave.state is WaveState.DRAFT:
        return []
    counts = {kind: _count(session, wave_id, kind) for kind in KINDS}
    changed = [_changed(kind, count) for kind, count in counts.items() if count]
    return [*_withdrawal(session, wave_id), *changed, *_held_back(session, wave_id)]


def changes(session: Session, wave_id: int, kind: str, page: int) -> Changes:
    """Return one page of the changes of a kind; a page beyond the last one is the first. Raises NotFound."""
    total = _count(session, wave_id, _known(kind))
    page = page if (page - 1) * PER_PAGE < total else 1
    window = {"wave_id": wave_id, "limit": PER_PAGE, "offset": (page - 1) * PER_PAGE}
    query = text(f"{KINDS[kind].query} ORDER BY account_id, contact_id LIMIT :limit OFFSET :offset")
    return Changes([dict(row) for row in session.execute(query, window).mappings()], total, page)


def every_change(session: Session, wave_id: int, kind: str) -> Iterator[Mapping[str, Any]]:
    """Yield all changes of a kind, streamed. Raises NotFound."""
    query = text(f"{KINDS[_known(kind)].query} ORDER BY account_id, contact_id")
    rows = session.execute(query, {"wave_id": wave_id}, execution_options={"yield_per": 1000})
    yield from map(dict, rows.mappings())


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise NotFound("There is no such kind of change.")
    return kind


def _count(session: Session, wave_id: int, kind: str) -> int:
    return session.scalar(text(f"SELECT count(*) FROM ({KINDS[kind].query}) one"), {"wave_id": wave_id}) or 0


def _changed(kind: str, count: int) -> Happening:
    words = KINDS[kind]
    return Happening(kind, count, f"{count:,} {words.one if count == 1 else words.many}", words.follows)


def _withdrawal(session: Session, wave_id: int) -> list[Happening]:
    at = session.scalar(_WITHDRAWN, {"wave_id": wave_id})
    if at is None:
        return []
    sentence = f"The survey was withdrawn on {at:%d %B %Y}"
    return [
        Happening("survey_withdrawn", 1, sentence, "No mail leaves any more. Links that are out still take answers.")
    ]


def _held_back(session: Session, wave_id: int) -> list[Happening]:
    reasons = [reason.value for reason in WHY_NOT if reason not in _NO_CHANGE]
    return [
        Happening(
            "held_back",
            row.mails,
            f"{row.mails:,} {'mail' if row.mails == 1 else 'mails'} to"
            f" {'one person' if row.people == 1 else f'{row.people:,} people'} did not leave",
            f"Held back, because {WHY_NOT[Refusal(row.reason)]}.",
            row.reason,
        )
        for row in session.execute(_HELD_BACK, {"wave_id": wave_id, "reasons": reasons})
    ]
