"""The admin pages of delivery in a real Chromium: they fit, axe finds nothing, a mail in its frame cannot reach out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, text

from app.accounts.models import Level, SuppressionReason
from app.core.db import transaction
from app.delivery.launching import launch_wave
from app.delivery.models import Message, PauseCause
from app.delivery.pausing import hold, pause_wave, resume_wave
from app.delivery.sending import Sender
from app.delivery.suppressing import Entry, suppress
from app.surveys.designing import take_over
from tests.support.axe import unfit_among
from tests.support.company import Person, add_account, planned, three_levels
from tests.support.settings import settings
from tests.support.web import serving

pytestmark = pytest.mark.browser

LONG = "Société-Générale-d’Emballages-Industriels-de-la-Vallée-du-Rhône-" * 3
REMOTE = '<img src="https://elsewhere.example/pixel.png" alt="x"><script>document.title = "ran"</script>'
PAGES = (
    *("/sending", "/messages", "/messages/1", "/messages/unknown", "/messages/unknown/decision?all=1", "/receipts"),
    *("/suppression", "/suppression/removal?address=p1%40a.example&scope=*&reason=complaint", "/suppression/import"),
    *("/outbox", "/outbox/1", "/outbox/1?width=phone", "/doctor", "/surveys/relationship_nps/test-mails"),
)


@pytest.fixture
def busy(database: str, valkey: str, application: Flask) -> Iterator[str]:
    """An installation on which everything has happened that these pages show; yields its address."""
    add_account("A1", 1_000_000, [*three_levels("P", 4, 4, 4), Person("PX", Level.USER, more={"first_name": LONG})])
    wave_id = planned()
    launch_wave(wave_id, now=datetime.now(UTC), actor="test", at_once=True)
    with transaction() as session:
        ids = list(session.scalars(select(Message.id).order_by(Message.id)))
    Sender(settings(database)).send_all(ids[:6])
    pause_wave(wave_id, actor="ana", reason=LONG)
    resume_wave(wave_id, actor="ana")
    hold(PauseCause.BOUNCES, "61 of the last 1,000 mails bounced", wave_id)
    take_over("relationship_nps", actor="ana")
    with transaction() as session:
        session.execute(text("UPDATE message SET state = 'unknown', reason = :why WHERE id IN (2, 3)"), {"why": LONG})
        session.execute(text("UPDATE message SET delayed_at = now() WHERE id = 1"))
        session.execute(text("UPDATE outbox_mail SET html = html || :more WHERE id = 1"), {"more": REMOTE})
        session.execute(
            text(
                "INSERT INTO receipt (key, kind, message_id, provider_id, detail, mailed_at, happened_at, received_at)"
                " SELECT coalesce(id, 0), 'bounced', id, :long, :long, now(), now(), now() - interval '1 hour'"
                " FROM (VALUES (1), (NULL)) AS named (id)"
            ),
            {"long": LONG},
        )
        suppress(session, [Entry(f"p{n}@a.example", SuppressionReason.COMPLAINT, "*", LONG) for n in range(60)])
    with serving(application) as address:
        yield address


@contextmanager
def inside(chromium: Browser, admin_client: FlaskClient, address: str, **context: object) -> Iterator[Page]:
    """Lend a page of somebody who is logged in already."""
    room = chromium.new_context(base_url=address, **context)  # type: ignore[arg-type]  # playwright's own options
    cookie = admin_client.get_cookie("quorum")
    assert cookie is not None
    room.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    try:
        yield room.new_page()
    finally:
        room.close()


def test_every_page_fits_and_axe_finds_nothing(chromium: Browser, admin_client: FlaskClient, busy: str) -> None:
    with inside(chromium, admin_client, busy) as page:
        assert unfit_among(page, PAGES) == []


def test_a_mail_in_its_frame_runs_nothing_and_fetches_nothing(
    chromium: Browser, admin_client: FlaskClient, busy: str
) -> None:
    with inside(chromium, admin_client, busy) as page:
        stopped: list[tuple[str, str | None]] = []
        page.on("requestfailed", lambda request: stopped.append((request.url, request.failure)))
        page.goto("/outbox/1")
        frame = page.frame_locator("iframe.mail-frame")
        expect(frame.get_by_role("link", name="5", exact=True)).to_be_visible()
        assert frame.locator("html").evaluate("html => html.ownerDocument.title") != "ran"
        assert stopped == [("https://elsewhere.example/pixel.png", "csp")]


def test_unknown_mails_are_chosen_by_keyboard_and_decided(
    chromium: Browser, admin_client: FlaskClient, busy: str
) -> None:
    with inside(chromium, admin_client, busy, java_script_enabled=False) as page:
        page.goto("/messages/unknown")
        page.get_by_role("checkbox").first.focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Decide about the chosen ones").click()
        page.get_by_label("Why do you decide so?").fill("They told us on the phone")
        page.get_by_role("button", name="Drop one mail").click()
        expect(page.get_by_role("status")).to_contain_text("One mail dropped")
        expect(page.get_by_role("heading", level=1)).to_have_text("1 mail waits for your decision")
