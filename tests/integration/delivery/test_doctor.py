"""The doctor, on real services: every line it can say, and that it hurts nobody."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from rq import SimpleWorker
from rq.cron import CronScheduler
from sqlalchemy import text

from app.core import queue
from app.core.db import transaction
from app.delivery.diagnosis import Finding, Verdict
from app.delivery.doctoring import (
    check_database,
    check_ledger,
    check_processes,
    check_public_url,
    check_receipts,
    check_redis,
    examine,
)
from app.delivery.launching import launch_wave
from app.delivery.transports.ses import examine as examine_ses
from app.delivery.transports.ses.client import forget
from app.settings import Settings
from tests.support.company import add_account, planned, three_levels
from tests.support.fake_ses import TOPIC_ARN, FakeSes
from tests.support.ports import free_port
from tests.support.processes import QUORUM, environment
from tests.support.settings import settings
from tests.support.web import serving

SENDER = "feedback@example.com"


@pytest.fixture
def over_ses(fake_ses: FakeSes, database: str, valkey: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of an installation that sends over the stand-in, everything about it in order."""
    for name, value in fake_ses.environment().items():
        monkeypatch.setenv(name, value)
    forget()
    fake_ses.configure(max_send_rate=14, max_24_hour_send=50_000, sent_last_24_hours=1_200, mail_from_status="SUCCESS")
    yield settings(
        database,
        valkey,
        mail_transport="ses",
        ses_configuration_set="quorum",
        ses_queue_url=fake_ses.queue_url,
    )
    forget()


def said(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.verdict.glyph, finding.part, finding.found) for finding in findings]


def test_an_account_in_order_has_nothing_to_do(over_ses: Settings) -> None:
    findings = examine_ses(over_ses, [SENDER])
    assert said(findings) == [
        ("✓", "SES account", "eu-west-1, in production, healthy"),
        ("✓", "SES quota", "14 mails a second, 1,200 of 50,000 a day used"),
        ("✓", f"Sender {SENDER}", "example.com is verified, DKIM signs, MAIL FROM is its own"),
        ("✓", "SES events", "quorum sends all it should to 1 topic"),
        ("✓", "Receipts queue", "0 receipts wait, 0 are being taken"),
    ]
    assert not any(finding.advice for finding in findings)


@pytest.mark.parametrize(
    ("change", "part", "verdict", "found", "advice"),
    [
        ({"production_access": False}, "SES account", "wrong", "in the sandbox", "Ask for production access"),
        ({"sending_enabled": False}, "SES account", "wrong", "may not send", "SES console"),
        ({"enforcement_status": "SHUTDOWN"}, "SES account", "wrong", "SHUTDOWN", "SES console"),
        ({"enforcement_status": "PROBATION"}, "SES account", "careful", "under review", "bounces and complaints"),
        ({"sent_last_24_hours": 49_000}, "SES quota", "careful", "49,000 of 50,000", "pauses until"),
        ({"identities": {}}, f"Sender {SENDER}", "wrong", "does not know it", "Create the identity example.com"),
        ({"identities": {"example.com": False}}, f"Sender {SENDER}", "wrong", "not verified yet", "DNS records"),
        ({"identities": {SENDER: True}}, f"Sender {SENDER}", "careful", "its domain is not", "Verify the domain"),
        ({"dkim_status": "PENDING"}, f"Sender {SENDER}", "wrong", "DKIM is PENDING", "three DKIM records"),
        ({"mail_from_status": "FAILED"}, f"Sender {SENDER}", "careful", "MAIL FROM is FAILED", "MX and TXT"),
        ({"mail_from_status": ""}, f"Sender {SENDER}", "careful", "MAIL FROM is Amazon's", "bounce.example.com"),
        ({"configuration_sets": []}, "SES events", "wrong", "does not know", "Create it"),
        ({"event_types": []}, "SES events", "wrong", "nowhere", "event destination"),
        ({"event_types": ["SEND", "BOUNCE"]}, "SES events", "wrong", "DELIVERY, COMPLAINT", "Switch them on"),
    ],
)
def test_what_is_wrong_at_amazon_is_said_with_what_to_do(
    over_ses: Settings, fake_ses: FakeSes, change: dict[str, object], part: str, verdict: str, found: str, advice: str
) -> None:
    fake_ses.configure(**change)
    line = next(finding for finding in examine_ses(over_ses, [SENDER]) if finding.part == part)
    assert line.verdict == verdict
    assert found in line.found
    assert advice in line.advice


