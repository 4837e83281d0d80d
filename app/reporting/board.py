"""The wave board: how many were asked and answered on each level, and how much of the revenue is heard.

Sums are made in the database over frozen figures; their definitions are the pure rules in `coverage` and `rates`, and
a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Level
from app.campaigns.models import Campaign, Wave
from app.core.errors import NotFound
from app.reporting.rates import Dispositions
from app.surveys.metrics import METRICS, Score
from app.surveys.models import SurveyVersion

ANSWERS = "(SELECT * FROM response WHERE verdict <> 'machine')"
"""The answers that count: what a mail gateway pressed is kept and left out (domain section 10)."""

DISPOSITION = """
    CASE WHEN r.state = 'complete' THEN 'complete' WHEN r.state = 'partial' THEN 'partial'
         WHEN i.refused_at IS NOT NULL THEN 'refused' WHEN i.bounced_at IS NOT NULL THEN 'bounced'
         WHEN i.opened_at IS NOT NULL THEN 'break_off'
         WHEN m.state = 'unknown' THEN 'unknown' WHEN i.sent_at IS NOT NULL THEN 'silent' ELSE 'not_sent' END
"""
"""How an invitation `i` stands, given its answer `r` and its first message `m`; an answer outweighs all else."""

_DISPOSITIONS = text(
    f"""
    SELECT i.level, {DISPOSITION} AS disposition, count(*) AS people
    FROM invitation i
    LEFT JOIN {ANSWERS} r ON r.invitation_id = i.id
    LEFT JOIN message m ON m.invitation_id = i.id AND m.number = 0
    WHERE i.wave_id = :wave_id GROUP BY 1, 2
    """
)
_ROSTER = text(
    """
    SELECT level, count(*) FROM decision
    WHERE wave_id = :wave_id AND reason IS DISTINCT FROM 'account_inactive' GROUP BY level
    """
)

HEARING = f"""
    SELECT f.account_id, f.annual_value, f.required, f.shortage, f.contacts,
           f.target_decision_maker, f.target_influencer, f.target_user,
           f.seats_decision_maker, f.seats_influencer, f.seats_user, f.seats_unknown,
           coalesce(h.answers, 0) AS answers, coalesce(h.decision_makers, 0) AS answers_decision_maker,
           coalesce(h.influencers, 0) AS answers_influencer, coalesce(h.users, 0) AS answers_user,
           least(coalesce(h.decision_makers, 0), f.target_decision_maker) AS heard_decision_maker,
           least(coalesce(h.influencers, 0), f.target_influencer) AS heard_influencer,
           least(coalesce(h.users, 0), f.target_user) AS heard_user,
           f.target_decision_maker + f.target_influencer + f.target_user AS wanted
    FROM wave_account f
    LEFT JOIN (
        SELECT account_id, count(*) AS answers,
               count(*) FILTER (WHERE level = 'decision_maker') AS decision_makers,
               count(*) FILTER (WHERE level = 'influencer') AS influencers,
               count(*) FILTER (WHERE level = 'user') AS users
        FROM {ANSWERS} r WHERE wave_id = :wave_id GROUP BY account_id
    ) h ON h.account_id = f.account_id
    WHERE f.wave_id = :wave_id
"""
"""One row per account of a wave: its frozen targets and seats, and the answers it gave by level."""

_ACCOUNTS = text(
    f"""
    WITH hearing AS ({HEARING}), asked AS (
        SELECT DISTINCT account_id FROM invitation WHERE wave_id = :wave_id AND sent_at IS NOT NULL
    ), account AS (
        SELECT h.*, a.account_id IS NOT NULL AS surveyed, greatest(h.annual_value, 0) AS worth,
               h.heard_decision_maker + h.heard_influencer + h.heard_user AS heard
        FROM hearing h LEFT JOIN asked a USING (account_id) WHERE h.wanted > 0
    )
    SELECT count(*) AS accounts,
           count(*) FILTER (WHERE surveyed) AS accounts_surveyed,
           count(*) FILTER (WHERE answers > 0) AS accounts_heard,
           count(*) FILTER (WHERE heard = wanted) AS accounts_covered,
           count(*) FILTER (WHERE answers_decision_maker > 0) AS decision_makers_heard,
           count(*) FILTER (WHERE shortage > 0) AS accounts_short, coalesce(sum(shortage), 0) AS shortage,
           count(*) FILTER (WHERE annual_value IS NULL) AS values_unknown,
           coalesce(sum(worth), 0) AS revenue,
           coalesce(sum(worth) FILTER (WHERE surveyed), 0) AS revenue_surveyed,
           coalesce(sum(worth) FILTER (WHERE answers > 0), 0) AS revenue_heard,
           coalesce(sum(worth * heard / wanted), 0) AS revenue_weighted,
           coalesce(sum(target_decision_maker), 0) AS target_decision_maker,
           coalesce(sum(target_influencer), 0) AS target_influencer, coalesce(sum(target_user), 0) AS target_user,
           coalesce(sum(heard_decision_maker), 0) AS heard_decision_maker,
           coalesce(sum(heard_influencer), 0) AS heard_influencer, coalesce(sum(heard_user), 0) AS heard_user
    FROM account
    """
)
_SCORES = text(f"SELECT score, count(*) AS people FROM {ANSWERS} r WHERE wave_id = :wave_id GROUP BY score")


@dataclass(frozen=True)
class LevelLine:
    """One level of a wave; people of unknown level have no target."""

    level: Level
    counts: Dispositions
    target: int
    heard: int

    @property
    def coverage(self) -> Fraction | None:
        """Return the part of the level's target that is heard."""
        return Fraction(self.heard, self.target) if self.target else None


