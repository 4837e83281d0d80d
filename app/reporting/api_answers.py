"""How programs are told figures: the models of the answers, and how they are filled. No queries.

Shares lie between 0 and 1 and are null where there is nothing to divide by. Exact amounts are told to keys that may see
revenue; others find null there, and have the shares.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from pydantic import BaseModel, Field

from app.accounts.models import Level
from app.campaigns.models import Campaign, Wave, WaveState
from app.reporting import rates
from app.reporting.board import Board, LevelLine
from app.reporting.board_figures import scores
from app.reporting.drivers import Driver, Drivers
from app.reporting.groups import Group
from app.reporting.rates import Dispositions
from app.surveys.metrics import Score, rounded

SHARE_DIGITS = 6
COARSE_DIGITS = 2
"""Of shares of revenue, for keys that may not see amounts: of few accounts, more would tell what each is worth."""


class ScoreAnswer(BaseModel):
    """A score with its 95 % interval; of one answer there is none."""

    value: float
    low: float
    high: float
    n: int


class DispositionsAnswer(BaseModel):
    """How many invitations ended how; `roster` counts all contacts of the accounts of the wave."""

    roster: int
    sent: int
    complete: int
    partial: int
    break_off: int
    refused: int
    bounced: int
    silent: int
    unknown: int
    not_sent: int


class RatesAnswer(BaseModel):
    """What the dispositions come to; reminders are in no denominator."""

    response: float | None
    response_of_delivered: float | None
    bounce: float | None
    completion: float | None
    participation: float | None


class LevelAnswer(BaseModel):
    """One level, or all of them together where `level` is null."""

    level: Level | None
    counts: DispositionsAnswer
    rates: RatesAnswer
    target: int
    heard: int
    coverage: float | None = Field(description="Wanted answers that are there, of those wanted; never above 1.")
    score: ScoreAnswer | None


class AccountsAnswer(BaseModel):
    """Accounts of a wave of which somebody is wanted, and what share of the known revenue they stand for."""

    accounts: int
    surveyed: int
    heard: int
    covered: int
    decision_makers_heard: int
    values_unknown: int
    revenue: Decimal | None = Field(description="In the wave's currency; null without the scope revenue:read.")
    revenue_surveyed: float | None
    revenue_heard: float | None
    revenue_weighted: float | None = Field(description="By coverage.")


class WaveAnswer(BaseModel):
    """A wave that was planned."""

    id: str
    campaign_id: str
    campaign: str
    key: str
    name: str
    state: WaveState
    currency: str
    planned_for: date
    ends_on: date
    launched_at: datetime | None
    finished_at: datetime | None


class WavesAnswer(BaseModel):
    """Waves in the order in which they were made; none means that there are no more for now."""

    data: list[WaveAnswer]
    next: str = Field(description="The cursor for the next request, which can be kept until tomorrow.")


class FiguresAnswer(BaseModel):
    """The figures of a wave as they stand now."""

    wave: WaveAnswer
    metric: str
    levels: list[LevelAnswer] = Field(description="All together first, then level by level.")
    accounts: AccountsAnswer


class AccountAnswer(BaseModel):
    """An account as it stands in a wave; by level the answers wanted and those given."""

    account_id: str
    external_id: str | None = Field(description="Its id in the CRM; null when the account was deleted since.")
    annual_value: Decimal | None
    required: int | None
    shortage: int
    contacts: int
    sent: int
    answers: int
    targets: dict[Level, int]
    answers_by_level: dict[Level, int]
    coverage: float | None
    score: float | None = Field(description="From two answers on; null in anonymous surveys.")
    heard_at: datetime | None = Field(description="When its latest answer came; null in anonymous surveys.")


class AccountsPage(BaseModel):
    """Accounts by their id; none means that there are no more."""

    data: list[AccountAnswer]
    next: str


class SegmentAnswer(BaseModel):
    """One group of a wave; `small` warns of a score that rests on few answers.

    Where too few answered an anonymous survey, how many did is null.
    """

    value: str = Field(description="Empty for whoever has none.")
    sent: int
    answers: int | None
    response: float | None
    accounts: int
    accounts_heard: int | None
    target: int
    heard: int | None
    coverage: float | None
    revenue: Decimal | None
    revenue_heard: float | None
    score: ScoreAnswer | None
    small: bool


class SegmentsAnswer(BaseModel):
    """The groups of a wave by one dimension."""

    wave_id: str
    by: str
    data: list[SegmentAnswer]


class DriverAnswer(BaseModel):
    """A driver: the points of the score that go with it, and the associated revenue (which is no cause)."""

    driver: str = Field(description="Key, «parent/child» on tier 2, «parent/» where none under it was named, or empty.")
    tier: int
    answers: float = Field(description="Answers that named it.")
    contribution: float
    revenue_net: Decimal | None


class DriversAnswer(BaseModel):
    """The drivers of a wave; their contributions of one tier add up to `total`."""

    wave_id: str
    metric: str
    n: int
    total: float | None
    hidden: str | None = Field(description="Why there is nothing: an anonymous survey with too few answers.")
    data: list[DriverAnswer]


def share(part: Fraction | Decimal | None, digits: int = SHARE_DIGITS) -> float | None:
    """Return a share as programs read it."""
    return None if part is None else float(rounded(part, digits))


def _of_revenue(part: Fraction | None, *, exact: bool) -> float | None:
    return share(part, SHARE_DIGITS if exact else COARSE_DIGITS)


def score_answer(score: Score | None) -> ScoreAnswer | None:
    """Return a score; one answer is none."""
    if score is None or score.n < 2:
        return None
    return ScoreAnswer(value=_figure(score.value), low=_figure(score.low), high=_figure(score.high), n=score.n)


def wave_answer(wave: Wave, campaign: Campaign) -> WaveAnswer:
    """Return a wave."""
    return WaveAnswer(
        id=str(wave.id),
        campaign_id=str(campaign.id),
        campaign=campaign.name,
        key=wave.key,
        name=wave.name,
        state=wave.state,
        currency=wave.currency,
        planned_for=wave.planned_for,
        ends_on=wave.ends_on,
        launched_at=wave.launched_at,
        finished_at=wave.finished_at,
    )


def figures_answer(board: Board, *, exact: bool) -> FiguresAnswer:
    """Return the figures of a wave; amounts only if `exact`."""
    shown, facts = scores(board), board.accounts
    levels = (_level(line.level, line, shown.get(line.level)) for line in board.lines)
    return FiguresAnswer(
        wave=wave_answer(board.wave, board.campaign),
        metric=board.metric,
        levels=[_level(None, board, shown.get(None)), *levels],
        accounts=AccountsAnswer(
            accounts=facts["accounts"],
            surveyed=facts["accounts_surveyed"],
            heard=facts["accounts_heard"],
            covered=facts["accounts_covered"],
            decision_makers_heard=facts["decision_makers_heard"],
            values_unknown=facts["values_unknown"],
            revenue=facts["revenue"] if exact else None,
            revenue_surveyed=_of_revenue(board.of_revenue("surveyed"), exact=exact),
            revenue_heard=_of_revenue(board.of_revenue("heard"), exact=exact),
            revenue_weighted=_of_revenue(board.of_revenue("weighted"), exact=exact),
        ),
    )


def _level(level: Level | None, line: Board | LevelLine, score: Score | None) -> LevelAnswer:
    return LevelAnswer(
        level=level,
        counts=_counts(line.counts),
        rates=RatesAnswer(
            response=share(rates.response_rate(line.counts)),
            response_of_delivered=share(rates.response_rate_of_delivered(line.counts)),
            bounce=share(rates.bounce_rate(line.counts)),
            completion=share(rates.completion_rate(line.counts)),
            participation=share(rates.participation_rate(line.counts)),
        ),
        target=line.target,
        heard=line.heard,
        coverage=share(line.coverage),
        score=score_answer(score),
    )


def _counts(counts: Dispositions) -> DispositionsAnswer:
    return DispositionsAnswer(**{name: getattr(counts, name) for name in DispositionsAnswer.model_fields})


def segment_answer(group: Group, *, exact: bool) -> SegmentAnswer:
    """Return a group of a wave."""
    return SegmentAnswer(
        value=group.value,
        sent=group.sent,
        answers=None if group.closed else group.answers,
        response=share(group.response),
        accounts=group.accounts,
        accounts_heard=None if group.closed else group.accounts_heard,
        target=group.target,
        heard=None if group.closed else group.heard,
        coverage=share(group.coverage),
        revenue=group.revenue if exact else None,
        revenue_heard=_of_revenue(group.of_revenue, exact=exact),
        score=score_answer(group.score),
        small=group.small,
    )


def driver_answers(drivers: Drivers, *, exact: bool) -> list[DriverAnswer]:
    """Return the drivers of both tiers, each tier-1 driver before those under it."""
    found: list[DriverAnswer] = []
    for top in sorted(drivers.tops):
        found.append(_driver(drivers, top, 1, drivers.tops[top], exact=exact))
        found += [_driver(drivers, path, 2, driver, exact=exact) for path, driver in drivers.under(top).items()]
    return found


def _driver(drivers: Drivers, path: str, tier: int, driver: Driver, *, exact: bool) -> DriverAnswer:
    return DriverAnswer(
        driver=path,
        tier=tier,
        answers=_figure(driver.answers.of()),
        contribution=_figure(drivers.contribution(driver)),
        revenue_net=rounded(driver.net, 2) if exact and driver.valued.of() else None,
    )


def _figure(value: Fraction) -> float:
    return float(rounded(value, SHARE_DIGITS))
