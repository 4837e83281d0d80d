"""Deed that sets a planned wave going."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.joining import TODAYS_ACCOUNT
from app.campaigns.creating import LINK_LIFE_DAYS
from app.campaigns.creating_campaigns import locked
from app.campaigns.models import Campaign, CampaignState, Wave, WaveState
from app.campaigns.windows import Whereabouts, local_day
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.delivery.places import WHEREABOUTS

# Renewals within 120 days first, the earliest ahead; then the higher value; within an account one seat per level in
# turn (domain section 4). Mails are let go and handed out in the order of the ids given here.
_QUEUE = f"""
    WITH asked AS (
        SELECT i.id, i.wave_id, i.account_id, i.turn, f.due_on, f.annual_value, a.external_id,
               CASE WHEN a.renewal_on BETWEEN w.planned_for AND w.planned_for + 120 THEN a.renewal_on END AS renewal_on,
               {WHEREABOUTS}
        FROM invitation i
        JOIN wave w ON w.id = i.wave_id
        JOIN campaign g ON g.id = w.campaign_id
        JOIN wave_account f ON f.wave_id = i.wave_id AND f.account_id = i.account_id
        {TODAYS_ACCOUNT}
        LEFT JOIN contact c ON c.id = i.contact_id
        WHERE i.wave_id = :wave_id
    ), known AS (
        INSERT INTO place (zone, country) SELECT DISTINCT zone, country FROM asked ON CONFLICT DO NOTHING
        RETURNING id, zone, country
    ), places AS (SELECT id, zone, country FROM known UNION SELECT id, zone, country FROM place)
    INSERT INTO message (invitation_id, wave_id, account_id, number, place_id, due_on, due_at)
    SELECT q.id, q.wave_id, q.account_id, 0, {{when}} FROM asked q
    JOIN places p ON p.zone = q.zone AND p.country = q.country
    ORDER BY q.renewal_on NULLS LAST, q.annual_value DESC NULLS LAST, q.external_id, q.turn
    ON CONFLICT (invitation_id, number) DO NOTHING
"""
_WAITING = text(_QUEUE.format(when="p.id, greatest(q.due_on, CAST(:today AS date)), NULL"))
_AT_ONCE = text(_QUEUE.format(when="NULL, NULL, CAST(:now AS timestamptz)"))

# A link lives for its days from the sending on, however long the plan lay.
_LIVE = text("UPDATE invitation SET closes_on = greatest(closes_on, :closes_on) WHERE wave_id = :wave_id")


def launch_wave(wave_id: int, *, now: datetime, actor: str, at_once: bool = False) -> int:
    """Put a mail in the ledger for each invitation of a planned wave; return how many.

    They wait there for the window of their reader's working days and for room under the caps; `at_once` lets all of
    them leave now, whatever the hour, which suits a trial.

    Raises NotFound for an unknown wave, Refused for one that is not planned or was launched before.
    """
    with transaction() as session:
        wave, campaign = _locked(session, wave_id)
        if wave.state is WaveState.DRAFT:
            raise Refused(f"«{wave.name}» has no plan yet. Plan it first: nobody is asked without a reason on record.")
        if wave.state is not WaveState.PLANNED:
            raise Refused(f"«{wave.name}» was launched already; nobody is mailed twice.")
        if wave.planned_for > now.date():
            raise Refused(f"«{wave.name}» is reckoned from {wave.planned_for:%d %B %Y}; send it from that day on.")
        if wave.ends_on < now.date():
            raise Refused(
                f"«{wave.name}» ended on {wave.ends_on:%d %B %Y}; its links would be closed. Make a new wave."
            )
        if campaign.state in (CampaignState.PAUSED, CampaignState.FINISHED):
            raise Refused(f"«{campaign.name}» is {campaign.state}; none of its waves sets out.")
        session.execute(_LIVE, {"wave_id": wave_id, "closes_on": now.date() + timedelta(days=LINK_LIFE_DAYS)})
        today = local_day(now, Whereabouts(campaign.time_zone, campaign.country or ""))
        when = {"now": now} if at_once else {"today": today}
        result = session.execute(_AT_ONCE if at_once else _WAITING, {"wave_id": wave_id} | when)
        queued: int = result.rowcount  # type: ignore[attr-defined] # of an INSERT
        wave.state, wave.launched_at = WaveState.RUNNING, now
        campaign.state = CampaignState.RUNNING
        audit.record(
            session, actor=actor, deed="wave.launched", subject=f"wave {wave_id}", messages=queued, at_once=at_once
        )
        return queued


def _locked(session: Session, wave_id: int) -> tuple[Wave, Campaign]:
    """Return a wave and its campaign; the campaign is locked before its waves, as everywhere."""
    campaign_id = session.scalar(select(Wave.campaign_id).where(Wave.id == wave_id))
    if campaign_id is None:
        raise NotFound(f"There is no wave {wave_id}.")
    campaign = locked(session, campaign_id)
    return session.get_one(Wave, wave_id, with_for_update=True), campaign
