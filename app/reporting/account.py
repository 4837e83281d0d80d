"""One account as a wave found it: its line, its people with what they said, its hierarchy, its other waves.

Everything is read by keys, so that a page takes as long for an account of a small company as of a large one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.discretion import ranking
from app.accounts.joining import ITS_IDS
from app.accounts.models import Account, MergedAccount
from app.core.errors import NotFound
from app.core.searching import contains
from app.reporting.anonymity import NAMED
from app.reporting.consolidating import Consolidated, consolidated, lifetime_below
from app.reporting.counting import ANSWERS, DISPOSITION
from app.reporting.filtering import Wanted
from app.reporting.overview import account_line

PER_PAGE = 50
MOST_PEOPLE = 200
"""People that a page shows: a month of surveys after events can have thousands of them."""
MOST_WAVES = 40
MOST_ANSWERS = 20
MOST_CHILDREN = 20
MOST_LINES = 24
DEEPEST = 30
"""Accounts above that a page names; a longer chain is no hierarchy but a mistake."""

# Whoever has no decision was asked after an event; whoever has no invitation was not chosen.
_WHO = """
    FROM (SELECT * FROM decision WHERE wave_id = :wave_id AND account_id = :account_id) d
    FULL JOIN (SELECT * FROM invitation WHERE wave_id = :wave_id AND account_id = :account_id) i
        ON i.contact_id = d.contact_id
    LEFT JOIN contact c ON c.id = coalesce(d.contact_id, i.contact_id)
"""
_PERSON = """
    coalesce(d.contact_id, i.contact_id) AS contact_id, coalesce(i.level, d.level) AS level, d.seat, d.reason, d.rank,
    c.external_id, c.first_name, c.last_name, c.email, c.job_title, c.department, c.exclusion_reason,
    c.level AS level_now, nullif(c.account_id, :account_id) AS moved_to
