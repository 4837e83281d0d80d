"""What a digest tells a manager: the answers of a week, and where running waves are silent. Read in the database.

Answers of anonymous surveys are in no digest, and neither is what an account is worth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import chain
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.reporting.anonymity import ANONYMOUS_VERSIONS, NAMED
from app.reporting.digests.rhythm import Week
from app.surveys.metrics import METRICS, Band

MOST_VOICES = 8
MOST_SILENT = 10
LEVELS = (Level.DECISION_MAKER, Level.INFLUENCER, Level.USER)

_ANSWERS = text(
    f"""
    SELECT lower(a.manager_email) AS manager, a.id AS account_id, a.name AS account, r.level, r.score, r.comments,
           concat_ws(' ', c.first_name, c.last_name) AS person, v.definition ->> 'metric' AS metric, r.wave_id
    FROM response r LEFT JOIN merged_account k ON k.old_id = r.account_id
    JOIN account a ON a.id = coalesce(k.account_id, r.account_id) AND a.manager_email IS NOT NULL
    JOIN survey_version v ON v.id = r.survey_version_id
    LEFT JOIN contact c ON c.id = r.contact_id
    WHERE r.answered_at >= :since AND r.answered_at < :until AND r.verdict <> 'machine' AND {NAMED}
      AND (CAST(:manager AS text) IS NULL OR lower(a.manager_email) = :manager)
    ORDER BY 1, r.answered_at DESC, r.invitation_id
    """
)
_STANDINGS = text(
    f"""
    SELECT lower(a.manager_email) AS manager, a.id AS account_id, a.name AS account, s.wave_id, w.name AS wave,
           s.heard, s.wanted, s.answers, {{levels}}
    FROM standing s LEFT JOIN merged_account k ON k.old_id = s.account_id
    JOIN account a ON a.id = coalesce(k.account_id, s.account_id) AND a.manager_email IS NOT NULL
    JOIN wave w ON w.id = s.wave_id AND w.state = 'running' AND w.survey_version_id NOT IN {ANONYMOUS_VERSIONS}
    WHERE s.wanted > 0 AND (CAST(:manager AS text) IS NULL OR lower(a.manager_email) = :manager)
    ORDER BY 1, s.annual_value DESC NULLS LAST, a.id
    """.format(levels=", ".join(f"s.target_{one}, s.seats_{one}, s.sent_{one}, s.answers_{one}" for one in LEVELS))
)


@dataclass(frozen=True)
class Voice:
    """One new answer: who gave it, and the comment if there is one."""

    account_id: int
    wave_id: int
    account: str
    person: str
    level: Level
    score: int
    band: Band
    comment: str


@dataclass(frozen=True)
class Seats:
    """The seats of one level, as the coverage glyph has them."""

    level: Level
    answered: int
    asked: int
    nobody: int

    @property
    def silent(self) -> bool:
        """Tell whether somebody is wanted here and nobody has answered."""
        return not self.answered and bool(self.asked or self.nobody)


@dataclass(frozen=True)
class Silence:
    """An account of a running wave with a level that nobody has answered on."""

    account_id: int
    wave_id: int
    account: str
    wave: str
    seats: tuple[Seats, ...]


@dataclass
class ManagerDigest:
    """What is new for one manager; `bands` counts all new answers, `voices` are the latest of them."""

    manager: str
    bands: Counter[Band] = field(default_factory=Counter)
    voices: list[Voice] = field(default_factory=list)
    accounts: int = 0
    accounts_heard: int = 0
    heard: int = 0
    wanted: int = 0
    silent: int = 0
    silences: list[Silence] = field(default_factory=list)

    @property
    def answers(self) -> int:
        """Return how many answers are new."""
        return self.bands.total()

    @property
    def coverage(self) -> Fraction | None:
        """Return the part of the wanted answers of running waves that is there."""
        return Fraction(self.heard, self.wanted) if self.wanted else None

    @property
    def says_something(self) -> bool:
        """Tell whether there is anything to be told."""
        return bool(self.answers or self.silent)


def digests(session: Session, week: Week, manager: str | None = None) -> Iterator[ManagerDigest]:
    """Yield the digests of all managers, or of one, by address; `standing` must be up to date."""
    values: dict[str, Any] = {"manager": manager}
    moments: dict[str, datetime] = {"since": week.since, "until": week.until}
    found: dict[str, ManagerDigest] = {}
    for row in session.execute(_ANSWERS, values | moments).mappings():
        _hear(found.setdefault(row["manager"], ManagerDigest(row["manager"])), row)
    for row in session.execute(_STANDINGS, values).mappings():
        _look(found.setdefault(row["manager"], ManagerDigest(row["manager"])), row)
    yield from (found[each] for each in sorted(found))


def digest_of(session: Session, week: Week, manager: str) -> ManagerDigest:
    """Return the digest of one manager, perhaps with nothing in it."""
    return next(chain(digests(session, week, manager.lower()), [ManagerDigest(manager.lower())]))


def _hear(digest: ManagerDigest, row: Mapping[Any, Any]) -> None:
    band = METRICS[row["metric"]].band(row["score"])
    digest.bands[band] += 1
    if len(digest.voices) < MOST_VOICES:
        comment = " ".join(_said(row["comments"]))
        names = {name: row[name] for name in ("account_id", "wave_id", "account", "person", "score")}
        digest.voices.append(Voice(**names, level=Level(row["level"]), band=band, comment=comment))


def _said(comments: Mapping[str, str]) -> Iterable[str]:
    return (comment.strip() for comment in comments.values() if comment.strip())


def _look(digest: ManagerDigest, row: Mapping[Any, Any]) -> None:
    digest.accounts += 1
    digest.accounts_heard += row["answers"] > 0
    digest.heard += row["heard"]
    digest.wanted += row["wanted"]
    seats = tuple(_seats(level, row) for level in LEVELS)
    if any(one.silent for one in seats):
        digest.silent += 1
        if len(digest.silences) < MOST_SILENT:
            names = {name: row[name] for name in ("account_id", "wave_id", "account", "wave")}
            digest.silences.append(Silence(**names, seats=seats))


def _seats(level: Level, row: Mapping[Any, Any]) -> Seats:
    """Return the seats that the level's target asks for; answers beyond it fill no seat."""
    target = row[f"target_{level}"]
    answered = min(row[f"answers_{level}"], target)
    asked = min(max(row[f"seats_{level}"], row[f"sent_{level}"]), target) - answered
    return Seats(level, answered, max(asked, 0), target - answered - max(asked, 0))
