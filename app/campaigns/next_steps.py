"""What happens next in a campaign, in one sentence. Pure rules."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, timedelta

from app.campaigns.cadence import Cadence, next_occurrence, wave_key, wave_name

_MOST_LOOKS = 60
"""Waves of weeks and months that may be there ahead of their day, at most."""


@dataclass(frozen=True)
class Waiting:
    """A wave that is made and has not set out: its name, its day, and whether it may go without another word."""

    name: str
    day: str
    may_go: bool


@dataclass(frozen=True)
class Standing:
    """How a campaign stands, in its own words; days are written as people write them.

    `leaving` counts the invitations of waves that go which have not left, of the wave `running`. `following` is the
    wave that the rhythm makes next, as (name, day).
    """

    state: str
    transactional: bool = False
    by_hand: bool = False
    goes_by_itself: bool = False
    event: str = ""
    waiting: Waiting | None = None
    running: str = ""
    leaving: int = 0
    daily_cap: int = 0
    following: tuple[str, str] | None = None


def next_step(standing: Standing) -> str:
    """Return what happens next, and what somebody has to do for it."""
    match standing.state:
        case "draft":
            return _of_draft(standing)
        case "paused":
            held = f"{standing.leaving:,} invitations wait" if standing.leaving else "Nothing leaves"
            return f"{held} until somebody lets the campaign go on."
        case "finished":
            return "It is over and asks nobody any more; links that are open take answers until their last day."
    if standing.transactional:
        return f"It asks whoever had «{standing.event}», within the contact rules."
    if standing.leaving:
        leave = f"{_invitations(standing.leaving)} of «{standing.running}» still to leave"
        return f"{leave}, up to {standing.daily_cap:,} each working day. {_later(standing)}".strip()
    return _later(standing) or "Nothing more is planned."


def following_wave(
    cadence: Cadence, starts_on: date | None, ends_on: date | None, made: Container[str], after: date
) -> tuple[str, date] | None:
    """Return name and first day of the next wave that is not there yet, on or after a day; None where none follows."""
    day = next_occurrence(cadence, starts_on, after) if starts_on is not None else None
    for _ in range(_MOST_LOOKS):
        if day is None or starts_on is None or (ends_on is not None and day > ends_on):
            return None
        if wave_key(cadence, day) not in made:
            return wave_name(cadence, day), day
        day = next_occurrence(cadence, starts_on, day + timedelta(days=1))
    return None


def _of_draft(standing: Standing) -> str:
    if standing.transactional:
        return f"Start it, and it asks after «{standing.event}»."
    if standing.waiting is not None:
        waiting = standing.waiting
        return f"See whom «{waiting.name}» would ask, and confirm it for {waiting.day}. Until then nothing leaves."
    return "Nothing leaves before it is started."


def _later(standing: Standing) -> str:
    waiting, following = standing.waiting, standing.following
    if waiting is not None:
        if waiting.may_go:
            return f"«{waiting.name}» leaves by itself from {waiting.day} on."
        return f"«{waiting.name}» waits for somebody to confirm whom it asks; it is meant to leave on {waiting.day}."
    if following is not None:
        then = "goes out by itself" if standing.goes_by_itself else "waits for your confirmation"
        return f"«{following[0]}» begins on {following[1]}; it is made two weeks before and {then}."
    if standing.by_hand:
        return "Make a wave whenever you want to ask."
    return ""


def _invitations(number: int) -> str:
    return "One invitation" if number == 1 else f"{number:,} invitations"
