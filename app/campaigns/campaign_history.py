"""What was done to a campaign and its waves, by whom and when: the audit trail in words, with what was before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaigns.audience_values import audience_in_words
from app.campaigns.campaign_form import RHYTHMS
from app.campaigns.models import Wave
from app.campaigns.quota_tables import key_of
from app.core.audit import AuditEntry
from app.core.formats import NOTHING, number

PER_PAGE = 20

LABELS: Mapping[str, str] = {
    "name": "Name",
    "survey_key": "Survey",
    "survey_version": "Version of the survey",
    "kind": "Kind",
    "brand_id": "Brand",
    "quota": "Quota table",
    "segment_quotas": "Quota tables of segments",
    "audience": "Who is asked",
    "currency": "Currency",
    "rates": "Rates",
    "cadence": "When it asks",
    "starts_on": "First day",
    "ends_on": "Last day",
    "wave_days": "Days to answer",
    "spread_days": "Working days of sending",
    "daily_cap": "Invitations a day",
    "account_cap": "Invitations a day and account",
    "window_from": "Mails leave from",
    "window_to": "Mails leave until",
    "time_zone": "Time zone",
    "country": "Holidays of",
    "reminders": "Reminders after working days",
    "goes_by_itself": "Waves go out",
    "sender_name": "Sender",
    "rules": "Contact rules",
    "trigger": "Event",
    "table": "Quota table",
}
"""Setting → what people call it."""

DEEDS: Mapping[str, str] = {
    "campaign.created": "made the campaign",
    "campaign.changed": "changed the campaign",
    "campaign.started": "started the campaign",
    "campaign.paused": "paused the campaign",
    "campaign.resumed": "let the campaign go on",
    "campaign.finished": "finished the campaign",
    "campaign.hindered": "could not bring the campaign on",
    "wave.created": "made",
    "wave.planned": "decided whom to ask in",
    "wave.approved": "confirmed",
    "wave.launched": "sent out",
    "wave.paused": "paused",
    "wave.resumed": "let go on",
    "wave.extended": "extended",
    "wave.stopped": "stopped",
    "wave terms settled": "set table and rates of",
}
"""Deed → what was done, in words; those of a wave are followed by its name."""


class Change(NamedTuple):
    """One setting with what was before and after."""

    label: str
    before: str
    after: str


class Line(NamedTuple):
    """One deed: «Ana Sand» «paused the campaign», the reason or what hindered it, and what it changed."""

    at: datetime
    actor: str
    deed: str
    reason: str
    changes: tuple[Change, ...]


def history(session: Session, campaign_id: int, page: int) -> tuple[list[Line], int]:
    """Return one page of what was done to a campaign and its waves, the newest first, and how much there is in all."""
    waves = {
        f"wave {id}": name
        for id, name in session.execute(select(Wave.id, Wave.name).where(Wave.campaign_id == campaign_id))
    }
    about = AuditEntry.subject.in_([f"campaign {campaign_id}", *waves])
    total = session.scalar(select(func.count()).select_from(AuditEntry).where(about)) or 0
    newest = select(AuditEntry).where(about).order_by(AuditEntry.id.desc())
    entries = session.scalars(newest.limit(PER_PAGE).offset((page - 1) * PER_PAGE))
    return [_line(entry, waves.get(entry.subject)) for entry in entries], total


def last_changes(session: Session, campaign_id: int, saves: int) -> tuple[list[Line], list[Mapping[str, Any]]]:
    """Return the last `saves` changes of a campaign's settings, the oldest first: in words, and as they are kept."""
    changed = select(AuditEntry).where(
        AuditEntry.subject == f"campaign {campaign_id}", AuditEntry.deed == "campaign.changed"
    )
    newest = session.scalars(changed.order_by(AuditEntry.id.desc()).limit(max(saves, 0))).all()
    entries = list(reversed(newest))
    return [_line(entry, None) for entry in entries], [entry.detail for entry in entries]


def setting_in_words(name: str, value: Any) -> str:
    """Return a setting as people read it; amounts of money stay out, because not everybody may see them."""
    match name:
        case "audience":
            return _audience(value or {})
        case "quota":
            return key_of(value or {}).replace("_", " ") or f"{len((value or {}).get('rows', ()))} rows of its own"
        case "segment_quotas":
            return "; ".join(f"{each['field']}: {', '.join(each['values'])}" for each in value or ()) or "none"
        case "cadence":
            return RHYTHMS.get(value, str(value))
        case "goes_by_itself":
            return "by themselves" if value else "once confirmed"
        case "window_from" | "window_to":
            return f"{value}:00"
    return _plain(value)


def _plain(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _audience(kept: Mapping[str, Any]) -> str:
    said = [f"{label}: {values}" for label, values in audience_in_words(kept)]
    if kept.get("value"):
        said.append("a range of annual value")
    return "; ".join(said) or "everybody"


def _line(entry: AuditEntry, wave: str | None) -> Line:
    detail = entry.detail
    deed = DEEDS.get(entry.deed, entry.deed.replace(".", " ").replace("_", " "))
    reason = str(detail.get("reason") or detail.get("trouble") or "")
    changes = () if entry.deed == "campaign.created" else tuple(_changes(detail))
    return Line(entry.at, entry.actor, f"{deed} «{wave}»" if wave else deed, reason, changes)


def _changes(detail: Mapping[str, Any]) -> Iterator[Change]:
    if isinstance(detail.get("before"), Mapping) and isinstance(detail.get("after"), Mapping):
        before, after = detail["before"], detail["after"]
        detail = {
            name: {"from": before.get(name), "to": after[name]} for name in after if after[name] != before.get(name)
        }
    for name, value in detail.items():
        if isinstance(value, Mapping) and value.keys() == {"from", "to"}:
            label = LABELS.get(name, name.replace("_", " ").capitalize())
            yield Change(label, setting_in_words(name, value["from"]), setting_in_words(name, value["to"]))
