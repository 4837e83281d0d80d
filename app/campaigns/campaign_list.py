"""Reads the list of campaigns: searched, filtered, sorted, a page or all; with what comes next and how far each is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select, text
from sqlalchemy.orm import Session

from app.campaigns.cadence import Cadence
from app.campaigns.calendar import NeverOpen, next_working_day
from app.campaigns.campaign_form import RHYTHMS
from app.campaigns.closures import closures
from app.campaigns.models import Campaign, CampaignState
from app.campaigns.next_steps import following_wave
from app.campaigns.settings import Kind
from app.campaigns.upcoming import campaign_day
from app.campaigns.windows import Closures
from app.core.searching import contains

PER_PAGE = 50
COLUMNS = (
    *("id", "name", "kind", "state", "survey", "asks", "first_day", "last_day", "next_wave", "next_on"),
    *("wave", "planned", "sent", "answered", "trouble"),
)
SORTS: Mapping[str, Any] = {
    "name": func.lower(Campaign.name),
    "state": Campaign.state,
    "starts_on": Campaign.starts_on,
    "created_at": Campaign.created_at,
}

# Of each campaign the newest wave that set out, the first one that waits, and the keys that are taken lately.
_WAVES = text(
    """
    SELECT g.id AS campaign_id, l.name AS wave, l.planned, l.sent, l.answered, n.name AS waiting, n.planned_for, k.keys
    FROM unnest(CAST(:ids AS bigint[])) AS g(id)
    LEFT JOIN LATERAL (
        SELECT w.name, (SELECT count(*) FROM invitation i WHERE i.wave_id = w.id) AS planned,
               (SELECT count(*) FROM invitation i WHERE i.wave_id = w.id AND i.sent_at IS NOT NULL) AS sent,
               (SELECT count(*) FROM invitation i WHERE i.wave_id = w.id AND i.answered_at IS NOT NULL) AS answered
        FROM wave w WHERE w.campaign_id = g.id AND w.launched_at IS NOT NULL ORDER BY w.launched_at DESC LIMIT 1
    ) l ON true
    LEFT JOIN LATERAL (
        SELECT w.name, w.planned_for FROM wave w WHERE w.campaign_id = g.id AND w.state IN ('draft', 'planned')
        ORDER BY w.planned_for, w.id LIMIT 1
    ) n ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(r.key) AS keys FROM (
            SELECT w.key FROM wave w WHERE w.campaign_id = g.id ORDER BY w.id DESC LIMIT 60
        ) r
    ) k ON true
    """
)


@dataclass(frozen=True)
class Wanted:
    """What a person looks for; empty means all."""

    search: str = ""
    state: str = ""
    kind: str = ""
    trouble: bool = False
    sort: str = "name"
    page: int = 1


class Found(NamedTuple):
    """A page of campaigns, how many there are in all, and how many there are without the search and the filters."""

    rows: list[dict[str, Any]]
    total: int
    all: int
    troubled: int


def campaign_page(session: Session, wanted: Wanted, now: datetime) -> Found:
    """Return a page of the list."""
    span = _query(wanted).limit(PER_PAGE).offset((wanted.page - 1) * PER_PAGE)
    total = session.scalar(select(func.count()).select_from(_query(wanted).subquery())) or 0
    counts = select(func.count(), func.count(Campaign.trouble).filter(Campaign.state != CampaignState.FINISHED))
    everything, troubled = session.execute(counts).one()
    return Found(_rows(session, session.scalars(span).all(), now), total, everything, troubled)


def all_campaigns(session: Session, wanted: Wanted, now: datetime) -> Iterator[list[Any]]:
    """Yield the rows for a file, in the order of `COLUMNS`."""
    ids = session.scalars(_query(wanted).with_only_columns(Campaign.id)).all()
    for start in range(0, len(ids), PER_PAGE):
        piece = session.scalars(select(Campaign).where(Campaign.id.in_(ids[start : start + PER_PAGE]))).all()
        by_id = {campaign.id: campaign for campaign in piece}
        rows = _rows(session, [by_id[id] for id in ids[start : start + PER_PAGE]], now)
        yield from ([row[column] for column in COLUMNS] for row in rows)


def rhythm(campaign: Campaign) -> str:
    """Return when a campaign asks, in words."""
    return "after an event" if campaign.kind is Kind.TRANSACTIONAL else RHYTHMS[campaign.cadence]


def next_by_rhythm(campaign: Campaign, made: set[str], today: date, closed: Closures) -> tuple[str, date] | None:
    """Return name and day of the wave that a campaign's rhythm makes next, moved to a working day."""
    if campaign.state is CampaignState.FINISHED or campaign.cadence is Cadence.BY_HAND:
        return None
    found = following_wave(campaign.cadence, campaign.starts_on, campaign.ends_on, made, today - timedelta(days=6))
    if found is None:
        return None
    try:
        shut = closed.of_country(campaign.country)
        return found[0], next_working_day(max(found[1], today), campaign.country, shut)
    except NeverOpen:
        return None


def _query(wanted: Wanted) -> Select[Campaign]:
    query = select(Campaign)
    if wanted.search:
        pattern = contains(wanted.search)
        query = query.where(or_(Campaign.name.ilike(pattern), Campaign.survey_key.ilike(pattern)))
    if wanted.state:
        query = query.where(Campaign.state == wanted.state)
    if wanted.kind:
        query = query.where(Campaign.kind == wanted.kind)
    if wanted.trouble:
        query = query.where(Campaign.trouble.is_not(None), Campaign.state != CampaignState.FINISHED)
    column = SORTS.get(wanted.sort.removeprefix("-"), SORTS["name"])
    order = column.desc().nulls_last() if wanted.sort.startswith("-") else column.asc().nulls_last()
    return query.order_by(order, Campaign.id)


def _rows(session: Session, campaigns: Any, now: datetime) -> list[dict[str, Any]]:
    waves = {
        row["campaign_id"]: dict(row)
        for row in session.execute(_WAVES, {"ids": [campaign.id for campaign in campaigns]}).mappings()
    }
    closed = closures(session)
    return [_row(campaign, waves[campaign.id], now, closed) for campaign in campaigns]


def _row(campaign: Campaign, waves: Mapping[str, Any], now: datetime, closed: Closures) -> dict[str, Any]:
    following = next_by_rhythm(campaign, set(waves["keys"] or ()), campaign_day(campaign, now), closed)
    waiting = (waves["waiting"], waves["planned_for"]) if waves["waiting"] else None
    over = campaign.state is CampaignState.FINISHED
    next_wave, next_on = (None if over else waiting or following) or (None, None)
    return {
        "id": campaign.id,
        "name": campaign.name,
        "kind": str(campaign.kind),
        "state": str(campaign.state),
        "survey": campaign.survey_key,
        "asks": rhythm(campaign),
        "first_day": campaign.starts_on,
        "last_day": campaign.ends_on,
        "next_wave": next_wave,
        "next_on": next_on,
        "wave": waves["wave"],
        "planned": waves["planned"],
        "sent": waves["sent"],
        "answered": waves["answered"],
        "trouble": None if over else campaign.trouble,
    }
