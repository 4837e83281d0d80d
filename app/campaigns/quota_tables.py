"""Quota tables by name: those that ship, and those an installation keeps. Deeds on the latter, and where each is used.

A campaign names its table and holds a copy of the rows; changing a kept table changes those copies, so that the next
waves follow. A wave that is made keeps the rows it was made with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaigns.creating import quota_as_json, quota_from_json
from app.campaigns.models import Campaign
from app.campaigns.quota_models import KeptTable
from app.core import audit
from app.core.db import transaction
from app.core.errors import NotFound, Refused
from app.sampling import presets
from app.sampling.quota import QuotaTable

NAME = "table"
"""Under which name the JSON of a campaign's quota says which table it is a copy of."""


@dataclass(frozen=True)
class NamedTable:
    """A quota table with what people call it; `key` is the name of a preset or the id of a kept table.

    `used_by` are the campaigns that name it, as (id, name); `revision` is None for a table that ships.
    """

    key: str
    name: str
    table: QuotaTable
    summary: str = ""
    revision: int | None = None
    archived_at: datetime | None = None
    used_by: tuple[tuple[int, str], ...] = ()

    @property
    def ships(self) -> bool:
        """Tell whether the table ships, so that nobody changes it."""
        return self.revision is None


def every_table(session: Session) -> list[NamedTable]:
    """Return all tables: those that ship, then the kept ones by name."""
    used = _uses(session)
    kept = session.scalars(select(KeptTable).order_by(func.lower(KeptTable.name), KeptTable.id))
    shipped = (_shipped(name, used.get(name, ())) for name in presets.names())
    return [*shipped, *(_named(each, used.get(str(each.id), ())) for each in kept)]


def named_table(session: Session, key: str) -> NamedTable:
    """Return the table of this key; raises NotFound."""
    used = _uses(session).get(key, ())
    if key in presets.names():
        return _shipped(key, used)
    kept = session.get(KeptTable, int(key)) if _is_id(key) else None
    if kept is None:
        raise NotFound("There is no such quota table.")
    return _named(kept, used)


def table_choices(session: Session, *, keep: str = "") -> list[tuple[str, str]]:
    """Return (key, name) of the tables a campaign may choose; `keep` is the one it has, archived or not."""
    return [(each.key, each.name) for each in every_table(session) if each.archived_at is None or each.key == keep]


def chosen_table(session: Session, key: str) -> dict[str, Any]:
    """Return the JSON of the table `key` as campaigns and waves keep it; raises NotFound."""
    return quota_as_json(named_table(session, key).table) | {NAME: key}


def key_of(quota: Mapping[str, Any]) -> str:
    """Return which table a campaign's quota is a copy of, empty when it is of none."""
    return str(quota.get(NAME, ""))


def add_table(name: str, table: QuotaTable, *, actor: str) -> int:
    """Keep a new table and return its id; raises Refused when the name is taken."""
    with transaction() as session:
        _check_name(session, name)
        kept = KeptTable(name=name.strip(), quota=quota_as_json(table))
        session.add(kept)
        session.flush()
        audit.record(session, actor=actor, deed="quota table added", subject=f"quota table {kept.id}", **_told(kept))
        return kept.id


def change_table(table_id: int, name: str, table: QuotaTable, *, revision: int, actor: str) -> int:
    """Change a kept table, and with it the campaigns that name it; return how many these are.

    Raises NotFound, and Refused when the name is taken or somebody saved after the form with `revision` was made.
    """
    with transaction() as session:
        kept = _locked(session, table_id)
        if kept.revision != revision:
            raise Refused("Somebody else changed this table meanwhile. Look at their change, then make yours.")
        _check_name(session, name, but=table_id)
        before = _told(kept)
        kept.name, kept.quota, kept.changed_at = name.strip(), quota_as_json(table), func.now()
        kept.revision += 1
        followers = _follow(session, str(table_id), kept.quota)
        subject = f"quota table {table_id}"
        audit.record(session, actor=actor, deed="quota table changed", subject=subject, before=before, **_told(kept))
        return followers


def archive_table(table_id: int, *, actor: str) -> str:
    """Offer a table to no further campaign, and return its name; those that name it keep it."""
    return _archive(table_id, func.now(), "quota table archived", actor)


def bring_back_table(table_id: int, *, actor: str) -> str:
    """Offer an archived table again, and return its name."""
    return _archive(table_id, None, "quota table brought back", actor)


def _archive(table_id: int, at: Any, deed: str, actor: str) -> str:
    with transaction() as session:
        kept = _locked(session, table_id)
        kept.archived_at = at
        audit.record(session, actor=actor, deed=deed, subject=f"quota table {table_id}", name=kept.name)
        return kept.name


def _follow(session: Session, key: str, quota: Mapping[str, Any]) -> int:
    """Give every campaign that names the table its new rows."""
    followers = 0
    for campaign in session.scalars(select(Campaign).order_by(Campaign.id).with_for_update()):
        if key in _keys(campaign.quota, campaign.segment_quotas):
            followers += 1
            fresh = dict(quota) | {NAME: key}
            campaign.quota = fresh if key_of(campaign.quota) == key else campaign.quota
            campaign.segment_quotas = [
                segment | {"quota": fresh} if key_of(segment["quota"]) == key else segment
                for segment in campaign.segment_quotas
            ]
    return followers


def _uses(session: Session) -> dict[str, tuple[tuple[int, str], ...]]:
    found: dict[str, tuple[tuple[int, str], ...]] = {}
    query = select(Campaign.id, Campaign.name, Campaign.quota, Campaign.segment_quotas).order_by(Campaign.id)
    for campaign_id, name, quota, segments in session.execute(query):
        for key in _keys(quota, segments):
            found[key] = (*found.get(key, ()), (campaign_id, name))
    return found


def _keys(quota: Mapping[str, Any], segments: Sequence[Mapping[str, Any]]) -> set[str]:
    return {key_of(quota), *(key_of(segment["quota"]) for segment in segments)} - {""}


def _locked(session: Session, table_id: int) -> KeptTable:
    kept = session.get(KeptTable, table_id, with_for_update=True)
    if kept is None:
        raise NotFound("There is no such quota table.")
    return kept


def _check_name(session: Session, name: str, but: int | None = None) -> None:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("quota_table"))))
    taken = session.scalar(select(KeptTable.id).where(func.lower(KeptTable.name) == func.lower(name.strip())))
    if taken not in (None, but) or name.strip().lower() in (_preset_name(each).lower() for each in presets.names()):
        raise Refused(f"There is a quota table «{name.strip()}» already. Give this one another name.")


def _told(kept: KeptTable) -> dict[str, Any]:
    return {"name": kept.name, "quota": kept.quota}


def _named(kept: KeptTable, used_by: tuple[tuple[int, str], ...]) -> NamedTable:
    return NamedTable(
        key=str(kept.id),
        name=kept.name,
        table=quota_from_json(kept.quota),
        revision=kept.revision,
        archived_at=kept.archived_at,
        used_by=used_by,
    )


def _shipped(name: str, used_by: tuple[tuple[int, str], ...]) -> NamedTable:
    return NamedTable(name, _preset_name(name), QuotaTable.preset(name), presets.summary(name), used_by=used_by)


def _preset_name(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _is_id(key: str) -> bool:
    return key.isascii() and key.isdecimal() and len(key) < 18
