"""Deeds at both ends of a claim: take queued messages for one attempt each, and give back what did not leave.

A claim is committed before anything leaves. At the claim everything that may have changed since the plan is looked at
again: pauses, suppression, unsubscription, answers, the account, exclusions, embargoes, the contact rules.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.joining import TODAYS_ACCOUNT
from app.campaigns.closures import closures
from app.campaigns.windows import Closures, Whereabouts, is_open, local_day
from app.core.db import transaction
from app.delivery.asked import Asked
from app.delivery.composing import Letter
from app.delivery.lifecycle import Refusal, Standing, refusal
from app.delivery.places import WHEREABOUTS
from app.delivery.suppressing import said_no_meanwhile

_HOW_THEY_STAND = f"""
    SELECT m.id, m.invitation_id, m.number, m.wave_id, w.state AS wave_state, w.survey_version_id,
           w.ends_on < now()::date AS ended, now() AS now, m.due_on IS NOT NULL AS keeps_hours,
           g.state AS campaign_state, g.window_from, g.window_to, g.sender_name,
           g.kind, g.rules, i.level,
           coalesce(w.brand_id, v.brand_id) AS brand_id, s.archived_at IS NOT NULL AS withdrawn, {WHEREABOUTS},
           i.completed_at IS NOT NULL AND m.number > 0 AS answered,
           m.number > 0 AND (i.bounced_at IS NOT NULL OR EXISTS (
               SELECT FROM message e WHERE e.invitation_id = m.invitation_id AND e.bounced_at IS NOT NULL
           )) AS bounced,
           i.refused_at IS NOT NULL OR coalesce(n.said_no, false) AS unsubscribed,
           coalesce(n.others, false) AS suppressed,
           coalesce(c.exclusion_reason <> '', false) OR h.id IS NOT NULL AS excluded,
           greatest(c.embargoed_until, a.embargoed_until) AS embargoed_until,
           m.number = 0 AND g.kind = 'relationship' AND coalesce(c.open_case, false) AS open_case,
           coalesce(f.recipient <> c.email_key, false) AS other_mailbox,
           a.id AS account_id, c.id AS contact_id, c.account_id AS contact_account_id, c.status AS contact_status,
           c.email_key, c.first_name, c.last_name, c.language, a.name AS account, a.status AS account_status
    FROM message m
    JOIN wave w ON w.id = m.wave_id
    JOIN campaign g ON g.id = w.campaign_id
    JOIN invitation i ON i.id = m.invitation_id
    LEFT JOIN contact c ON c.id = i.contact_id
    {TODAYS_ACCOUNT}
    LEFT JOIN message f ON f.invitation_id = m.invitation_id AND f.number = 0 AND m.number > 0
    LEFT JOIN hand_pick h ON h.contact_id = c.id AND h.wave_id = m.wave_id AND h.undone_at IS NULL
                         AND h.act = 'exclude'
    LEFT JOIN survey_version v ON v.id = w.survey_version_id
    LEFT JOIN survey s ON s.key = v.key
    LEFT JOIN brand b ON b.id = coalesce(w.brand_id, v.brand_id)
                      OR (coalesce(w.brand_id, v.brand_id) IS NULL AND b.is_default)
    LEFT JOIN LATERAL (
        SELECT bool_or(reason = 'unsubscribed') AS said_no, bool_or(reason <> 'unsubscribed') AS others
        FROM suppression WHERE email_key = c.email_key AND scope IN ('*', b.key)
    ) n ON true
    WHERE m.id = ANY(:ids)