@dataclass(frozen=True)
class Board:
    """What a wave came to so far; money in the wave's currency."""

    wave: Wave
    campaign: Campaign
    lines: tuple[LevelLine, ...]
    accounts: Mapping[str, Any]
    score: Score | None
    metric: str

    @property
    def counts(self) -> Dispositions:
        """Return the dispositions of all levels together."""
        return sum((line.counts for line in self.lines), Dispositions())

    @property
    def target(self) -> int:
        """Return the answers wanted on all levels together."""
        return sum(line.target for line in self.lines)

    @property
    def heard(self) -> int:
        """Return the wanted answers that are there."""
        return sum(line.heard for line in self.lines)

    @property
    def coverage(self) -> Fraction | None:
        """Return Σ heard / Σ target, never a mean of percentages."""
        return Fraction(self.heard, self.target) if self.target else None

    def of_revenue(self, part: str) -> Fraction | None:
        """Return the share of the known revenue that is `surveyed`, `heard` or `weighted` by coverage."""
        return share(self.accounts[f"revenue_{part}"], self.accounts["revenue"])

    def of_accounts(self, part: str) -> Fraction | None:
        """Return the share of the accounts that are `surveyed`, `heard` or `covered`."""
        return share(self.accounts[f"accounts_{part}"], self.accounts["accounts"])


def share(part: Decimal | int, whole: Decimal | int) -> Fraction | None:
    """Return part / whole, or None where there is no whole."""
    return Fraction(part) / Fraction(whole) if whole else None


def wave_board(session: Session, wave_id: int) -> Board:
    """Return the board of a wave; raises NotFound."""
    wave = session.get(Wave, wave_id)
    if wave is None:
        raise NotFound(f"There is no wave {wave_id}.")
    sums = session.execute(_ACCOUNTS, {"wave_id": wave_id}).mappings().one()
    accounts = {name: value if name.startswith("revenue") else int(value) for name, value in sums.items()}
    metric = session.get_one(SurveyVersion, wave.survey_version_id).definition["metric"]
    scores = {row.score: row.people for row in session.execute(_SCORES, {"wave_id": wave_id})}
    return Board(
        wave=wave,
        campaign=session.get_one(Campaign, wave.campaign_id),
        lines=_lines(session, wave_id, accounts),
        accounts=accounts,
        score=METRICS[metric].score(scores),
        metric=metric,
    )


def _lines(session: Session, wave_id: int, accounts: Mapping[str, Any]) -> tuple[LevelLine, ...]:
    counted: dict[str, dict[str, int]] = {level: {} for level in Level}
    for level, people in session.execute(_ROSTER, {"wave_id": wave_id}):
        counted[level]["roster"] = people
    for level, disposition, people in session.execute(_DISPOSITIONS, {"wave_id": wave_id}):
        counted[level][disposition] = people
    return tuple(
        LevelLine(
            level,
            Dispositions(**counted[level]),
            int(accounts.get(f"target_{level}", 0)),
            int(accounts.get(f"heard_{level}", 0)),
        )
        for level in Level
    )


def latest_wave_id(session: Session) -> int | None:
    """Return the wave a visitor wants to see first: the newest launched one, else the newest; one with a quota."""
    newest = text(
        "SELECT w.id FROM wave w JOIN campaign g ON g.id = w.campaign_id AND g.kind = 'relationship'"
        " ORDER BY w.launched_at IS NULL, w.launched_at DESC, w.id DESC LIMIT 1"
    )
    found: int | None = session.scalar(newest)
    return found
