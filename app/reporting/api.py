"""What programs may read of figures: waves, how each stands, its accounts, segments and drivers.

The same functions answer here and on the pages, so that the two never tell two stories.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.joining import account_today
from app.accounts.models import Level
from app.campaigns.models import Campaign, Wave, WaveState
from app.core.api.cursors import BEGINNING, Cursor, read_cursor
from app.core.api.endpoints import STRICT, Api, Page, caller
from app.core.api.problems import FieldFault, Problem
from app.core.db import reading
from app.core.errors import Refused
from app.reporting.api_answers import (
    AccountAnswer,
    AccountsPage,
    DriversAnswer,
    FiguresAnswer,
    SegmentsAnswer,
    WavesAnswer,
    driver_answers,
    figures_answer,
    segment_answer,
    share,
    wave_answer,
)
from app.reporting.board import wave_board
from app.reporting.cuts import DIMENSIONS, is_dimension
from app.reporting.driver_counting import driver_report
from app.reporting.seen import seen
from app.reporting.segmenting import segments
from app.reporting.standing import counted
from app.surveys.metrics import rounded

REVENUE = "revenue:read"

api = Api(
    "reporting_api",
    __name__,
    scopes={
        "figures:read": "read the figures of waves: response, coverage, scores and drivers",
        REVENUE: "see exact amounts of revenue among the figures",
    },
)

_ACCOUNTS = text(
    f"""
    SELECT s.*, a.external_id FROM standing s {account_today("s")}
    WHERE s.wave_id = :wave_id AND s.account_id > :after ORDER BY s.account_id LIMIT :most
    """
)
_ASKED_LEVELS = tuple(level for level in Level if level is not Level.UNKNOWN)


class By(BaseModel):
    """What the groups of a wave are made by."""

    model_config = STRICT

    by: str = Field(default="level", description=f"One of {', '.join(DIMENSIONS)}, or attributes.<key>, person.<key>.")


@api.reads("/waves", scope="figures:read", summary="Read which waves there are")
def read_waves(query: Page) -> WavesAnswer:
    """Return the waves that were planned, in the order in which they were made."""
    after = read_cursor(query.cursor)
    frozen = (Wave.state != WaveState.DRAFT, Wave.planned_at.is_not(None))  # one stopped before that asked nobody
    planned = select(Wave, Campaign).join(Campaign).where(Wave.id > after.id, *frozen)
    with reading() as session:
        rows = session.execute(planned.order_by(Wave.id).limit(query.per_page)).all()
        data = [wave_answer(wave, campaign) for wave, campaign in rows]
    return WavesAnswer(data=data, next=_next(after, [wave.id for wave, _ in rows]))


@api.reads("/waves/<int:wave_id>/figures", scope="figures:read", summary="Read how a wave stands")
def read_figures(wave_id: int) -> FiguresAnswer:
    """Return response, coverage and scores of a wave, all together and by level, and of its accounts and revenue."""
    with counted() as session:
        return figures_answer(wave_board(session, wave_id), exact=_exact())


@api.reads("/waves/<int:wave_id>/accounts", scope="figures:read", summary="Read how the accounts of a wave stand")
def read_accounts(wave_id: int, query: Page) -> AccountsPage:
    """Return the accounts of a wave by their id."""
    after = read_cursor(query.cursor)
    with counted() as session:
        named = seen(session, wave_id).anonymity.named
        rows = _standings(session, wave_id, after.id, query.per_page)
    return AccountsPage(
        data=[_account(row, named=named) for row in rows], next=_next(after, [row["account_id"] for row in rows])
    )


@api.reads("/waves/<int:wave_id>/segments", scope="figures:read", summary="Read the figures of a wave by segment")
def read_segments(wave_id: int, query: By) -> SegmentsAnswer:
    """Return the groups of a wave by a dimension, as the people were when they were asked."""
    if not is_dimension(query.by):
        raise _unusable(f"is none of {', '.join(DIMENSIONS)}, attributes.<key> and person.<key>")
    with counted() as session:
        found = seen(session, wave_id)
        try:
            groups = segments(session, wave_id, query.by, found.metric, found.anonymity)
        except Refused as why:
            raise _unusable(f"cannot be this. {str(why).removesuffix('.')}") from why
    data = [segment_answer(group, exact=_exact()) for group in groups]
    return SegmentsAnswer(wave_id=str(wave_id), by=query.by, data=data)


@api.reads("/waves/<int:wave_id>/drivers", scope="figures:read", summary="Read what lifts the score and what costs it")
def read_drivers(wave_id: int) -> DriversAnswer:
    """Return the contributions of the drivers of both tiers to the score, and the revenue that goes with them."""
    with reading() as session:
        found = seen(session, wave_id)
        drivers = driver_report(session, wave_id, found.metric).drivers
    hidden = found.anonymity.why(drivers.n)
    total = None if hidden or drivers.total is None else float(rounded(drivers.total, 6))
    return DriversAnswer(
        wave_id=str(wave_id),
        metric=found.metric,
        n=drivers.n,
        total=total,
        hidden=hidden,
        data=[] if hidden else driver_answers(drivers, exact=_exact()),
    )


def _unusable(what: str) -> Problem:
    """Return the problem of a query whose `by` is not to be had."""
    return Problem(422, "invalid_query", f"The query cannot be used: by {what}.", errors=[FieldFault("/by", what)])


def _standings(session: Session, wave_id: int, after: int, most: int) -> list[dict[str, Any]]:
    rows = session.execute(_ACCOUNTS, {"wave_id": wave_id, "after": after, "most": most})
    return [dict(row) for row in rows.mappings()]


def _account(row: dict[str, Any], *, named: bool) -> AccountAnswer:
    score = row["score"] if named and row["answers"] > 1 else None
    return AccountAnswer(
        account_id=str(row["account_id"]),
        external_id=row["external_id"],
        annual_value=row["annual_value"] if _exact() else None,
        required=row["required"],
        shortage=row["shortage"],
        contacts=row["contacts"],
        sent=row["sent"],
        answers=row["answers"],
        targets={level: row[f"target_{level}"] for level in _ASKED_LEVELS},
        answers_by_level={level: row[f"answers_{level}"] for level in Level},
        coverage=share(row["coverage"]),
        score=None if score is None else float(rounded(score, 4)),
        heard_at=row["heard_at"] if named else None,
    )


def _exact() -> bool:
    return REVENUE in caller().scopes


def _next(after: Cursor, ids: list[int]) -> str:
    return str(Cursor(BEGINNING, ids[-1]) if ids else after)
