"""Of two people's changes both hold, unless they are about the same setting."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

from hypothesis import given

from app.campaigns.creating_campaigns import as_told
from app.campaigns.reconciling import reconciled
from app.campaigns.settings import CampaignSettings
from tests.unit.campaigns.test_campaign_form import SETTINGS, campaigns


def change(was: CampaignSettings, now: CampaignSettings) -> dict[str, Any]:
    """Return what the audit trail would say of a save."""
    before, after = as_told(was), as_told(now)
    return {name: {"from": before[name], "to": after[name]} for name in after if after[name] != before[name]}


@given(campaigns, campaigns, campaigns)
def test_each_setting_is_of_whoever_changed_it_and_mine_where_both_did(
    base: CampaignSettings, theirs: CampaignSettings, mine: CampaignSettings
) -> None:
    both = reconciled(mine, theirs, [change(base, theirs)])
    told = {name: as_told(each) for name, each in (("base", base), ("mine", mine), ("theirs", theirs), ("both", both))}
    for name in (each.name for each in fields(CampaignSettings)):
        expected = "theirs" if told["mine"][name] == told["base"][name] else "mine"
        assert told["both"][name] == told[expected][name]


def test_several_saves_of_others_count_from_what_i_saw() -> None:
    first, second = replace(SETTINGS, daily_cap=50), replace(SETTINGS, daily_cap=60, starts_on=date(2027, 1, 4))
    mine = replace(SETTINGS, account_cap=9)
    changes = [change(SETTINGS, first), change(first, second), {"trigger": {"from": {}, "to": {"event": "x"}}}]
    assert reconciled(mine, second, changes) == replace(second, account_cap=9)
