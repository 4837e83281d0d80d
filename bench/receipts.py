"""Figure: applying SES's events from SQS against a bare boto3 loop that only receives and deletes the same messages.

Ours is the whole program `quorum receipts`: receive, read, apply to a ledger on disk, commit, delete.
`python -m bench.receipts floor QUEUE_URL` measures the bare loop in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from sqlalchemy import func, select, text

from app.core.db import transaction
from app.delivery.models import Message, MessageState
from app.delivery.transports.ses.client import client
from app.settings import Settings
from bench.harness import Figure, in_own_process, installation, show, until
from tests.support.company import MOST_AN_ACCOUNT, launched
from tests.support.crew import crew
from tests.support.fake_ses import CERTIFICATE_URL, TOPIC_ARN, FakeSes, running_fake_ses
from tests.support.fake_ses.events import body, stamp
from tests.support.processes import environment

AT_ONCE = 10
FIRST = 1_000
"""Events that the program applies before the clock runs: until then it starts."""

LONGEST_SECONDS = 300.0

_SENT = text(
    """
    UPDATE message m
    SET state = 'sent', attempt_id = gen_random_uuid(), claimed_at = now(), sent_at = now(), recipient = c.email_key,
        provider_id = 'bench-' || m.id
    FROM invitation i JOIN contact c ON c.id = i.contact_id WHERE i.id = m.invitation_id
    """
)


def sent(mails: int) -> list[str]:
    """Make a wave that has left, and return the events about it: each mail was sent and delivered, some bounced."""
    launched(mails)
    with transaction() as session:
        session.execute(_SENT)
        found = session.execute(select(Message.provider_id, Message.recipient, Message.attempt_id)).all()
    outcomes = [*["Delivery"] * 97, *["Bounce"] * 3]
    told = []
    for number, (provider_id, recipient, attempt_id) in enumerate(found):
        for kind in ("Send", outcomes[number % len(outcomes)]):
            event = body(kind, provider_id or "", recipient or "", {"attempt": str(attempt_id)})
            told.append(enveloped(json.dumps(event)))
    return told


def bare_loop(settings: Settings) -> int:
    """Receive and delete until the queue is empty; return how many there were."""
    sqs, count = client(settings, "sqs"), 0
    while messages := sqs.receive_message(QueueUrl=settings.ses_queue_url, MaxNumberOfMessages=AT_ONCE).get("Messages"):
        entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=settings.ses_queue_url, Entries=entries)
        count += len(messages)
    return count


def enveloped(message: str) -> str:
    """Return a message as it lies in the queue; nobody checks signatures there, and making them takes long."""
    document = {
        "Type": "Notification",
        "MessageId": str(uuid4()),
        "TopicArn": TOPIC_ARN,
        "Subject": "Amazon SES Email Event Notification",
        "Message": message,
        "Timestamp": stamp(),
        "SignatureVersion": "1",
        "Signature": "A" * 344,
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": CERTIFICATE_URL,
    }
    return json.dumps(document)


def fill(fake: FakeSes, messages: list[str]) -> None:
    """Put the messages on the queue."""
    for start in range(0, len(messages), FIRST):
        fake.put(*messages[start : start + FIRST])


def ours(settings: Settings, fake: FakeSes, events: int) -> float:
    """Return the events a second of the program `quorum receipts`, that lie in the queue."""
    env = environment(settings, **fake.environment())
    with tempfile.TemporaryDirectory(prefix="qb-") as folder, crew(env, Path(folder)) as started:
        started.start("receipts")
        until(lambda: fake.queued() <= events - FIRST, LONGEST_SECONDS, "the first receipts")
        began, left = time.perf_counter(), fake.queued()
        until(lambda: not fake.queued() or started.dead() != [], LONGEST_SECONDS, "the last receipt")
        seconds = time.perf_counter() - began
        if fake.queued():
            raise RuntimeError(started.said())
    return left / seconds


def measure(mails: int) -> dict[str, float]:
    """Return the events a second of both sides."""
    with running_fake_ses() as fake, installation(ses_queue_url=fake.queue_url) as settings:
        os.environ.update(fake.environment())
        events = sent(mails)
        fill(fake, events)
        floor = in_own_process("bench.receipts", "floor", settings.ses_queue_url)["rate"]
        fill(fake, events)
        rate = ours(settings, fake, len(events))
        with transaction() as session:
            moved = session.scalar(select(func.count()).where(Message.state != MessageState.SENT))
        assert moved == mails, f"{moved} of {mails} mails were moved by their receipts"
        return {"floor": floor, "ours": rate, "events": len(events)}


def figures(mails: int) -> list[Figure]:
    """Return the figure of receipts."""
    found = measure(-(-mails // MOST_AN_ACCOUNT) * MOST_AN_ACCOUNT)
    ratio = found["ours"] / found["floor"]
    size, holds = f"{found['events']:,.0f} events", found["ours"] >= 2_000
    floor, rate = f"{found['floor']:,.0f}/s", f"{found['ours']:,.0f}/s"
    return [Figure("Receipts, one process", size, floor, rate, f"{ratio:.2f}", "≥ 2,000/s", holds)]


def main() -> None:
    """Print the figure for as many mails as the command line says."""
    parser = argparse.ArgumentParser(description="Measures receipts.")
    parser.add_argument("--mails", type=int, default=10_000, help="mails with two receipts each (default 10,000)")
    show(figures(parser.parse_args().mails))


if __name__ == "__main__":
    if sys.argv[1:2] == ["floor"]:
        given = {"database_url": "postgresql://none", "redis_url": "redis://none", "secret_key": "b" * 64}
        settings = Settings.model_validate({**given, "ses_queue_url": sys.argv[2]})
        started = time.perf_counter()
        count = bare_loop(settings)
        print(json.dumps({"rate": count / (time.perf_counter() - started)}))
    else:
        main()
