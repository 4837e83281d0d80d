"""What an examination asks of Amazon: the account and its quota, the senders, the events, and the queue of receipts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from app.delivery.diagnosis import Finding, careful, good, wrong
from app.delivery.transports.ses.account import Destination, account, event_destinations, identity
from app.delivery.transports.ses.client import client
from app.settings import Settings

NEEDED_EVENTS = ("SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE", "DELIVERY_DELAY")
"""What has to come back so that the state of every mail is known."""

NEARLY_SPENT = 0.9
BACKLOG = 10_000
"""Receipts in the queue that one poller does not take within seconds."""

Question = tuple[str, Callable[[], Iterable[Finding]]]


def examine(settings: Settings, senders: Sequence[str]) -> list[Finding]:
    """Return a line for the account, each sender, the events and the queue; all are asked at once."""
    questions: list[Question] = [
        ("SES account", partial(_account, settings)),
        *((f"Sender {sender}", partial(_sender, settings, sender)) for sender in senders),
        ("SES events", partial(_events, settings)),
        ("Receipts queue", partial(_queue, settings)),
    ]
    with ThreadPoolExecutor(min(len(questions), 8), thread_name_prefix="doctor-ses") as pool:
        return [finding for answers in pool.map(_asked, questions) for finding in answers]


def _asked(question: Question) -> list[Finding]:
    part, ask = question
    try:
        return list(ask())
    except (NoCredentialsError, PartialCredentialsError, NoRegionError):
        return [wrong(part, "no region or credentials for AWS are set", "Set AWS_REGION and credentials.")]
    except ClientError as error:
        code = error.response["Error"].get("Code", "no code")
        if code.endswith(("NonExistentQueue", "QueueDoesNotExist")):
            return [wrong(part, "there is no such queue", "Create it, or mend QUORUM_SES_QUEUE_URL and AWS_REGION.")]
        advice = "Allow what docs/operating.md lists to these credentials; look at their keys and at the clock."
        return [wrong(part, f"AWS answers {code}", advice)]
    except BotoCoreError as error:
        return [wrong(part, f"AWS does not answer ({type(error).__name__})", "Look at the network, and AWS_REGION.")]


def _account(settings: Settings) -> Iterator[Finding]:
    found = account(settings)
    region = client(settings, "sesv2").meta.region_name
    if not found.enabled or found.enforcement == "SHUTDOWN":
        state = f"{region}, may not send (enforcement {found.enforcement or 'unknown'})"
        yield wrong("SES account", state, "Open the SES console: it says what AWS wants from you.")
    elif found.enforcement == "PROBATION":
        yield careful("SES account", f"{region}, under review by AWS", "Look at bounces and complaints, answer AWS.")
    elif found.sandbox:
        advice = "Ask for production access in the SES console; until then only verified addresses get mail."
        yield wrong("SES account", f"{region}, in the sandbox", advice)
    else:
        yield good("SES account", f"{region}, in production, healthy")
    if found.per_day is None:
        yield good("SES quota", f"{found.per_second:,.6g} mails a second, no limit a day")
        return
    quota = f"{found.per_second:g} mails a second, {found.sent_last_day:,} of {found.per_day:,} a day used"
    if found.sent_last_day >= NEARLY_SPENT * found.per_day:
        yield careful("SES quota", quota, "Sending pauses until the quota frees; ask AWS for more if this is usual.")
    else:
        yield good("SES quota", quota)


def _sender(settings: Settings, sender: str) -> Iterator[Finding]:
    part, domain = f"Sender {sender}", sender.rpartition("@")[2]
    of_domain = identity(settings, domain)
    if of_domain is None or not of_domain.verified:
        of_address = identity(settings, sender)
        if of_address is None or not of_address.verified:
            state = "SES does not know it" if of_address is None and of_domain is None else "not verified yet"
            yield wrong(part, state, f"Create the identity {domain} in SES, and put its DNS records in place.")
            return
        advice = f"Verify the domain {domain} as well: without DKIM of its own, mails land among spam."
        yield careful(part, "the address is verified, its domain is not", advice)
        return
    if of_domain.dkim != "SUCCESS":
        state = f"{domain} is verified, DKIM is {of_domain.dkim or 'off'}"
        yield wrong(part, state, f"Publish the three DKIM records of {domain} that the SES console shows.")
    elif of_domain.mail_from == "SUCCESS":
        yield good(part, f"{domain} is verified, DKIM signs, MAIL FROM is its own")
    elif of_domain.mail_from:
        state = f"{domain} is verified, DKIM signs, MAIL FROM is {of_domain.mail_from}"
        yield careful(part, state, "Look at the MX and TXT records of the MAIL FROM domain.")
    else:
        state = f"{domain} is verified, DKIM signs; MAIL FROM is Amazon's"
        yield careful(part, state, f"A MAIL FROM domain such as bounce.{domain} aligns SPF too; not a must.")


def _events(settings: Settings) -> Iterator[Finding]:
    part, name = "SES events", settings.ses_configuration_set
    if not name:
        advice = "Set QUORUM_SES_CONFIGURATION_SET; without it nobody learns of bounces and complaints."
        yield wrong(part, "no configuration set is named", advice)
        return
    destinations = event_destinations(settings, name)
    if destinations is None:
        yield wrong(part, f"SES does not know the configuration set {name}", "Create it, or mend the name.")
        return
    topics = [each for each in destinations if each.enabled and each.topic]
    missing = [event for event in NEEDED_EVENTS if not any(event in each.events for each in topics)]
    if not topics:
        yield wrong(part, f"{name} sends its events nowhere", "Add an event destination: an SNS topic.")
    elif missing:
        advice = "Switch them on in the event destination of the configuration set."
        yield wrong(part, f"{name} does not send {', '.join(missing)}", advice)
    else:
        yield _topics(part, name, topics, settings)


def _topics(part: str, name: str, topics: Sequence[Destination], settings: Settings) -> Finding:
    """Judge whether the topics are those the webhook listens to; a queue may hang behind any topic."""
    named = {each.topic for each in topics}
    allowed = {topic.strip() for topic in settings.ses_topics.split(",") if topic.strip()}
    if settings.ses_queue_url or named <= allowed:
        return good(part, f"{name} sends all it should to {len(topics)} {'topic' if len(topics) == 1 else 'topics'}")
    if not allowed:
        advice = "Set QUORUM_SES_QUEUE_URL (better) or QUORUM_SES_TOPICS for the webhook."
        return wrong(part, f"{name} sends all it should, and nobody here listens", advice)
    return wrong(part, f"{name} sends to a topic that is not allowed here", "Add its ARN to QUORUM_SES_TOPICS.")


def _queue(settings: Settings) -> Iterator[Finding]:
    if not settings.ses_queue_url:
        if settings.ses_topics:
            yield good("Receipts queue", "none; receipts come by webhook")
        return
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = client(settings, "sqs").get_queue_attributes(QueueUrl=settings.ses_queue_url, AttributeNames=names)
    waiting, taken = (int(answer.get("Attributes", {}).get(name, 0)) for name in names)
    if waiting > BACKLOG:
        advice = "Look whether quorum receipts runs; a second one helps."
        yield careful("Receipts queue", f"{waiting:,} receipts wait", advice)
    else:
        yield good("Receipts queue", f"{waiting:,} receipts wait, {taken:,} are being taken")
