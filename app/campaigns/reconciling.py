"""Brings together what two people changed of one campaign at once: where only one did, that change is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from app.campaigns.creating_campaigns import as_told
from app.campaigns.settings import CampaignSettings

_NAMES = {each.name for each in fields(CampaignSettings)}


def reconciled(mine: CampaignSettings, now: CampaignSettings, changes: Iterable[Mapping[str, Any]]) -> CampaignSettings:
    """Return `mine` with the changes of others wherever I left a setting as I found it.

    `changes` are what the audit trail says of their saves, the oldest first: setting → {"from", "to"}; `now` is how the
    campaign stands after them. Where both changed a setting mine is kept, for me to decide.
    """
    found: dict[str, Any] = {}
    for change in changes:
        for name, value in change.items():
            if name in _NAMES and isinstance(value, Mapping) and "from" in value:
                found.setdefault(name, value["from"])
    told = as_told(mine)
    return replace(mine, **{name: getattr(now, name) for name, was in found.items() if told[name] == was})
