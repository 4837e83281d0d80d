"""Which accounts a wave before reviews or renewals is about, and when each of them is asked.

A week's wave takes the accounts whose day lies in that week, and those whose day is past but not too long; an account
for which it comes too late is skipped and noted, once for each review or renewal.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.cadence import OCCASIONS
from app.campaigns.calendar import NeverOpen, relative_day
from app.campaigns.models import Campaign, LateAccount, Wave
from app.campaigns.windows import Closures

WEEK = timedelta(days=7)

# Each review or renewal counts once: whoever was asked for it, or noted as too late, is not looked at again. What a
# draft says of it is a preview.
_OCCASIONS = """
    SELECT a.id, a.{day}, coalesce(a.country, :country) FROM account a
    WHERE a.{day} >= :today AND a.status = 'active'
      AND NOT EXISTS (SELECT FROM wave_account f JOIN wave w ON w.id = f.wave_id
                      WHERE w.campaign_id = :campaign_id AND f.account_id = a.id AND f.occasion_on = a.{day}
                        AND w.state <> 'draft')
      AND NOT EXISTS (SELECT FROM late_account l JOIN wave w ON w.id = l.wave_id
                      WHERE w.campaign_id = :campaign_id AND l.account_id = a.id AND l.occasion_on = a.{day}
                        AND w.state <> 'draft')
    ORDER BY a.id
"""
_COLUMN = {"qbr": "review_on", "renewal": "renewal_on"}
_DATE = text(
    """
    UPDATE wave_account f SET due_on = v.due_on, occasion_on = v.occasion_on
    FROM unnest(CAST(:accounts AS bigint[]), CAST(:due AS date[]), CAST(:occasions AS date[]))
         AS v(account_id, due_on, occasion_on)
    WHERE f.wave_id = :wave_id AND f.account_id = v.account_id
    """
)


class Dated(NamedTuple):
    """When an account is asked, and before what; `due_on` is None where it comes too late."""

    account_id: int
    occasion_on: date
    due_on: date | None


def dated_accounts(session: Session, wave: Wave, campaign: Campaign, closed: Closures) -> list[Dated] | None:
    """Return the accounts whose turn comes in the wave's week, the late ones too; None where accounts set no day."""
    occasion = OCCASIONS.get(campaign.cadence)
    if occasion is None:
        return None
    query = text(_OCCASIONS.format(day=_COLUMN[occasion]))
    of_these = {"today": wave.planned_for, "campaign_id": campaign.id, "country": campaign.country}
    found = []
    for account_id, on, country in session.execute(query, of_these):
        try:
            due = relative_day(occasion, on, today=wave.planned_for, country=country, closed=closed.of_country(country))
        except NeverOpen:
            continue
        if due.on is None or due.on < wave.planned_for + WEEK:
            found.append(Dated(account_id, on, due.on))
    return found


def note_days(session: Session, wave: Wave, dated: list[Dated]) -> None:
    """Note at the accounts of a plan when they are asked."""
    asked = [one for one in dated if one.due_on is not None]
    columns = {
        "wave_id": wave.id,
        "accounts": [one.account_id for one in asked],
        "due": [one.due_on for one in asked],
        "occasions": [one.occasion_on for one in asked],
    }
    session.execute(_DATE, columns)


def keep_late(session: Session, wave: Wave, dated: list[Dated]) -> None:
    """Keep the accounts for which a wave came too late."""
    session.add_all(
        LateAccount(wave_id=wave.id, account_id=one.account_id, occasion_on=one.occasion_on)
        for one in dated
        if one.due_on is None
    )
