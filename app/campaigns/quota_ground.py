"""What a quota table is tried on, as the address of the page says: a campaign's accounts and rates, or all accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import discretion
from app.campaigns.audience import EVERYBODY
from app.campaigns.creating import is_currency
from app.campaigns.creating_campaigns import settings_of
from app.campaigns.models import Campaign
from app.campaigns.quota_trying import Ground
from app.campaigns.rates import Held, currencies, missing, read_rates

DEFAULT_CURRENCY = "USD"
USUAL_REMINDERS = 2


@dataclass(frozen=True)
class Trial:
    """The ground of a trial with what the page says about it.

    `campaign` is the campaign it is taken from, None for all accounts; `given` and `faults` are the rates as they were
    typed; `unrated` are the currencies whose accounts have no known value for want of a rate.
    """

    ground: Ground
    campaign: Campaign | None
    campaigns: list[tuple[str, str]]
    held: list[Held]
    given: Mapping[str, str]
    faults: Mapping[str, str]
    reminders: int

    @property
    def unrated(self) -> list[Held]:
        """Return the currencies that need a rate and have none."""
        return missing(self.held, self.ground.currency, self.ground.rates)


def trial_asked(session: Session, asked: Mapping[str, str], *, today: date | None = None) -> Trial:
    """Return what the parameters `campaign`, or else `currency` and `rate-EUR` and so on, ask to try a table on."""
    today = today or datetime.now(UTC).date()
    held = currencies(session)
    named = session.scalars(select(Campaign).order_by(Campaign.id.desc())).all()
    choices = [("", "All accounts"), *((str(each.id), each.name) for each in named)]
    campaign = next((each for each in named if str(each.id) == asked.get("campaign")), None)
    if campaign is not None:
        settings = settings_of(campaign)
        ground = Ground(today, settings.currency, settings.rates, settings.audience, discretion.hidden_in())
        return Trial(ground, campaign, choices, held, {}, {}, len(settings.reminders))
    rates, faults = read_rates(asked)
    currency = asked.get("currency", "").upper()
    if not is_currency(currency):
        currency = held[0].code if held else DEFAULT_CURRENCY
    ground = Ground(today, currency, rates, EVERYBODY, discretion.hidden_in())
    return Trial(ground, None, choices, held, asked, faults, USUAL_REMINDERS)