def test_a_queue_that_is_not_there_is_told_from_one_we_may_not_read(over_ses: Settings) -> None:
    given = over_ses.model_copy(update={"ses_queue_url": f"{over_ses.ses_queue_url}-of-somebody"})
    line = next(finding for finding in examine_ses(given, []) if finding.part == "Receipts queue")
    assert (line.verdict, line.found) == ("wrong", "there is no such queue")
    assert "QUORUM_SES_QUEUE_URL" in line.advice


@pytest.mark.parametrize("region", [None, ""])
def test_without_a_region_every_line_says_so(
    over_ses: Settings, monkeypatch: pytest.MonkeyPatch, region: str | None
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, region or "")
        if region is None:
            monkeypatch.delenv(name)
    forget()
    assert {finding.found for finding in examine_ses(over_ses, [])} == {"no region or credentials for AWS are set"}


def test_events_nobody_listens_to_are_wrong(over_ses: Settings) -> None:
    def events(**changes: str) -> Finding:
        given = over_ses.model_copy(update={"ses_queue_url": "", **changes})
        return next(finding for finding in examine_ses(given, []) if finding.part == "SES events")

    assert "nobody here listens" in events().found
    assert "not allowed here" in events(ses_topics="arn:aws:sns:eu-west-1:1:other").found
    assert events(ses_topics=f"arn:aws:sns:eu-west-1:1:other, {TOPIC_ARN}").verdict is Verdict.GOOD
    assert "no configuration set" in events(ses_configuration_set="").found


