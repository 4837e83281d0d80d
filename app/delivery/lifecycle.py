"""The life of a message: its legal moves, what a receipt changes, and why a due one is not sent after all. Pure rules.

Rules: delivery page, «One mail, at most once».
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple

RECEIPTS = ("sent", "rejected", "delivered", "bounced", "complained")
"""What a receipt can prove, in the order in which one outweighs another."""

_OURS: Mapping[str, frozenset[str]] = {
    "queued": frozenset({"sending", "refused", "cancelled"}),
    "sending": frozenset({"sent", "queued", "refused", "failed", "unknown"}),
    "unknown": frozenset({"sent", "failed", "queued", "cancelled"}),
    "failed": frozenset(),
    "refused": frozenset(),
    "cancelled": frozenset(),
}

MOVES: Mapping[str, frozenset[str]] = {
    **{state: moves | frozenset(RECEIPTS) for state, moves in _OURS.items()},
    **{state: frozenset(RECEIPTS[place + 1 :]) for place, state in enumerate(RECEIPTS)},
}
"""From each state, the states a message may move to.

A proof of what became of a mail beats whatever we guessed, and never moves one backwards. Our own moves are fewer:
nothing leaves `queued` without a claim, `sending` goes back only when surely nothing left, and out of `unknown` it is a
person who lets it be sent once more (`queued`) or drops it (`cancelled`). `failed`, `refused` and `cancelled` are final
for us.
"""


def may_move(state: str, to: str) -> bool:
    """Return whether the move is legal."""
    return to in MOVES[state]


class Event(enum.StrEnum):
    """What a receipt tells about a mail."""

    SENT = "sent"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"


def after_event(state: str, event: str) -> str | None:
    """Return the state a receipt moves a message to, or None when it changes nothing; never backwards.

    Receipts come late, twice and out of order; in whichever order they come, the end is the same. A delay says that the
    provider has the mail, and no more.
    """
    to = "sent" if event == Event.DELAYED else str(event)
    return to if may_move(state, to) else None


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
    OTHER_MAILBOX = "other_mailbox"
    EXCLUDED_BY_MANAGER = "excluded_by_manager"
    EMBARGOED = "embargoed"
    OPEN_CASE = "open_case"
    CONTACTED_RECENTLY = "contacted_recently"
    ANSWERED = "answered"
    BOUNCED = "bounced"
    SURVEY_WITHDRAWN = "survey_withdrawn"


class Standing(NamedTuple):
    """What is looked at again at the moment of the claim.

    An open case holds back invitations of a relationship campaign alone; `other_mailbox` is said of reminders alone,
    when the invitation went to an address that the contact no longer has.
    """

    wave_over: bool
    contact_known: bool
    same_account: bool
    account_active: bool
    contact_status: str | None
    unsubscribed: bool
    suppressed: bool
    deliverable: bool
    other_mailbox: bool
    excluded: bool
    embargoed: bool
    open_case: bool
    contacted_recently: bool
    answered: bool
    bounced: bool
    survey_withdrawn: bool


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
        (standing.other_mailbox, Refusal.OTHER_MAILBOX),
        (standing.excluded, Refusal.EXCLUDED_BY_MANAGER),
        (standing.embargoed, Refusal.EMBARGOED),
        (standing.open_case, Refusal.OPEN_CASE),
        (standing.contacted_recently, Refusal.CONTACTED_RECENTLY),
        (standing.answered, Refusal.ANSWERED),
        (standing.bounced, Refusal.BOUNCED),
        (standing.survey_withdrawn, Refusal.SURVEY_WITHDRAWN),
    )
    return next((reason for holds, reason in checks if holds), None)
