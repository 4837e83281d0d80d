"""What the form of a campaign offers: sensible settings to begin with, and the choices of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.accounts.places import country_name
from app.campaigns.audience_form import TypedSegment, attribute_label
from app.campaigns.audience_values import Offered
from app.campaigns.cadence import Cadence
from app.campaigns.calendar import countries, is_country, is_zone, next_working_day, zones
from app.campaigns.closures import closures
from app.campaigns.creating import quota_as_json
from app.campaigns.creating_campaigns import settings_of
from app.campaigns.models import Campaign
from app.campaigns.quota_tables import NAME, every_table, key_of
from app.campaigns.rates import currencies
from app.campaigns.settings import LONGEST_NAME, CampaignSettings
from app.core.errors import NotFound
from app.sampling import presets
from app.surveys.models import StoredBrand
from app.surveys.publishing import askable

USUAL_NAME = "Relationship programme"
USUAL_SURVEY = "relationship_nps"
USUAL_CURRENCY = "USD"
NOTICE = timedelta(days=7)
"""So long before its first day a new campaign is offered: time to look at the people and to ask for names."""

EMPTY_SEGMENTS = 1

_COMMONEST = {
    "country": text(
        "SELECT country FROM account WHERE status = 'active' AND country IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC"
        " LIMIT 1"
    ),
    "time_zone": text(
        "SELECT time_zone FROM account WHERE status = 'active' AND time_zone IS NOT NULL GROUP BY 1"
        " ORDER BY count(*) DESC LIMIT 1"
    ),
}

Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Offering:
    """The choices of the form's fields as (value, label)."""

    surveys: Choices
    brands: Choices
    tables: Choices
    countries: Choices
    zones: list[str]


def first_settings(session: Session, today: date) -> CampaignSettings:
    """Return what a new campaign begins with: a quarterly one of all accounts, where most of them are."""
    held = currencies(session)
    country = session.scalar(_COMMONEST["country"])
    country = country if country and is_country(country) else None
    zone = session.scalar(_COMMONEST["time_zone"]) or _zone_of(country)
    surveys = [each.key for each in askable(session)]
    return CampaignSettings(
        name=_free_name(session, USUAL_NAME),
        survey_key=USUAL_SURVEY if USUAL_SURVEY in surveys else next(iter(surveys), ""),
        quota=_tables(session)[presets.DEFAULT],
        currency=held[0].code if held else USUAL_CURRENCY,
        cadence=Cadence.QUARTERLY,
        starts_on=next_working_day(today + NOTICE, country, closures(session).of_country(country)),
        time_zone=zone if zone and is_zone(zone) else "UTC",
        country=country,
    )


def copied_settings(session: Session, campaign_id: int, today: date) -> CampaignSettings:
    """Return the settings of a campaign for another one like it, which begins anew."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound(f"There is no campaign {campaign_id}.")
    settings = settings_of(campaign)
    starts_on, ends_on = settings.starts_on, settings.ends_on
    if starts_on is not None and starts_on < today:
        closed = closures(session).of_country(settings.country)
        starts_on = next_working_day(today + NOTICE, settings.country, closed)
    ends_on = ends_on if ends_on is not None and starts_on is not None and ends_on > starts_on else None
    name = _free_name(session, f"Copy of {settings.name}"[:LONGEST_NAME])
    return replace(settings, name=name, starts_on=starts_on, ends_on=ends_on)


def offering(session: Session, base: CampaignSettings | None) -> Offering:
    """Return the choices of the form; what `base` has is among them even where nobody else may choose it."""
    surveys = [(each.key, each.title) for each in askable(session)]
    if base is not None and base.survey_key not in dict(surveys):
        surveys.append((base.survey_key, f"{base.survey_key} (cannot be asked now)"))
    kept = [key_of(quota) for quota in _quotas(base)]
    tables = [(each.key, each.name) for each in every_table(session) if not each.archived_at or each.key in kept]
    if kept[:1] == [""]:
        tables.insert(0, ("", "The rows it has"))
    brands = select(StoredBrand).where(
        StoredBrand.archived_at.is_(None) | (StoredBrand.id == (base.brand_id if base is not None else None))
    )
    return Offering(
        surveys=surveys,
        brands=[("", "The survey's own"), *((str(each.id), each.name) for each in session.scalars(brands))],
        tables=tables,
        countries=[("", "No public holidays"), *sorted(((code, _country(code)) for code in countries()), key=_label)],
        zones=sorted(zones()),
    )


def tables_by_key(session: Session) -> Mapping[str, Mapping[str, Any]]:
    """Return every quota table as a campaign keeps it, the usual one first."""
    return _tables(session)


def segment_fields(fields: list[Offered], rows: list[TypedSegment]) -> Choices:
    """Return the fields that can make a segment with a quota table of its own."""
    known = {each.field: each.label for each in fields if each.side == "account"}
    kept = {row.field: attribute_label(row.field) for row in rows if row.field and row.field not in known}
    return [("", "Choose a field"), *known.items(), *kept.items()]


def _quotas(base: CampaignSettings | None) -> list[Mapping[str, Any]]:
    return [] if base is None else [base.quota, *(each["quota"] for each in base.segment_quotas)]


def _tables(session: Session) -> dict[str, dict[str, Any]]:
    found = {each.key: quota_as_json(each.table) | {NAME: each.key} for each in every_table(session)}
    return {presets.DEFAULT: found[presets.DEFAULT]} | found


def _free_name(session: Session, name: str) -> str:
    """Return the name, with a number where other campaigns have it already."""
    taken = set(session.scalars(select(Campaign.name).where(func.starts_with(Campaign.name, name[:60]))))
    for number in range(2, len(taken) + 3):
        if name not in taken:
            return name
        name = f"{name[: LONGEST_NAME - 6].rstrip(' 0123456789')} {number}"
    return name


@cache
def _zone_of(country: str | None) -> str | None:
    """Return the time zone of most people of a country, which the table of zones names first."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    lines = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return next((zone for code, _, zone, *_ in lines if code == country), None)


def _country(code: str) -> str:
    return f"{country_name(code) or code} ({code})"


def _label(choice: tuple[str, str]) -> str:
    return choice[1]