def test_an_amazon_that_refuses_or_is_away_is_a_line_and_no_crash(
    over_ses: Settings, fake_ses: FakeSes, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_ses.fault("error", operation="GetAccount", status=403, code="AccessDeniedException", message="no")
    refused = examine_ses(over_ses, [SENDER])
    assert said(refused)[0] == ("✗", "SES account", "AWS answers AccessDeniedException")
    assert [finding.verdict.glyph for finding in refused[1:]] == ["✓", "✓", "✓"]
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:1")
    forget()
    away = examine_ses(over_ses, [SENDER])
    assert said(away)[0] == ("✗", "SES account", "AWS does not answer (EndpointConnectionError)")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    forget()
    assert "credentials" in examine_ses(over_ses, [SENDER])[0].found


def test_the_services_beneath_are_named_with_their_versions(database: str, valkey: str) -> None:
    base, schema = check_database(settings(database))
    assert base.found.startswith("PostgreSQL 1")
    assert schema.verdict is Verdict.GOOD
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    _, old = check_database(settings(database))
    assert (old.verdict, old.advice) == (Verdict.WRONG, "Run: quorum migrate")
    (redis,) = check_redis(settings(database, valkey))
    assert redis.found.startswith("Valkey")


def test_a_redis_that_forgets_when_full_is_told(database: str, valkey: str) -> None:
    Redis.from_url(valkey).config_set("maxmemory-policy", "allkeys-lru")
    try:
        (found,) = check_redis(settings(database, valkey))
    finally:
        Redis.from_url(valkey).config_set("maxmemory-policy", "noeviction")
    assert (found.verdict, found.advice) == (Verdict.CAREFUL, "Set its maxmemory-policy to noeviction.")


def test_services_that_are_away_are_lines_and_no_crash() -> None:
    nowhere = settings("postgresql://quorum:hunter2@127.0.0.1:1/quorum", public_url=f"http://127.0.0.1:{free_port()}")
    findings = examine(nowhere)
    assert [finding.part for finding in findings if finding.verdict is Verdict.WRONG] == [
        *("Database", "Redis", "Workers", "Mails", "Public URL"),
    ]
    assert "hunter2" not in str(findings)
    assert all(finding.advice for finding in findings)


def test_workers_and_scheduler_are_seen_by_their_queues(database: str, valkey: str) -> None:
    here = settings(database, valkey)
    assert [finding.verdict for finding in check_processes(here)] == [Verdict.WRONG, Verdict.WRONG, Verdict.GOOD]
    with alive(valkey, "elsewhere"):
        assert [finding.verdict for finding in check_processes(here)][:2] == [Verdict.WRONG, Verdict.WRONG]
    with alive(valkey, "quorum"):
        assert [finding.found for finding in check_processes(here)] == ["1 running", "running", "nothing waits"]


@contextmanager
def alive(valkey: str, prefix: str) -> Iterator[None]:
    """A worker and a scheduler that have told Redis that they are there."""
    connection = Redis.from_url(valkey)
    worker = SimpleWorker([queue.queue_name(prefix, name) for name in queue.QUEUES], connection=connection)
    scheduler = CronScheduler(connection=connection)
    scheduler.register(alive, queue_name=queue.queue_name(prefix, queue.TICKS), interval=5)
    worker.register_birth()
    scheduler.register_birth()
    yield
    worker.register_death()
    scheduler.register_death()


def test_a_job_that_waits_too_long_is_told(database: str, valkey: str) -> None:
    queue.enqueue(queue.MAIL, "workers.jobs.send_messages", [1])
    waiting = list(check_processes(settings(database, valkey)))[-1]
    assert (waiting.verdict, waiting.found) == (Verdict.GOOD, "1 jobs wait")
    (job,) = queue.queue(queue.MAIL).get_jobs()
    job.enqueued_at = datetime.now(UTC) - timedelta(minutes=75)
    job.save()
    late = list(check_processes(settings(database, valkey)))[-1]
    assert (late.verdict, late.found) == (Verdict.CAREFUL, "1 jobs wait, the oldest for 1 h 15 min")


def test_mails_that_are_late_or_unknown_are_told(database: str) -> None:
    add_account("A1", 100_000, three_levels("P", 3, 3, 3))
    wave_id = planned()
    launch_wave(wave_id, now=datetime.now(UTC), actor="test", at_once=True)
    assert [finding.found for finding in check_ledger(settings(database))] == ["none is late"]
    with transaction() as session:
        session.execute(text("UPDATE message SET due_at = now() - interval '20 minutes 5 seconds'"))
        session.execute(text("UPDATE message SET state = 'unknown' WHERE id IN (SELECT min(id) FROM message)"))
    late, unknown = check_ledger(settings(database))
    assert (late.verdict, late.found) == (Verdict.CAREFUL, "5 are due and not sent, the oldest for 20 min")
    assert (unknown.verdict, unknown.found) == (Verdict.CAREFUL, "1 wait for a decision")


def test_mails_that_bring_no_receipts_are_told(database: str) -> None:
    over_ses = settings(database, mail_transport="ses")
    assert list(check_receipts(settings(database))) == []
    assert list(check_receipts(over_ses)) == []
    add_account("A1", 1_000, three_levels("P", 1, 1, 1))
    launch_wave(planned(), now=datetime.now(UTC), actor="test", at_once=True)
    with transaction() as session:
        session.execute(text("UPDATE message SET state = 'sent', sent_at = now() - interval '20 minutes 5 seconds'"))
    (silent,) = check_receipts(over_ses)
    assert (silent.verdict, silent.found) == (Verdict.CAREFUL, "none came for the mails of 20 min ago")
    with transaction() as session:
        receipt = "INSERT INTO receipt (key, kind, mailed_at, happened_at) VALUES ('k', 'sent', now(), now())"
        session.execute(text(receipt))
    (heard,) = check_receipts(over_ses)
    assert (heard.verdict, heard.found) == (Verdict.GOOD, "the last came 0 min ago")


def test_the_public_address_is_asked_for_a_link_that_cannot_be(application: Flask, database: str) -> None:
    with serving(application) as address:
        (ours,) = check_public_url(settings(database, public_url=address))
    assert (ours.verdict, ours.found) == (Verdict.CAREFUL, f"{address} answers, on this network only")
    with serving(Flask("another", static_folder=None)) as address:
        (other,) = check_public_url(settings(database, public_url=address))
    assert (other.verdict, other.found) == (
        Verdict.WRONG,
        f"{address}/s/x answers 404, and not with Quorum's page",
    )


def test_the_page_shows_the_same_lines(admin_client: FlaskClient) -> None:
    page = admin_client.get("/doctor").text
    for words in ("PostgreSQL 1", "Valkey", "none is running, so nothing is sent", "kept in the outbox"):
        assert words in page
    assert "things keep Quorum from its work" in page


def test_the_command_ends_with_one_when_something_is_wrong(database: str, valkey: str) -> None:
    ran = subprocess.run(
        [*QUORUM, "doctor", "--json"],
        env=environment(settings(database, valkey)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    lines = json.loads(ran.stdout)
    assert {name: value for name, value in lines[1].items() if name != "found"} == {
        "part": "Schema",
        "verdict": "good",
        "advice": None,
    }
    assert [line["part"] for line in lines if line["verdict"] == "wrong"] == ["Workers", "Scheduler", "Public URL"]
