"""What a customer's link leads to: what is asked, of whom, and what was answered so far. Looking stores no answer.

Statements go to psycopg as they are: it is the page that everybody waits for.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.rows import namedtuple_row
from sqlalchemy.orm import Session

from app.accounts.joining import TODAYS_ACCOUNT
from app.core.db import driver, reading, transaction
from app.responses.evidence import SOON, TOGETHER, is_known_agent
from app.surveys.answers import Typed
from app.surveys.metrics import ANONYMOUS


class LinkState(enum.StrEnum):
    """What a link is good for now; what a machine answered leaves it open."""

    OPEN = "open"
    PARTIAL = "partial"
    DONE = "done"
    CLOSED = "closed"


class Link(NamedTuple):
    """A customer's link; `opened_at` is when a person first looked, `shown` what the form holds.

    `row` is what the database knows beside that; `collecting` weighs it.
    """

    invitation_id: int
    state: LinkState
    survey_version_id: int
    values: dict[str, str | None]
    language: str | None
    sent_at: datetime | None
    opened_at: datetime | None
    shown: Typed
    row: Any


class Look(NamedTuple):
    """How somebody looked at a link, as far as it tells a person from a program."""

    head: bool
    user_agent: str
    trap: bool


# Closed: after its day, and before its wave was launched. An anonymous survey closes when its wave is finished: what
# people said is opened then, and must not move by one answer at a time.
_ANONYMOUS = ", ".join(f"'{metric}'" for metric in ANONYMOUS)
_FIND = f"""
    SELECT i.sent_at, i.opened_at, i.scanned_at, i.trapped_at, w.survey_version_id, w.brand_id, c.first_name,
           c.language, a.name AS account,
           i.closes_on < %(today)s OR w.state IN ('draft', 'planned')
               OR (w.state = 'finished' AND v.definition ->> 'metric' IN ({_ANONYMOUS})) AS closed,
           r.state, r.verdict, r.score, r.drivers, r.comments, r.ratings, r.may_contact{{more}}
    FROM invitation i
    JOIN wave w ON w.id = i.wave_id
    JOIN survey_version v ON v.id = w.survey_version_id
    LEFT JOIN contact c ON c.id = i.contact_id
    {TODAYS_ACCOUNT}
    LEFT JOIN response r ON r.invitation_id = i.id
    WHERE i.id = %(id)s
"""  # noqa: S608 - put together from the constants above
# The different scores that were confirmed lately, other than by known programs: what a gateway presses beside a person
# says nothing about the person. Only who answers needs them.
_SCORES = """,
           ARRAY(SELECT DISTINCT (v.said ->> 'score')::int FROM response_revision v
                 WHERE v.invitation_id = i.id AND v.confirmed AND v.said_at > %(lately)s
                   AND NOT v.evidence @> '{"agent": true}' AND NOT v.evidence @> '{"trap": true}') AS scores
"""
_LOOKED_AT = _FIND.format(more="").encode()
_ANSWERED = _FIND.format(more=_SCORES).encode()

_IN_TURN = b"SELECT FROM invitation WHERE id = %(id)s FOR UPDATE"
_OPENED = b"UPDATE invitation SET opened_at = %(now)s WHERE id = %(id)s AND opened_at IS NULL"
_SCANNED = b"UPDATE invitation SET scanned_at = %(now)s WHERE id = %(id)s"
_TRAPPED = b"UPDATE invitation SET trapped_at = %(now)s WHERE id = %(id)s"


def find_link(invitation_id: int, *, now: datetime) -> Link | None:
    """Return the link of an invitation, or None when there is none (any more)."""
    with reading() as session:
        found = _row(session, _LOOKED_AT, {"id": invitation_id, "today": now.date()})
    return None if found is None else _link(invitation_id, found)


def link_in_turn(session: Session, invitation_id: int, *, now: datetime) -> Link | None:
    """Return the link of an invitation for somebody who answers it now; `row.scores` are the ones confirmed lately.

    Two who answer at once come in turn: the second one looks when the first one is done.
    """
    driver(session).execute(_IN_TURN, {"id": invitation_id})
    parameters = {"id": invitation_id, "today": now.date(), "lately": now - TOGETHER}
    found = _row(session, _ANSWERED, parameters)
    return None if found is None else _link(invitation_id, found)


def _row(session: Session, query: bytes, parameters: Mapping[str, Any]) -> Any:
    with driver(session).cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(query, parameters).fetchone()


def _link(invitation_id: int, found: Any) -> Link:
    return Link(
        invitation_id=invitation_id,
        state=_state(found),
        survey_version_id=found.survey_version_id,
        values={"first_name": found.first_name, "account": found.account, "product": None, "touchpoint": None},
        language=found.language,
        sent_at=found.sent_at,
        opened_at=found.opened_at,
        shown=_shown(found) if is_persons(found) else Typed(None),
        row=found,
    )


def is_persons(row: Any) -> bool:
    """Return whether there is an answer, and not a machine's."""
    return row.state is not None and row.verdict != "machine"


def note_look(link: Link, look: Look, *, now: datetime) -> None:
    """Keep that somebody looked, once for a person, each time for a program: a break-off or evidence, never an answer.

    A look within seconds of the mail's leaving is nobody's: it is left for the next one to count.
    """
    if look.trap:
        statement = _TRAPPED
    elif look.head or is_known_agent(look.user_agent):
        statement = _SCANNED
    elif _begins(link, now):
        statement = _OPENED
    else:
        return
    with transaction() as session:
        driver(session).execute(statement, {"id": link.invitation_id, "now": now})


def _begins(link: Link, now: datetime) -> bool:
    """Tell whether this is the first look of a person at something that can be answered."""
    if link.opened_at is not None or link.sent_at is None or link.state is LinkState.CLOSED:
        return False
    return now - link.sent_at >= SOON


def _state(found: Any) -> LinkState:
    if found.closed:
        return LinkState.CLOSED
    if not is_persons(found):
        return LinkState.OPEN
    return LinkState.DONE if found.state == "complete" else LinkState.PARTIAL


def _shown(found: Any) -> Typed:
    return Typed(found.score, tuple(found.drivers), found.comments, found.ratings, bool(found.may_contact))
