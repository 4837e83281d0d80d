"""The answers as people gave them: searched, filtered, sorted and paged in the database.

Answers of anonymous surveys are never here; `unnamed_comments` gives what may be read of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.joining import ITS_IDS, account_today
from app.core.searching import contains
from app.reporting.anonymity import NAMED
from app.reporting.comment_search import FOUND, HEADLINE, query_text
from app.reporting.cuts import WHOLE, Cut
from app.surveys.metrics import METRICS

PER_PAGE = 50

SORTS: Mapping[str, str] = MappingProxyType(
    {
        "-changed_at": "r.changed_at DESC, r.invitation_id DESC",
        "changed_at": "r.changed_at, r.invitation_id",
        "score": "r.score, r.changed_at DESC, r.invitation_id DESC",
        "-score": "r.score DESC, r.changed_at DESC, r.invitation_id DESC",
        "account": "a.name, r.changed_at DESC, r.invitation_id DESC",
        "-account": "a.name DESC, r.changed_at DESC, r.invitation_id DESC",
    }
)
"""Sort in the address → SQL; the first one is the usual one."""

NEWEST_FIRST = next(iter(SORTS))

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        "": "r.verdict <> 'machine'",
        "human": "r.verdict = 'human'",
        "suspect": "r.verdict = 'suspect'",
        "machine": "r.verdict = 'machine'",
    }
)

WITHOUT_DRIVER = "-"
"""How addresses name the answers that name no driver."""


@dataclass(frozen=True)
class Wanted:
    """Which answers to show; what is empty filters nothing, and answers of machines show only when asked for.

    `wave_id` and `campaign_id` None are all waves and campaigns; `account_id` names an account, `company` a part of its
    name. `driver` is a path as `drivers` has them: a tier-1 key with all under it, or `support/` for nothing under it.
    """

    wave_id: int | None = None
    campaign_id: int | None = None
    cut: Cut = WHOLE
    band: str = ""
    driver: str = ""
    language: str = ""
    account_id: int | None = None
    company: str = ""
    verdict: str = ""
    commented: bool = False
    search: str = ""
    sort: str = NEWEST_FIRST
    page: int = 1


@dataclass(frozen=True)
class AnswerPage:
    """One page of answers and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int
    page: int


_ACCOUNT = account_today("r")
_SHOWN = """
    SELECT r.invitation_id, r.wave_id, coalesce(a.id, r.account_id) AS account_id, r.contact_id, r.level, r.segments,
           r.state, r.score, r.drivers,
           {comments} AS comments, r.language, r.verdict, r.survey_version_id, r.answered_at, r.changed_at, total,
           w.name AS wave, w.key AS wave_key, g.name AS campaign, a.name AS account, a.external_id AS account_key,
           c.first_name, c.last_name, c.job_title, c.external_id AS contact_key
    FROM ({found}) found
    JOIN response r USING (invitation_id)
    JOIN wave w ON w.id = r.wave_id
    JOIN campaign g ON g.id = w.campaign_id
    {account}
    LEFT JOIN contact c ON c.id = r.contact_id
    ORDER BY {order}
"""


def answer_page(session: Session, wanted: Wanted) -> AnswerPage:
    """Return one page of answers; a page beyond the last one is the first."""
    condition, values = _condition(session, wanted)
    values |= {"limit": PER_PAGE, "offset": (wanted.page - 1) * PER_PAGE}
    statement = _statement(wanted, condition, f"ORDER BY {_order(wanted)} LIMIT :limit OFFSET :offset")
    rows = [dict(row) for row in session.execute(statement, values).mappings()]
    if not rows and wanted.page > 1:
        return answer_page(session, replace(wanted, page=1))
    return AnswerPage(rows, rows[0]["total"] if rows else 0, wanted.page)


