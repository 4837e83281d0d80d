"""The page of one campaign: what happens next, how far its waves are, how it is set, and what was done to it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from flask import render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import discretion
from app.campaigns.campaign_history import LABELS, history, setting_in_words
from app.campaigns.campaign_history import PER_PAGE as HISTORY_PER_PAGE
from app.campaigns.campaign_list import next_by_rhythm, rhythm
from app.campaigns.campaign_progress import PER_PAGE, WaveLine, wave_keys, wave_lines
from app.campaigns.closures import closures
from app.campaigns.house_rules import house_rules
from app.campaigns.models import Campaign, Wave
from app.campaigns.next_steps import Standing, Waiting, next_step
from app.campaigns.settings import Kind
from app.campaigns.triggers import TriggerSettings
from app.campaigns.upcoming import campaign_day
from app.core import navigation
from app.core.errors import NotFound
from app.core.formats import day, money, number
from app.core.listing import page_asked
from app.surveys.models import StoredBrand
from app.surveys.publishing import askable


def campaign_page(session: Session, campaign_id: int, now: datetime) -> str:
    """Return the page; raises NotFound."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound("There is no such campaign.")
    page, past = page_asked(), _page("history")
    waves = wave_lines(session, campaign_id, page=page)
    current = waves if page == 1 else wave_lines(session, campaign_id)
    standing = standing_of(session, campaign, current, now)
    done, deeds = history(session, campaign_id, past)
    navigation.show(navigation.InView(campaign.name, href=url_for("campaigns.show", campaign_id=campaign_id)))
    return render_template(
        "campaigns/campaign.html",
        campaign=campaign,
        waves=waves,
        total=session.scalar(select(func.count()).where(Wave.campaign_id == campaign_id)) or 0,
        page=page,
        per_page=PER_PAGE,
        going=[wave for wave in current if wave.goes],
        waiting=next((wave for wave in reversed(current) if wave.waits), None),
        standing=standing,
        next_step=next_step(standing),
        asks=rhythm(campaign),
        settings=settings_in_words(session, campaign),
        history=done,
        deeds=deeds,
        history_page=past,
        history_per_page=HISTORY_PER_PAGE,
        today=campaign_day(campaign, now),
    )


def standing_of(session: Session, campaign: Campaign, waves: list[WaveLine], now: datetime) -> Standing:
    """Return how a campaign stands, given its latest waves."""
    waiting = next((wave for wave in reversed(waves) if wave.waits), None)
    going = [wave for wave in waves if wave.goes]
    made, today = wave_keys(session, campaign.id), campaign_day(campaign, now)
    following = next_by_rhythm(campaign, made, today, closures(session))
    return Standing(
        state=str(campaign.state),
        transactional=campaign.kind is Kind.TRANSACTIONAL,
        by_hand=campaign.cadence == "by_hand",
        goes_by_itself=campaign.goes_by_itself,
        event=TriggerSettings.read(campaign.trigger).event,
        waiting=_waiting(campaign, waiting) if waiting else None,
        running=going[0].name if going else "",
        leaving=sum(wave.leaving for wave in going),
        daily_cap=campaign.daily_cap,
        following=(following[0], day(following[1])) if following else None,
    )


def settings_in_words(session: Session, campaign: Campaign) -> list[tuple[str, str]]:
    """Return the settings that matter on the page of a campaign, as (label, words)."""
    surveys = {each.key: each.title for each in askable(session)}
    brand = session.get(StoredBrand, campaign.brand_id) if campaign.brand_id else None
    survey = surveys.get(campaign.survey_key, f"{campaign.survey_key}, which cannot be asked now")
    said = [
        ("Survey", f"{survey}, always version {campaign.survey_version}" if campaign.survey_version else survey),
        (LABELS["audience"], setting_in_words("audience", campaign.audience)),
        *_values(campaign),
        (LABELS["starts_on"], day(campaign.starts_on)),
        (LABELS["ends_on"], day(campaign.ends_on) if campaign.ends_on else "none"),
        ("Sender", campaign.sender_name or "the one of the brand"),
        ("Brand", brand.name if brand else "the survey's own"),
        ("When mails leave", _window(campaign)),
        ("At most", f"{number(campaign.daily_cap)} invitations a working day, {campaign.account_cap} to one account"),
        ("Reminders", _reminders(campaign.reminders)),
        ("Contact rules", _rules(session, campaign)),
    ]
    if campaign.kind is Kind.RELATIONSHIP:
        said[1:1] = [
            (LABELS["quota"], setting_in_words("quota", campaign.quota).capitalize()),
            (LABELS["segment_quotas"], setting_in_words("segment_quotas", campaign.segment_quotas)),
            ("Waves go out", setting_in_words("goes_by_itself", campaign.goes_by_itself)),
            ("A wave takes answers", f"{campaign.wave_days} days"),
        ]
    return said


def _waiting(campaign: Campaign, wave: WaveLine) -> Waiting:
    return Waiting(wave.name, day(wave.planned_for), wave.approved_at is not None or campaign.goes_by_itself)


def _values(campaign: Campaign) -> list[tuple[str, str]]:
    """Return the range of annual value that is asked, to whoever may see what accounts are worth."""
    kept = campaign.audience.get("value")
    if not kept or not discretion.exact():
        return []
    low, high = (money(Decimal(kept[name]), campaign.currency) if name in kept else "any" for name in ("from", "to"))
    return [("Annual value", f"{low} to {high}")]


def _window(campaign: Campaign) -> str:
    spread = f", spread over {campaign.spread_days} working days" if campaign.spread_days else ""
    place = f"{campaign.time_zone}, holidays of {campaign.country}" if campaign.country else campaign.time_zone
    return (
        f"working days {campaign.window_from}:00 to {campaign.window_to}:00 by the reader's clock"
        f" (where nobody knows it: {place}){spread}"
    )


def _reminders(days: list[int]) -> str:
    return f"after {' and '.join(map(str, days))} working days" if days else "none"


def _rules(session: Session, campaign: Campaign) -> str:
    rules, house = house_rules(session).stricter(campaign.rules), house_rules(session)
    own = campaign.kind is Kind.RELATIONSHIP
    days = rules.relationship_days if own else rules.transactional_days
    return f"{days} days between two surveys of this kind{' (stricter than the house)' if rules != house else ''}"


def _page(name: str) -> int:
    given = request.args.get(name, "")
    return max(int(given), 1) if given.isascii() and given.isdecimal() and len(given) < 7 else 1
