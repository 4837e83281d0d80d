"""The mails of which nobody can tell whether they left, for a person to decide about one, some or all."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.joining import TODAYS_ACCOUNT
from app.core.errors import NotFound, Refused
from app.core.searching import contains
from app.delivery.deciding_unknown import drop, resend
from app.surveys.metrics import ANONYMOUS

PER_PAGE = 100

_FROM = f"""
    FROM message m
    JOIN wave w ON w.id = m.wave_id
    JOIN survey_version v ON v.id = w.survey_version_id
    JOIN invitation i ON i.id = m.invitation_id
    {TODAYS_ACCOUNT}
    LEFT JOIN contact c ON c.id = i.contact_id
    WHERE m.state = 'unknown'
      AND (:search = '' OR m.recipient ILIKE :like OR a.name ILIKE :like OR w.name ILIKE :like
           OR concat_ws(' ', c.first_name, c.last_name) ILIKE :like)
"""
_PAGE = text(
    f"""
    SELECT m.id, m.recipient, m.reason, m.claimed_at, m.number, w.name AS wave, a.name AS account,
           nullif(concat_ws(' ', c.first_name, c.last_name), '') AS name,
           i.answered_at IS NOT NULL AND v.definition ->> 'metric' <> ALL(:anonymous) AS answered
    {_FROM} ORDER BY m.claimed_at, m.id LIMIT :limit OFFSET :offset
    """
)
_IDS = text(f"SELECT m.id {_FROM} ORDER BY m.claimed_at, m.id")
_STILL = text("SELECT id FROM message WHERE state = 'unknown' AND id = ANY(:ids) ORDER BY claimed_at, id")


class Verb(enum.StrEnum):
    """What a person may decide."""

    RESEND = "resend"
    DROP = "drop"


class Decided(NamedTuple):
    """How many mails the decision reached, and why it did not reach the others, by how many."""

    done: int
    not_done: Counter[str]


def unknown_rows(session: Session, search: str, page: int) -> list[dict[str, Any]]:
    """Return one page of unknown mails, the oldest first."""
    window = {"limit": PER_PAGE, "offset": (page - 1) * PER_PAGE}
    return [dict(row) for row in session.execute(_PAGE, _asked(search) | window).mappings()]


def unknown_ids(session: Session, search: str) -> list[int]:
    """Return the ids of all unknown mails that a search finds."""
    return list(session.scalars(_IDS, _asked(search)))


def still_unknown(session: Session, ids: Iterable[int]) -> list[int]:
    """Return those of the messages that wait for a decision (still)."""
    return list(session.scalars(_STILL, {"ids": list(ids)}))


def decide(ids: Iterable[int], verb: Verb, *, actor: str, reason: str) -> Decided:
    """Resend or drop these mails, each in a transaction of its own; what speaks against one holds up no other."""
    deed = resend if verb is Verb.RESEND else drop
    done, not_done = 0, Counter[str]()
    for id in ids:
        try:
            deed(id, actor=actor, reason=reason)
            done += 1
        except (NotFound, Refused) as against:
            not_done[str(against)] += 1
    return Decided(done, not_done)


def _asked(search: str) -> dict[str, Any]:
    return {"search": search, "like": contains(search), "anonymous": list(ANONYMOUS)}
