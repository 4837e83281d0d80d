"""A clock under the test's control, and a company that lives by it: waves, mails, reminders and answers over months.

The ledger reckons by the clock of the database, so that is the clock that is moved: `now()` of this one database says
what the test wants. All that runs is the engine as it is; only processes and their queue are left out.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from app.campaigns.finishing import finish_waves
from app.core import db
from app.delivery import dispatching
from app.delivery.advancing import advance
from app.delivery.releasing import release
from app.delivery.reminding import remind
from app.delivery.sending import Sender
from app.delivery.unsubscribing import unsubscribe
from app.responses.collecting import Hint, record_answer
from app.surveys.answers import Answer
from tests.support.settings import settings
from tests.support.transport import ToldTransport

_SIMULATED = (
    "CREATE SCHEMA simulated",
    "CREATE TABLE simulated.clock (at timestamptz NOT NULL)",
    "INSERT INTO simulated.clock VALUES ('epoch')",
    "CREATE FUNCTION simulated.now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT at FROM simulated.clock'",
)


class Clock:
    """The clock of one test database; `now` is what everybody reads there."""

    def __init__(self) -> None:
        with db.engine().begin() as connection:
            for statement in _SIMULATED:
                connection.execute(text(statement))
            name = connection.scalar(text("SELECT current_database()"))
            # PostgreSQL looks into its own schema first, unless it is named: so it is named last.
            connection.execute(text(f'ALTER DATABASE "{name}" SET search_path = simulated, public, pg_catalog'))
        db.engine().dispose()
        self.now = datetime.min.replace(tzinfo=UTC)

    def set(self, now: datetime) -> None:
        """Move the clock to `now`."""
        self.now = now
        with db.engine().begin() as connection:
            connection.execute(text("UPDATE simulated.clock SET at = :now"), {"now": now})


@dataclass(frozen=True)
class Sent:
    """A mail as it left, with what the rules are about."""

    at: datetime
    invitation_id: int
    number: int
    wave_id: int
    campaign_id: int
    account_id: int
    mailbox: str
    zone: str
    country: str
    kind: str

    @property
    def day(self) -> date:
        """The day of the reader."""
        return self.at.astimezone(ZoneInfo(self.zone)).date()


_DUE = text("SELECT id FROM message WHERE state = 'queued' AND due_at <= now() ORDER BY id")
_SENT = text(
    """
    SELECT m.claimed_at, m.invitation_id, m.number, m.wave_id, w.campaign_id, m.account_id, m.recipient,
           coalesce(c.time_zone, a.time_zone, g.time_zone), coalesce(c.country, a.country, g.country, ''),
           g.kind::text
    FROM message m JOIN wave w ON w.id = m.wave_id JOIN campaign g ON g.id = w.campaign_id
    JOIN invitation i ON i.id = m.invitation_id
    JOIN contact c ON c.id = i.contact_id JOIN account a ON a.id = m.account_id
    WHERE m.claimed_at IS NOT NULL ORDER BY m.claimed_at, m.id
    """
)
_NEW = text("SELECT invitation_id FROM message WHERE claimed_at = now() ORDER BY id")


class Company:
    """Lets the hours pass over whatever the database holds; some people answer, some say no, some machines click."""

    def __init__(self, database_url: str, clock: Clock, seed: int = 1) -> None:
        self._clock = clock
        self._sender = Sender(settings(database_url), ToldTransport())
        self._thinking: list[tuple[datetime, int]] = []
        self._random = random.Random(seed)
        self._looked = datetime.min.replace(tzinfo=UTC)

    def live(self, start: datetime, hours: int, *, step: int = 1, people_answer: bool = True) -> None:
        """Live through so many hours, looking up every `step` of them as the cron table does each minute."""
        for hour in range(0, hours, step):
            self.tick(start + timedelta(hours=hour), people_answer=people_answer)

    def tick(self, now: datetime, *, people_answer: bool = True) -> None:
        """Do what the scheduler does, at one moment."""
        self._clock.set(now)
        if now - self._looked >= timedelta(hours=6):
            self._looked = now
            advance(now)
            remind(now)
            finish_waves(now.date())
            dispatching.cancel_over()
        release(now)
        with db.transaction() as session:
            due = list(session.scalars(_DUE))
        if due:
            self._sender.send_all(due)
        if due and people_answer:
            with db.transaction() as session:
                self._thinking += [(now + self._patience(), id) for id in session.scalars(_NEW)]
        for _, invitation_id in [one for one in self._thinking if one[0] <= now]:
            self._react(invitation_id, now)
        self._thinking = [one for one in self._thinking if one[0] > now]

    def _patience(self) -> timedelta:
        """Return how long somebody thinks about a mail: some for longer than until the next reminder."""
        return timedelta(hours=self._random.choice((0, 1, 30, 100, 200)))

    def _react(self, invitation_id: int, now: datetime) -> None:
        chance = self._random.random()
        if chance < 0.25:
            record_answer(invitation_id, Answer(9, step="complete"), language="en", now=now)
        elif chance < 0.35:
            record_answer(invitation_id, Answer(3, step="complete"), language="en", now=now, hint=Hint(agent=True))
        elif chance < 0.45:
            record_answer(invitation_id, Answer(7, step="score"), language="en", now=now)
        elif chance < 0.5:
            unsubscribe(invitation_id)
        elif chance < 0.7:
            with db.transaction() as session:
                opened = text("UPDATE invitation SET opened_at = :at WHERE id = :id")
                session.execute(opened, {"at": now, "id": invitation_id})


def all_sent() -> list[Sent]:
    """Return every mail that left, or may have, in the order of time."""
    with db.transaction() as session:
        return [Sent(*row) for row in session.execute(_SENT)]


def rows(query: str, **parameters: Any) -> list[Any]:
    """Return what a query finds."""
    with db.transaction() as session:
        return list(session.execute(text(query), parameters))
