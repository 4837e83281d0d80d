"""The pages of contact rules, events and programs in a real Chromium: they fit, and axe finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from app.accounts.models import Level
from app.campaigns.overriding import override_rules
from app.core.api.keys import make_key, revoke_key
from tests.browser.test_delivery_look import LONG, inside
from tests.support.axe import unfit, violations
from tests.support.company import TODAY, Person, add_account, planned
from tests.support.events import NOW, event_campaign, told
from tests.support.web import serving

pytestmark = pytest.mark.browser

PAGES = (
    *("/contact-rules", "/contacts", "/contacts?q=First", "/contacts/1", "/contacts/2", "/events"),
    *("/campaigns/1/trigger", "/api-keys", "/api-keys/1/revocation", "/api/v1/docs"),
)


@pytest.fixture
def busy(application: Flask) -> Iterator[str]:
    """An installation with events of each kind, overrides and keys; yields its address."""
    asked = {"last_invited_on": TODAY - timedelta(days=3), "job_title": LONG, "time_zone": "America/Sao_Paulo"}
    left = {"last_invited_on": TODAY - timedelta(days=30), "exclusion_reason": LONG}
    contacts = [
        Person("P1", Level.DECISION_MAKER, more=asked),
        Person("P2", more=left),
        Person("P3", more={"first_name": LONG}),
        Person("P4"),
    ]
    add_account("A1", 1_000_000, contacts, industry="Rail")
    event_campaign("Support after a ticket is solved")
    for address in ("p1@company.example", "p2@company.example", "p3@company.example", "stranger@company.example"):
        told(address)
        told(address, name="order.shipped", properties={"ticket_id": LONG[:200]})
    override_rules(2, reason=LONG, actor="ana.sand@quorum.example", now=NOW - timedelta(days=20))
    planned()
    make_key("Zendesk", ["events:read", "events:write"], actor="ana.sand@quorum.example")
    make_key(LONG[:80], ["events:write"], actor="ana.sand@quorum.example")
    revoke_key(2, actor="ana.sand@quorum.example")
    with serving(application) as address:
        yield address


def test_every_page_fits_and_axe_finds_nothing(chromium: Browser, admin_client: FlaskClient, busy: str) -> None:
    with inside(chromium, admin_client, busy) as page:
        faults = []
        page.on("console", lambda message: faults.append(message.text))
        for path in PAGES:
            page.goto(path)
            assert unfit(page) == []
        assert faults == []


def test_a_key_is_made_and_shown_once(chromium: Browser, admin_client: FlaskClient, busy: str) -> None:
    with inside(chromium, admin_client, busy) as page:
        page.goto("/api-keys")
        page.get_by_role("textbox", name="Program").fill("Data warehouse")
        page.get_by_label("read the events").check()
        page.get_by_role("button", name="Make a key").click()
        assert page.get_by_label("Copy it now").input_value().startswith("qk_")
        assert violations(page) == []
