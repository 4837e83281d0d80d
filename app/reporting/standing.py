"""Keeps figures of waves right while mails leave and answers arrive, and quick to read however large a company is.

Triggers note in `stirred` which account of a wave something happened to, in the transaction in which it happens.
Whoever reads figures first tells those accounts anew, from the tables of the other stages, and moves the totals by what
changed; a job does so too, so that readers find little to do. One at a time does it, so no change is counted twice, and
what is committed meanwhile is left for the next. What the figures mean is said in `board`, `coverage` and `rates`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from typing import Any

from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core.db import reading, transaction
from app.reporting.standing_sql import ADD_ALL, ADD_SOME, FORGET, SCALES, TELL_ALL, TELL_SOME
from app.surveys.metrics import METRICS

PATIENCE, FOR_EVER = "2s", "0"
"""How long a reader waits for another one, and a job, as PostgreSQL has its `lock_timeout`."""

# Waits for whoever tells at this moment: what was taken from `stirred` is only in the figures once that is committed.
_MY_TURN = text("SELECT pg_advisory_xact_lock(hashtext('standing')) WHERE EXISTS (SELECT FROM stirred)")
_WAIT_AT_MOST = text("SELECT set_config('lock_timeout', :patience, true)")
_TAKE = text("DELETE FROM stirred RETURNING wave_id, account_id")
_STIR_ALL = text("INSERT INTO stirred SELECT id, NULL FROM wave UNION SELECT DISTINCT wave_id, NULL::bigint FROM tally")


@contextmanager
def counted() -> Iterator[Session]:
    """Open a session for looking, after everything committed so far is in the figures.

    Where somebody else is long at telling large waves anew, it shows what was told before instead of waiting for that.
    """
    try:
        fold(patience=PATIENCE)
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
    with reading() as session:
        yield session


def fold(patience: str = FOR_EVER) -> int:
    """Bring standings and totals up to date; return how many accounts and whole waves were told anew.

    `patience` is how long to wait for somebody else who does so; after it OperationalError is raised.
    """
    with transaction() as session:
        session.execute(_WAIT_AT_MOST, {"patience": patience})
        if session.execute(_MY_TURN).first() is None:
            return 0
        taken = {(wave_id, account_id) for wave_id, account_id in session.execute(_TAKE)}
        waves = sorted({wave_id for wave_id, account_id in taken if account_id is None})
        accounts = sorted(one for one in taken if one[0] not in waves)
        if waves:
            _tell_waves(session, waves)
        if accounts:
            _tell_accounts(session, accounts)
        return len(waves) + len(accounts)


def tell_all_anew() -> int:
    """Make every standing and every total again from what the other stages say; return how many waves there are."""
    with transaction() as session:
        session.execute(_STIR_ALL)
    return fold()


def _tell_waves(session: Session, waves: Sequence[int]) -> None:
    values = {"waves": list(waves), **_scales()}
    for statement in FORGET:
        session.execute(statement, values)
    session.execute(TELL_ALL, values)
    session.execute(ADD_ALL, values | {"sign": 1})


def _tell_accounts(session: Session, accounts: Sequence[tuple[int, int]]) -> None:
    waves, ids = zip(*accounts, strict=True)
    values = {"waves": list(waves), "accounts": list(ids), **_scales()}
    session.execute(ADD_SOME, values | {"sign": -1})
    session.execute(TELL_SOME, values)
    session.execute(ADD_SOME, values | {"sign": 1})


@cache
def _scales() -> dict[str, list[Any]]:
    """Return the band of each answer of each metric, and the score it would be alone: a score is the mean of these."""
    rows = [
        (key, answer, metric.band(answer), metric.summarise(metric, Counter([answer])).value)
        for key, metric in METRICS.items()
        for answer in metric.scale
    ]
    return {
        name: [_plain(value) for value in values] for name, values in zip(SCALES, zip(*rows, strict=True), strict=True)
    }


def _plain(value: object) -> object:
    """Return a value that the driver knows; what an answer is alone is a whole number on every scale."""
    return int(value) if isinstance(value, Fraction) else value
