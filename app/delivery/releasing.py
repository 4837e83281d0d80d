"""Deed of each minute: lets waiting mails go whose window is open, as far as the caps of the day allow.

A waiting mail has a day and a place and no moment; the moment is worked out here, so that no change of the clocks ever
moves it. Each place of a wave is one look at an index, however many mails wait. One release at a time, so that two
never give out the same room.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.accounts.joining import TODAYS_ACCOUNT
from app.campaigns.calendar import daily_allowance, working_days_between
from app.campaigns.closures import closures
from app.campaigns.windows import Closures, Whereabouts, is_open, local_day, midnight
from app.core.db import transaction
from app.delivery.places import WHEREABOUTS, place_ids
from app.delivery.turns import Candidate, Taken, take_turns

AT_ONCE = 1_000
"""Candidates that are looked at together."""

MOST_LOOKS = 100
"""Looks at a wave's candidates in one tick; what is left waits for the next one."""

_WAVES = text(
    """
    SELECT w.id, w.campaign_id, w.send_by, c.daily_cap, c.account_cap, c.window_from, c.window_to,
           c.time_zone, coalesce(c.country, '') AS country, jsonb_array_length(c.reminders) AS reminders
    FROM wave w JOIN campaign c ON c.id = w.campaign_id
    WHERE w.state = 'running' AND c.state <> 'paused' ORDER BY w.id
    """
)
# From one place to the next along the index, instead of over all that waits.
_PLACES = text(
    """
    WITH RECURSIVE head AS (
        (SELECT place_id FROM message WHERE wave_id = :wave_id AND state = 'queued' AND due_at IS NULL
         ORDER BY place_id LIMIT 1)
        UNION ALL
        SELECT (SELECT m.place_id FROM message m WHERE m.wave_id = :wave_id AND m.state = 'queued' AND m.due_at IS NULL
                AND m.place_id > head.place_id ORDER BY m.place_id LIMIT 1)
        FROM head WHERE head.place_id IS NOT NULL
    )
    SELECT p.id, p.zone, p.country FROM head JOIN place p ON p.id = head.place_id
    """
)
# Of each place the days that are due, and of each day the first in the wave's order.
_CANDIDATES = text(
    f"""
    WITH RECURSIVE place_day AS (
        SELECT p.place_id, p.today, (
            SELECT min(due_on) FROM message WHERE wave_id = :wave_id AND place_id = p.place_id AND number = :number
              AND state = 'queued' AND due_at IS NULL AND due_on <= p.today) AS due_on
        FROM unnest(CAST(:places AS bigint[]), CAST(:days AS date[])) AS p(place_id, today)
        UNION ALL
        SELECT d.place_id, d.today, (
            SELECT min(due_on) FROM message WHERE wave_id = :wave_id AND place_id = d.place_id AND number = :number
              AND state = 'queued' AND due_at IS NULL AND due_on > d.due_on AND due_on <= d.today)
        FROM place_day d WHERE d.due_on IS NOT NULL
    ), first AS (
        SELECT m.* FROM place_day d CROSS JOIN LATERAL (
            SELECT id, invitation_id, account_id, place_id FROM message
            WHERE wave_id = :wave_id AND place_id = d.place_id AND number = :number AND state = 'queued'
              AND due_at IS NULL AND due_on = d.due_on
            ORDER BY id LIMIT :at_once) m
        WHERE d.due_on IS NOT NULL ORDER BY m.id LIMIT :at_once
    )
    SELECT f.id, f.account_id, f.place_id, {WHEREABOUTS}
    FROM first f
    JOIN wave w ON w.id = :wave_id JOIN campaign g ON g.id = w.campaign_id
    JOIN invitation i ON i.id = f.invitation_id
    LEFT JOIN contact c ON c.id = i.contact_id {TODAYS_ACCOUNT}
    ORDER BY f.id
    """
)
# What left today or may have, and what was let go and did not leave yet.
_SPENT = text(
    """
    SELECT (SELECT count(*) FROM (
                SELECT FROM message m WHERE m.wave_id = w.id AND m.number = :number AND m.claimed_at >= :midnight
                   AND m.state NOT IN ('queued', 'failed') LIMIT :cap) gone)
         + (SELECT count(*) FROM (
                SELECT FROM message m WHERE m.wave_id = w.id AND m.number = :number AND m.state = 'queued'
                   AND m.due_at IS NOT NULL LIMIT :cap) going) AS spent,
           w.id = :wave_id AS own
    FROM wave w WHERE w.campaign_id = :campaign_id AND w.launched_at IS NOT NULL
      AND (w.finished_at IS NULL OR w.finished_at >= :midnight)
    """
)
_LEFT = text(
    """
    SELECT count(*) FROM (
        SELECT FROM message WHERE wave_id = :wave_id AND number = 0 AND state = 'queued' AND due_at IS NULL LIMIT :most
    ) waiting
    """
)
_OF_ACCOUNTS = text(
    """
    SELECT k.account_id, k.midnight, count(*)
    FROM unnest(CAST(:accounts AS bigint[]), CAST(:midnights AS timestamptz[])) AS k(account_id, midnight)
    JOIN message m ON m.account_id = k.account_id AND m.number = 0
     AND (m.claimed_at >= k.midnight AND m.state NOT IN ('queued', 'failed')
          OR m.state = 'queued' AND m.due_at IS NOT NULL)
    GROUP BY 1, 2
    """
)
_LET_GO = text("UPDATE message SET due_at = :now WHERE id = ANY(:ids) AND state = 'queued' AND due_at IS NULL")
_ANOTHER_DAY = text(
    """
    UPDATE message m SET due_on = v.day FROM unnest(CAST(:ids AS bigint[]), CAST(:days AS date[])) AS v(id, day)
    WHERE m.id = v.id AND m.state = 'queued' AND m.due_at IS NULL
    """
)
_MOVED = text(
    """
    UPDATE message m SET place_id = v.place_id
    FROM unnest(CAST(:ids AS bigint[]), CAST(:places AS bigint[])) AS v(id, place_id) WHERE m.id = v.id
    """
)