def stream_answers(session: Session, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Yield all answers that are wanted, in their order."""
    condition, values = _condition(session, wanted)
    statement = _statement(replace(wanted, search=""), condition, "")
    found = session.execute(statement, values, execution_options={"yield_per": 1000})
    yield from (dict(row) for row in found.mappings())


def _statement(wanted: Wanted, condition: str, limit: str) -> Any:
    found = f"SELECT r.invitation_id, count(*) OVER () AS total FROM {_tables(wanted)} WHERE {condition} {limit}"
    comments = HEADLINE if query_text(wanted.search) else "r.comments"
    return text(_SHOWN.format(found=found, account=_ACCOUNT, comments=comments, order=_order(wanted)))


def _order(wanted: Wanted) -> str:
    return SORTS.get(wanted.sort, SORTS[NEWEST_FIRST])


def _tables(wanted: Wanted) -> str:
    by_account = wanted.company or "a.name" in _order(wanted)
    return "response r" + (_ACCOUNT if by_account else "")


def _condition(session: Session, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    cut, values = wanted.cut.condition("r")
    parts = [cut, VERDICTS.get(wanted.verdict, VERDICTS[""]), NAMED]
    given: dict[str, Any] = dict(values)
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if value:
            parts.append(condition)
            given[name] = value
    if wanted.company:
        given["company"] = contains(wanted.company)
    if wanted.band:
        parts.append(_in_band(session, wanted.band, given))
    if wanted.driver:
        parts.append(_names_driver(wanted.driver, given))
    if wanted.search:
        parts.append(FOUND)
        given["words"] = query_text(wanted.search)
    return " AND ".join(parts), given


_CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "wave_id": "r.wave_id = :wave_id",
        "campaign_id": "r.wave_id IN (SELECT id FROM wave WHERE campaign_id = :campaign_id)",
        "account_id": f"r.account_id IN {ITS_IDS}",
        "company": "a.name ILIKE :company",
        "language": "r.language = :language",
        "commented": "r.comments <> '{}' AND :commented",
    }
)


def _in_band(session: Session, band: str, given: dict[str, Any]) -> str:
    """Say which scores make a band; several surveys may have several scales."""
    asked = session.execute(text("SELECT id, definition ->> 'metric' AS metric FROM survey_version")).all()
    parts = ["false"]
    for key, metric in METRICS.items():
        given[f"versions_{key}"] = [row.id for row in asked if row.metric == key]
        scores = [score for score in metric.scale if metric.band(score) == band]
        if scores and given[f"versions_{key}"]:
            between = f"r.score BETWEEN {scores[0]} AND {scores[-1]}"
            parts.append(f"(r.survey_version_id = ANY(:versions_{key}) AND {between})")
    return f"({' OR '.join(parts)})"


def _names_driver(driver: str, given: dict[str, Any]) -> str:
    part = "split_part(part, ' ', 3)"
    if "/" not in driver and driver != WITHOUT_DRIVER:
        part = f"split_part({part}, '/', 1)"
    given["driver"] = "" if driver == WITHOUT_DRIVER else driver
    return f"EXISTS (SELECT FROM unnest(r.driver_parts) AS p (part) WHERE {part} = :driver)"


_UNNAMED = text(
    f"""
    SELECT r.comments FROM response r
    WHERE r.wave_id = :wave_id AND r.verdict <> 'machine' AND r.comments <> '{{}}' AND (:words = '' OR ({FOUND}))
    ORDER BY md5(r.comments::text)
    """
)


def unnamed_comments(session: Session, wave_id: int, search: str = "") -> list[str]:
    """Return the comments of an anonymous survey by themselves, in an order that tells nothing.

    Whoever calls this has asked `anonymity` whether they may be shown.
    """
    found = session.scalars(_UNNAMED, {"wave_id": wave_id, "words": query_text(search)})
    return sorted((str(comment) for comments in found for comment in comments.values()), key=hash_of)


def hash_of(comment: str) -> str:
    """Return what comments without a name are sorted by."""
    return sha256(comment.encode()).hexdigest()
