"""Writes a plan into its tables: decisions, accounts as the wave found them, and, once it is frozen, invitations.

Blocks go to the database in a thread of their own, so that PostgreSQL writes one while the rules decide the next. All
of it happens in the transaction of the caller, who must leave the connection alone until the block ends.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from types import TracebackType
from typing import Any, Self

import psycopg
from sqlalchemy.orm import Session

from app.campaigns.creating import LINK_LIFE_DAYS
from app.campaigns.drawing import Drawn
from app.campaigns.models import Wave
from app.campaigns.segments import SEGMENTS
from app.core.db import driver
from app.sampling.sample import AccountSample

BLOCK_ROWS = 20_000
LAST_ID = 2**63 - 1

_NULL = r"\N"
_DECISIONS = "COPY decision (wave_id, contact_id, account_id, level, seat, reason, rank) FROM STDIN"
_ACCOUNTS = """
    COPY wave_account (wave_id, account_id, annual_value, required,
                       target_decision_maker, target_influencer, target_user,
                       seats_decision_maker, seats_influencer, seats_user, seats_unknown,
                       shortage, contacts, value_flagged) FROM STDIN
"""
_COSTS = """
    COPY exclusion_cost (wave_id, account_id, excluded, missed, seats_decision_maker, seats_influencer, seats_user,
                         seats_unknown, shortage) FROM STDIN
"""
# One seat per level in turn, decision makers first (domain section 4); segments as they are on this day.
_INVITATIONS = f"""
    INSERT INTO invitation (wave_id, account_id, contact_id, level, turn, closes_on, segments)
    SELECT d.wave_id, d.account_id, d.contact_id, d.level,
           row_number() OVER (PARTITION BY d.account_id ORDER BY d.rank, d.level),
           %(closes_on)s,
           {SEGMENTS}
    FROM decision d
    JOIN account a ON a.id = d.account_id
    JOIN contact c ON c.id = d.contact_id
    WHERE d.wave_id = %(wave_id)s AND d.account_id BETWEEN %(first)s AND %(last)s AND d.seat IS NOT NULL
"""


class PlanWriter:
    """Takes decided accounts in the order of their ids; all of them are written when its `with` block ends.

    With `invite` the people chosen get their invitations with it; a preview has none.
    """

    def __init__(self, wave: Wave, connection: psycopg.Connection[Any], *, invite: bool) -> None:
        self.accounts = 0
        self._wave = wave
        self._invite = invite
        self._connection = connection
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="plan-writer")
        self._writing: Future[None] | None = None
        self._block = _Block()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self._hand_over()
                self._hand_over()
        finally:
            self._writer.shutdown()

    def add(self, drawn: Drawn) -> None:
        """Add one account."""
        account_id, sample, contact_ids, freed = drawn
        block, wave, null = self._block, self._wave.id, _NULL
        block.decisions.extend(
            [
                f"{wave}\t{contact_ids[id]}\t{account_id}\t{level}\t{seat or null}\t{reason or null}\t{rank or null}\n"
                for id, level, seat, reason, rank in sample.decisions
            ]
        )
        block.accounts.append(_account_line(wave, account_id, sample))
        if freed is not None:
            cells = (wave, account_id, freed.excluded, freed.missed, *freed.split.seats, *freed.split[1:])
            block.costs.append(_line(cells))
        block.first = block.first or account_id
        block.last = account_id
        self.accounts += 1
        if len(block.decisions) + len(block.accounts) >= BLOCK_ROWS:
            self._hand_over()

    def _hand_over(self) -> None:
        """Wait for the block before, then give this one to the writer: never more than two blocks are in memory."""
        if self._writing is not None:
            self._writing.result()
        self._writing = self._writer.submit(self._write, self._block)
        self._block = _Block()

    def _write(self, block: _Block) -> None:
        with self._connection.cursor() as cursor:
            for table, lines in ((_DECISIONS, block.decisions), (_ACCOUNTS, block.accounts), (_COSTS, block.costs)):
                if lines:
                    with cursor.copy(table) as copy:
                        copy.write("".join(lines))
            if self._invite:
                cursor.execute(_INVITATIONS, _invited(self._wave, block.first, block.last))


class _Block:
    """Lines that wait for the next COPY, and the range of accounts they speak of."""

    def __init__(self) -> None:
        self.decisions: list[str] = []
        self.accounts: list[str] = []
        self.costs: list[str] = []
        self.first = 0
        self.last = 0


def invite(session: Session, wave: Wave) -> int:
    """Write the invitations of a preview that is frozen with it; return how many."""
    return driver(session).execute(_INVITATIONS, _invited(wave, 0, LAST_ID)).rowcount


def _invited(wave: Wave, first: int, last: int) -> dict[str, int | date]:
    closes_on = max(wave.ends_on, wave.planned_for + timedelta(days=LINK_LIFE_DAYS))
    return {"wave_id": wave.id, "closes_on": closes_on, "first": first, "last": last}


def _account_line(wave_id: int, account_id: int, sample: AccountSample) -> str:
    required = _NULL if sample.required is None else sample.required
    value = _NULL if sample.annual_value is None else sample.annual_value
    cells = (
        *(wave_id, account_id, value, required, *sample.targets, *sample.split.seats, sample.split.unknown),
        *(sample.split.shortage, len(sample.decisions), sample.value_flagged),
    )
    return _line(cells)


def _line(cells: tuple[object, ...]) -> str:
    return "\t".join(map(str, cells)) + "\n"
