"""Holds an audience against the accounts and contacts there are: does it fit anybody, and how many does it make.

Counting stays quick however many contacts there are: beyond some thousand accounts those of a sample are counted, and
whoever reads the figures is told. Who was asked recently still counts; the plan of a wave knows that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.buckets import Buckets
from app.campaigns.audience import Audience
from app.campaigns.quota_trying import Ground, histogram
from app.campaigns.segment_quotas import Quotas
from app.campaigns.settings import CampaignSettings
from app.core.db import driver

SAMPLE = 2000
"""Accounts that are counted one by one; of more, about every so many."""

_HOW_MANY = "SELECT count(*) FROM account a WHERE a.status = 'active' AND ({accounts})"
# Drawn by something that has nothing to do with the accounts, and is the same each time.
_DRAWN = """
    SELECT array_agg(a.id) FROM account a
    WHERE a.status = 'active' AND mod(hashint8(a.id)::bigint + 2147483648, %(every)s) = 0 AND ({accounts})
"""
_ANYBODY = """
    SELECT EXISTS (SELECT FROM account a WHERE a.status = 'active' AND ({accounts})) AS an_account,
           EXISTS (SELECT FROM account a JOIN contact c ON c.account_id = a.id
                   WHERE a.status = 'active' AND c.status = 'active' AND ({accounts}) AND ({contacts})) AS a_contact
"""


@dataclass(frozen=True)
class Matching:
    """What a campaign's settings make on the real accounts.

    `people` may be asked, `invitations` leave in a wave, `mails` at most with every reminder; these three are reckoned
    from a sample where `estimated`.
    """

    accounts: int
    people: int
    invitations: int
    mails: int
    estimated: bool


def nobody_fits(session: Session, settings: CampaignSettings) -> str | None:
    """Return in words that the audience fits no account or no contact, or None; everybody fits, even where none is."""
    if settings.audience == Audience():
        return None
    accounts, contacts, parameters = settings.audience.condition(currency=settings.currency, rates=settings.rates)
    found = _one(session, _ANYBODY.format(accounts=accounts, contacts=contacts), parameters)
    if not found[0]:
        return "No active account fits what is chosen here. Take a filter away, or choose other values."
    if not found[1]:
        return "Accounts fit what is chosen here, but none of their contacts does. Take a filter away."
    return None


def matching(session: Session, settings: CampaignSettings, *, today: date, buckets: Buckets | None = None) -> Matching:
    """Return what settings make; with `buckets` every value counts as the middle of its bucket."""
    accounts, _, parameters = settings.audience.condition(currency=settings.currency, rates=settings.rates)
    [found] = _one(session, _HOW_MANY.format(accounts=accounts), parameters)
    every = -(-found // SAMPLE) or 1
    [ids] = _one(session, _DRAWN.format(accounts=accounts), parameters | {"every": every})
    drawn: list[int] = ids or []
    ground = Ground(today, settings.currency, settings.rates, settings.audience, buckets)
    quotas = Quotas.read(settings.quota, settings.segment_quotas)
    counted = histogram(session, quotas, ground, among=drawn, shared_addresses=every == 1)
    scale = found / max(len(drawn), 1)
    people, seats = (_about(counted.total(name) * scale, every > 1) for name in ("people", "seats"))
    mails = seats * (1 + len(settings.reminders))
    return Matching(found, people, seats, mails, every > 1)


def _about(figure: float, estimated: bool) -> int:
    """Return a figure; an estimated one with the two digits that can be meant."""
    whole = round(figure)
    return round(whole, 2 - len(str(whole))) if estimated else whole


def _one(session: Session, query: str, parameters: dict[str, Any]) -> tuple[Any, ...]:
    found = driver(session).execute(query.encode(), parameters).fetchone()
    return found if found is not None else ()