"""
NOTHING_LEAVES = "EXISTS (SELECT FROM sending_pause WHERE wave_id IS NULL AND ended_at IS NULL)"
"""Whether everything is paused."""

_STANDING = text(_HOW_THEY_STAND)
_LOOK = text(
    f"{_HOW_THEY_STAND} AND m.state = 'queued' AND NOT {NOTHING_LEAVES} ORDER BY m.id FOR UPDATE OF m SKIP LOCKED"
)

_CLAIM = text(
    """
    UPDATE message m
    SET state = 'sending', attempt_id = v.attempt_id, claimed_at = now(), recipient = v.recipient, reason = NULL
    FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS uuid[]), CAST(:recipients AS text[]))
         AS v(id, attempt_id, recipient)
    WHERE m.id = v.id
    """
)
EARLIER_CLAIM = "(SELECT max(p.claimed_at) FROM past_attempt p WHERE p.message_id = m.id)"
"""When a message was claimed that did not leave now, and may have left then."""

_REFUSE = text(
    f"""
    UPDATE message m SET state = 'refused', reason = v.reason, claimed_at = {EARLIER_CLAIM}
    FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS v(id, reason)
    WHERE m.id = v.id AND m.state IN ('queued', 'sending')
    """
)
_GIVE_BACK = text(
    f"""
    UPDATE message m SET state = 'queued', enqueued_at = NULL, attempt_id = NULL, claimed_at = {EARLIER_CLAIM}
    FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS uuid[])) AS v(id, attempt_id)
    WHERE m.id = v.id AND m.attempt_id = v.attempt_id AND m.state IN ('sending', 'unknown')
    """
)
_WAIT = text(
    """
    UPDATE message SET due_at = NULL, enqueued_at = NULL
    WHERE id = ANY(:ids) AND state = 'queued' AND place_id IS NOT NULL
    """
)
_RELEASE = text(
    "UPDATE message SET enqueued_at = NULL WHERE id = ANY(:ids) AND state = 'queued' AND enqueued_at IS NOT NULL"
)


class Claimed(NamedTuple):
    """A message that this process alone may send, once."""

    id: int
    wave_id: int
    letter: Letter

    @property
    def attempt_id(self) -> uuid.UUID:
        """The attempt that the claim began."""
        return self.letter.attempt_id


def claim(attempts: Mapping[int, uuid.UUID]) -> list[Claimed]:
    """Claim queued messages (id → the attempt it would be), committed before anything leaves; return those we have.

    Left out is what another worker has, what is paused, and what something now speaks against; that is refused for
    good, with the reason.
    """
    with transaction() as session:
        rows = session.execute(_LOOK, {"ids": list(attempts)}).mappings().all()
        found = _those_whose_hour_it_is(session, rows)
        asked = Asked(session, found)
        chosen: list[Any] = []
        refused: dict[int, Refusal] = {}
        for row in found:
            reason = refusal(_standing(row, contacted_recently=asked.holds_back(row)))
            if reason is None:
                chosen.append(row)
                asked.add(row)
            else:
                refused[row["id"]] = reason
        _refuse(session, refused)
        return _claimed(session, chosen, attempts)


def _those_whose_hour_it_is(session: Session, rows: Sequence[Any]) -> list[Any]:
    """Return the messages that nobody paused and whose window is open; those let go before it closed wait again."""
    going = [row for row in rows if "paused" not in (row["wave_state"], row["campaign_state"])]
    keeping = [row for row in going if row["keeps_hours"]]
    if not keeping:
        return going
    closed = closures(session)
    late = {row["id"] for row in keeping if not _is_open(row, closed)}
    if late:
        session.execute(_WAIT, {"ids": list(late)})
    return [row for row in going if row["id"] not in late]


def _is_open(row: Any, closed: Closures) -> bool:
    place = Whereabouts(row["zone"], row["country"])
    return is_open(row["now"], place, (row["window_from"], row["window_to"]), closed)


def _claimed(session: Session, chosen: Sequence[Any], attempts: Mapping[int, uuid.UUID]) -> list[Claimed]:
    claimed = [Claimed(row["id"], row["wave_id"], _letter(row, attempts[row["id"]])) for row in chosen]
    if claimed:
        session.execute(_CLAIM, _keys(claimed) | {"recipients": [one.letter.email for one in claimed]})
    return claimed


def _letter(row: Any, attempt_id: uuid.UUID) -> Letter:
    return Letter(
        attempt_id=attempt_id,
        invitation_id=row["invitation_id"],
        number=row["number"],
        email=row["email_key"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        language=row["language"],
        account=row["account"],
        survey_version_id=row["survey_version_id"],
        brand_id=row["brand_id"],
        sender_name=row["sender_name"],
    )


def standing_now(session: Session, message_id: int) -> Standing:
    """Look at what speaks against one message at this moment, whatever its state."""
    row = session.execute(_STANDING, {"ids": [message_id]}).mappings().one()
    return _standing(row, contacted_recently=Asked(session, [row]).holds_back(row))


def _standing(row: Any, *, contacted_recently: bool) -> Standing:
    return Standing(
        wave_over=row["wave_state"] not in ("running", "paused") or row["ended"],
        contact_known=row["contact_id"] is not None,
        same_account=row["contact_account_id"] == row["account_id"],
        account_active=row["account_status"] == "active",
        contact_status=row["contact_status"],
        unsubscribed=row["unsubscribed"],
        suppressed=row["suppressed"],
        deliverable=row["email_key"] is not None,
        other_mailbox=row["other_mailbox"],
        excluded=row["excluded"],
        embargoed=_is_embargoed(row),
        open_case=row["open_case"],
        contacted_recently=contacted_recently,
        answered=row["answered"],
        bounced=row["bounced"],
        survey_withdrawn=row["withdrawn"],
    )


def _is_embargoed(row: Any) -> bool:
    """Return whether the person or the account may not be asked yet, by the day where the reader is."""
    until = row["embargoed_until"]
    return until is not None and local_day(row["now"], Whereabouts(row["zone"], row["country"])) <= until


def drop_unwanted(claimed: Sequence[Claimed]) -> list[Claimed]:
    """Refuse those of the claimed messages whose reader said no since the claim, and return the others.

    The last look before the call: a no is effective at once, also for what is already claimed.
    """
    unwanted = said_no_meanwhile([one.id for one in claimed])
    if unwanted:
        with transaction() as session:
            _refuse(session, dict.fromkeys(unwanted, Refusal.OPTED_OUT))
    return [one for one in claimed if one.id not in unwanted]


def _refuse(session: Session, reasons: Mapping[int, Refusal]) -> None:
    """Refuse messages that surely have not left, each for its reason."""
    if reasons:
        session.execute(_REFUSE, {"ids": list(reasons), "reasons": [reason.value for reason in reasons.values()]})


def give_back(attempts: Mapping[int, uuid.UUID]) -> None:
    """Give claimed messages that surely have not left back to the queue; others with these ids are left alone."""
    with transaction() as session:
        session.execute(_GIVE_BACK, {"ids": list(attempts), "attempts": list(attempts.values())})


def release(ids: Collection[int]) -> None:
    """Let the dispatcher hand out again what its job did not come to."""
    if ids:
        with transaction() as session:
            session.execute(_RELEASE, {"ids": list(ids)})


def _keys(claimed: Sequence[Claimed]) -> dict[str, Any]:
    return {"ids": [one.id for one in claimed], "attempts": [one.attempt_id for one in claimed]}