"""
_ASKED = text(
    f"""
    SELECT * FROM (
    SELECT {_PERSON}, moved.name AS moved_to_name, i.id AS invitation_id, i.sent_at,
           r.score, r.comments, r.drivers, r.survey_version_id, r.state, r.verdict, r.language, r.answered_at,
           machine.invitation_id IS NOT NULL AS by_machine,
           CASE WHEN i.id IS NOT NULL THEN {DISPOSITION} END AS disposition,
           count(*) OVER () AS total
    {_WHO}
    LEFT JOIN account moved ON moved.id = c.account_id AND c.account_id <> :account_id
    LEFT JOIN {ANSWERS} r ON r.invitation_id = i.id
    LEFT JOIN response machine ON machine.invitation_id = i.id AND machine.verdict = 'machine'
    LEFT JOIN message m ON m.invitation_id = i.id AND m.number = 0
    WHERE d.seat IS NOT NULL OR i.id IS NOT NULL
    ORDER BY r.answered_at DESC NULLS LAST, i.sent_at DESC NULLS LAST, i.id DESC LIMIT :limit
    ) newest ORDER BY level, seat IS NULL, rank NULLS LAST, invitation_id
    """
)
_NOT_ASKED = text(
    f"""
    SELECT {_PERSON}, count(*) OVER () AS total {_WHO}
    WHERE d.seat IS NULL AND i.id IS NULL
    ORDER BY d.level, d.rank NULLS LAST, d.contact_id LIMIT :limit OFFSET :offset
    """
)
_REVENUE = text(
    "SELECT starts_on, ends_on, amount, type FROM revenue_line WHERE account_id = :account_id"
    " ORDER BY starts_on DESC, type, ordinal LIMIT :limit"
)
_WAVES = text(
    f"""
    SELECT s.*, k.name AS merged_name, w.name AS wave, w.planned_for, w.state, g.name AS campaign, g.kind,
           v.definition ->> 'metric' AS metric
    FROM standing s
    JOIN wave w ON w.id = s.wave_id JOIN campaign g ON g.id = w.campaign_id
    JOIN survey_version v ON v.id = w.survey_version_id
    LEFT JOIN merged_account k ON k.old_id = s.account_id
    WHERE s.account_id IN {ITS_IDS}
      AND (s.wanted > 0 OR s.sent > 0)
    ORDER BY w.planned_for DESC, w.id DESC LIMIT :limit
    """
)
_EVENT_ANSWERS = text(
    f"""
    SELECT r.invitation_id, r.contact_id, r.level, r.score, r.comments, r.drivers, r.survey_version_id, r.answered_at,
           r.language, c.first_name, c.last_name, c.external_id, g.name AS campaign, v.definition ->> 'metric' AS metric
    FROM {ANSWERS} r
    JOIN wave w ON w.id = r.wave_id JOIN campaign g ON g.id = w.campaign_id AND g.kind = 'transactional'
    JOIN survey_version v ON v.id = r.survey_version_id
    LEFT JOIN contact c ON c.id = r.contact_id
    WHERE r.wave_id = ANY(CAST(:waves AS bigint[])) AND r.account_id = :account_id AND {NAMED}
    ORDER BY r.answered_at DESC, r.invitation_id DESC LIMIT :limit
    """
)
_CHILDREN = text(
    f"""
    SELECT k.id, k.name, k.annual_value AS value_now, k.currency, s.*,
           (SELECT count(*) FROM account WHERE parent_id = :account_id) AS total
    FROM account k LEFT JOIN standing s ON s.wave_id = :wave_id AND s.account_id = k.id
    WHERE k.parent_id = :account_id
    ORDER BY {ranking("s.annual_value")}, k.id LIMIT :limit
    """
)
_ABOVE = text(
    """
    WITH RECURSIVE above AS (
        SELECT id, name, parent_id, 0 AS far FROM account WHERE id = :account_id
        UNION ALL
        SELECT p.id, p.name, p.parent_id, above.far + 1 FROM above JOIN account p ON p.id = above.parent_id
        WHERE above.far < :deepest
    ) SELECT id, name FROM above WHERE far > 0 ORDER BY far DESC
    """
)
_WITHOUT_WAVE = text(
    f"""
    SELECT id, external_id, name, annual_value, currency, manager_name AS manager, renewal_on,
           count(*) OVER () AS total
    FROM account WHERE name ILIKE :like OR external_id = :search
    ORDER BY {ranking("annual_value")}, id LIMIT :limit OFFSET :offset
    """
)

Row = dict[str, Any]


@dataclass(frozen=True)
class AccountSheet:
    """An account, its line in a wave (None when the wave does not know it), and all that is told beside it.

    `people` are the newest `MOST_PEOPLE` who were asked: first those who answered, then those with the latest mail.
    `below` and `lifetimes` are the figures with everything below it, None and empty for an account without children.
    """

    account: Account
    above: list[Row]
    line: Row | None
    before: Row | None
    people: list[Row]
    revenue: list[Row]
    waves: list[Row]
    events: list[Row]
    children: list[Row]
    below: Consolidated | None = None
    lifetimes: list[tuple[str | None, Decimal]] = field(default_factory=list)

    @property
    def child_count(self) -> int:
        """Return how many accounts are right below this one."""
        return self.children[0]["total"] if self.children else 0

    @property
    def more_people(self) -> int:
        """Return how many more were asked than stand in `people`."""
        return self.people[0]["total"] - len(self.people) if self.people else 0


def account_sheet(
    session: Session, account_id: int, wanted: Wanted | None, *, bounds: Sequence[Decimal] = ()
) -> AccountSheet:
    """Return the sheet of an account in a wave, which `wanted` names; raises NotFound.

    With `bounds` accounts below it are sorted by the bucket their values lie in between these.
    """
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound("There is no such account (any more).")
    wave_id = wanted.wave_id if wanted else None
    known = {"account_id": account_id, "wave_id": wave_id}
    waves = _rows(session, _WAVES, **known, limit=MOST_WAVES)
    children = _rows(session, _CHILDREN, **known, limit=MOST_CHILDREN, bounds=list(bounds))
    below = consolidated(session, [account_id], wave_id)[account_id] if children and wave_id is not None else None
    return AccountSheet(
        account=account,
        above=_rows(session, _ABOVE, **known, deepest=DEEPEST) if account.parent_id else [],
        line=account_line(session, account_id, wanted) if wanted else None,
        before=_before(session, account_id, wanted),
        people=_rows(session, _ASKED, **known, limit=MOST_PEOPLE) if wanted else [],
        revenue=_rows(session, _REVENUE, **known, limit=MOST_LINES),
        waves=waves,
        events=_events(session, account_id, waves),
        children=children,
        below=below,
        lifetimes=lifetime_below(session, account_id) if children else [],
    )


def taken_in_by(session: Session, account_id: int) -> int | None:
    """Return the account into which one that is gone was merged, None when there is none."""
    return session.scalar(select(MergedAccount.account_id).where(MergedAccount.old_id == account_id))


def people_not_asked(session: Session, account_id: int, wave_id: int | None, page: int) -> tuple[list[Row], int, int]:
    """Return a page of the people who were not chosen, how many there are, and which page it is."""
    bounds = {"limit": PER_PAGE, "offset": (page - 1) * PER_PAGE}
    rows = _rows(session, _NOT_ASKED, account_id=account_id, wave_id=wave_id, **bounds)
    if not rows and page > 1:
        return people_not_asked(session, account_id, wave_id, 1)
    return rows, rows[0]["total"] if rows else 0, page


def accounts_without_wave(
    session: Session, search: str, page: int, *, bounds: Sequence[Decimal] = ()
) -> tuple[list[Row], int, int]:
    """Return a page of all accounts, how many there are, and which page it is, while there is no wave."""
    place = {"limit": PER_PAGE, "offset": (page - 1) * PER_PAGE}
    rows = _rows(session, _WITHOUT_WAVE, search=search, like=contains(search), bounds=list(bounds), **place)
    if not rows and page > 1:
        return accounts_without_wave(session, search, 1, bounds=bounds)
    return rows, rows[0]["total"] if rows else 0, page


def _before(session: Session, account_id: int, wanted: Wanted | None) -> Row | None:
    """Return the account's line in the wave before."""
    if wanted is None or wanted.before_id is None:
        return None
    return account_line(session, account_id, Wanted(wanted.before_id, today=wanted.today))


def _events(session: Session, account_id: int, waves: Sequence[Row]) -> list[Row]:
    after_events = [row["wave_id"] for row in waves if row["kind"] == "transactional" and row["answers"]]
    if not after_events:
        return []
    return _rows(session, _EVENT_ANSWERS, account_id=account_id, waves=after_events, limit=MOST_ANSWERS)


def _rows(session: Session, statement: Any, **parameters: Any) -> list[Row]:
    return [dict(row) for row in session.execute(statement, parameters).mappings()]
