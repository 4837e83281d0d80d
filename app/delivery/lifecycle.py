"""The life of a message: its legal moves, and why a due one is not sent after all. Pure rules.

Rules: delivery page, «One mail, at most once».
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple

MOVES: Mapping[str, frozenset[str]] = {
    "queued": frozenset({"sending", "refused", "cancelled"}),
    "sending": frozenset({"sent", "queued", "failed", "unknown"}),
    "unknown": frozenset({"sent", "failed"}),
    "sent": frozenset(),
    "failed": frozenset(),
    "refused": frozenset(),
    "cancelled": frozenset(),
}
"""From each state, the states a message may move to; a state without moves is final."""


def may_move(state: str, to: str) -> bool:
    """Return whether the move is legal."""
    return to in MOVES[state]


class Refusal(enum.StrEnum):
    """Why a due message is not sent: what changed between the plan and this moment."""

    WAVE_OVER = "wave_over"
    CONTACT_GONE = "contact_gone"
    CONTACT_MOVED = "contact_moved"
    CONTACT_LEFT = "contact_left"
    ACCOUNT_INACTIVE = "account_inactive"
    OPTED_OUT = "opted_out"
    SUPPRESSED = "suppressed"
    INVALID_EMAIL = "invalid_email"
    CONTACTED_RECENTLY = "contacted_recently"
    ANSWERED = "answered"


class Standing(NamedTuple):
    """What is looked at again at the moment of the claim."""

    wave_over: bool
    contact_known: bool
    same_account: bool
    account_active: bool
    contact_status: str | None
    unsubscribed: bool
    suppressed: bool
    deliverable: bool
    contacted_recently: bool
    answered: bool


def refusal(standing: Standing) -> Refusal | None:
    """Return the first reason not to send, or None."""
    checks = (
        (standing.wave_over, Refusal.WAVE_OVER),
        (not standing.contact_known, Refusal.CONTACT_GONE),
        (not standing.same_account, Refusal.CONTACT_MOVED),
        (not standing.account_active, Refusal.ACCOUNT_INACTIVE),
        (standing.contact_status == "left", Refusal.CONTACT_LEFT),
        (standing.contact_status == "opted_out" or standing.unsubscribed, Refusal.OPTED_OUT),
        (standing.contact_status == "suppressed" or standing.suppressed, Refusal.SUPPRESSED),
        (not standing.deliverable, Refusal.INVALID_EMAIL),
        (standing.contacted_recently, Refusal.CONTACTED_RECENTLY),
        (standing.answered, Refusal.ANSWERED),
    )
    return next((reason for holds, reason in checks if holds), None)
