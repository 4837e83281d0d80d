"""What a transactional campaign makes of an event: its settings, and why no survey follows. Pure rules.

Rules: domain section 3. The order of `WhyNot` is the order in which the reasons are given.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

OLDEST = timedelta(days=7)
"""Nobody remembers a touchpoint of longer ago, and a CRM that is filled afresh tells its whole past."""

EARLY = timedelta(hours=1)
"""So far ahead of ours may the clock of a sender go."""

LONGEST_DELAY = timedelta(days=30)
LONGEST_NAME = 100

_EVENT = re.compile(r"[a-z0-9][a-z0-9._:-]{0,99}")


class Repeat(enum.StrEnum):
    """Whether a ticket that is closed again asks again."""

    ONCE = "once"
    EVERY = "every"


class Unknown(enum.StrEnum):
    """What becomes of a person that nobody knows yet."""

    CREATE = "create"
    REFUSE = "refuse"


@dataclass(frozen=True)
class TriggerSettings:
    """Which event calls for the survey of a campaign, and how.

    `subject` is the property that names what the event is about, such as the number of the ticket; with `repeat` once
    and a subject, each subject asks once.
    """

    event: str = "ticket.solved"
    delay_minutes: int = 24 * 60
    repeat: Repeat = Repeat.ONCE
    subject: str = "ticket_id"
    unknown_contacts: Unknown = Unknown.CREATE

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> TriggerSettings:
        """Return the settings that `as_json` kept."""
        settings = cls(**{name: value for name, value in kept.items() if name in cls.__dataclass_fields__})
        return cls(
            settings.event,
            int(settings.delay_minutes),
            Repeat(settings.repeat),
            settings.subject,
            Unknown(settings.unknown_contacts),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the settings as the database keeps them."""
        return asdict(self)


def read_settings(given: Mapping[str, str]) -> tuple[TriggerSettings | None, dict[str, str]]:
    """Return what a person typed into the form, or the faults: field → sentence."""
    faults: dict[str, str] = {}
    event, subject = given.get("event", "").strip(), given.get("subject", "").strip()
    delay = given.get("delay_minutes", "").strip()
    if not _EVENT.fullmatch(event):
        faults["event"] = "Give the event's name in small letters, such as ticket.solved."
    most = int(LONGEST_DELAY.total_seconds() // 60)
    if not (re.fullmatch("[0-9]{1,5}", delay) and int(delay) <= most):
        faults["delay_minutes"] = f"Give the minutes after the event, from 0 to {most} (30 days)."
    if len(subject) > LONGEST_NAME:
        faults["subject"] = f"Give the name of one property, of up to {LONGEST_NAME} characters."
    if given.get("repeat") not in set(Repeat):
        faults["repeat"] = "Choose one of the two."
    elif given["repeat"] == Repeat.ONCE and not subject:
        faults["subject"] = "Say which property names the ticket, or else nobody can tell when it asked already."
    if given.get("unknown_contacts") not in set(Unknown):
        faults["unknown_contacts"] = "Choose one of the two."
    if faults:
        return None, faults
    unknown = Unknown(given["unknown_contacts"])
    return TriggerSettings(event, int(delay), Repeat(given["repeat"]), subject, unknown), {}


class WhyNot(enum.StrEnum):
    """Why no survey follows an event; the first that holds, in this order."""

    NO_CAMPAIGN = "no_campaign"
    CAMPAIGN_PAUSED = "campaign_paused"
    SURVEY_WITHDRAWN = "survey_withdrawn"
    TOO_OLD = "too_old"
    ACCOUNT_UNKNOWN = "account_unknown"
    CONTACT_UNKNOWN = "contact_unknown"
    OUTSIDE_AUDIENCE = "outside_audience"
    ACCOUNT_INACTIVE = "account_inactive"
    CONTACT_LEFT = "contact_left"
    OPTED_OUT = "opted_out"
    SUPPRESSED = "suppressed"
    INVALID_EMAIL = "invalid_email"
    EXCLUDED_BY_MANAGER = "excluded_by_manager"
    EMBARGOED = "embargoed"
    ASKED_BEFORE = "asked_before"
    ALREADY_SCHEDULED = "already_scheduled"
    RELATIONSHIP_FIRST = "relationship_first"
    CONTACTED_RECENTLY = "contacted_recently"


WORDS: Mapping[WhyNot, str] = {
    WhyNot.NO_CAMPAIGN: "no running campaign asks after this event",
    WhyNot.CAMPAIGN_PAUSED: "the campaign was paused",
    WhyNot.SURVEY_WITHDRAWN: "the campaign's survey was withdrawn",
    WhyNot.TOO_OLD: "it happened more than 7 days ago",
    WhyNot.ACCOUNT_UNKNOWN: "the person is new, and no known account was named",
    WhyNot.CONTACT_UNKNOWN: "the campaign asks only people who are known",
    WhyNot.OUTSIDE_AUDIENCE: "outside the campaign's audience",
    WhyNot.ACCOUNT_INACTIVE: "the account is not active",
    WhyNot.CONTACT_LEFT: "the person has left the company",
    WhyNot.OPTED_OUT: "the person does not want surveys",
    WhyNot.SUPPRESSED: "mail to this address bounced or was complained about",
    WhyNot.INVALID_EMAIL: "there is no address that mail can go to",
    WhyNot.EXCLUDED_BY_MANAGER: "excluded by the account manager",
    WhyNot.EMBARGOED: "not to be asked for now, by an embargo",
    WhyNot.ASKED_BEFORE: "this ticket asked already",
    WhyNot.ALREADY_SCHEDULED: "another survey to the person is on its way",
    WhyNot.RELATIONSHIP_FIRST: "a relationship survey of the person is open or due soon",
    WhyNot.CONTACTED_RECENTLY: "the person was asked too recently",
}
"""The reasons as people read them."""


class EventStanding(NamedTuple):
    """What speaks against a survey after an event; each is true when it does, in the order of the reasons."""

    no_campaign: bool = False
    campaign_paused: bool = False
    survey_withdrawn: bool = False
    too_old: bool = False
    account_unknown: bool = False
    contact_unknown: bool = False
    outside_audience: bool = False
    account_inactive: bool = False
    contact_left: bool = False
    opted_out: bool = False
    suppressed: bool = False
    invalid_email: bool = False
    excluded_by_manager: bool = False
    embargoed: bool = False
    asked_before: bool = False
    already_scheduled: bool = False
    relationship_first: bool = False
    contacted_recently: bool = False


def why_not(standing: EventStanding) -> WhyNot | None:
    """Return the first reason why no survey follows, or None."""
    return next((WhyNot(name) for name, holds in standing._asdict().items() if holds), None)


def is_too_old(occurred_at: datetime, now: datetime) -> bool:
    """Return whether something happened too long ago to ask about it."""
    return now - occurred_at > OLDEST


def moment_wanted(occurred_at: datetime, delay: timedelta, now: datetime) -> datetime:
    """Return when a survey should leave, before the windows of the campaign are looked at."""
    return max(now, occurred_at + delay)
