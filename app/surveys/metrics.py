"""The scores: NPS, CES, CSAT and eNPS, from exact counts to the figure on the page.

Pure: the standard library only. Everything inside is an exact `Fraction` (square roots come from 50-digit
decimals); rounding happens once, in `rounded` and `display`. Who may see a score is not decided here,
except for `Metric.score_from` and `detail_from`, the least numbers of answers that keep people unnamed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Literal, get_args

Band = Literal["detractor", "passive", "promoter"]
BANDS: tuple[Band, ...] = get_args(Band)

# The 0.975 quantile of the normal distribution: intervals hold 95 %.
_Z = Fraction("1.959963984540054")
_PRECISE = Context(prec=50)


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its 95 % interval: `low` ≤ `value` ≤ `high`, of `n` answers.

    `share` is a second figure in percent where the metric has one: the easy answers (5–7) of CES.
    """

    value: Fraction
    low: Fraction
    high: Fraction
    n: int
    share: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """A closed question on a fixed scale, its three bands, and how answers add up to a score."""

    key: str
    scale: range
    passive_from: int
    promoter_from: int
    summarise: Callable[[Metric, Counter[int]], Score] = field(repr=False)
    score_from: int = 1
    detail_from: int = 1

    def band(self, answer: int) -> Band:
        """Return the band of one answer; ValueError when it is not on the scale."""
        if answer not in self.scale:
            raise ValueError(f"{self.key.upper()} answers run from {self.scale[0]} to {self.scale[-1]}: {answer!r}")
        if answer >= self.promoter_from:
            return "promoter"
        return "passive" if answer >= self.passive_from else "detractor"

    def score(self, answers: Mapping[int, int] | Iterable[int]) -> Score | None:
        """Return the score of `answers` (counts by answer, or the answers), None below `score_from` answers.

        Source: domain rules, section 6.
        """
        counts = Counter(answers)
        if min(counts.values(), default=0) < 0:
            raise ValueError(f"an answer cannot be given fewer than 0 times: {dict(counts)}")
        for answer in counts:
            self.band(answer)
        n = counts.total()
        return self.summarise(self, counts) if n >= max(self.score_from, 1) else None

    def bands(self, counts: Counter[int]) -> Counter[Band]:
        """Return how many answers fall in each band."""
        found: Counter[Band] = Counter()
        for answer, times in counts.items():
            found[self.band(answer)] += times
        return found


def _net_promoters(metric: Metric, counts: Counter[int]) -> Score:
    bands = metric.bands(counts)
    return _mean_score(Counter({-100: bands["detractor"], 0: bands["passive"], 100: bands["promoter"]}), -100, 100)


def _mean_ease(metric: Metric, counts: Counter[int]) -> Score:
    score = _mean_score(counts, metric.scale[0], metric.scale[-1])
    easy = Fraction(100 * metric.bands(counts)["promoter"], score.n)
    return Score(score.value, score.low, score.high, score.n, share=easy)


def _satisfied_share(metric: Metric, counts: Counter[int]) -> Score:
    n = counts.total()
    share = Fraction(metric.bands(counts)["promoter"], n)
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    margin = _Z * _root(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return _score(100 * share, 100 * centre, 100 * margin, n, 0, 100)


def _mean_score(counts: Counter[int], lowest: int, highest: int) -> Score:
    """Mean with an adjusted Wald interval: ¾ answer more at each end of the scale and 1½ in the middle."""
    n, middle = counts.total(), Fraction(lowest + highest, 2)
    total = sum(answer * times for answer, times in counts.items())
    squares = sum(answer**2 * times for answer, times in counts.items())
    centre = (total + 3 * middle) / (n + 3)
    spread = (squares + Fraction(3, 4) * (lowest**2 + highest**2) + Fraction(3, 2) * middle**2) / (n + 3) - centre**2
    return _score(Fraction(total, n), centre, _Z * _root(spread / (n + 3)), n, lowest, highest)


def _score(value: Fraction, centre: Fraction, margin: Fraction, n: int, lowest: int, highest: int) -> Score:
    # At one or two answers the added ones can push the interval past the value it belongs to.
    low = min(max(centre - margin, Fraction(lowest)), value)
    high = max(min(centre + margin, Fraction(highest)), value)
    return Score(value, low, high, n)


def _root(square: Fraction) -> Fraction:
    quotient = _PRECISE.divide(Decimal(square.numerator), Decimal(square.denominator))
    return Fraction(_PRECISE.sqrt(quotient))


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.key: metric
        for metric in (
            Metric("nps", range(11), 7, 9, _net_promoters),
            Metric("ces", range(1, 8), 4, 5, _mean_ease),
            Metric("csat", range(1, 6), 3, 4, _satisfied_share),
            Metric("enps", range(11), 7, 9, _net_promoters, score_from=5, detail_from=8),
        )
    }
)


def rounded(value: Fraction | Decimal | int, digits: int = 0) -> Decimal:
    """Return `value` rounded half away from zero to `digits` decimal places, never −0."""
    scaled = abs(Fraction(value)) * 10**digits
    whole = int(scaled + Fraction(1, 2))
    return Decimal(-whole if value < 0 else whole).scaleb(-digits, Context(prec=len(str(whole)) + digits + 1))


def display(value: Fraction | Decimal | int, digits: int = 0) -> str:
    """Return `value` as people read it: rounded once, with a true minus sign («−29»)."""
    return f"{rounded(value, digits):f}".replace("-", "\N{MINUS SIGN}")
