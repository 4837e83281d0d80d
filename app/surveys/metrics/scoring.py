"""What every metric is made of: bands, a score with its interval, and how it is shown.

Everything inside is an exact `Fraction` (square roots come from 50-digit decimals); rounding happens once, in `rounded`
and `display`. Who may see a score is not decided here, except for `Metric.score_from` and `detail_from`, the least
numbers of answers that keep people unnamed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction
from typing import Literal, get_args

Band = Literal["detractor", "passive", "promoter"]
BANDS: tuple[Band, ...] = get_args(Band)

# The 0.975 quantile of the normal distribution: intervals hold 95 %.
Z = Fraction("1.959963984540054")
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

    @property
    def anonymous(self) -> bool:
        """Tell whether nobody may learn who gave which answer."""
        return self.detail_from > 1

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


def net_promoters(metric: Metric, counts: Counter[int]) -> Score:
    """Return the share of promoters less that of detractors, from −100 to 100."""
    bands = metric.bands(counts)
    return mean_score(Counter({-100: bands["detractor"], 0: bands["passive"], 100: bands["promoter"]}), -100, 100)


def mean_score(counts: Counter[int], lowest: int, highest: int) -> Score:
    """Mean with an adjusted Wald interval: ¾ answer more at each end of the scale and 1½ in the middle."""
    n, middle = counts.total(), Fraction(lowest + highest, 2)
    total = sum(answer * times for answer, times in counts.items())
    squares = sum(answer**2 * times for answer, times in counts.items())
    centre = (total + 3 * middle) / (n + 3)
    spread = (squares + Fraction(3, 4) * (lowest**2 + highest**2) + Fraction(3, 2) * middle**2) / (n + 3) - centre**2
    return bounded(Fraction(total, n), centre, Z * root(spread / (n + 3)), n, lowest, highest)


def bounded(value: Fraction, centre: Fraction, margin: Fraction, n: int, lowest: int, highest: int) -> Score:
    """Return a score whose interval stays on its scale and contains its value."""
    # At one or two answers the added ones can push the interval past the value it belongs to.
    low = min(max(centre - margin, Fraction(lowest)), value)
    high = max(min(centre + margin, Fraction(highest)), value)
    return Score(value, low, high, n)


def root(square: Fraction) -> Fraction:
    """Return a square root to 50 digits."""
    quotient = _PRECISE.divide(Decimal(square.numerator), Decimal(square.denominator))
    return Fraction(_PRECISE.sqrt(quotient))


def rounded(value: Fraction | Decimal | int, digits: int = 0) -> Decimal:
    """Return `value` rounded half away from zero to `digits` decimal places, never −0."""
    scaled = abs(Fraction(value)) * 10**digits
    whole = int(scaled + Fraction(1, 2))
    return Decimal(-whole if value < 0 else whole).scaleb(-digits, Context(prec=len(str(whole)) + digits + 1))


def display(value: Fraction | Decimal | int, digits: int = 0) -> str:
    """Return `value` as people read it: rounded once, with a true minus sign («−29»)."""
    return f"{rounded(value, digits):f}".replace("-", "\N{MINUS SIGN}")
