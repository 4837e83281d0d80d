"""What somebody new does on the first morning: bring the CRM's files, make a quarterly campaign, look, confirm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.campaigns.models import Campaign, CampaignState, Wave, WaveState
from app.core.db import reading
from app.demo.company import write_company
from tests.support.axe import violations
from tests.support.company import TODAY
from tests.support.crew import crew
from tests.support.desk import at_desk
from tests.support.processes import environment
from tests.support.settings import settings

pytestmark = pytest.mark.browser

MOST_CLICKS = 9
"""From the first page to the confirmed campaign."""


class Clicks:
    """Presses what a person sees, and counts."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.count = 0

    def press(self, role: str, name: str) -> None:
        """Press the button or link whose name begins so, as soon as it is there."""
        self.count += 1
        self._page.get_by_role(role, name=re.compile(f"^{name}")).first.click()  # type: ignore[arg-type]  # a literal


def test_from_the_files_of_the_crm_to_a_confirmed_quarterly_campaign(
    chromium: Browser, application: Flask, database: str, valkey: str, tmp_path: Path
) -> None:
    files = write_company(tmp_path, today=TODAY)
    with (
        crew(environment(settings(database, valkey)), tmp_path) as started,
        at_desk(chromium, application, "/") as page,
    ):
        started.start("worker")
        clicks = Clicks(page)
        clicks.press("link", "Bring your accounts")
        page.get_by_label("CSV files").set_input_files(list(files))
        clicks.press("button", "See what would happen")
        clicks.press("button", r"Take [\d,]+ rows")
        clicks.press("link", "Make a campaign")
        expect(page.get_by_label("It asks")).to_have_value("quarterly")
        assert violations(page) == []
        clicks.press("button", "Make it and see whom it would ask")
        confirm = page.get_by_role("button", name=re.compile(r"^Confirm: ask [\d,]+ people"))
        expect(confirm).to_be_visible()
        assert violations(page) == []
        confirm.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("«Relationship programme»")
        expect(page.get_by_text(re.compile("leaves by itself from"))).to_be_visible()
        assert clicks.count + 1 <= MOST_CLICKS
    with reading() as session:
        campaign, wave = session.execute(select(Campaign, Wave).join(Wave, Wave.campaign_id == Campaign.id)).one()
    assert (campaign.state, campaign.cadence) == (CampaignState.SCHEDULED, "quarterly")
    assert (wave.state, wave.planned_for) == (WaveState.PLANNED, campaign.starts_on)
    assert wave.approved_by == "ana.sand@quorum.example"