class _Open(NamedTuple):
    """A place whose window is open now."""

    place: Whereabouts
    today: date
    midnight: datetime


def release(now: datetime) -> int:
    """Let go what may leave at `now` of every running wave; return how many mails."""
    with transaction() as session:
        if not session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtext("release")))):
            return 0
        closed = closures(session)
        return sum(_release_wave(session, wave, now, closed) for wave in session.execute(_WAVES).all())


def _release_wave(session: Session, wave: Any, now: datetime, closed: Closures) -> int:
    window = (wave.window_from, wave.window_to)
    places: dict[int, _Open] = {}
    for id, zone, country in session.execute(_PLACES, {"wave_id": wave.id}):
        place = Whereabouts(zone, country)
        if is_open(now, place, window, closed):
            places[id] = _Open(place, local_day(now, place), midnight(now, place))
    if not places:
        return 0
    gone = _let_go(session, wave, 0, places, _room(session, wave, now, closed), now)
    for number in range(1, wave.reminders + 1):
        # Counted apart: a reminder takes no invitation's room, and a long pause ends in no flood of them either.
        room = max(0, wave.daily_cap - sum(_spent(session, wave, number, now)))
        gone += _let_go(session, wave, number, places, room, now)
    return gone


def _room(session: Session, wave: Any, now: datetime, closed: Closures) -> int:
    """Return how many invitations of the wave may still be let go today."""
    own, others = _spent(session, wave, 0, now)
    cap: int = wave.daily_cap
    room = max(0, cap - own - others)
    if not room or wave.send_by is None:
        return room
    campaign = Whereabouts(wave.time_zone, wave.country)
    country = campaign.known_country
    days_left = working_days_between(local_day(now, campaign), wave.send_by, country, closed.of_country(country))
    enough = max(1, days_left) * cap
    left = own + (session.scalar(_LEFT, {"wave_id": wave.id, "most": enough}) or 0)
    return min(room, max(0, daily_allowance(cap, left, days_left) - own))


def _spent(session: Session, wave: Any, number: int, now: datetime) -> tuple[int, int]:
    """Return what the wave, and what the campaign's other waves, sent or let go on the campaign's present day."""
    began = midnight(now, Whereabouts(wave.time_zone, wave.country))
    ids = {"wave_id": wave.id, "campaign_id": wave.campaign_id, "number": number}
    ids |= {"midnight": began, "cap": wave.daily_cap}
    spent = {True: 0, False: 0}
    for count, own in session.execute(_SPENT, ids):
        spent[own] += count
    return spent[True], spent[False]


def _let_go(session: Session, wave: Any, number: int, places: dict[int, _Open], room: int, now: datetime) -> int:
    gone = 0
    for _ in range(MOST_LOOKS):
        if gone >= room:
            break
        rows = _candidates(session, wave.id, number, places)
        here = _those_who_stayed(session, rows, places)
        candidates = [Candidate(row.id, row.account_id, places[row.place_id].midnight) for row in here]
        taken = {} if number else _of_accounts(session, candidates)
        cap = wave.daily_cap if number else wave.account_cap
        leaving, another_day = take_turns(candidates, taken, room=room - gone, account_cap=cap)
        session.execute(_LET_GO, {"now": now, "ids": leaving})
        _put_off(session, here, another_day, places)
        gone += len(leaving)
        if len(rows) < AT_ONCE:
            break
    return gone


def _candidates(session: Session, wave_id: int, number: int, places: dict[int, _Open]) -> Sequence[Any]:
    days = [place.today for place in places.values()]
    of_these = {"wave_id": wave_id, "number": number, "places": list(places), "days": days, "at_once": AT_ONCE}
    return session.execute(_CANDIDATES, of_these).all()


def _those_who_stayed(session: Session, rows: Sequence[Any], places: dict[int, _Open]) -> list[Any]:
    """Return the rows whose readers still are where they were; the others get their new place and wait for it."""
    moved = {
        row.id: Whereabouts(row.zone, row.country)
        for row in rows
        if (row.zone, row.country) != places[row.place_id].place
    }
    if moved:
        ids = place_ids(session, moved.values())
        session.execute(_MOVED, {"ids": list(moved), "places": [ids[place] for place in moved.values()]})
    return [row for row in rows if row.id not in moved]


def _of_accounts(session: Session, candidates: Collection[Candidate]) -> Taken:
    keys = list({(one.account_id, one.midnight) for one in candidates})
    if not keys:
        return Counter()
    accounts, midnights = zip(*keys, strict=True)
    rows = session.execute(_OF_ACCOUNTS, {"accounts": list(accounts), "midnights": list(midnights)})
    return {(account_id, began): count for account_id, began, count in rows}


def _put_off(session: Session, rows: Sequence[Any], ids: Collection[int], places: dict[int, _Open]) -> None:
    if ids:
        day = {row.id: places[row.place_id].today + timedelta(days=1) for row in rows}
        session.execute(_ANOTHER_DAY, {"ids": list(ids), "days": [day[id] for id in ids]})
