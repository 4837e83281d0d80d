"""The admin pages of delivery: what they show of a busy installation, and each deed on their buttons."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from app.campaigns.models import Wave, WaveState
from app.core import queue
from app.core.audit import AuditEntry
from app.core.db import transaction
from app.delivery.launching import launch_wave
from app.delivery.models import Message, MessageState, OutboxMail, PauseCause, SendingPause
from app.delivery.pausing import hold
from app.delivery.sending import Sender
from tests.support.company import Person, add_account, planned, three_levels
from tests.support.settings import settings
from tests.support.web import post_form

PAGES = (
    *("/sending", "/messages", "/messages.csv", "/messages/unknown", "/receipts", "/suppression", "/suppression.csv"),
    *("/suppression/import", "/outbox", "/doctor"),
)
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def wave_id(database: str, valkey: str) -> int:
    """A launched wave of nine mails: four left, of which one is unknown by now, one delayed and one delivered."""
    add_account("A1", 1_000_000, [*three_levels("P", 6, 6, 6)], manager_name="Ana Sand")
    add_account("A2", 100, [Person("=cmd", more={"first_name": HOSTILE, "last_name": "L" * 200})])
    made = planned()
    launch_wave(made, now=datetime.now(UTC), actor="test", at_once=True)
    with transaction() as session:
        ids = list(session.scalars(select(Message.id).order_by(Message.id)))
    Sender(settings(database)).send_all(ids[:4])
    move(ids[0], "unknown", reason="the line broke off")
    move(ids[1], "sent", delayed_at=datetime.now(UTC))
    move(ids[2], "delivered", delivered_at=datetime.now(UTC))
    move(ids[4], "refused", reason="suppressed")
    return made


def move(id: int, state: str, **values: object) -> None:
    with transaction() as session:
        message = session.get_one(Message, id)
        message.state = MessageState(state)
        for name, value in values.items():
            setattr(message, name, value)


def mails(state: str) -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).where(Message.state == MessageState(state))) or 0


def deeds() -> list[str]:
    with transaction() as session:
        return list(session.scalars(select(AuditEntry.deed).order_by(AuditEntry.id)))


def test_an_empty_installation_says_what_will_be_here(admin_client: FlaskClient) -> None:
    for page in PAGES:
        answer = admin_client.get(page)
        assert answer.status_code == 200, page
        assert page.endswith(".csv") or "<h1" in answer.text, page


def test_every_page_shows_a_busy_installation(admin_client: FlaskClient, wave_id: int) -> None:
    odd = (
        "/messages?wave=1&state=delayed&q=%25&page=9",
        "/messages?state=%00&reason=%00&q=%00&wave=x&page=-1",
        "/messages?wave=99999999999999999999999",
        "/messages/1",
        "/messages/unknown?q=first&page=77",
        "/messages/unknown/decision?all=1",
        "/suppression?reason=no_such&scope=%00&q=%00&page=99",
        "/receipts?page=5",
        "/outbox/1?width=phone&q=company",
    )
    for page in (*PAGES, *odd):
        answer = admin_client.get(page)
        assert answer.status_code == 200, page
        assert page.endswith(".csv") or HOSTILE not in answer.text, page
    for page in ("/messages/77", f"/messages/{2**64}", "/outbox/77", "/suppression/removal?address=a@b.example"):
        assert admin_client.get(page).status_code == 404, page


def test_messages_are_found_by_state_reason_wave_and_words(admin_client: FlaskClient, wave_id: int) -> None:
    def shown(**wanted: object) -> int:
        page = admin_client.get(f"/messages?{urlencode(wanted)}").text
        found = re.search(r"<h1>([\d,]+) message", page)
        assert found is not None
        return int(found[1])

    everything = shown()
    assert everything == mails("queued") + 5
    assert shown(state="delayed") == 1
    assert shown(state="sent") == 2
    assert shown(state="refused", reason="suppressed") == 1
    assert shown(state="refused", reason="answered") == 0
    assert shown(wave=wave_id) == everything
    assert shown(wave=wave_id + 1) == 0
    assert shown(q="Company A1") == everything - 1
    assert shown(q="<SCRIPT>") == 1
    assert shown(q="%") == 0
    page = admin_client.get("/messages?state=delayed").text
    assert "kept waiting by the receiving server since" in page
    assert "the address bounced or complained" in admin_client.get("/messages?state=refused").text


def test_messages_as_csv_are_those_of_the_list_and_no_formulas(admin_client: FlaskClient, wave_id: int) -> None:
    answer = admin_client.get("/messages.csv?state=refused")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["state"], row["reason"], row["mail"]) == ("refused", "suppressed", "0")
    everything = list(csv.DictReader(io.StringIO(admin_client.get("/messages.csv").text)))
    assert len(everything) == mails("queued") + 5
    assert [row["contact_id"] for row in everything if row["account"] == "Company A2"] == ["'=cmd"]


def test_one_message_shows_its_receipts_and_its_mail(admin_client: FlaskClient, wave_id: int) -> None:
    with transaction() as session:
        id = session.scalar(select(Message.id).where(Message.state == MessageState.DELIVERED))
        receipt = "INSERT INTO receipt (key, kind, message_id, detail, mailed_at, happened_at)"
        session.execute(text(f"{receipt} VALUES ('k', 'delivered', :id, '250 ok', now(), now())"), {"id": id})
    page = admin_client.get(f"/messages/{id}").text
    assert "250 ok" in page
    assert re.search(r'href="/outbox/\d+">See the mail', page)


def test_receipts_without_a_message_stand_apart(admin_client: FlaskClient, wave_id: int) -> None:
    assert "Every receipt has its message" in admin_client.get("/receipts").text
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO receipt (key, kind, provider_id, detail, mailed_at, happened_at, received_at) VALUES"
                " ('k', 'bounced', '0102-abc', 'Transient/MailboxFull', now(), now(), now() - interval '6 minutes')"
            )
        )
    page = admin_client.get("/receipts").text
    assert "1 receipt names no message of ours" in page
    assert "Transient/MailboxFull" in page


def test_everything_is_paused_with_a_reason_and_resumed(admin_client: FlaskClient, wave_id: int) -> None:
    waiting = mails("queued")
    assert f"Pause sending to {waiting} people" in admin_client.get("/sending").text
    status, page = post_form(admin_client, "/sending/pause", "/sending", reason=" ")
    assert status == 422
    assert "Write why" in page
    status, page = post_form(admin_client, "/sending/pause", "/sending", reason="Waiting for <b>legal</b>")
    assert status == 302
    assert "Waiting for &lt;b&gt;legal&lt;/b&gt;" in page
    assert f"Resume sending to {waiting} people" in page
    assert "All sending is paused: Waiting for &lt;b&gt;legal&lt;/b&gt;" in admin_client.get("/accounts").text
    assert post_form(admin_client, "/sending/pause", "/sending", reason="again")[0] == 409
    status, page = post_form(admin_client, "/sending/resume", "/sending")
    assert status == 302
    assert "Pauses that are over" in page
    assert post_form(admin_client, "/sending/resume", "/sending")[0] == 409
    assert deeds()[-2:] == ["sending.paused", "sending.resumed"]
    assert mails("queued") == waiting


def test_a_wave_is_held_and_released_on_the_page(admin_client: FlaskClient, wave_id: int) -> None:
    waiting = mails("queued")
    assert f"Hold {waiting} people" in admin_client.get("/sending").text
    status, page = post_form(admin_client, f"/waves/{wave_id}/pause", "/sending")
    assert f"Resume to {waiting} people" in page
    with transaction() as session:
        assert session.get_one(Wave, wave_id).state is WaveState.PAUSED
    status, page = post_form(admin_client, f"/waves/{wave_id}/resume", "/sending")
    assert status == 302
    assert f"Hold {waiting} people" in page


def test_what_the_engine_paused_is_told_on_every_page(admin_client: FlaskClient, wave_id: int) -> None:
    hold(PauseCause.BOUNCES, "61 of the last 1,000 mails bounced", wave_id)
    for page in ("/", "/accounts", "/messages", "/outbox"):
        assert "Q4 is paused: 61 of the last 1,000 mails bounced" in admin_client.get(page).text, page
    sending = admin_client.get("/sending").text
    assert sending.count("61 of the last 1,000 mails bounced") == 1
    assert "by Quorum itself" in sending
    post_form(admin_client, f"/waves/{wave_id}/resume", "/sending")
    assert "61 of" not in admin_client.get("/accounts").text
    with transaction() as session:
        assert session.scalar(select(SendingPause.ended_by)) == "ana.sand@quorum.example"


def test_with_redis_away_the_page_says_so(admin_client: FlaskClient, wave_id: int) -> None:
    queue.connect("redis://127.0.0.1:1/0")
    answer = admin_client.get("/sending")
    assert answer.status_code == 200
    assert "Redis does not answer" in answer.text


def test_unknown_mails_are_decided_with_a_reason(admin_client: FlaskClient, wave_id: int) -> None:
    with transaction() as session:
        (first,) = session.scalars(select(Message.id).where(Message.state == MessageState.UNKNOWN))
        sent = select(Message.id).where(Message.state == MessageState.SENT)
        second, third = session.scalars(sent.order_by(Message.id))
    for id in (second, third):
        move(id, "unknown", reason="the worker died")
    ask = f"/messages/unknown/decision?id={first}&id={second}&id=77&id=x"
    page = admin_client.get(ask).text
    assert "Send again to 2 people" in page
    assert "Drop 2 mails" in page
    decision = {"path": "/messages/unknown/decision", "at": "/sending", "id": f"{first},{second}"}
    status, page = post_form(admin_client, **decision, verb="drop", reason="")
    assert status == 422
    assert "Write why" in page
    assert post_form(admin_client, **decision, verb="burn", reason="why not")[0] == 422
    assert mails("unknown") == 3
    status, page = post_form(admin_client, **decision, verb="drop", reason="They told us on the phone")
    assert "2 mails dropped" in page
    assert (mails("unknown"), mails("cancelled")) == (1, 2)
    status, page = post_form(admin_client, **decision, verb="drop", reason="again")
    assert "2 mails left as they were" in page
    waiting = mails("queued")
    everything = "/messages/unknown/decision?all=1"
    assert "Send again to one person" in admin_client.get(everything).text
    decision["id"] = str(third)
    status, page = post_form(admin_client, **decision, verb="resend", reason="The reader never got it")
    assert "One mail will be sent again" in page
    assert mails("queued") == waiting + 1
    assert deeds()[-3:] == ["message.dropped", "message.dropped", "message.resent"]
    assert admin_client.get(everything).status_code == 302


def test_the_outbox_finds_turns_pages_and_lists_links(admin_client: FlaskClient, wave_id: int) -> None:
    assert "4 mails in the outbox" in admin_client.get("/outbox").text
    assert "4 mails in the outbox" in admin_client.get("/outbox?q=q4").text
    assert "0 mails in the outbox" in admin_client.get("/outbox?q=q5").text
    with transaction() as session:
        ids = list(session.scalars(select(OutboxMail.id).order_by(OutboxMail.id)))
        recipient = session.get_one(OutboxMail, ids[0]).recipient
    page = admin_client.get(f"/outbox/{ids[1]}").text
    assert f'rel="prev" href="/outbox/{ids[2]}"' in page
    assert f'rel="next" href="/outbox/{ids[0]}"' in page
    assert re.search(r"<td[^>]*><a href=\"http://127.0.0.1:8080/s/[\w-]+\?score=10\"", page)
    assert "mail-frame phone" in admin_client.get(f"/outbox/{ids[1]}?width=phone").text
    alone = admin_client.get(f"/outbox/{ids[0]}?q={recipient}").text
    assert 'rel="prev"' not in alone
    assert 'rel="next"' not in alone
    policy = admin_client.get(f"/outbox/{ids[0]}/html").headers["Content-Security-Policy"]
    assert "img-src data: http://127.0.0.1:8080;" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


def test_over_a_mail_service_the_outbox_says_that_nothing_is_kept(
    application: Flask, admin_client: FlaskClient, database: str, valkey: str
) -> None:
    application.extensions["quorum.settings"] = settings(database, valkey, mail_transport="ses")
    page = admin_client.get("/outbox").text
    assert "No copies of mails are kept" in page
