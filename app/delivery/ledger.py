"""Reads the ledger for people: messages with their state and why, searched, paged, counted and streamed for files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.joining import TODAYS_ACCOUNT
from app.core.searching import contains
from app.delivery.deciding_unknown import WHY_NOT
from app.delivery.models import MessageState

PER_PAGE = 100

STATES: Mapping[str, str] = {
    MessageState.QUEUED: "waiting to leave",
    MessageState.SENDING: "leaving just now",
    MessageState.SENT: "sent, no receipt yet",
    MessageState.DELIVERED: "delivered",
    MessageState.BOUNCED: "bounced",
    MessageState.COMPLAINED: "complained about as spam",
    MessageState.REJECTED: "taken, then rejected by the mail service",
    MessageState.FAILED: "refused by the mail service",
    MessageState.UNKNOWN: "unknown whether it left",
    MessageState.REFUSED: "held back before it left",
    MessageState.CANCELLED: "cancelled",
}
"""Every state in words, in the order in which a mail passes through them."""

DELAYED = "delayed"
"""Filter for messages the receiving server keeps waiting: not a state, since a delay changes none."""

REASONS: Mapping[str, str] = {reason.value: words for reason, words in WHY_NOT.items()}
"""Why Quorum held a mail back, in words; other reasons are sentences already."""

KINDS = ("Invitation", "First reminder", "Second reminder")
"""By the number of the mail within its invitation."""

COLUMNS = (
    *("message_id", "wave", "account_id", "account", "contact_id", "first_name", "last_name", "recipient", "mail"),
    *("state", "reason", "due_at", "claimed_at", "sent_at", "delivered_at", "delayed_at", "bounced_at"),
    *("complained_at", "provider_id"),
)
"""Header of the messages as CSV."""

_NAMED = f"""
    JOIN wave w ON w.id = m.wave_id
    JOIN invitation i ON i.id = m.invitation_id
    {TODAYS_ACCOUNT}
    LEFT JOIN contact c ON c.id = i.contact_id
"""
# Names are looked into only for a search, and joined only to the rows of a page: a ledger has millions of rows.
_WANTED = """
    FROM message m
    WHERE (CAST(:wave_id AS bigint) IS NULL OR m.wave_id = :wave_id)
      AND (:state = '' OR m.state::text = :state
           OR :state = 'delayed' AND m.delayed_at IS NOT NULL AND m.state = 'sent')
      AND (:reason = '' OR m.reason = :reason)
      AND (:search = '' OR m.recipient ILIKE :like OR m.provider_id = :search
           OR m.account_id IN (SELECT id FROM account WHERE name ILIKE :like)
           OR m.invitation_id IN (
               SELECT i.id FROM invitation i JOIN contact c ON c.id = i.contact_id
               WHERE c.email ILIKE :like OR concat_ws(' ', c.first_name, c.last_name) ILIKE :like))
"""
_FIELDS = """
    m.id, m.wave_id, w.name AS wave, m.account_id, a.name AS account, c.first_name, c.last_name,
    coalesce(m.recipient, c.email_key) AS recipient, m.number, m.state, m.reason, m.due_at, m.claimed_at, m.sent_at,
    m.delivered_at, m.delayed_at, m.bounced_at, m.complained_at, m.provider_id, m.attempt_id
"""
_PAGE = text(
    f"""
    SELECT {_FIELDS} FROM (SELECT m.* {_WANTED} ORDER BY m.id DESC LIMIT :limit OFFSET :offset) m {_NAMED}
    ORDER BY m.id DESC
    """
)
_TOTAL = text(f"SELECT count(*) {_WANTED}")
_STREAM = text(
    f"""
    SELECT m.id, w.name, a.external_id, a.name, c.external_id, c.first_name, c.last_name,
           coalesce(m.recipient, c.email_key), m.number, m.state::text, m.reason, m.due_at, m.claimed_at, m.sent_at,
           m.delivered_at, m.delayed_at, m.bounced_at, m.complained_at, m.provider_id
    FROM (SELECT m.* {_WANTED}) m {_NAMED} ORDER BY m.id
    """
)
_COUNTS = text(
    """
    SELECT state::text, coalesce(CASE WHEN state = 'refused' THEN reason END, '') AS reason, count(*) AS messages,
           count(*) FILTER (WHERE delayed_at IS NOT NULL AND state = 'sent') AS delayed
    FROM message WHERE CAST(:wave_id AS bigint) IS NULL OR wave_id = :wave_id GROUP BY 1, 2
    """
)
_ONE = text(
    f"""
    SELECT {_FIELDS}, (SELECT o.id FROM outbox_mail o WHERE o.attempt_id = m.attempt_id) AS kept_id
    FROM message m {_NAMED} WHERE m.id = :id
    """
)
_RECEIPTS = text(
    """
    SELECT kind::text, bounce, detail, happened_at, received_at FROM receipt
    WHERE message_id = :id ORDER BY happened_at, id
    """
)


@dataclass(frozen=True)
class Wanted:
    """Which messages to show; `state` is a MessageState, `delayed`, or empty for all, `reason` a Refusal or empty."""

    wave_id: int | None = None
    state: str = ""
    reason: str = ""
    search: str = ""
    page: int = 1


@dataclass(frozen=True)
class MessagePage:
    """One page of messages, and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int
    page: int


def message_page(session: Session, wanted: Wanted) -> MessagePage:
    """Return one page of messages, the newest first; a page beyond the last one is the first."""
    asked = _parameters(wanted)
    window = {"limit": PER_PAGE, "offset": (max(wanted.page, 1) - 1) * PER_PAGE}
    rows = [dict(row) for row in session.execute(_PAGE, asked | window).mappings()]
    if not rows and wanted.page > 1:
        return message_page(session, replace(wanted, page=1))
    return MessagePage(rows, session.scalar(_TOTAL, asked) or 0, wanted.page)


def message_counts(session: Session, wave_id: int | None) -> list[dict[str, Any]]:
    """Return `state`, `reason` (of those held back, else empty), `messages` and `delayed`, in the order of `STATES`."""
    order = list(STATES)
    rows = [dict(row) for row in session.execute(_COUNTS, {"wave_id": wave_id}).mappings()]
    return sorted(rows, key=lambda row: (order.index(row["state"]), -row["messages"]))


def message(session: Session, id: int) -> dict[str, Any] | None:
    """Return one message with the names that belong to it, or None."""
    found = session.execute(_ONE, {"id": id}).mappings().one_or_none()
    return None if found is None else dict(found)


def receipts_of(session: Session, message_id: int) -> list[dict[str, Any]]:
    """Return the receipts of one message in the order in which it happened, each with its `kind` and `detail`."""
    return [dict(row) for row in session.execute(_RECEIPTS, {"id": message_id}).mappings()]


def stream_messages(session: Session, wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    """Yield all wanted messages as rows of `COLUMNS`, in the order of sending, without holding them."""
    options = {"stream_results": True, "yield_per": 2_000}
    for row in session.execute(_STREAM, _parameters(wanted), execution_options=options):
        yield tuple(row)


def why(row: Mapping[str, Any]) -> str:
    """Return why a message stands where it stands, in words; empty when there is nothing to add."""
    return REASONS.get(row["reason"] or "", row["reason"] or "")


def _parameters(wanted: Wanted) -> dict[str, Any]:
    return {
        "wave_id": wanted.wave_id,
        "state": wanted.state,
        "reason": wanted.reason,
        "search": wanted.search,
        "like": contains(wanted.search),
    }
