"""Deeds that keep our suppression list and the account-level one of SES in step, on demand.

Only bounces and complaints go out: the list of SES holds for everything the account sends, and whoever wants no more
surveys may still want their invoices.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from app.accounts.addresses import email_key
from app.accounts.models import EVERYTHING, Suppression, SuppressionReason
from app.core import audit
from app.core.db import reading, transaction
from app.core.errors import Refused
from app.delivery.suppressing import Entry, lift, suppress
from app.settings import Settings

if TYPE_CHECKING:
    from app.delivery.transports.ses.suppression_list import AccountList, Listed

_THEIRS = (SuppressionReason.HARD_BOUNCE, SuppressionReason.REPEATED_BOUNCE, SuppressionReason.COMPLAINT)
_AT_ONCE = 1000

DEED = "suppression.synced"
WORK_NAME = "suppression-sync"
"""What pages call the work while it runs."""


class SyncOutcome(NamedTuple):
    """Addresses new to us and addresses new to SES."""

    pulled: int
    pushed: int


def sync(settings: Settings, *, actor: str) -> SyncOutcome:
    """Take in what SES suppresses, and let SES suppress what bounced or complained here.

    Interrupted, it goes on where it stood: each page is committed, and what is there already is passed over. Raises
    Refused without SES, QuorumError when it does not serve us.
    """
    account = _account(settings)
    there: set[str] = set()
    pulled = 0
    for page in _pages(account.addresses()):
        there.update(one.address.casefold() for one in page)
        with transaction() as session:
            pulled += suppress(session, _entries(page))
    pushed = 0
    for address, complaint in _ours():
        if address not in there:
            account.put(address, complaint=complaint)
            pushed += 1
    with transaction() as session:
        audit.record(session, actor=actor, deed=DEED, subject="SES", pulled=pulled, pushed=pushed)
    return SyncOutcome(pulled, pushed)


def lift_everywhere(
    settings: Settings,
    email: str,
    *,
    why: str,
    actor: str,
    scope: str | None = None,
    reasons: Collection[SuppressionReason] | None = None,
) -> list[SuppressionReason]:
    """Lift a suppression where SES sends there too, which would drop the mails otherwise, and then here as `lift` does.

    In this order: whatever goes wrong at SES, the address stays on our list, and one tries again.
    """
    key = email_key(email)
    theirs = scope in (None, EVERYTHING) and (reasons is None or not set(_THEIRS).isdisjoint(reasons))
    if key is not None and why.strip() and theirs and settings.mail_transport == "ses":
        _account(settings).delete(key)
    return lift(email, why=why, actor=actor, scope=scope, reasons=reasons)


def _account(settings: Settings) -> AccountList:
    if settings.mail_transport != "ses":
        raise Refused(
            "This installation does not send over SES (MAIL_TRANSPORT), so there is no list to be in step with."
        )
    # Imported here: whoever only lists addresses needs no boto3.
    from app.delivery.transports.ses.suppression_list import AccountList

    return AccountList(settings)


def _pages(listed: Iterator[Listed]) -> Iterator[list[Listed]]:
    page: list[Listed] = []
    for one in listed:
        page.append(one)
        if len(page) >= _AT_ONCE:
            yield page
            page = []
    yield page


def _entries(page: list[Listed]) -> Iterator[Entry]:
    for one in page:
        key = email_key(one.address)
        if key is not None:
            reason = SuppressionReason.COMPLAINT if one.complaint else SuppressionReason.HARD_BOUNCE
            yield Entry(key, reason, EVERYTHING, "list of the SES account", one.since_at)


def _ours() -> list[tuple[str, bool]]:
    """Return the addresses that bounced or complained here, and whether they complained."""
    complained = func.bool_or(Suppression.reason == SuppressionReason.COMPLAINT)
    query = select(Suppression.email_key, complained).where(
        Suppression.reason.in_(_THEIRS), Suppression.scope == EVERYTHING
    )
    with reading() as session:
        rows = session.execute(query.group_by(Suppression.email_key).order_by(Suppression.email_key)).all()
        return [(address, bool(complaint)) for address, complaint in rows]
